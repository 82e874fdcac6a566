import { type ReactNode, useEffect } from 'react'
import { useStore } from 'zustand'
import type { AfterCloseReceipt, AfterCloseState } from '../../schemas/contract/live.ts'
import {
  afterCloseStore,
  askAfterClose,
  discardAfterClose,
  planAfterClose,
  runAfterClose,
} from '../state/after-close.ts'
import { appStore } from '../state/app-store.ts'
import { runCommand } from '../state/commands.ts'
import { cancelJob, jobsStore } from '../state/jobs.ts'
import { readStoreSettings, storeSettingsStore } from '../state/store-settings.ts'
import { Button } from '../ui/button.tsx'
import { DataTable, type TableColumn } from '../ui/data-table.tsx'
import { formatBytes, formatCount, formatMarketTime } from '../ui/figures.ts'
import { ProgressBar } from '../ui/progress-bar.tsx'
import { operationText } from './history-model.ts'
import { PLAN_COLUMNS, RECEIPT_COLUMNS, receiptKey } from './receipt-columns.tsx'
import { formOf } from './schedule-model.ts'
import { showWorkTab } from './work-tab-store.ts'

/** The run after the close: when it comes, how the last one ended, and one by hand from plan to receipt. */
export function SchedulePanel() {
  const { state, phase, receipt, end } = useStore(afterCloseStore)
  const running = useStore(jobsStore, (jobs) => jobs.running.find(({ kind }) => kind === 'after-close'))
  useEffect(() => {
    if (afterCloseStore.getState().state === null) void askAfterClose()
    void readStoreSettings()
  }, [])
  if (running !== undefined) {
    const label = phase === 'planning' ? 'Looking for what is due' : 'Running after the close'
    return (
      <div className="bk-panel-working">
        <ProgressBar label={label} progress={running.progress} />
        <span>
          {label} <span className="muted">{running.progress.step}</span>
        </span>
        <Button onClick={() => void cancelJob(running.job)}>Cancel</Button>
      </div>
    )
  }
  if (phase === 'planned' && receipt !== null) return <Run receipt={receipt} isPlan cancelled={false} />
  if (phase === 'ended' && receipt !== null)
    return <Run receipt={receipt} isPlan={false} cancelled={end === 'cancelled'} />
  if (state === null) return <p className="bk-schedule-facts muted">Looking at the schedule…</p>
  return <Facts state={state} />
}

function Facts({ state }: { readonly state: AfterCloseState }) {
  const zone = useStore(appStore, (app) => app.store?.marketZone)
  const { on, time, nextAt, nextSession, last, error } = state
  return (
    <div className="bk-schedule-facts">
      <dl>
        <Fact name="Compacts by itself">
          {on ? `yes, at ${time} after the close of trading days` : 'no: it is switched off'}
        </Fact>
        <Fact name="Next run">
          {nextAt === null ? (
            <span className="muted">none while it is switched off</span>
          ) : (
            <>
              {formatMarketTime(nextAt, zone)}
              {nextSession !== null && <span className="muted"> after the close of {nextSession}</span>}
            </>
          )}
        </Fact>
        <Fact name="Last run">
          {last === null ? (
            <span className="muted">none on record</span>
          ) : (
            <>
              {formatMarketTime(last.ts, zone)}{' '}
              <span className={last.state === 'failed' ? 'bk-problem-text' : 'muted'}>
                {operationText(last)}
              </span>
            </>
          )}
        </Fact>
        <Kept />
        {error !== null && (
          <Fact name="Put off">
            <span className="bk-problem-text">
              {error.message} <span className="bk-code">{error.code}</span>
            </span>
          </Fact>
        )}
      </dl>
      <div className="bk-schedule-buttons">
        <Button onClick={() => runCommand('run-after-close')}>Run now…</Button>
        <Button onClick={() => runCommand('schedule')}>Schedule and retention…</Button>
        <Button onClick={() => showWorkTab('history')}>History</Button>
        <span className="muted">A run by hand shows what it would do first.</span>
      </div>
    </div>
  )
}

/** What else is set: how long things stay, and which averages are written. */
function Kept() {
  const { settings, error } = useStore(storeSettingsStore)
  if (error !== null && settings === null) {
    return (
      <Fact name="Settings">
        <span className="bk-problem-text">
          {error.message} <span className="bk-code">{error.code}</span>
        </span>
      </Fact>
    )
  }
  if (settings === null) return null
  const { recoveryDays, previousDays, emaPeriods } = formOf(settings)
  return (
    <>
      <Fact name="Retention">
        merged parts {recoveryDays === '0' ? 'go at once' : `stay ${days(recoveryDays)}`}, replaced files{' '}
        {previousDays === '' ? 'stay until a purge' : `stay ${days(previousDays)}`}
      </Fact>
      <Fact name="Moving averages">
        {emaPeriods === '' ? <span className="muted">none</span> : emaPeriods}
      </Fact>
    </>
  )
}

