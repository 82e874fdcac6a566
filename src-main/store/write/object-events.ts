import path from 'node:path'
import { BarkeepError, type ErrorReport, reportOf } from '../../../schemas/contract/errors.ts'
import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { ObjectEventRow } from '../../../schemas/generated/rows.ts'
import { OBJECT_EVENTS } from '../../../schemas/tables/index.ts'
import type { AppendOptions, Outcome } from '../api.ts'
import { at, type StoreContext } from '../context.ts'
import type { BarNumbers } from '../events/bar-numbers.ts'
import { compareText } from '../events/event-order.ts'
import { type Held, sameEvent, TIER } from '../events/event-set.ts'
import type { Snapshot } from '../events/snapshot.ts'
import type { Timeline } from '../events/timeline.ts'
import { parsePartName, partFolder, partName, RECOVERY, type Series, within } from '../layout/file-names.ts'
import { tellChange } from './change-news.ts'
import { inTurn } from './turns.ts'
import { type Checked, objectEventValidator, type Validator } from './validate.ts'

const SERIES: Series = { table: 'object_events' }

export interface EventsAppended {
  /** In the order of the documents. Each accepted event is durable, whatever became of the snapshot. */
  readonly outcomes: readonly Outcome[]
  /** Why the snapshot is behind; null when it isn't. The next append, open or rebuild mends it. */
  readonly snapshot: ErrorReport | null
}

/** Writes object events as parts (SPEC W1–W3, W6, W7, W9, W10); the snapshot follows once a call. */
export class EventWriter {
  readonly #context: StoreContext
  readonly #timeline: Timeline
  readonly #barNumbers: BarNumbers
  readonly #snapshot: Snapshot
  readonly #validator: Validator<ObjectEventRow>
  #last: Promise<unknown> = Promise.resolve()

  constructor(context: StoreContext, timeline: Timeline, barNumbers: BarNumbers, snapshot: Snapshot) {
    this.#context = context
    this.#timeline = timeline
    this.#barNumbers = barNumbers
    this.#snapshot = snapshot
    this.#validator = objectEventValidator(context.zone)
  }

  /**
   * @throws NO_SPACE, IO from a failing disk; the events of the documents before the failing one are durable then
   */
  async append(documents: readonly unknown[], options: AppendOptions = {}): Promise<EventsAppended> {
    // One call at a time: what one writes the next must know, or it would take a repeated event for a new one.
    const turn = this.#last.then(() => this.#write(documents, options.dryRun === true))
    this.#last = turn.catch(() => {})
    let outcomes: readonly Outcome[]
    try {
      outcomes = await turn
    } catch (cause) {
      // Some events may be durable: the snapshot follows as far as the disk lets it. The disk's refusal is what is told.
      await this.#follow()
      if (cause instanceof BarkeepError) throw cause
      const { code, message } = reportOf(cause)
      throw new BarkeepError(code, message, { cause })
    }
    const wrote = outcomes.some(({ outcome }) => outcome === 'accepted' || outcome === 'conflict')
    // Duplicates alone change nothing, but a crash may have come between their events and the snapshot.
    const due = options.dryRun !== true && (wrote || outcomes.some(({ outcome }) => outcome === 'duplicate'))
    return { outcomes, snapshot: due ? await this.#follow() : null }
  }

  async #follow(): Promise<ErrorReport | null> {
    try {
      await this.#snapshot.follow()
      return null
    } catch (error) {
      return reportOf(error)
    }
  }

  async #write(documents: readonly unknown[], dryRun: boolean): Promise<readonly Outcome[]> {
    await this.#timeline.look()
    const checked = await this.#placed(documents.map((document) => this.#validator.check(document)))
    const session = new Session()
    const outcomes: Outcome[] = []
    for (const each of checked) {
      if ('rejection' in each) outcomes.push({ outcome: 'rejected', ...each.rejection })
      else {
        const { row } = each
        outcomes.push(
          await inTurn(this.#context, SERIES, utcDayOf(row.ts), () => this.#take(row, session, dryRun)),
        )
      }
    }
    if (dryRun) return outcomes
    await this.#settleDuplicates(session)
    return await this.#confirmed(checked, outcomes, session)
  }

