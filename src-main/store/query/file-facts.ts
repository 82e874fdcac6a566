import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { sameFile } from '../layout/checksums.ts'
import type { Partition } from '../layout/partition-names.ts'
import { judgeFiles, type Verdict } from '../read/dayfile-check.ts'
import type { FileTypes } from '../read/projection.ts'
import { readMetadata } from '../read/table-files.ts'
import { typesOf } from './file-kinds.ts'
import { kindOfForm, type ReadingForm } from './file-relation.ts'
import { FormGroups } from './form-groups.ts'
import { type Inspection, inspectFiles } from './inspection.ts'
import { messageOf } from './problems.ts'

/** What is known of a file's bytes, once for each generation of it. */
export interface LedgerFileFacts {
  readonly stat: FileStat
  readonly form: ReadingForm
  /** `kindOfForm`, kept: files of two kinds need two SELECTs. */
  readonly kind: string
  /** Rows whose key stands before them in the same file; only another program's file has such. */
  readonly repeated: readonly number[]
  /** What is to be told of the file though it is used. */
  readonly problems: readonly Problem[]
}

/** A file, and what its hive folder says. */
export interface NamedLedgerFile {
  readonly file: StorePath
  readonly series: { readonly partition: Partition | null }
}

export interface FactsFound {
  readonly facts: ReadonlyMap<StorePath, LedgerFileFacts>
  /** Files that can't be used, each once. */
  readonly problems: readonly Problem[]
}

const knownFacts = new WeakMap<StoreContext, Map<StorePath, LedgerFileFacts>>()
const KNOWN_LIMIT = 50_000

/**
 * Judges, probes and (where another program wrote them) reads files through, each generation of a file once (SPEC Q3).
 * Files that are gone are in neither list.
 * @throws CANCELLED
 */
export async function ledgerFileFacts(
  context: StoreContext,
  table: TableSchema,
  files: readonly NamedLedgerFile[],
  signal?: AbortSignal,
): Promise<FactsFound> {
  let known = knownFacts.get(context)
  if (known === undefined) {
    known = new Map()
    knownFacts.set(context, known)
  }
  const facts = new Map<StorePath, LedgerFileFacts>()
  const fresh: Fresh[] = []
  for (const { file, series } of files) {
    const stat = context.env.statNow(at(context, file))
    if (stat === null || stat.isDirectory) continue
    const found = known.get(file)
    if (found !== undefined && sameFile(found.stat, stat)) facts.set(file, found)
    else fresh.push({ file, stat, partition: series.partition })
  }
  if (fresh.length === 0) return { facts, problems: [] }
  const found = await factsOf(context, table, fresh, signal)
  for (const listener of listeners.get(context) ?? [])
    listener(
      fresh.map(({ file }) => file),
      found.problems,
    )
  for (const [file, each] of found.facts) {
    if (known.size >= KNOWN_LIMIT) known.clear()
    known.set(file, each)
    facts.set(file, each)
  }
  return { facts, problems: found.problems }
}

/** Hears of files that were judged, and of what was wrong with those that can't be used. Must not throw. */
export type FactsListener = (files: readonly StorePath[], problems: readonly Problem[]) => void

const listeners = new WeakMap<StoreContext, Set<FactsListener>>()

/** For as long as the store is open. */
export function onLedgerFacts(context: StoreContext, listener: FactsListener): void {
  const heard = listeners.get(context) ?? new Set<FactsListener>()
  listeners.set(context, heard.add(listener))
}

interface Fresh {
  readonly file: StorePath
  readonly stat: FileStat
  readonly partition: Partition | null
}

