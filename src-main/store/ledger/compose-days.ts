import type { BackfilledDay } from '../../../schemas/contract/jobs.ts'
import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import { LEDGER, type TableSchema } from '../../../schemas/tables/index.ts'
import type { LedgerOutcome } from '../api.ts'
import type { Row } from '../write/part-writer.ts'
import { conflictOf, dayOfRow, lineOf } from './entry-rows.ts'
import type { LedgerFile } from './ledger-files.ts'
import { formOf, type Placing, targetOf } from './placement.ts'
import type { FileChange } from './replace-days.ts'
import { ledgerKey } from './row-order.ts'
import type { Obstacle, StandingFile, WorkUnit } from './standing-files.ts'

/** What whole days come to against what stands. */
export interface ComposedDays {
  /** Files whose rows differ from what stands; a file without rows goes. */
  readonly changes: readonly FileChange[]
  readonly difference: readonly DayDifference[]
  /** Wanted rows that stand already with the same values. */
  readonly same: ReadonlySet<Row>
  /** Wanted rows that can't go in: their key stands on another day of the same file, or their folder can't be spelled. */
  readonly left: ReadonlyMap<Row, LedgerOutcome>
  /** Why nothing can be done: a file with other days in it that can't be kept. */
  readonly obstacle: Obstacle | null
}

export interface DayDifference extends Pick<BackfilledDay, 'added' | 'changed' | 'removed' | 'rows'> {
  readonly day: UtcDay
  /** The files that change, or would. */
  readonly files: readonly StorePath[]
}

/**
 * Works out the files of a unit in which its days hold these rows and no others, and all other days what they hold now.
 * Pure: nothing is written.
 * @param wanted each key once
 */
export function composeDays(
  unit: WorkUnit,
  standing: readonly StandingFile[],
  wanted: readonly Row[],
  placing: Placing,
): ComposedDays {
  const table = LEDGER[unit.table]
  const days = new Set(unit.days)
  const kept = new Map<StorePath, Row[]>()
  const keptKeys = new Set<string>()
  for (const file of standing) {
    const others = [...file.rows].filter(([, row]) => !days.has(dayOfRow(row)))
    kept.set(
      file.file,
      others.map(([, row]) => row),
    )
    for (const [key] of others) keptKeys.add(key)
  }
  const left = new Map<Row, LedgerOutcome>()
  for (const row of wanted)
    if (keptKeys.has(ledgerKey(table, row))) left.set(row, conflictOf(table, row, 'timestamp_utc'))
  const targets = placed(unit, standing, wanted, placing, left)
  const rows = wanted.filter((row) => !left.has(row))
  const changes: FileChange[] = []
  for (const { target, rows: own } of targets.values()) {
    const before = standing.find(({ file }) => file === target.file) ?? null
    const all = [...(kept.get(target.file) ?? []), ...own]
    if (!holdsExactly(table, before, all)) changes.push({ target, standing: before, rows: all })
  }
  const obstacle =
    changes.find(({ target, standing: before }) => target.day === null && before?.obstacle != null)?.standing
      ?.obstacle ?? null
  return { changes, left, obstacle, ...compared(unit, standing, rows, changes) }
}

/** Every file that stands, and those that rows go to, with the rows of the unit's days; tells those that can't go in. */
function placed(
  unit: WorkUnit,
  standing: readonly StandingFile[],
  rows: readonly Row[],
  { form, folders }: Placing,
  left: Map<Row, LedgerOutcome>,
): ReadonlyMap<StorePath, { readonly target: LedgerFile; readonly rows: Row[] }> {
  const found = new Map<StorePath, { readonly target: LedgerFile; readonly rows: Row[] }>()
  for (const target of standing) found.set(target.file, { target, rows: [] })
  for (const row of rows) {
    if (left.has(row)) continue
    const day = dayOfRow(row)
    const target = targetOf(unit.table, day, formOf(day, standing, form), row, standing)
    const { partition } = target.series
    const misspelt = partition === null || found.has(target.file) ? null : folders.problemOf(partition)
    if (partition !== null && misspelt !== null) {
      left.set(row, { outcome: 'rejected', field: partition.column, reason: misspelt })
      continue
    }
    const place = found.get(target.file) ?? { target, rows: [] }
    place.rows.push(row)
    found.set(target.file, place)
  }
  return found
}

function holdsExactly(table: TableSchema, before: StandingFile | null, rows: readonly Row[]): boolean {
  if (before === null) return rows.length === 0
  if (before.obstacle !== null || before.rows.size !== rows.length) return false
  return rows.every((row) => {
    const known = before.rows.get(ledgerKey(table, row))
    return known !== undefined && lineOf(table, known) === lineOf(table, row)
  })
}

/** What days come to by changes of some of their files; the others stay. */
export function compareDays(
  unit: WorkUnit,
  standing: readonly StandingFile[],
  changes: readonly FileChange[],
): readonly DayDifference[] {
  const changed = new Set(changes.map(({ target }) => target.file))
  const staying = standing.filter(({ file }) => !changed.has(file))
  const after = [...changes.flatMap(({ rows }) => rows), ...staying.flatMap(({ rows }) => [...rows.values()])]
  const rows = new Map(after.map((row) => [ledgerKey(LEDGER[unit.table], row), row]))
  return compared(unit, standing, [...rows.values()], changes).difference
}

/** By key, against what a reader was shown: of a key that stands twice the row that wins. */
function compared(
  unit: WorkUnit,
  standing: readonly StandingFile[],
  rows: readonly Row[],
  changes: readonly FileChange[],
): Pick<ComposedDays, 'difference' | 'same'> {
  const table = LEDGER[unit.table]
  const shown = new Map<string, Row>()
  for (const file of standing) for (const [key, row] of file.rows) if (!shown.has(key)) shown.set(key, row)
  const same = new Set<Row>()
  const wanted = new Set(rows.map((row) => ledgerKey(table, row)))
  const difference = unit.days.map((day): DayDifference => {
    const own = rows.filter((row) => dayOfRow(row) === day)
    let added = 0
    let changed = 0
    for (const row of own) {
      const before = shown.get(ledgerKey(table, row))
      if (before === undefined) added += 1
      else if (lineOf(table, before) === lineOf(table, row)) same.add(row)
      else changed += 1
    }
    const removed = [...shown].filter(([key, row]) => dayOfRow(row) === day && !wanted.has(key)).length
    const isTouched = added + changed + removed > 0
    const files = changes.filter(({ target }) => (target.day === null ? isTouched : target.day === day))
    return { day, added, changed, removed, rows: own.length, files: files.map(({ target }) => target.file) }
  })
  return { difference, same }
}
