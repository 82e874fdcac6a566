import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { BackfilledDay } from '../../../schemas/contract/jobs.ts'
import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import { type DailyTable, LEDGER } from '../../../schemas/tables/index.ts'
import type { BackfillReceipt, LedgerAppend, LedgerOutcome } from '../api.ts'
import type { StoreContext } from '../context.ts'
import { readStoreSettings } from '../integrity/store-settings.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import type { Row } from '../write/part-writer.ts'
import { forgetAcknowledged } from './acknowledged.ts'
import { moreNotable } from './append.ts'
import { composeDays, type DayDifference } from './compose-days.ts'
import { ledgerDocuments } from './documents.ts'
import { conflictOf, dayOfRow, meet } from './entry-rows.ts'
import { listLedgerFiles } from './ledger-files.ts'
import { FolderNames, type Placing } from './placement.ts'
import { replaceFiles } from './replace-days.ts'
import { ledgerKey } from './row-order.ts'
import { readStanding, type WorkUnit, workUnits } from './standing-files.ts'
import { asLedgerWriter } from './writer-turn.ts'

/** Times that a unit is read again because another program replaced a file of it. */
const ATTEMPTS = 10

/** A row that a day shall hold, and the documents that told it. */
interface WantedRow {
  row: Row
  /** The first one is the one whose outcome says that it is new. */
  readonly documents: number[]
}

interface Gathered {
  readonly outcomes: LedgerOutcome[]
  readonly days: ReadonlyMap<UtcDay, ReadonlyMap<string, WantedRow>>
}

/**
 * Replaces the whole past days that the documents hold (SPEC E10): of several rows with one key the first counts, completed
 * by the outcomes of later ones. Days whose rows don't change keep their files. A dry run tells the difference and takes no
 * lock.
 * @throws LOCKED, NO_SPACE, IO, VERIFY_FAILED, CANCELLED, BAD_SETTINGS, CONFLICT; days that were finished before stay replaced
 */
export async function backfillLedger(
  context: StoreContext,
  table: DailyTable,
  documents: AsyncIterable<unknown> | Iterable<unknown>,
  options: LedgerAppend = {},
): Promise<BackfillReceipt> {
  const gathered = await gather(context, table, documents, options)
  const { outcomes, days } = gathered
  const work = async (): Promise<BackfillReceipt> => {
    const { partitionDecisionsBy = null } = await readStoreSettings(context)
    const form = table === 'decisions' ? partitionDecisionsBy : null
    const receipts: BackfilledDay[] = []
    const files = await listLedgerFiles(context, table)
    const placing = { form, folders: new FolderNames(files) }
    const units = workUnits(table, days.keys(), files)
    for (const [done, unit] of units.entries()) {
      throwIfAborted(options.signal)
      const onStep = (step: string): void =>
        options.onProgress?.({ done, total: units.length, step: `${table} ${unit.days.join(', ')}: ${step}` })
      receipts.push(...(await replaceUnit(context, unit, gathered, placing, { ...options, onStep })))
    }
    options.onProgress?.({ done: units.length, total: units.length, step: 'done' })
    return { outcomes, days: receipts }
  }
  return options.dryRun === true
    ? work()
    : asLedgerWriter(context, `backfill ${table}`, options.patience ?? 0, work)
}

async function gather(
  context: StoreContext,
  table: DailyTable,
  documents: AsyncIterable<unknown> | Iterable<unknown>,
  { source, signal }: LedgerAppend,
): Promise<Gathered> {
  const check = ledgerDocuments(table, context.zone, source)
  const today = utcDayOf(context.env.now())
  const outcomes: LedgerOutcome[] = []
  const days = new Map<UtcDay, Map<string, WantedRow>>()
  for await (const document of documents) {
    throwIfAborted(signal)
    const checked = check.check(document)
    if ('rejection' in checked) {
      outcomes.push({ outcome: 'rejected', ...checked.rejection })
      continue
    }
    const number = outcomes.length
    let outcome: LedgerOutcome | undefined
    for (const row of checked.row) {
      const day = dayOfRow(row)
      const wanted = days.get(day) ?? new Map<string, WantedRow>()
      outcome = moreNotable(outcome, day < today ? take(table, wanted, row, number) : unfinished(day))
      if (wanted.size > 0) days.set(day, wanted)
    }
    if (outcome === undefined) throw new BarkeepError('INTERNAL', `document ${number} gave no row`)
    outcomes.push(outcome)
  }
  return { outcomes, days }
}

