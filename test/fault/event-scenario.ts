import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import type { Outcome } from '../../src-main/store/api.ts'
import { purgeStore } from '../../src-main/store/compact/purge.ts'
import { compactStore } from '../../src-main/store/compact/run.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { withWriterLock } from '../../src-main/store/fs/writer-lock.ts'
import { type OpenedEvents, openEvents } from '../support/event-fixture.ts'
import { event, EVENTS_FROM as T } from '../support/random-events.ts'

const DAY = 86_400_000
const zone = (n: number, given: Partial<ObjectEventRow>): ObjectEventRow =>
  event({ ts: T, event_id: `e${n}`, object_id: `z${n}`, top: n, bottom: 0, ...given })

/** A compacted day, two parts after it, one that comes late for it, and their snapshot. */
export const PREPARED: readonly ObjectEventRow[] = [
  zone(1, {}),
  zone(2, { ts: T + 1, label: 'first' }),
  zone(3, { ts: T + DAY, label: 'old' }),
  event({ ts: T + DAY + 9, event_id: 'e4', object_id: 'z1', action: 'close', status: 'mitigated' }),
  event({ ts: T + 2, event_id: 'e5', object_id: 'z2', action: 'update', top: 3 }),
]

/** What is written while faults strike, call by call. */
export const CALLS: readonly (readonly ObjectEventRow[])[] = [
  // A month's first event, and one that is there already.
  [zone(6, { ts: T + 40 * DAY, payload: { side: 'bull' } }), PREPARED[1] as ObjectEventRow],
  // One that comes late, and another version of one that stands in a part.
  [
    event({ ts: T + DAY - 1, event_id: 'e7', object_id: 'z1', action: 'update', bottom: 0.5 }),
    zone(3, { ts: T + DAY, label: 'new' }),
  ],
]

export const documents = (rows: readonly ObjectEventRow[]): object[] =>
  rows.map((row) => ({ ...row, ts_iso: undefined }))

export async function prepare(root: string): Promise<void> {
  const store = await openEvents(root)
  await store.events.append(documents(PREPARED.slice(0, 2)))
  await compactStore(store.context, { table: 'object_events' }, store.events.days)
  await store.events.append(documents(PREPARED.slice(2, -1)))
  await store.events.append(documents(PREPARED.slice(-1)))
  await store.close()
}

/** Work on the prepared events, to be interrupted at every step. Tells each event that a call took once it has resolved. */
export type EventWork = (store: OpenedEvents, acknowledge: (row: ObjectEventRow) => void) => Promise<void>

async function append(store: OpenedEvents, acknowledge: (row: ObjectEventRow) => void): Promise<void> {
  const failures: unknown[] = []
  for (const rows of CALLS) {
    try {
      const { outcomes } = await store.events.append(documents(rows))
      for (const [index, row] of rows.entries()) if (isTaken(outcomes[index])) acknowledge(row)
    } catch (error) {
      // A bot goes on with its next event.
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

/** A day that has a dayfile gets a late event, another its first dayfile. */
async function compact(store: OpenedEvents): Promise<void> {
  const { days } = await compactStore(store.context, { table: 'object_events' }, store.events.days)
  for (const { error } of days) if (error !== undefined) throw Object.assign(new Error(error.message), error)
}

/** Dayfile and parts of a month that is over become its one file. */
async function compactMonth(store: OpenedEvents): Promise<void> {
  const request = { table: 'object_events', month: '2024-03' } as const
  const { days } = await compactStore(store.context, request, store.events.days)
  for (const { error } of days) if (error !== undefined) throw Object.assign(new Error(error.message), error)
}

export const EVENT_SCENARIOS: Readonly<Record<string, EventWork>> = {
  append,
  'day compaction': compact,
  'month compaction': compactMonth,
  /** What compactions put aside, at once. */
  async purge(store) {
    await purgeStore(store.context, { olderThanDays: 0 })
  },
  async 'rebuild snapshot'(store) {
    await withWriterLock(store.context, 'rebuild snapshot', () => store.events.snapshot.rebuild())
  },
}

/** Does the work in a store of its own. */
export async function write(
  root: string,
  env: Env,
  arm: () => void,
  acknowledge: (row: ObjectEventRow) => void,
  work: EventWork = append,
): Promise<void> {
  const store = await openEvents(root, { env })
  arm()
  try {
    await work(store, acknowledge)
  } finally {
    await store.close()
  }
}

export function isTaken(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && outcome.outcome !== 'rejected'
}