async function factsOf(
  context: StoreContext,
  table: TableSchema,
  fresh: readonly Fresh[],
  signal: AbortSignal | undefined,
): Promise<FactsFound> {
  const problems: Problem[] = []
  const failed = async (file: StorePath, error: unknown): Promise<void> => {
    if (error instanceof BarkeepError && error.code === 'CANCELLED') throw error
    if ((await context.env.stat(at(context, file))) !== null)
      problems.push({ file, code: 'UNREADABLE', detail: messageOf(context, error) })
  }
  const verdicts = await judgeFiles(
    context,
    table,
    fresh.map(({ file }) => file),
    signal,
  )
  const usable = new Set<StorePath>()
  for (const [file, verdict] of verdicts) {
    if (verdict === 'missing') continue
    if (verdict.use) usable.add(file)
    else problems.push(verdict.problem)
  }
  const typed = await typesOf(context, [...usable], failed, signal)
  const metadata = await readMetadata(context, [...typed.keys()], signal)
  const facts = new Map<StorePath, LedgerFileFacts>()
  const foreign = new FormGroups<Fresh>()
  for (const each of fresh) {
    const types = typed.get(each.file)
    if (types === undefined) continue
    const form = { types, own: false, byName: false, times: new Map(), partition: each.partition }
    if (isOwn(verdicts.get(each.file), metadata.get(each.file), table)) {
      const own = { ...form, own: true, partition: null }
      facts.set(each.file, { stat: each.stat, form: own, kind: kindOfForm(own), repeated: [], problems: [] })
    } else if (!holdsTable(table, types)) {
      problems.push({
        file: each.file,
        code: 'BAD_COLUMNS',
        detail: 'left out: it has neither time nor key of a row',
      })
    } else foreign.add(each, form, kindOfForm(form))
  }
  for (const { members, form } of foreign.groups()) {
    const names = members.map(({ file }) => file)
    const inspected = await inspectFiles(context, table, names, form, failed, signal)
    for (const { file, stat, partition } of members) {
      const inspection = inspected.get(file)
      const types = typed.get(file)
      if (inspection === undefined || types === undefined) continue
      const own: ReadingForm = { types, own: false, byName: false, times: inspection.times, partition }
      const { repeated } = inspection
      const told = problemsOf(table, file, own, inspection)
      facts.set(file, { stat, form: own, kind: kindOfForm(own), repeated, problems: told })
    }
  }
  return { facts, problems }
}

function isOwn(
  verdict: Verdict | undefined,
  metadata: ReadonlyMap<string, string> | undefined,
  table: TableSchema,
): boolean {
  return (
    typeof verdict === 'object' &&
    verdict.use &&
    !verdict.foreign &&
    metadata?.has('barkeep.digest') === true &&
    metadata.get('barkeep.table') === table.name &&
    metadata.get('barkeep.schema') === String(table.version)
  )
}

/** Anything else under the table's name is no file of it. */
function holdsTable(table: TableSchema, types: FileTypes): boolean {
  return types.has('timestamp_utc') || table.key.some((name) => types.has(name))
}

function problemsOf(
  table: TableSchema,
  file: StorePath,
  form: ReadingForm,
  { breaches, repeated }: Inspection,
): readonly Problem[] {
  const missing = missingColumns(table, form)
  const found: Problem[] = []
  if (missing.length > 0)
    found.push({
      file,
      code: 'BAD_COLUMNS',
      detail: `has no column ${missing.join(', ')}`,
    })
  if (breaches > 0)
    found.push({
      file,
      code: 'BAD_ROW',
      detail:
        breaches === 1
          ? '1 row breaks the schema; it is shown, marked as such'
          : `${breaches} rows break the schema; they are shown, marked as such`,
    })
  if (repeated.length > 0)
    found.push({
      file,
      code: 'CONFLICT',
      detail:
        repeated.length === 1
          ? '1 row repeats the key of an earlier row and is not shown'
          : `${repeated.length} rows repeat the key of an earlier row and are not shown`,
    })
  return found
}

/** Columns that must be there, and that neither the file nor its folder's name has. */
export function missingColumns(table: TableSchema, { types, partition }: ReadingForm): readonly string[] {
  return table.columns
    .filter(({ name, nullable }) => !nullable && !types.has(name) && name !== partition?.column)
    .map(({ name }) => name)
}
