import { reportOf } from '../../../schemas/contract/errors.ts'
import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { LedgerFilter } from '../../../schemas/generated/requests.ts'
import { LEDGER, type LedgerTable, type TableSchema } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import { sameFile } from '../layout/checksums.ts'
import { POLICIES_FILE } from '../layout/file-names.ts'
import { type LedgerFile, listLedgerFiles } from '../ledger/ledger-files.ts'
import { asOfRelation, withTimesOfOutcomes } from './as-of.ts'
import { contestedRows, type LostRows } from './contested.ts'
import { type FactsFound, type LedgerFileFacts, ledgerFileFacts } from './file-facts.ts'
import { fileRelation, type ReadingForm, type Wanted } from './file-relation.ts'
import { FormGroups } from './form-groups.ts'
import { type LedgerConditions, ledgerConditions, type TimeRange } from './ledger-filter.ts'
import { standInsFor } from './stand-ins.ts'

/**
 * The rows of a table that meet a filter, as an SQL relation over the files that may hold them: what every question to
 * the ledger is built on.
 *
 *   const answer = await askLedger(context, 'decisions', filter, async (scan) => {
 *     if (scan.sql === null) return []                       // no file in range
 *     return context.duck.rows(`SELECT action, count(*) FROM (${scan.sql}) GROUP BY action`, [], signal)
 *   }, signal)
 *
 * Its columns are the table's, by name and in its own types (`schemas/tables`), then
 *   `__file`   INTEGER: which of `scan.files`
 *   `__row`    BIGINT: the row's place in that file, from 0
 *   `__breach` VARCHAR: what of the schema the row breaks, `field: reason`; null for a sound row
 *   `featureColumn(name)` DOUBLE: a key feature as a number, where the filter is about it or `only` asks for `feature:<name>`
 * Only columns that are asked for are read. Each row stands in it once. With `filter.asOf`, outcomes that weren't known
 * then are null in it (SPEC Q4).
 */
export interface LedgerScan {
  /** A SELECT without ORDER; null when no file can hold such a row. */
  readonly sql: string | null
  /**
   * The same with only these columns (and those of the filter, `__file` and `__row`; `__breach` is null unless it is asked for): over files of
   * other programs a question that names its columns is planned in a fraction of the time. Null as `sql` is.
   */
  only(columns: readonly string[]): string | null
  /** Whether the filter may leave rows of its files out. */
  readonly isFiltered: boolean
  readonly files: readonly StorePath[]
  /** Files left out and rows that break their schema, counted by file. */
  readonly problems: readonly Problem[]
  /** Whether the files at places are still those that the scan was made for: otherwise a place means another row. */
  holds(places: readonly RowPlace[]): boolean
  /** Filter and files, as text: the same as long as the relation is. */
  generation(): string
  /**
   * The same relation over given places alone, whatever the filter says; null for none.
   * @param columns only these, and `__breach` where it is among them
   */
  at(places: readonly RowPlace[], columns?: readonly string[]): string | null
}

/** Where a row stands: index into a scan's files, and place in the file. */
export interface RowPlace {
  readonly file: number
  readonly row: number
}

/** Listings of which a file is gone before it is looked at. */
const LOOKS = 25

/** How often files may change under a question before it fails. */
const TRIES = 5

/**
 * Scans, and asks. When files go on the way (compacted, replaced), both are done again over what stands there then.
 * @throws BAD_REQUEST for a field of the filter that the table has no column for; CANCELLED; what `ask` throws
 */
export async function askLedger<T>(
  context: StoreContext,
  table: LedgerTable,
  filter: LedgerFilter,
  ask: (scan: LedgerScan) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const conditions = ledgerConditions(LEDGER[table], filter, context.zone)
  return askWithin(context, table, conditions, ask, signal)
}

/**
 * The same over all rows of the named files, whatever their times: for one who knows which files there are, and has no use
 * for the others.
 * @throws what `ask` throws
 */
export async function askFiles<T>(
  context: StoreContext,
  table: LedgerTable,
  files: readonly LedgerFile[],
  ask: (scan: LedgerScan) => Promise<T>,
): Promise<T> {
  return askWithin(context, table, { where: [], columns: new Set(), ranges: null, files }, ask)
}

/** What a scan is made of: conditions, and the files where they are known. */
interface Wish extends LedgerConditions {
  readonly files?: readonly LedgerFile[]
}

async function askWithin<T>(
  context: StoreContext,
  table: LedgerTable,
  conditions: Wish,
  ask: (scan: LedgerScan) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const { scan, facts } = await prepare(context, table, conditions, signal)
    try {
      return await ask(scan)
    } catch (error) {
      if (reportOf(error).code === 'CANCELLED' || attempt >= TRIES || stillThere(context, facts)) throw error
    }
  }
}

