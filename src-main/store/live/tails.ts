import type { StoreInfo } from '../../../schemas/contract/health.ts'
import type { LedgerChange, LiveBars, LiveObjects } from '../../../schemas/contract/live.ts'
import type { FollowRequest } from '../../../schemas/generated/requests.ts'
import { LEDGER_TABLES, type LedgerTable, type StoreTable } from '../../../schemas/tables/index.ts'
import { BarNumbers } from '../events/bar-numbers.ts'
import { barIncrement, followedOf } from './bar-tail.ts'
import { DayChanges } from './day-changes.ts'
import type { Hint } from './hints.ts'
import type { Followed } from './increment.ts'
import { InfoTail } from './info-tail.ts'
import type { LiveSources } from './live-feed.ts'
import { ObjectTail } from './object-tail.ts'

/** What a look found to be different. */
export interface TailChanges {
  readonly tables: readonly StoreTable[]
  readonly bars?: LiveBars
  readonly objects?: LiveObjects
  readonly ledger?: readonly LedgerChange[]
  readonly info?: StoreInfo
}

/**
 * Keeps what was last told of the store, and tells what is different now (SPEC F10). What a look finds counts as told once
 * `told` is called; until then the next look finds it again.
 */
export class LiveTails {
  readonly #sources: LiveSources
  readonly #days: DayChanges
  readonly #objects: ObjectTail
  readonly #info: InfoTail
  #followed: Followed | null = null
  #marks: Readonly<Record<LedgerTable, string>> | null = null
  #commits: readonly (() => void)[] = []

  constructor(sources: LiveSources) {
    const { context, blocks, timeline, info } = sources
    this.#sources = sources
    this.#days = new DayChanges(context, blocks)
    this.#objects = new ObjectTail(timeline, new BarNumbers(context))
    this.#info = new InfoTail({ timeline, info, now: () => context.env.now() })
  }

  /**
   * From the next update on, changes of this series are told bar by bar: also of one whose look is under way, and all that
   * came since the update before.
   * @throws BAD_REQUEST for a level that the timeframe's ladder lacks
   */
  follow(request: FollowRequest): void {
    this.#followed = followedOf(this.#sources.context, request)
  }

  /** Looks where the hints point to. @returns null when nothing is different */
  async look(hints: readonly Hint[]): Promise<TailChanges | null> {
    const isFull = hints.some(({ kind }) => kind === 'all')
    const commits: (() => void)[] = []
    const days = await this.#days.look(hints)
    commits.push(days.commit)
    const objects = await this.#objects.look(isFull || hints.some(({ kind }) => kind === 'events'), days)
    commits.push(objects.commit)
    const info = await this.#info.look(days, isFull, objects.isOther)
    commits.push(info.commit)
    const marks = await this.#sources.marks()
    const before = this.#marks
    commits.push(() => {
      this.#marks = marks
    })
    const ledger = LEDGER_TABLES.filter((table) => before !== null && before[table] !== marks[table])
    let bars: LiveBars | null
    let changed: LiveObjects | null
    let followed: Followed | null
    do {
      followed = this.#followed
      bars = followed === null ? null : await barIncrement(this.#sources, this.#days, followed, days)
      changed = await objects.of(followed?.symbol ?? null)
      // Another series was followed meanwhile: what came since the update before is to be told of that one.
    } while (followed !== this.#followed)
    this.#commits = commits
    const tables: StoreTable[] = [...ledger]
    if (days.changes.length > 0) tables.unshift('candles')
    if (objects.isOther) tables.push('object_events')
    const changes = {
      tables,
      ...(bars === null ? {} : { bars }),
      ...(changed === null ? {} : { objects: changed }),
      ...(ledger.length === 0
        ? {}
        : { ledger: ledger.map((table) => ({ table, entries: [], markers: [], incomplete: true })) }),
      ...(info.info === null ? {} : { info: info.info }),
    }
    if (tables.length === 0 && bars === null && changed === null && info.info === null) {
      this.told()
      return null
    }
    return changes
  }

  /** What the last look found was told. */
  told(): void {
    for (const commit of this.#commits) commit()
    this.#commits = []
  }
}