function take(table: DailyTable, wanted: Map<string, WantedRow>, row: Row, document: number): LedgerOutcome {
  const key = ledgerKey(LEDGER[table], row)
  const known = wanted.get(key)
  if (known === undefined) {
    wanted.set(key, { row, documents: [document] })
    return { outcome: 'accepted' }
  }
  const met = meet(LEDGER[table], known.row, row)
  if (met.kind === 'completed') known.row = met.row
  if (met.kind !== 'conflict') known.documents.push(document)
  return met.kind === 'conflict' ? conflictOf(LEDGER[table], row, met.field) : { outcome: met.kind }
}

function unfinished(day: UtcDay): LedgerOutcome {
  const reason = `${day} is not over (UTC): a backfill replaces whole past days; ingest the row without --backfill`
  return { outcome: 'rejected', field: 'timestamp_utc', reason }
}

async function replaceUnit(
  context: StoreContext,
  unit: WorkUnit,
  { outcomes, days }: Gathered,
  placing: Placing,
  { dryRun = false, signal, onStep }: LedgerAppend & { readonly onStep: (step: string) => void },
): Promise<readonly BackfilledDay[]> {
  const wanted = unit.days.flatMap((day) => [...(days.get(day)?.values() ?? [])])
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    onStep('read')
    const standing = await readStanding(context, unit, signal)
    const rows = oncePerKey(unit, wanted)
    const composed = composeDays(unit, standing, rows, placing)
    const { changes, difference, obstacle } = composed
    if (obstacle !== null) {
      for (const { documents } of wanted)
        for (const document of documents) outcomes[document] = refused(obstacle)
      return []
    }
    const how = { origin: 'backfill', days: unit.days, signal, onStep } as const
    const touched = difference.flatMap(({ day, files }) => (files.length > 0 ? [day] : []))
    if (!dryRun) await forgetAcknowledged(context, unit.table, touched)
    const done = dryRun || changes.length === 0 || (await replaceFiles(context, unit, standing, changes, how))
    if (!done) continue
    const once = new Set(rows)
    for (const { row, documents } of wanted) {
      const [first = -1] = documents
      const isTwice = !once.has(row)
      const told =
        composed.left.get(row) ?? (isTwice ? conflictOf(LEDGER[unit.table], row, 'timestamp_utc') : undefined)
      if (composed.same.has(row)) outcomes[first] = { outcome: 'duplicate' }
      else if (told !== undefined) outcomes[first] = told
    }
    return difference.map((day) => receiptOf(unit, day, dryRun))
  }
  throw new BarkeepError(
    'CONFLICT',
    `The files of ${unit.table} of ${unit.days.join(', ')} were replaced by another program each of the ${ATTEMPTS} times that they were about to be written. Stop that program, then try again.`,
  )
}

/** Days that share a file share its keys: of one that is told for two days the first day's counts. */
function oncePerKey(unit: WorkUnit, wanted: readonly WantedRow[]): readonly Row[] {
  const seen = new Set<string>()
  return wanted.flatMap(({ row }) => {
    const key = ledgerKey(LEDGER[unit.table], row)
    if (seen.has(key)) return []
    seen.add(key)
    return [row]
  })
}

function refused({ code, reason }: { readonly code: string; readonly reason: string }): LedgerOutcome {
  return { outcome: 'rejected', field: 'timestamp_utc', reason: `${code}: ${reason}` }
}

/** @param dryRun nothing was written: no file is named */
export function receiptOf(unit: WorkUnit, difference: DayDifference, dryRun: boolean): BackfilledDay {
  const { day, added, changed, removed, rows, files } = difference
  const touched = files.length > 0
  return {
    table: unit.table,
    timeframe: null,
    day,
    added,
    changed,
    removed,
    rows,
    file: dryRun || !touched ? null : named(files),
    canUndo: !dryRun && touched,
  }
}

/** One file by its name; those of hive folders together by the pattern that finds them. */
function named(files: readonly StorePath[]): StorePath | null {
  const [first] = files
  if (first === undefined || files.length === 1) return first ?? null
  const name = first.slice(first.lastIndexOf('/') + 1)
  return `${first.slice(0, first.indexOf('/'))}/*/${name}` as StorePath
}
