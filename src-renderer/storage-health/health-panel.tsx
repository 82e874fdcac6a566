import { useMemo } from 'react'
import { useStore } from 'zustand'
import type { Finding } from '../../schemas/contract/health.ts'
import { appStore } from '../state/app-store.ts'
import { cancelJob, jobsStore, startJob } from '../state/jobs.ts'
import { Button } from '../ui/button.tsx'
import { DataTable, type TableColumn } from '../ui/data-table.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { formatCount } from '../ui/figures.ts'
import { ProgressBar } from '../ui/progress-bar.tsx'
import { FINDING_GUIDE, needsAttention } from './finding-guide.ts'

const COLUMNS: readonly TableColumn<Finding>[] = [
  {
    id: 'code',
    name: 'Finding',
    width: '172px',
    value: (finding) => finding.code,
    show: (finding) => <span className="bk-code">{finding.code}</span>,
  },
  {
    id: 'path',
    name: 'File',
    width: 'minmax(220px, 1fr)',
    value: (finding) => finding.path,
    show: (finding) => <code>{finding.path}</code>,
  },
  { id: 'detail', name: 'Detail', width: 'minmax(200px, 1.2fr)', value: (finding) => finding.detail },
  {
    id: 'meaning',
    name: 'What it means',
    width: 'minmax(220px, 1.2fr)',
    value: (finding) => FINDING_GUIDE[finding.code].meaning,
  },
  {
    id: 'advice',
    name: 'What to do',
    width: 'minmax(200px, 1fr)',
    value: (finding) => (finding.repaired ? 'Repaired; nothing to do.' : FINDING_GUIDE[finding.code].advice),
  },
]

/** Reads the whole store and lists what it finds; nothing is changed by looking. */
export async function checkStore(): Promise<void> {
  await startJob('doctor', null, 'The store could not be checked')
}

/** Folds the events again into the list of current objects, which is derived from them. */
export async function rebuildSnapshot(): Promise<void> {
  await startJob('rebuildSnapshot', null, 'The snapshot could not be rebuilt')
}

/** The findings of the last check in this window, each with what it means and what to do. */
export function HealthPanel() {
  const running = useStore(jobsStore, (state) => state.running.find((job) => job.kind === 'doctor'))
  const last = useStore(jobsStore, (state) => state.ended.doctor)
  if (running !== undefined) {
    return (
      <div className="bk-panel-working">
        <ProgressBar label="Checking the store" progress={running.progress} />
        <span>
          Checking the store <span className="muted">{running.progress.step}</span>
        </span>
        <Button onClick={() => void cancelJob(running.job)}>Cancel</Button>
      </div>
    )
  }
  if (last?.result?.kind !== 'doctor') {
    return (
      <EmptyState
        title="Not checked yet"
        actions={<Button onClick={() => void checkStore()}>Check the store</Button>}
      >
        A check reads every file, compares it with its checksum and its rows with their schema. It changes
        nothing.
      </EmptyState>
    )
  }
  return <Findings findings={last.result.findings} cancelled={last.state === 'cancelled'} />
}

function Findings({ findings, cancelled }: { findings: readonly Finding[]; cancelled: boolean }) {
  // What asks for something first; otherwise as the check met them.
  const rows = useMemo(
    () => [...findings].sort((a, b) => Number(needsAttention(b)) - Number(needsAttention(a))),
    [findings],
  )
  const changed = useStore(appStore, (state) => state.checkedRevision !== state.storeRevision)
  const pressing = findings.filter(needsAttention).length
  const again = <Button onClick={() => void checkStore()}>Check again</Button>
  if (findings.length === 0 && !cancelled) {
    return (
      <EmptyState title="No findings" actions={again}>
        Every file reads well and stands where it belongs.
      </EmptyState>
    )
  }
  return (
    <>
      <div className="bk-panel-bar">
        <span>
          {cancelled && 'Cancelled. So far: '}
          {formatCount(findings.length, 'finding')}
          {pressing < findings.length && `, ${pressing === 0 ? 'none' : formatCount(pressing)} to look into`}.{' '}
          <span className="muted">
            {changed ? 'The store has changed since: check again.' : 'Nothing was changed by looking.'}
          </span>
        </span>
        <span className="bk-topbar-space" />
        {findings.some(({ code }) => code === 'SNAPSHOT_STALE') && (
          <Button onClick={() => void rebuildSnapshot()}>Rebuild the snapshot</Button>
        )}
        {again}
      </div>
      <DataTable wrap label="Findings" columns={COLUMNS} rows={rows} rowKey={findingKey} />
    </>
  )
}

function findingKey({ code, path, detail }: Finding): string {
  return `${code} ${path} ${detail}`
}
