import { createStore } from 'zustand/vanilla'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { ExportReceipt, JobUpdate } from '../../schemas/contract/jobs.ts'
import type { ExportRequest, LedgerFilter } from '../../schemas/generated/requests.ts'
import type { StoreTable } from '../../schemas/tables/index.ts'
import { engine, failureReport } from '../engine/client.ts'
import { showOverlay } from './app-store.ts'
import { jobsStore } from './jobs.ts'
import { reportFailure } from './notices.ts'

/** From the choice to the receipt; one export at a time. */
export interface ExportState {
  readonly phase: 'form' | 'running' | 'ended'
  readonly table: StoreTable
  readonly format: ExportRequest['format']
  /** The rows of a view; null for the time chosen in the form. */
  readonly filter: LedgerFilter | null
  readonly job: string | null
  readonly receipt: ExportReceipt | null
  /** Why the last try came to nothing, until the next. */
  readonly failure: ErrorReport | null
}

const FORM = { phase: 'form', job: null, receipt: null, failure: null } as const

export const exportStore = createStore<ExportState>(() => ({
  ...FORM,
  table: 'decisions',
  format: 'parquet',
  filter: null,
}))

/**
 * Opens the export dialog. @param filter the rows that a view shows; without it the form asks for a time.
 * While an export runs its progress is shown instead.
 */
export function openExport(table: StoreTable, filter: LedgerFilter | null = null): void {
  if (exportStore.getState().phase !== 'running') exportStore.setState({ ...FORM, table, filter })
  showOverlay('export')
}

export function chooseExport(change: Partial<Pick<ExportState, 'table' | 'format' | 'filter'>>): void {
  exportStore.setState(change)
}

/** Brings the form back, as it was filled in. */
export function newExport(): void {
  if (exportStore.getState().phase !== 'running') exportStore.setState(FORM)
}

/** Asks where to, then writes; a cancelled file dialog leaves the form. */
export async function submitExport(request: ExportRequest): Promise<void> {
  if (exportStore.getState().phase !== 'form') return
  exportStore.setState({ phase: 'running', job: null, failure: null })
  try {
    const started = await engine.call('exportTable', request)
    if (started === null) {
      exportStore.setState(FORM)
      return
    }
    exportStore.setState({ job: started.job })
    // A short job may have ended before its name came back.
    takeEnd(jobsStore.getState().ended.export)
  } catch (thrown) {
    exportStore.setState({ ...FORM, failure: failureReport(thrown) })
    reportFailure('The rows could not be exported', thrown)
  }
}

function takeEnd(update: JobUpdate | undefined): void {
  const { phase, job } = exportStore.getState()
  if (update === undefined || phase !== 'running' || update.job !== job) return
  const receipt = update.result?.kind === 'export' ? update.result.receipt : null
  if (receipt === null) exportStore.setState({ ...FORM, failure: update.error ?? null })
  else exportStore.setState({ phase: 'ended', job: null, receipt })
}

let seen: JobUpdate | undefined

jobsStore.subscribe(({ ended: { export: update } }) => {
  const isNew = update !== seen
  seen = update
  const { phase } = exportStore.getState()
  // A view's own button started it: its receipt is read in the same place.
  if (isNew && update?.result?.kind === 'export' && phase !== 'running') {
    exportStore.setState({ phase: 'ended', job: null, receipt: update.result.receipt, failure: null })
  } else takeEnd(update)
})
