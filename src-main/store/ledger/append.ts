import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { UtcDay } from '../../../schemas/contract/units.ts'
import type { DailyTable, LedgerTable } from '../../../schemas/tables/index.ts'
import type { LedgerAppend, LedgerOutcome } from '../api.ts'
import type { StoreContext } from '../context.ts'
import { readStoreSettings } from '../integrity/store-settings.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import type { Row } from '../write/part-writer.ts'
import { appendUnit } from './append-unit.ts'
import { ledgerDocuments } from './documents.ts'
import { dayOfRow } from './entry-rows.ts'
import { listLedgerFiles } from './ledger-files.ts'
import type { MergeRules } from './merge-rows.ts'
import { FolderNames } from './placement.ts'
import { appendPolicies } from './policies.ts'
import { openDays } from './seal.ts'
import { workUnits } from './standing-files.ts'
import { APPEND_PATIENCE, asLedgerWriter } from './writer-turn.ts'

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
