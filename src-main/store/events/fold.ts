import type { ObjectEventRow, ObjectSnapshotRow } from '../../../schemas/generated/rows.ts'

/** The latest state of an object: its snapshot row, and the close that the snapshot has no column for. */
export interface ObjectState extends Readonly<ObjectSnapshotRow> {
  /** `ts` of the close in force, whatever `right_ts` says; null while the object stands. */
  readonly closed_ts: number | null
}

/**
 * The state after one more event, which must not lie before those already folded (SPEC O1–O6, O10).
 * @param state null when the event is the object's first
 */
export function applyEvent(state: ObjectState | null, event: ObjectEventRow): ObjectState {
  const closes = event.action === 'close'
  // A create after a close begins anew (O5); any other event goes on from what stands, closed or not (O3, O6).
  const base = event.action === 'create' && state !== null && state.closed_ts !== null ? null : state
  return {
    id: event.object_id,
    type: event.type,
    left: event.left ?? base?.left ?? null,
    left_ts: event.left_ts ?? base?.left_ts ?? null,
    right_ts: event.right_ts ?? base?.right_ts ?? null,
    y: event.y ?? base?.y ?? null,
    top: event.top ?? base?.top ?? null,
    bottom: event.bottom ?? base?.bottom ?? null,
    status: event.status ?? (closes ? 'removed' : (base?.status ?? 'active')),
    symbol: event.symbol,
    timeframe: event.timeframe,
    created_ts: base === null ? event.ts : base.created_ts,
    updated_ts: event.ts,
    created_step: base === null ? event.step : base.created_step,
    updated_step: event.step,
    label: event.label ?? base?.label ?? null,
    payload: event.payload ?? base?.payload ?? null,
    closed_ts: closes ? event.ts : (base?.closed_ts ?? null),
  }
}

/**
 * The state after events that stand in fold order; null when there are none.
 * @param until folds only events with ts ≤ until (SPEC R5)
 */
export function fold(
  events: readonly ObjectEventRow[],
  until = Number.POSITIVE_INFINITY,
): ObjectState | null {
  let state: ObjectState | null = null
  for (const event of events) {
    if (event.ts > until) break
    state = applyEvent(state, event)
  }
  return state
}

/** The object's row in the snapshot, in column order (SPEC O9). */
export function snapshotRow(state: ObjectState): ObjectSnapshotRow {
  const { closed_ts: _, ...row } = state
  return row
}
