import type { ErrorCode } from '../../../schemas/contract/errors.ts'
import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import { LEDGER } from '../../../schemas/tables/index.ts'
import type { LedgerOutcome } from '../api.ts'
import type { Row } from '../write/part-writer.ts'
import { conflictOf, dayOfRow, meet } from './entry-rows.ts'
import type { LedgerFile } from './ledger-files.ts'
import { formOf, type Placing, targetOf } from './placement.ts'
import { ledgerKey } from './row-order.ts'
import type { OpenDays } from './seal.ts'
import type { StandingFile, WorkUnit } from './standing-files.ts'

/** A file as it shall be. */
export interface MergedFile {
  readonly target: LedgerFile
  /** What stands there now; null when nothing does. */
  readonly standing: StandingFile | null
  /** By key. */
  readonly rows: ReadonlyMap<string, Row>
}

/** What becomes of rows that are handed in for the days of a unit. */
export interface Merge {
  /** In the order of the rows. */
  readonly outcomes: readonly LedgerOutcome[]
  /** The file that each new or completed row goes to; null for all others. */
  readonly targets: readonly (StorePath | null)[]
  /** Those that get new rows, or complete ones. */
  readonly changed: readonly MergedFile[]
  /** Files of other programs that hold a row which is acknowledged as standing. */
  readonly vouching: ReadonlySet<StorePath>
}

export interface MergeRules extends Placing {
  readonly open: OpenDays
  /** Days that this import made: they stay open to it. */
  readonly begun: ReadonlySet<string>
}

interface Draft {
  readonly target: LedgerFile
  readonly standing: StandingFile | null
  readonly rows: Map<string, Row>
  changed: boolean
}

/** Applies the ledger's rule to rows in their order (SPEC E3–E8). Pure: nothing is written. */
export function mergeRows(
  unit: WorkUnit,
  standing: readonly StandingFile[],
  rows: readonly Row[],
  rules: MergeRules,
): Merge {
  const table = LEDGER[unit.table]
  const drafts = new Map<StorePath, Draft>()
  const known = new Map<string, Draft>()
  const heldDays = new Set<UtcDay>()
  for (const file of standing) {
    const draft: Draft = { target: file, standing: file, rows: new Map(file.rows), changed: false }
    drafts.set(file.file, draft)
    if (file.day !== null) heldDays.add(file.day)
    for (const [key, row] of file.rows) {
      heldDays.add(dayOfRow(row))
      if (!known.has(key)) known.set(key, draft)
    }
  }
  const vouching = new Set<StorePath>()

  const targets: (StorePath | null)[] = rows.map(() => null)
  const taken = (row: Row, index: number): LedgerOutcome => {
    const day = dayOfRow(row)
    const lost = standing.find(
      (file) => file.unknown && (file.day === null ? day.startsWith(file.month) : file.day === day),
    )
    if (lost?.obstacle != null) return refused(lost.obstacle.code, lost.obstacle.reason)
    const key = ledgerKey(table, row)
    const holder = known.get(key)
    const stands = holder?.rows.get(key)
    const met = stands === undefined ? null : meet(table, stands, row)
    if (met !== null && met.kind !== 'completed') {
      if (holder?.standing?.foreign === true) vouching.add(holder.target.file)
      return met.kind === 'conflict' ? conflictOf(table, row, met.field) : { outcome: met.kind }
    }
    const isClosed = rules.open.isSealed(day) && heldDays.has(day) && !rules.begun.has(day)
    if (isClosed) return sealed(day, rules.open.sealHours)
    if (rules.open.isTooFar(day)) {
      const reason = `${day} is after tomorrow (UTC); check the clocks of the bot and of this machine`
      return { outcome: 'rejected', field: 'timestamp_utc', reason }
    }
    const draft = holder ?? draftFor(row, day)
    const { partition } = draft.target.series
    const misspelt = partition === null || draft.standing !== null ? null : rules.folders.problemOf(partition)
    if (partition !== null && misspelt !== null)
      return { outcome: 'rejected', field: partition.column, reason: misspelt }
    const { obstacle = null } = draft.standing ?? {}
    if (obstacle !== null) return refused(obstacle.code, obstacle.reason)
    draft.rows.set(key, met?.row ?? row)
    draft.changed = true
    targets[index] = draft.target.file
    known.set(key, draft)
    return { outcome: met === null ? 'accepted' : 'completed' }
  }

  const draftFor = (row: Row, day: UtcDay): Draft => {
    const files = [...drafts.values()].map(({ target }) => target)
    const target = targetOf(unit.table, day, formOf(day, files, rules.form), row, files)
    const draft = drafts.get(target.file) ?? { target, standing: null, rows: new Map(), changed: false }
    drafts.set(target.file, draft)
    return draft
  }

  const outcomes = rows.map(taken)
  return { outcomes, targets, changed: [...drafts.values()].filter(({ changed }) => changed), vouching }
}

function refused(code: ErrorCode, reason: string): LedgerOutcome {
  return { outcome: 'rejected', field: 'timestamp_utc', reason: `${code}: ${reason}` }
}

function sealed(day: UtcDay, hours: number): LedgerOutcome {
  const reason = `${day} is sealed: it ended more than ${hours} hours ago and has its file; hand the whole day in with --backfill`
  return { outcome: 'rejected', field: 'timestamp_utc', reason }
}