/** The scan alone; its files may go at any time, so prefer `askLedger`. @throws BAD_REQUEST, CANCELLED */
export async function scanLedger(
  context: StoreContext,
  table: LedgerTable,
  filter: LedgerFilter,
  signal?: AbortSignal,
): Promise<LedgerScan> {
  const conditions = ledgerConditions(LEDGER[table], filter, context.zone)
  return (await prepare(context, table, conditions, signal)).scan
}

interface Prepared {
  readonly scan: LedgerScan
  readonly facts: ReadonlyMap<StorePath, LedgerFileFacts>
}

/** Files that one SELECT reads. */
interface Group {
  readonly files: readonly StorePath[]
  readonly form: ReadingForm
  /** Place of the first of them in the scan's files. */
  readonly offset: number
}

async function prepare(
  context: StoreContext,
  name: LedgerTable,
  conditions: Wish,
  signal: AbortSignal | undefined,
): Promise<Prepared> {
  const table = LEDGER[name]
  const { listed, facts, problems } = await usableFiles(context, table, name, conditions, signal)
  const lost = await contestedRows(context, table, listed, facts, signal)
  const gathered = new FormGroups<StorePath>()
  for (const { file } of listed) {
    const found = facts.get(file)
    if (found !== undefined && lost.get(file) !== 'all') gathered.add(file, found.form, found.kind)
  }
  const files: StorePath[] = []
  const groups = gathered.groups().map(({ members, form }): Group => {
    const offset = files.length
    files.push(...members)
    return { files: members, form, offset }
  })
  const hidden = hiddenRows(files, facts, lost)
  const asOf = name === 'decisions' ? conditions.asOf : undefined
  const relation = (group: Group, conditions: readonly string[], wanted?: Wanted): string => {
    const needed = wanted === undefined || asOf === undefined ? wanted : withTimesOfOutcomes(wanted)
    const rows = fileRelation(context, table, group.files, group.form, group.offset, needed)
    const known = asOf === undefined ? rows : asOfRelation(rows, asOf, needed)
    return conditions.length === 0 ? known : `SELECT * FROM (${known}) WHERE ${conditions.join(' AND ')}`
  }
  const notHidden = ({ files: own, offset }: Group): readonly string[] =>
    own.flatMap((_, index) => {
      const rows = hidden.get(offset + index)
      return rows === undefined ? [] : [`NOT (__file = ${offset + index} AND __row IN (${rows.join(', ')}))`]
    })
  const everything = [...table.columns.map((column) => column.name), '__breach']
  const filtered = (wanted?: Wanted): string | null => {
    if (groups.length === 0) return null
    const needed = new Set([...(wanted ?? everything), ...conditions.columns])
    return groups
      .map((group) => relation(group, [...conditions.where, ...notHidden(group)], needed))
      .join('\nUNION ALL BY NAME ')
  }
  const scan: LedgerScan = {
    // Over files in many forms it is long: made where it is asked for.
    get sql() {
      return filtered()
    },
    only: (columns) => filtered(new Set(columns)),
    isFiltered: conditions.where.length > 0,
    files,
    problems,
    holds: (places) => {
      const some = [...new Set(places.map(({ file }) => file))].flatMap((index) => files[index] ?? [])
      return some.every((file) => isSame(context, file, facts))
    },
    generation: () =>
      JSON.stringify([
        name,
        conditions.where,
        asOf ?? 0,
        files.map((file, index) => [file, facts.get(file)?.stat, hidden.get(index) ?? 0]),
      ]),
    at: (places, columns) =>
      placesRelation(groups, places, (group, rows) => relation(group, rows, columns && new Set(columns))),
  }
  return { scan, facts }
}

/** Rows that don't count, by place of their file. */
function hiddenRows(
  files: readonly StorePath[],
  facts: ReadonlyMap<StorePath, LedgerFileFacts>,
  lost: ReadonlyMap<StorePath, LostRows>,
): ReadonlyMap<number, readonly number[]> {
  const hidden = new Map<number, readonly number[]>()
  for (const [index, file] of files.entries()) {
    const contested = lost.get(file)
    const rows = new Set([
      ...(facts.get(file)?.repeated ?? []),
      ...(Array.isArray(contested) ? contested : []),
    ])
    if (rows.size > 0) hidden.set(index, [...rows])
  }
  return hidden
}

