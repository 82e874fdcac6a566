import { createStore } from 'zustand/vanilla'
import type { DroppedFile, StartedJob } from '../../schemas/contract/engine.ts'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { JobResult, JobUpdate } from '../../schemas/contract/jobs.ts'
import type { ImportRequest } from '../../schemas/generated/requests.ts'
import type { StoreTable } from '../../schemas/tables/index.ts'
import { engine, failureReport } from '../engine/client.ts'
import { jobsStore } from './jobs.ts'
import { reportFailure } from './notices.ts'
import type { TableGuess } from './table-guess.ts'

/** What a person chose to do with a file. */
export interface ImportChoice {
  readonly table: StoreTable
  /** Replace the whole days that the file holds. Its row difference is always shown first. */
  readonly backfill: boolean
  /** Only say what would happen; of no account with `backfill`. */
  readonly dryRun: boolean
}

/** What became of a file, or in a dry run would. */
export interface ImportEnd extends ImportResult {
  readonly cancelled: boolean
}

type ImportResult = Extract<JobResult, { kind: 'import' }>

/**
 * From the choice to the receipt. A backfill goes by way of `looking` and `difference`: nothing is replaced before its
 * rows were compared in sight. `ended` keeps the receipt, also of an import that the native menu began.
 */
export interface ImportState {
  readonly phase: 'form' | 'looking' | 'difference' | 'running' | 'ended'
  readonly choice: ImportChoice
  /** A file that was dropped; null means that the native dialog asks for one. */
  readonly dropped: DroppedFile | null
  /** What the dropped file seems to hold; null where nothing says so. */
  readonly guess: TableGuess | null
  /** Runs now; in `difference` and after a dry run the one whose file is taken again. */
  readonly job: string | null
  readonly end: ImportEnd | null
  /** While it is carried out, what was in sight: it comes back when that fails. */
  readonly looked: Pick<ImportState, 'phase' | 'job' | 'end'> | null
  /** Why the last try came to nothing, until the next. */
  readonly failure: ErrorReport | null
}

const FIRST_CHOICE: ImportChoice = { table: 'candles', backfill: false, dryRun: false }

const FORM = {
  phase: 'form',
  dropped: null,
  guess: null,
  job: null,
  end: null,
  looked: null,
  failure: null,
} as const

export const importStore = createStore<ImportState>(() => ({ ...FORM, choice: FIRST_CHOICE }))

/** Whether whole days of a table can be replaced: events and policies are only ever added to. */
export function hasBackfill(table: StoreTable): boolean {
  return table !== 'object_events' && table !== 'policies'
}

export function isBusy({ phase }: Pick<ImportState, 'phase'>): boolean {
  return phase === 'looking' || phase === 'running'
}

/** Changes the form's choices. */
export function chooseImport(change: Partial<ImportChoice>): void {
  importStore.setState(({ choice }) => ({ choice: { ...choice, ...change } }))
}

/** Brings the form back, with the table asked for or the last one; while work runs nothing changes. */
export function newImport(table?: StoreTable): void {
  const { choice } = importStore.getState()
  if (isBusy(importStore.getState())) return
  importStore.setState({ ...FORM, choice: { ...FIRST_CHOICE, table: table ?? choice.table } })
}

/** Brings the form up for a dropped file. @returns false while an import runs: one at a time. */
export function takeDropped(dropped: DroppedFile, guess: TableGuess | null): boolean {
  const state = importStore.getState()
  if (isBusy(state)) return false
  const table = guess?.table ?? state.choice.table
  importStore.setState({ ...FORM, dropped, guess, choice: { ...FIRST_CHOICE, table } })
  return true
}

/** Starts what the form says: a backfill looks first. */
export async function submitImport(): Promise<void> {
  const { phase, choice } = importStore.getState()
  if (phase !== 'form') return
  if (choice.backfill && hasBackfill(choice.table)) {
    await begin('looking', { table: choice.table, backfill: true, dryRun: true })
  } else {
    await begin('running', { table: choice.table, dryRun: choice.dryRun })
  }
}

/** Carries out what was looked at: the very file of the difference or dry run in sight. */
export async function applyImport(): Promise<void> {
  const { phase, choice, job, end } = importStore.getState()
  if (job === null || end === null || (phase !== 'difference' && !(phase === 'ended' && end.dryRun))) return
  const backfill = phase === 'difference' ? { backfill: true } : {}
  await begin('running', { table: choice.table, ...backfill, fileOf: job })
}

async function begin(phase: 'looking' | 'running', request: ImportRequest): Promise<void> {
  const before = importStore.getState()
  const looked = before.phase === 'form' ? null : { phase: before.phase, job: before.job, end: before.end }
  importStore.setState({ phase, job: null, end: null, looked, failure: null })
  let failure: ErrorReport | null = null
  try {
    const started = await ask(before.dropped, request)
    if (started !== null) {
      importStore.setState({ job: started.job })
      // A short job may have ended before its name came back.
      takeEnd(jobsStore.getState().ended.import)
      return
    }
  } catch (thrown) {
    failure = failureReport(thrown)
    reportFailure('The file could not be imported', thrown)
  }
  // Cancelled in the file dialog, or refused: what was in sight comes back.
  importStore.setState({ phase: 'form', ...looked, looked: null, failure })
}

/** The file of an earlier import has its own name; else the one that was dropped, or the dialog's. */
function ask(dropped: DroppedFile | null, request: ImportRequest): Promise<StartedJob | null> {
  return dropped !== null && request.fileOf === undefined
    ? engine.importDropped(dropped, request)
    : engine.call('importFile', request)
}

function takeEnd(update: JobUpdate | undefined): void {
  const { phase, job, dropped, guess, looked } = importStore.getState()
  if (update === undefined || update.job !== job || (phase !== 'looking' && phase !== 'running')) return
  const cancelled = update.state === 'cancelled'
  // Failed, or a comparison that was cut off and shows nothing to rely on: the notice or the status bar says so, and the
  // choice stays for another try.
  if (update.result?.kind !== 'import' || (phase === 'looking' && cancelled)) {
    importStore.setState({ ...FORM, dropped, guess, ...looked, failure: update.error ?? null })
    return
  }
  const end: ImportEnd = { ...update.result, cancelled }
  importStore.setState({ phase: phase === 'looking' ? 'difference' : 'ended', end, looked: null })
}

/** A day of the receipt in sight was brought back: it can't be once more. */
export function markUndone(table: StoreTable, day: string): void {
  const { end } = importStore.getState()
  if (!end?.receipt.days) return
  const days = end.receipt.days.map((one) =>
    one.table === table && one.day === day ? { ...one, canUndo: false } : one,
  )
  importStore.setState({ end: { ...end, receipt: { ...end.receipt, days } } })
}

/** The native menu starts imports, too: their progress and receipt are shown like those of the form. */
function adopt(running: readonly JobUpdate[], ended: JobUpdate | undefined): void {
  const { phase, job } = importStore.getState()
  if (isBusy({ phase }) || phase === 'difference') return
  const foreign = running.find(({ kind }) => kind === 'import') ?? ended
  if (foreign !== undefined && foreign.job !== job) {
    importStore.setState({ ...FORM, phase: 'running', job: foreign.job })
  }
}

let seen: JobUpdate | undefined

jobsStore.subscribe(({ running, ended }) => {
  const isNew = ended.import !== seen
  // Another store was opened: what was learnt of the last one's files goes.
  if (ended.import === undefined && seen !== undefined) importStore.setState(FORM)
  seen = ended.import
  adopt(running, isNew ? ended.import : undefined)
  takeEnd(ended.import)
})
