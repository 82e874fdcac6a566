import type { DayState, PolicyFileState, TableState } from '../../../schemas/contract/health.ts'
import type { UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import { DAILY_TABLES, type DailyTable, LEDGER, POLICIES } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import { POLICIES_FILE, seriesFolder } from '../layout/file-names.ts'
import { type LedgerFile, listLedgerFiles } from '../ledger/ledger-files.ts'
import { undoableDays } from '../ledger/undoable-days.ts'
import { type LedgerFacts, ledgerFacts } from './ledger-facts.ts'

/** What of a file is of one day. */
interface Share {
  readonly facts: LedgerFacts
  /** Null when the file can't be read. */
  readonly rows: number | null
  readonly bytes: number
}

interface Day {
  readonly holders: Share[]
  readonly waiting: LedgerFacts[]
}

/**
 * The ledger's tables day by day (SPEC R11), by names and footers; of a month file the times are read as well. What is known of a
 * file is remembered while it stays the same.
 * @throws CANCELLED; IO when the file system fails
 */
export async function ledgerTables(
  context: StoreContext,
  signal: AbortSignal | undefined,
): Promise<readonly TableState[]> {
  const tables: TableState[] = []
  for (const table of DAILY_TABLES) {
    const days = await daysOf(context, table, signal)
    if (days.length > 0) tables.push({ table, timeframe: null, days, missing: [] })
  }
  return tables
}

async function daysOf(
  context: StoreContext,
  table: DailyTable,
  signal: AbortSignal | undefined,
): Promise<readonly DayState[]> {
  const files = await listLedgerFiles(context, table)
  const wanted = files.map(({ file, day }) => ({ file, byDay: day === null }))
  const known = await ledgerFacts(context, LEDGER[table], wanted, signal)
  const months = new Set(files.flatMap((file) => (file.day === null ? placeOf(file) : [])))
  const days = new Map<string, Day>()
  const dayAt = (day: string): Day => {
    const found = days.get(day) ?? { holders: [], waiting: [] }
    days.set(day, found)
    return found
  }
  for (const file of files) {
    const facts = known.get(file.file)
    // Gone since it was listed.
    if (facts === undefined) continue
    if (file.day === null)
      for (const [day, share] of sharesOf(file.month, facts)) dayAt(day).holders.push(share)
    else if (months.has(placeOf(file))) dayAt(file.day).waiting.push(facts)
    else dayAt(file.day).holders.push({ facts, rows: facts.rows, bytes: facts.stat.size })
  }
  const undoable: ReadonlySet<string> = await undoableDays(context, table)
  return [...days]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, found]) => ({ ...stateOf(day, found), ...(undoable.has(day) ? { canUndo: true } : {}) }))
}

/** A month of a folder: its day files merge into its month file alone. */
function placeOf({ series, month }: LedgerFile): string {
  return `${seriesFolder(series)} ${month}`
}

/** Days of a month file; all together have all of its bytes. */
function sharesOf(month: UtcMonth, facts: LedgerFacts): ReadonlyMap<string, Share> {
  const { size } = facts.stat
  const counts = [...facts.days].sort(([a], [b]) => (a < b ? -1 : 1))
  const total = counts.reduce((sum, [, rows]) => sum + rows, 0)
  if (total === 0) return new Map([[`${month}-01` as UtcDay, { facts, rows: facts.rows, bytes: size }]])
  const shares = new Map<string, Share>()
  let before = 0
  for (const [day, rows] of counts) {
    const until = (count: number): number => Math.round((size * count) / total)
    shares.set(day, { facts, rows, bytes: until(before + rows) - until(before) })
    before += rows
  }
  return shares
}

function stateOf(day: string, { holders, waiting }: Day): DayState {
  const [first] = holders
  const all = [...holders.map(({ facts }) => facts), ...waiting]
  const rows = holders.map((share) => share.rows)
  return {
    day,
    dayfile:
      first === undefined
        ? null
        : {
            file: first.facts.file,
            rows: rows.some((each) => each === null) ? null : sumOf(rows),
            bytes: sumOf(holders.map(({ bytes }) => bytes)),
            sha256: holders.length === 1 ? first.facts.sha256 : null,
            ...(holders.length === 1 ? {} : { files: holders.length }),
          },
    partsWaiting: waiting.length,
    partBytes: sumOf(waiting.map(({ stat }) => stat.size)),
    problem: told(all.find(({ problem }) => problem !== null)?.problem ?? null),
  }
}

function sumOf(values: readonly (number | null)[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
}

function told(problem: Problem | null): string | null {
  return problem === null ? null : `${problem.code}: ${problem.file.split('/').at(-1)}: ${problem.detail}`
}

/** Undefined while no policy was handed in. @throws CANCELLED */
export async function policyFile(
  context: StoreContext,
  signal: AbortSignal | undefined,
): Promise<PolicyFileState | undefined> {
  const wanted = [{ file: POLICIES_FILE, byDay: false }]
  const facts = (await ledgerFacts(context, POLICIES, wanted, signal)).get(POLICIES_FILE)
  if (facts === undefined) return undefined
  const { file, rows, stat, sha256, problem } = facts
  return { file, versions: rows, bytes: stat.size, sha256, problem: told(problem) }
}

/** Files of the ledger as its folders stand now, readable or not. */
export async function countLedgerFiles(context: StoreContext): Promise<number> {
  let files = (await context.env.stat(at(context, POLICIES_FILE))) === null ? 0 : 1
  for (const table of DAILY_TABLES) files += (await listLedgerFiles(context, table)).length
  return files
}
