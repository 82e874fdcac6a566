import type { Series, StoreInfo } from '../../../schemas/contract/health.ts'
import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import { compareTimeframes } from '../../../schemas/contract/timeframe.ts'
import type { Timeframe } from '../../../schemas/contract/units.ts'
import { TIER } from '../events/event-set.ts'
import type { Timeline } from '../events/timeline.ts'
import type { DayChange, DayLook } from './day-changes.ts'

/** How often all of it is asked for anew when something changed meanwhile. */
const FULL_EVERY = 60_000

export interface InfoSources {
  readonly timeline: Timeline
  /** All of it anew. */
  readonly info: () => Promise<StoreInfo>
  readonly now: () => number
}

export interface InfoLook {
  /** Null when it is what was told. */
  readonly info: StoreInfo | null
  /** Makes it what the next look is compared with. */
  commit(): void
}

/**
 * What series the store holds, brought up to date by the days that changed (SPEC F16): a new bar moves the end of its series,
 * and nothing else is looked at. Where that can't tell, as when a series' last bar is gone, all of it is asked for.
 */
export class InfoTail {
  readonly #sources: InfoSources
  #told: StoreInfo | null = null
  #text = ''
  #fullAt = 0
  /** Brought up to date by changes alone since the last full one. */
  #isPatched = false

  constructor(sources: InfoSources) {
    this.#sources = sources
  }

  /** What was told last; null before the first look. */
  get told(): StoreInfo | null {
    return this.#told
  }

  /**
   * @param isFull at a look at everything
   * @param isOther whether files of events or of the ledger came or went
   * @throws IO
   */
  async look(days: DayLook, isFull: boolean, isOther: boolean): Promise<InfoLook> {
    const eventParts = this.#countEventParts()
    const age = this.#sources.now() - this.#fullAt
    const isDue = isFull && this.#isPatched && (age < 0 || age >= FULL_EVERY)
    const patched =
      this.#told === null || days.isFirst || isDue || (isOther && !this.#told.hasData)
        ? null
        : patchedInfo(this.#told, days.changes, days.parts + eventParts)
    const info = patched ?? (await this.#sources.info())
    const text = JSON.stringify(info)
    return {
      info: text === this.#text || this.#told === null ? null : info,
      commit: () => {
        this.#told = info
        this.#text = text
        this.#isPatched = patched === null ? false : this.#isPatched || days.changes.length > 0
        if (patched === null) this.#fullAt = this.#sources.now()
      },
    }
  }

  #countEventParts(): number {
    let count = 0
    for (const { tier, file } of this.#sources.timeline.files)
      if (tier === TIER.part && file.startsWith('objects/')) count++
    return count
  }
}

interface Bounds {
  readonly symbol: string
  readonly timeframe: string
  firstTs: number
  lastTs: number
}

/** @returns null when the changes alone don't tell */
function patchedInfo(told: StoreInfo, changes: readonly DayChange[], partsWaiting: number): StoreInfo | null {
  const series = new Map<string, Bounds>()
  for (const each of told.series) series.set(keyOf(each.timeframe, each.symbol), { ...each })
  for (const change of changes) if (!join(series, change)) return null
  if (series.size === 0) return null
  const sorted: Series[] = [...series.values()].sort(bySymbol)
  const [last] = [...sorted].sort((a, b) => b.lastTs - a.lastTs || bySymbol(a, b))
  return {
    ...told,
    hasData: true,
    series: sorted,
    partsWaiting,
    lastBar: last === undefined ? null : { symbol: last.symbol, timeframe: last.timeframe, ts: last.lastTs },
  }
}

/** Takes a day's bars in. @returns false when the first or last bar of a series may be gone */
function join(series: Map<string, Bounds>, { timeframe, day, contents }: DayChange): boolean {
  const content = contents?.at(-1)
  if (content === undefined) return false
  const found = new Map<string, { readonly first: number; readonly last: number }>()
  for (const [symbol, { ts }] of content?.symbols ?? [])
    if (ts.length > 0) found.set(symbol, { first: ts[0] as number, last: ts.at(-1) as number })
  for (const bounds of series.values()) {
    if (bounds.timeframe !== timeframe) continue
    const now = found.get(bounds.symbol)
    if (utcDayOf(bounds.firstTs) === day && (now === undefined || now.first > bounds.firstTs)) return false
    if (utcDayOf(bounds.lastTs) === day && (now === undefined || now.last < bounds.lastTs)) return false
  }
  for (const [symbol, { first, last }] of found) {
    const bounds = series.get(keyOf(timeframe, symbol))
    if (bounds === undefined)
      series.set(keyOf(timeframe, symbol), { symbol, timeframe, firstTs: first, lastTs: last })
    else {
      bounds.firstTs = Math.min(bounds.firstTs, first)
      bounds.lastTs = Math.max(bounds.lastTs, last)
    }
  }
  return true
}

function keyOf(timeframe: string, symbol: string): string {
  return `${timeframe}/${symbol}`
}

function bySymbol(a: Series, b: Series): number {
  if (a.symbol !== b.symbol) return a.symbol < b.symbol ? -1 : 1
  return compareTimeframes(a.timeframe as Timeframe, b.timeframe as Timeframe)
}
