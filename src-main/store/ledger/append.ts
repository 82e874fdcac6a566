import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import type { DailyTable, LedgerTable } from '../../../schemas/tables/index.ts'
import type { LedgerAppend, LedgerOutcome } from '../api.ts'
import type { StoreContext } from '../context.ts'
import { readStoreSettings } from '../integrity/store-settings.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import type { Row } from '../write/part-writer.ts'
import { ledgerDocuments } from './documents.ts'
import { dayOfRow } from './entry-rows.ts'
import { listLedgerFiles } from './ledger-files.ts'
import { makeDurable } from './make-durable.ts'
import { type MergeRules, mergeRows } from './merge-rows.ts'
import { FolderNames } from './placement.ts'
import { appendPolicies } from './policies.ts'
import { publishLedgerFile } from './publish-file.ts'
import { openDays } from './seal.ts'
import { readStanding, type WorkUnit, workUnits } from './standing-files.ts'
import { APPEND_PATIENCE, asLedgerWriter } from './writer-turn.ts'

/** Times that a day is read again because another program replaced its file while ours was on its way. */
const ATTEMPTS = 10

/** A row of a document, by the document's place in the batch. */
export interface GivenRow {
  readonly document: number
  readonly row: Row
}

/**
 * Takes one batch of a ledger (SPEC E1–E9): every document is checked, the rows of each day are merged into its file by one
 * rewrite. A dry run tells the outcomes and takes no lock.
 * @throws LOCKED when another writer goes on for longer than `patience`; NO_SPACE, IO, VERIFY_FAILED, CANCELLED, BAD_SETTINGS,
 * and CONFLICT for a file that another program never leaves alone. Days that were published before stay.
 */
export async function appendLedger(
  context: StoreContext,
  table: LedgerTable,
  documents: readonly unknown[],
  options: LedgerAppend = {},
): Promise<readonly LedgerOutcome[]> {
  const { given, outcomes } = rowsOfDocuments(context, table, documents, options.source)
  const work = async (): Promise<void> => {
    const told =
      table === 'policies'
        ? await appendPolicies(
            context,
            given.map(({ row }) => row),
            options,
          )
        : await appendDays(
            context,
            table,
            given.map(({ row }) => row),
            options,
          )
    for (const [index, outcome] of told.entries()) {
      const document = given[index]?.document
      if (document !== undefined) outcomes[document] = moreNotable(outcomes[document], outcome)
    }
  }
  if (given.length > 0) {
    if (options.dryRun === true) await work()
    else await asLedgerWriter(context, `ingest ${table}`, options.patience ?? APPEND_PATIENCE, work)
  }
  return outcomes.map((outcome, index) => {
    if (outcome === undefined) throw new BarkeepError('INTERNAL', `document ${index} was given no outcome`)
    return outcome
  })
}

/** Checks documents: rows in their order, and an outcome for each document that is refused. */
function rowsOfDocuments(
  context: StoreContext,
  table: LedgerTable,
  documents: readonly unknown[],
  source: string | undefined,
): { readonly given: readonly GivenRow[]; readonly outcomes: (LedgerOutcome | undefined)[] } {
  const check = ledgerDocuments(table, context.zone, source)
  const outcomes = new Array<LedgerOutcome | undefined>(documents.length).fill(undefined)
  const given: GivenRow[] = []
  for (const [document, each] of documents.entries()) {
    const checked = check.check(each)
    if ('rejection' in checked) outcomes[document] = { outcome: 'rejected', ...checked.rejection }
    else for (const row of checked.row) given.push({ document, row })
  }
  return { given, outcomes }
}

const BY_NOTICE = ['duplicate', 'accepted', 'completed', 'conflict', 'rejected'] as const

/** Of a document with several rows the most notable outcome is told. */
export function moreNotable(known: LedgerOutcome | undefined, other: LedgerOutcome): LedgerOutcome {
  if (known === undefined) return other
  return BY_NOTICE.indexOf(known.outcome) >= BY_NOTICE.indexOf(other.outcome) ? known : other
}

async function appendDays(
  context: StoreContext,
  table: DailyTable,
  rows: readonly Row[],
  options: LedgerAppend,
): Promise<readonly LedgerOutcome[]> {
  const settings = await readStoreSettings(context)
  const files = await listLedgerFiles(context, table)
  const rules: MergeRules = {
    open: openDays(settings, context.env.now()),
    form: table === 'decisions' ? (settings.partitionDecisionsBy ?? null) : null,
    begun: options.begun ?? new Set(),
    folders: new FolderNames(files),
  }
  const byDay = new Map<UtcDay, number[]>()
  for (const [index, row] of rows.entries()) {
    const day = dayOfRow(row)
    const indexes = byDay.get(day)
    if (indexes === undefined) byDay.set(day, [index])
    else indexes.push(index)
  }
  const outcomes: LedgerOutcome[] = []
  const units = workUnits(table, byDay.keys(), files)
  for (const [done, unit] of units.entries()) {
    throwIfAborted(options.signal)
    options.onProgress?.({ done, total: units.length, step: `${table} ${unit.days.join(', ')}` })
    const indexes = unit.days.flatMap((day) => byDay.get(day) ?? []).sort((a, b) => a - b)
    const some = indexes.map((index) => rows[index] as Row)
    for (const [at, outcome] of (await appendUnit(context, unit, some, rules, options)).entries())
      outcomes[indexes[at] as number] = outcome
  }
  return outcomes
}

/** One file of another program, replaced on the way, makes the whole unit be read again: keys are unique over all its files. */
async function appendUnit(
  context: StoreContext,
  unit: WorkUnit,
  rows: readonly Row[],
  rules: MergeRules,
  { dryRun = false, signal, begun }: LedgerAppend,
): Promise<readonly LedgerOutcome[]> {
  /** What was published already, in an attempt that another file's replacement ended. */
  const settled = new Map<number, LedgerOutcome>()
  let missing: ReadonlySet<UtcDay> | null = null
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const standing = await readStanding(context, unit, signal)
    missing ??= new Set(unit.days.filter((day) => !standing.some((file) => holdsDay(file, day))))
    const begunNow = new Set([...rules.begun, ...(attempt === 0 ? [] : missing)])
    const merge = mergeRows(unit, standing, rows, { ...rules, begun: begunNow })
    const told = merge.outcomes.map((outcome, index) => settled.get(index) ?? outcome)
    if (dryRun) return told
    await makeDurable(context, merge.vouching)
    let current = true
    const written = new Set<StorePath>()
    for (const { target, standing: before, rows: all } of merge.changed) {
      const others = standing.filter(({ file }) => !written.has(file))
      current = await publishLedgerFile(context, target, before, all.values(), others, {
        origin: 'ingest',
        signal,
      })
      if (!current) break
      written.add(target.file)
      for (const [index, file] of merge.targets.entries())
        if (file === target.file) settled.set(index, merge.outcomes[index] as LedgerOutcome)
    }
    for (const day of missing) if (written.size > 0) begun?.add(day)
    if (current) return told
  }
  throw new BarkeepError(
    'CONFLICT',
    `The files of ${unit.table} of ${unit.days.join(', ')} were replaced by another program each of the ${ATTEMPTS} times that they were about to be written. Hand the rows in again once it has ended.`,
  )
}

function holdsDay(
  { day, rows }: { readonly day: UtcDay | null; readonly rows: ReadonlyMap<string, Row> },
  wanted: UtcDay,
): boolean {
  return day === wanted || [...rows.values()].some((row) => dayOfRow(row) === wanted)
}
