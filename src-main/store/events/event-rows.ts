import { formatUtcIso } from '../../../schemas/contract/market-time.ts'
import type { ObjectEventRow } from '../../../schemas/generated/rows.ts'
import { OBJECT_EVENTS } from '../../../schemas/tables/index.ts'
import { canonicalRow, sha256 } from '../layout/digest.ts'
import { rowChecker } from '../write/validate.ts'

/** A stored row as an event, and what is wrong with it. A row that can't be folded is no event. */
export interface ReadEvent {
  readonly row: ObjectEventRow | null
  readonly breach: string | null
}

const check = rowChecker(OBJECT_EVENTS)

/** Without these there is nothing to fold: whose event, when, and what it does. */
const ESSENTIAL = ['ts', 'action', 'object_id', 'type', 'symbol'] as const

/**
 * An event from a file of any writer (SPEC R8): `ts_iso` and a missing `event_id` are derived as for input, the
 * timeframe is compared without case, and a row that only breaks its schema elsewhere is kept and named.
 */
export function eventOf(stored: Readonly<Record<string, unknown>>): ReadEvent {
  const { ts } = stored
  const instant = typeof ts === 'number' && Number.isFinite(new Date(ts).getTime()) ? ts : null
  const row: Record<string, unknown> = { ...stored, ts_iso: instant === null ? null : formatUtcIso(instant) }
  // −0 is stored as 0 (V3).
  for (const price of ['y', 'top', 'bottom']) if (row[price] === 0) row[price] = 0
  if (typeof row.timeframe === 'string') row.timeframe = row.timeframe.toLowerCase()
  if (typeof row.event_id !== 'string') {
    row.event_id = sha256(canonicalRow(OBJECT_EVENTS.columns, { ...row, event_id: null })).slice(0, 32)
  }
  const rejection = check(row)
  if (rejection === null) return { row: row as unknown as ObjectEventRow, breach: null }
  if (rejection.field === null || ESSENTIAL.some((column) => !usable(row, column))) {
    return { row: null, breach: rejection.reason }
  }
  // Text that is no JSON has nowhere to go in a state; the file keeps it.
  if (typeof row.payload !== 'object' || Array.isArray(row.payload)) row.payload = null
  row.timeframe ??= ''
  return { row: row as unknown as ObjectEventRow, breach: rejection.reason }
}

function usable(row: Readonly<Record<string, unknown>>, column: (typeof ESSENTIAL)[number]): boolean {
  const value = row[column]
  if (column === 'ts') return typeof value === 'number' && Number.isSafeInteger(value)
  if (typeof value !== 'string' || value === '') return false
  if (column === 'action') return ['create', 'update', 'close'].includes(value)
  return column !== 'type' || ['zone', 'level', 'marker', 'flag'].includes(value)
}