  /** Gives each event that names its first bar by number alone the time of that bar (SPEC W10). */
  async #placed(checked: readonly Checked<ObjectEventRow>[]): Promise<readonly Checked<ObjectEventRow>[]> {
    const unplaced = checked.flatMap((each) => ('row' in each && lacksTime(each.row) ? [each.row] : []))
    const barOfNumber = await this.#barNumbers.find(
      unplaced.map(({ symbol, left }) => ({ symbol, globalX: left as number })),
    )
    return checked.map((each) => {
      if (!('row' in each) || !lacksTime(each.row)) return each
      const known = this.#timeline.winner(each.row.event_id)?.row
      const asKnown = { ...each.row, left_ts: known?.left_ts ?? null }
      // Sent again, an event is the same event, whether its bar was numbered when it came first or is only now.
      if (known !== undefined && sameEvent(known, asKnown)) return { row: asKnown }
      return { row: { ...each.row, left_ts: barOfNumber(each.row.symbol, each.row.left as number) } }
    })
  }

  async #take(row: ObjectEventRow, session: Session, dryRun: boolean): Promise<Outcome> {
    // A day that this process compacted meanwhile holds its events more firmly.
    if (this.#timeline.isBehind) await this.#timeline.current()
    const planned = session.planned.get(row.event_id)
    const known = planned === undefined ? this.#timeline.winner(row.event_id) : null
    const knownRow = planned ?? known?.row
    if (knownRow !== undefined && sameEvent(knownRow, row)) {
      if (known !== null) session.duplicates.add(known.source.file)
      return { outcome: 'duplicate' }
    }
    const refusal = known === null ? null : refusalOf(known, row, this.#context.env.now())
    if (refusal !== null) return refusal
    const outcome = knownRow === undefined ? 'accepted' : 'conflict'
    if (dryRun) {
      session.planned.set(row.event_id, row)
      return { outcome }
    }
    const day = utcDayOf(row.ts)
    const folder = partFolder(SERIES, day)
    const after = known === null ? undefined : parsePartName(nameOf(known.source.file))?.writtenMicros
    const name = await this.#context.partWriter.write(
      at(this.#context, folder),
      OBJECT_EVENTS,
      { ...row },
      after,
    )
    const file = within(folder, name)
    this.#timeline.adopt(file, row)
    session.written.add(file)
    tellChange(this.#context, { kind: 'part', series: SERIES, day, file, row: { ...row } })
    return { outcome }
  }

  /**
   * A duplicate is acknowledged like a new event, so it must be as durable: the writer of the one that stands may have
   * been killed before it synced the folder.
   */
  async #settleDuplicates(session: Session): Promise<void> {
    const folders = new Set<string>()
    for (const file of session.duplicates) {
      if (!session.written.has(file)) folders.add(path.dirname(at(this.#context, file)))
    }
    for (const folder of folders) await this.#context.env.syncDir(folder)
  }

  /**
   * Another process may have compacted a version of an event that we were just superseding: the dayfile's stands, and
   * ours is told as rejected rather than promised.
   */
  async #confirmed(
    checked: readonly Checked<ObjectEventRow>[],
    outcomes: readonly Outcome[],
    session: Session,
  ): Promise<readonly Outcome[]> {
    if (session.written.size === 0) return outcomes
    await this.#timeline.look()
    const now = this.#context.env.now()
    return outcomes.map((outcome, index) => {
      const each = checked[index]
      if (outcome.outcome === 'rejected' || each === undefined || !('row' in each)) return outcome
      const winner = this.#timeline.winner(each.row.event_id)
      return winner === null ? outcome : (refusalOf(winner, each.row, now) ?? outcome)
    })
  }
}

/** What one call has done so far. */
class Session {
  readonly written = new Set<StorePath>()
  readonly duplicates = new Set<StorePath>()
  /** Events that a dry run would have written. */
  readonly planned = new Map<string, ObjectEventRow>()
}

function lacksTime(row: ObjectEventRow): boolean {
  return row.left !== null && row.left_ts === null
}

/** Why a version of an event can't be superseded by a part, if so (SPEC W9). */
function refusalOf(known: Held, row: ObjectEventRow, now: number): Outcome | null {
  if (sameEvent(known.row, row)) return null
  const { file, tier } = known.source
  const refused = (why: string): Outcome => ({
    outcome: 'rejected',
    field: 'event_id',
    reason: `event ${row.event_id} stands in ${file} with other values${why}; send a correction as an event of its own`,
  })
  if (tier !== TIER.part) return refused('')
  if (file.startsWith(`${RECOVERY}/`)) return refused(' while its damaged dayfile awaits repair')
  // Another program's name may sort after any of ours: what we wrote then would never be seen.
  const name = nameOf(file)
  if (parsePartName(name) === null && compareText(name, partName(now * 1000, '00000000')) > 0)
    return refused('')
  return null
}

function nameOf(file: StorePath): string {
  return file.slice(file.lastIndexOf('/') + 1)
}
