import type { StoreInfo } from '../../../schemas/contract/health.ts'
import type { LedgerEntry } from '../../../schemas/contract/ledger.ts'
import type { LedgerChange, LiveBars, LiveObjects } from '../../../schemas/contract/live.ts'
import type { FollowRequest } from '../../../schemas/generated/requests.ts'
import type { DecisionRow } from '../../../schemas/generated/rows.ts'
import type { StoreTable } from '../../../schemas/tables/index.ts'
import { markerOf } from '../query/decision-markers.ts'
import { barIncrement, followedOf } from './bar-tail.ts'
import { DayChanges, type DayLook } from './day-changes.ts'
import type { Hint } from './hints.ts'
import type { Followed } from './increment.ts'
import { InfoTail } from './info-tail.ts'
import { type LedgerFindings, LedgerLooks } from './ledger-looks.ts'
import type { LedgerNews } from './ledger-tail.ts'
import type { LiveSources } from './live-feed.ts'
import { type ObjectLook, ObjectTail } from './object-tail.ts'

/** What a look found to be different. */
export interface TailChanges {
  readonly tables: readonly StoreTable[]
  readonly bars?: LiveBars
  readonly objects?: LiveObjects
  readonly ledger?: readonly LedgerChange[]
  readonly info?: StoreInfo
}

const NO_DAYS: DayLook = { isFirst: false, changes: [], parts: 0, commit: () => {} }
const NO_OBJECTS: ObjectLook = { isOther: false, of: async () => null, commit: () => {} }

/**
 * Keeps what was last told of the store, and tells what is different now (SPEC F10). What a look finds counts as told once
 * `told` is called; until then the next look finds it again.
 */
export class LiveTails {
  readonly #sources: LiveSources
  readonly #days: DayChanges
  readonly #objects: ObjectTail
  readonly #info: InfoTail
  readonly #ledger: LedgerLooks
  #followed: Followed | null = null
  #commits: readonly (() => void)[] = []
  #failure: unknown = null
  #isUntold = false

  /** @param again asked for one more look, when something of the ledger was found beside one; must not throw */
  constructor(sources: LiveSources, again: (hint: Hint) => void = () => {}) {
    const { context, blocks, timeline, barNumbers, info } = sources
    this.#sources = sources
    this.#days = new DayChanges(context, blocks)
    this.#objects = new ObjectTail(timeline, barNumbers)
    this.#info = new InfoTail({ timeline, info, now: () => context.env.now() })
    this.#ledger = new LedgerLooks(context, (table) => again({ kind: 'ledger', table }))
  }

  /** What a part of the last look failed with, while others had something to tell; null where none did. */
  get failure(): unknown {
    return this.#failure
  }

  /**
   * What the last look found is on its way, for the series that was followed then. Who follows another one now must ask for
   * it anew: it will not be told of that one.
   */
  get isUntold(): boolean {
    return this.#isUntold
  }

  /**
   * From the next update on, changes of this series are told bar by bar: also by a look that is under way, and all that
   * came since the update before.
   * @throws BAD_REQUEST for a level that the timeframe's ladder lacks
   */
  follow(request: FollowRequest): void {
    this.#followed = followedOf(this.#sources.context, request)
  }

  /**
   * Looks where the hints point to. Of the ledger it tells what was found so far: a hinted table is looked at beside, and
   * one more look asked for when there is something; a look at everything waits for it. A part that fails keeps no other from being told, and is looked at again.
   * @returns null when nothing is different
   * @throws what a part failed with, when there is nothing else to tell
   */
  async look(hints: readonly Hint[]): Promise<TailChanges | null> {
    this.#isUntold = false
    const isFull = hints.some(({ kind }) => kind === 'all')
    const failures: unknown[] = []
    const attempt = async <T>(work: () => Promise<T>): Promise<T | null> => {
      try {
        return await work()
      } catch (thrown) {
        failures.push(thrown)
        return null
      }
    }
    const whole = isFull ? this.#ledger.all() : null
    for (const hint of hints) if (whole === null && hint.kind === 'ledger') this.#ledger.begin(hint.table)
    const days = (await attempt(() => this.#days.look(hints))) ?? NO_DAYS
    const isOfEvents = isFull || hints.some(({ kind }) => kind === 'events')
    const objects = (await attempt(() => this.#objects.look(isOfEvents, days))) ?? NO_OBJECTS
    await whole
    const ledger = this.#ledger.take()
    failures.push(...ledger.failures)
    const isOther = objects.isOther || ledger.looks.size > 0
    const info = await attempt(() => this.#info.look(days, isFull, isOther))
    let bars: { readonly told: LiveBars | null } | null
    let changed: { readonly told: LiveObjects | null } | null
    let followed: Followed | null
    do {
      followed = this.#followed
      bars = await attempt(async () => ({ told: await this.#barsOf(followed, days) }))
      changed = await attempt(async () => ({ told: await objects.of(followed?.symbol ?? null) }))
      // Another series was followed meanwhile: what came since the update before is to be told of that one.
    } while (followed !== this.#followed)
    this.#isUntold = true
    // Bars and the bounds of series are of one look at the days: both are told, or neither.
    const isWhole = info !== null && bars !== null
    this.#commits = [
      ...(isWhole ? [days.commit, info.commit] : []),
      ...(changed === null ? [] : [objects.commit]),
      () => this.#ledger.told(ledger.looks),
    ]
    this.#failure = failures[0] ?? null
    const changes: TailChanges = {
      tables: [
        ...(isWhole && days.changes.length > 0 ? (['candles'] as const) : []),
        ...(changed !== null && objects.isOther ? (['object_events'] as const) : []),
        ...ledger.looks.keys(),
      ],
      ...given('bars', isWhole ? bars?.told : null),
      ...given('objects', changed?.told),
      ...given('ledger', newsOf(ledger.looks, followed)),
      ...given('info', isWhole ? info.info : null),
    }
    if (Object.keys(changes).length > 1 || changes.tables.length > 0) return changes
    this.told()
    if (failures.length > 0) throw failures[0]
    return null
  }

  /** What the last look found was told. */
  told(): void {
    for (const commit of this.#commits) commit()
    this.#commits = []
    this.#isUntold = false
  }

  /** Resolves once nothing is being read behind a look. */
  async settled(): Promise<void> {
    await this.#ledger.settled()
  }

  async #barsOf(followed: Followed | null, days: DayLook): Promise<LiveBars | null> {
    return followed === null ? null : barIncrement(this.#sources, this.#days, followed, days)
  }
}

function newsOf(looks: LedgerFindings['looks'], followed: Followed | null): readonly LedgerChange[] | null {
  const changes = [...looks.values()].flatMap(({ news }) =>
    news === null ? [] : withMarkers(news, followed),
  )
  return changes.length === 0 ? null : changes
}

/** By the rules of any window's decisions (SPEC Q25). */
function withMarkers(news: LedgerNews, followed: Followed | null): LedgerChange {
  if (news.table !== 'decisions' || followed === null) return { ...news, markers: [] }
  const markers = news.entries
    .flatMap((entry) => markerOf(entry as LedgerEntry<Partial<DecisionRow>>))
    .filter(({ symbol }) => symbol === followed.symbol)
  return { ...news, markers }
}

function given<Name extends string, T>(
  name: Name,
  value: T | null | undefined,
): { readonly [key in Name]?: T } {
  return (value === null || value === undefined ? {} : { [name]: value }) as { readonly [key in Name]?: T }
}