function days(count: string): string {
  return formatCount(Number(count), 'day')
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

interface RunProps {
  readonly receipt: AfterCloseReceipt
  readonly isPlan: boolean
  readonly cancelled: boolean
}

function Run({ receipt, isPlan, cancelled }: RunProps) {
  const { session, days, left, problems = [], unfinished = false } = receipt
  const nothing = isPlan && isIdle(receipt)
  return (
    <>
      <div className="bk-panel-bar">
        <span>
          {isPlan ? 'Plan' : cancelled ? 'Cancelled' : 'Done'}, after the close of {session}:{' '}
          {runText(receipt, isPlan)}. {isPlan && <span className="muted">Nothing was written yet.</span>}
          {!isPlan && unfinished && <span className="muted">The rest is tried again by itself.</span>}
        </span>
        <span className="bk-topbar-space" />
        {isPlan ? (
          <>
            <Button onClick={discardAfterClose}>{nothing ? 'Close' : 'Discard the plan'}</Button>
            {!nothing && (
              <Button tone="primary" onClick={() => void runAfterClose()}>
                Run
              </Button>
            )}
          </>
        ) : (
          <>
            <Button onClick={() => void planAfterClose()}>Look again</Button>
            <Button onClick={discardAfterClose}>Put the receipt away</Button>
          </>
        )}
      </div>
      {problems.map(({ code, message }) => (
        <p key={`${code} ${message}`} className="bk-problem-text bk-run-problem">
          {message} <span className="bk-code">{code}</span>
        </p>
      ))}
      {days.length > 0 && (
        <div className="bk-run-table">
          <DataTable
            label={isPlan ? 'Plan of the run' : 'Receipt of the run'}
            columns={isPlan ? PLAN_COLUMNS : RECEIPT_COLUMNS}
            rows={days}
            rowKey={receiptKey}
          />
        </div>
      )}
      {left.length > 0 && (
        <div className="bk-run-table">
          <DataTable label="Left for later" columns={LEFT} rows={left} rowKey={leftKey} wrap />
        </div>
      )}
    </>
  )
}

function isIdle({ days, emas, purge }: AfterCloseReceipt): boolean {
  return days.length === 0 && emas.length === 0 && (purge?.files ?? 0) === 0
}

/** `12 days compacted, 8 files of averages written, 30 files (1.2 MB) removed, 2 left for later`. */
function runText({ days, emas, purge, left }: AfterCloseReceipt, isPlan: boolean): string {
  const done = isPlan ? days.length : days.filter(({ skipped }) => skipped === null).length
  const failed = days.filter(({ skipped }) => skipped === 'failed').length
  const removed = purge?.files ?? 0
  const would = isPlan ? 'to ' : ''
  const parts = [
    done === 0
      ? `nothing ${isPlan ? 'to compact' : 'compacted'}`
      : `${formatCount(done, 'file')} ${would}${isPlan ? 'compact' : 'compacted'}`,
    failed > 0 ? `${formatCount(failed)} failed` : '',
    emas.length > 0
      ? `${formatCount(emas.length, 'file')} of averages ${isPlan ? 'to write' : 'written'}`
      : '',
    removed > 0
      ? `${formatCount(removed, 'file')} (${formatBytes(purge?.bytes ?? 0)}) ${isPlan ? 'to remove' : 'removed'}`
      : '',
    left.length > 0 ? `${formatCount(left.length)} left for later` : '',
  ]
  return parts.filter(Boolean).join(', ')
}

type LeftDay = AfterCloseReceipt['left'][number]

const LEFT: readonly TableColumn<LeftDay>[] = [
  {
    id: 'table',
    name: 'Left for later',
    width: '128px',
    value: ({ timeframe }) => timeframe ?? 'events, ledger',
  },
  { id: 'day', name: 'Day or month (UTC)', width: '144px', value: ({ day }) => day },
  { id: 'why', name: 'Why', width: 'minmax(280px, 1fr)', value: ({ why }) => why },
]

function leftKey({ timeframe, day, why }: LeftDay): string {
  return `${timeframe} ${day} ${why}`
}
