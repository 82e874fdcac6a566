import { useMemo } from 'react'
import { useStore } from 'zustand'
import type { Finding } from '../../schemas/contract/health.ts'
import type { JobUpdate } from '../../schemas/contract/jobs.ts'
import { appStore } from '../state/app-store.ts'
import { checkStore, discardRepair, healthStore, mendable, planRepair, runRepair } from '../state/health.ts'
import { cancelJob, jobsStore, startJob } from '../state/jobs.ts'
import { Button } from '../ui/button.tsx'
import { DataTable } from '../ui/data-table.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { formatCount } from '../ui/figures.ts'
import { ProgressBar } from '../ui/progress-bar.tsx'
import { FINDING_COLUMNS, findingKey, PLAN_COLUMNS } from './finding-columns.tsx'
import { needsAttention } from './finding-guide.ts'

/** Folds the events again into the list of current objects, which is derived from them. */
export async function rebuildSnapshot(): Promise<void> {
  await startJob('rebuildSnapshot', null, 'The snapshot could not be rebuilt')
}

/** The findings of the last check in this window, each with what it means and what to do, and the way to mend them. */
export function HealthPanel() {
  const checking = useStore(jobsStore, (state) => state.running.find((job) => job.kind === 'doctor'))
  const repairing = useStore(jobsStore, (state) => state.running.find((job) => job.kind === 'repair'))
  const { phase, findings } = useStore(healthStore)
  if (repairing !== undefined) return <Working label="Repairing the store" update={repairing} />
  if (checking !== undefined) return <Working label="Checking the store" update={checking} />
  if (findings === null) {
    return (
      <EmptyState
        title="Not checked yet"
        actions={<Button onClick={() => void checkStore()}>Check the store</Button>}
      >
        A check reads every file, compares it with its checksum and its rows with their schema and the trading
        calendar. It changes nothing.
      </EmptyState>
    )
  }
  return phase === 'planned' ? <Plan findings={mendable(findings)} /> : <Findings findings={findings} />
}

function Working({ label, update }: { readonly label: string; readonly update: JobUpdate }) {
  return (
    <div className="bk-panel-working">
      <ProgressBar label={label} progress={update.progress} />
      <span>
        {label} <span className="muted">{update.progress.step}</span>
      </span>
      <Button onClick={() => void cancelJob(update.job)}>Cancel</Button>
    </div>
  )
}

function Plan({ findings }: { readonly findings: readonly Finding[] }) {
  return (
    <>
      <div className="bk-panel-bar">
        <span>
          Repair would mend {formatCount(findings.length, 'finding')}.{' '}
          <span className="muted">Nothing was changed yet, and nothing can be lost by it.</span>
        </span>
        <span className="bk-topbar-space" />
        <Button onClick={discardRepair}>Back to the findings</Button>
        <Button tone="primary" onClick={() => void runRepair()}>
          Repair {formatCount(findings.length, 'finding')}
        </Button>
      </div>
      <DataTable wrap label="Plan of the repair" columns={PLAN_COLUMNS} rows={findings} rowKey={findingKey} />
    </>
  )
}

function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  // What asks for something first; otherwise as the check met them.
  const rows = useMemo(
    () => [...findings].sort((a, b) => Number(needsAttention(b)) - Number(needsAttention(a))),
    [findings],
  )
  const cancelled = useStore(healthStore, (state) => state.cancelled)
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
        <Summary findings={findings} />
        <span className="bk-topbar-space" />
        {mendable(findings).length > 0 && (
          <Button tone="primary" onClick={planRepair}>
            Repair…
          </Button>
        )}
        {again}
      </div>
      <DataTable wrap label="Findings" columns={FINDING_COLUMNS} rows={rows} rowKey={findingKey} />
    </>
  )
}

function Summary({ findings }: { readonly findings: readonly Finding[] }) {
  const { from, cancelled } = useStore(healthStore)
  const changed = useStore(appStore, (state) => state.checkedRevision !== state.storeRevision)
  const repaired = findings.filter((finding) => finding.repaired).length
  const left = findings.length - repaired
  const pressing = findings.filter(needsAttention).length
  return (
    <span>
      {cancelled && 'Cancelled. So far: '}
      {from === 'repair' && `Repaired ${formatCount(repaired, 'finding')}, `}
      {formatCount(left, 'finding')}
      {from === 'repair' && ' left'}
      {pressing < left && `, ${pressing === 0 ? 'none' : formatCount(pressing)} to look into`}.{' '}
      <span className="muted">
        {changed
          ? 'The store has changed since: check again.'
          : from === 'check' && 'Nothing was changed by looking.'}
      </span>
    </span>
  )
}
