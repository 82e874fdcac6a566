import type { Finding } from '../../../schemas/contract/health.ts'
import type { ObjectHistory } from '../../../schemas/contract/viewport.ts'
import type { AppendOptions } from '../api.ts'
import type { DayResolver } from '../compact/resolver.ts'
import type { StoreContext } from '../context.ts'
import { type EventsAppended, EventWriter } from '../write/object-events.ts'
import { type ObjectsAnswer, type ObjectsRequest, objectHistory, objectsAt } from './as-of.ts'
import { BarNumbers } from './bar-numbers.ts'
import { eventDayResolver } from './day-resolver.ts'
import { Snapshot } from './snapshot.ts'
import { Timeline } from './timeline.ts'

/** The store's object events: one for an open store. Nothing is read before it is asked for. */
export class EventStore {
  readonly timeline: Timeline
  /** For the compaction of days of events. */
  readonly days: DayResolver
  readonly #barNumbers: BarNumbers
  readonly #snapshot: Snapshot
  readonly #writer: EventWriter

  constructor(context: StoreContext) {
    this.timeline = new Timeline(context)
    this.days = eventDayResolver(context, this.timeline)
    this.#barNumbers = new BarNumbers(context)
    this.#snapshot = new Snapshot(context, this.timeline)
    this.#writer = new EventWriter(context, this.timeline, this.#barNumbers, this.#snapshot)
  }

  /** The last known state of each object that touches a window, at any moment in the past if asked (SPEC R4, R5). */
  objectsAt(request: ObjectsRequest): Promise<ObjectsAnswer> {
    return objectsAt(this.timeline, this.#barNumbers, request)
  }

  /** @throws NOT_FOUND when no event names the object */
  history(objectId: string): Promise<ObjectHistory> {
    return objectHistory(this.timeline, this.#barNumbers, objectId)
  }

  /**
   * Checks and writes events; each accepted one is durable when this resolves, and the snapshot has followed unless the
   * answer says why not.
   * @throws NO_SPACE, IO
   */
  append(documents: readonly unknown[], options: AppendOptions = {}): Promise<EventsAppended> {
    return this.#writer.append(documents, options)
  }

  /**
   * For an open that may write: finishes a snapshot that a crash left behind its events. Lists the timeline, and reads
   * it only when its files changed since the snapshot was written.
   */
  mendSnapshot(): Promise<void> {
    return this.#snapshot.mend()
  }

  /** Writes the snapshot anew from the whole timeline: same events, same bytes. @returns the number of objects */
  rebuildSnapshot(): Promise<number> {
    return this.#snapshot.rebuild()
  }

  /** What doctor has to say of the snapshot: SNAPSHOT_STALE, UNREADABLE, BAD_COLUMNS, or nothing. */
  compareSnapshot(): Promise<readonly Finding[]> {
    return this.#snapshot.compare()
  }
}