/** The files that may hold rows of these times, with what stands in for damaged ones. */
async function usableFiles(
  context: StoreContext,
  table: TableSchema,
  name: LedgerTable,
  { ranges, files }: Wish,
  signal: AbortSignal | undefined,
): Promise<{ readonly listed: readonly LedgerFile[] } & FactsFound> {
  let listed = files ?? (await filesOf(context, name, ranges))
  let found = await ledgerFileFacts(context, table, listed, signal)
  // Merged into its month between the two: its rows stand in a file that wasn't there yet.
  for (
    let look = 1;
    look < LOOKS && files === undefined && name !== 'policies' && isOneGone(listed, found);
    look++
  ) {
    listed = await filesOf(context, name, ranges)
    found = await ledgerFileFacts(context, table, listed, signal)
  }
  const problems: Problem[] = []
  const standIns: LedgerFile[] = []
  for (const problem of found.problems) {
    const damaged = listed.find(({ file }) => file === problem.file)
    if (damaged === undefined || name === 'policies' || problem.code === 'BAD_COLUMNS') {
      problems.push(problem)
      continue
    }
    const kept = await standInsFor(context, table, damaged, problem)
    problems.push(kept.problem, ...kept.problems)
    standIns.push(...kept.files.filter(({ day, month }) => isInRange(day, month, ranges)))
  }
  const kept = standIns.length === 0 ? NOTHING : await ledgerFileFacts(context, table, standIns, signal)
  const facts = new Map([...found.facts, ...kept.facts])
  const told = [...facts.values()].flatMap((each) => each.problems)
  return { listed: [...listed, ...standIns], facts, problems: [...problems, ...kept.problems, ...told] }
}

function isOneGone(listed: readonly LedgerFile[], { facts, problems }: FactsFound): boolean {
  const left = new Set(problems.map(({ file }) => file))
  return listed.some(({ file }) => !facts.has(file) && !left.has(file))
}

const NOTHING: FactsFound = { facts: new Map(), problems: [] }

async function filesOf(
  context: StoreContext,
  table: LedgerTable,
  ranges: readonly TimeRange[] | null,
): Promise<readonly LedgerFile[]> {
  if (table !== 'policies')
    return (await listLedgerFiles(context, table)).filter(({ day, month }) => isInRange(day, month, ranges))
  return [POLICIES]
}

/** One file, of no day: placed as a month that no other file has. */
export const POLICIES: LedgerFile = {
  file: POLICIES_FILE,
  series: { table: 'decisions', partition: null },
  day: null,
  month: '' as UtcMonth,
}

/** By its name, whether a file may hold rows of these times. */
function isInRange(day: UtcDay | null, month: UtcMonth, ranges: readonly TimeRange[] | null): boolean {
  if (ranges === null) return true
  // A month's text is the beginning of its days': 2024-03 ≤ 2024-03-08 ≤ 2024-03-~.
  const [first, last] = [day ?? month, day ?? `${month}-~`]
  return ranges.some(
    ({ from, to }) =>
      (to === Infinity || first <= utcDayOf(to)) && (from === -Infinity || last >= utcDayOf(from)),
  )
}

/** Above any row's place in a file. */
const FILE_STRIDE = 2 ** 40

/** Files and rows of a page: only its files are opened, those of one form by one SELECT. */
function placesRelation(
  groups: readonly Group[],
  places: readonly RowPlace[],
  relation: (group: Group, conditions: readonly string[]) => string,
): string | null {
  const selects = groups.flatMap(({ files, form, offset }) => {
    const inGroup = places.filter(({ file }) => file >= offset && file < offset + files.length)
    if (inGroup.length === 0) return []
    const needed = [...new Set(inGroup.map(({ file }) => file))]
    const order = new Map(needed.map((file, index) => [file, index]))
    const some = { files: needed.map((file) => files[file - offset] as StorePath), form, offset: 0 }
    // One number a place: by comparison of two each row would be looked for in a list of them.
    const numbers = inGroup.map(({ file, row }) => (order.get(file) ?? 0) * FILE_STRIDE + row)
    const rows = relation(some, [`__file::BIGINT * ${FILE_STRIDE} + __row IN (${numbers.join(', ')})`])
    return [`SELECT * REPLACE ([${needed.join(', ')}][__file + 1] AS __file) FROM (${rows})`]
  })
  return selects.length === 0 ? null : selects.join('\nUNION ALL BY NAME ')
}

function stillThere(context: StoreContext, facts: ReadonlyMap<StorePath, LedgerFileFacts>): boolean {
  return [...facts.keys()].every((file) => isSame(context, file, facts))
}

function isSame(
  context: StoreContext,
  file: StorePath,
  facts: ReadonlyMap<StorePath, LedgerFileFacts>,
): boolean {
  const [known, now] = [facts.get(file)?.stat, context.env.statNow(at(context, file))]
  return known !== undefined && now !== null && sameFile(known, now)
}
