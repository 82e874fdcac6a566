import type { LiveUpdate } from '../../schemas/contract/live.ts'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import { barsIn, mergeBars, type TimeSpan, withoutBars } from './bar-columns.ts'
import { emasOf } from './ema-columns.ts'
import { takeObjects } from './live-rows.ts'

/** An answer, and what a late increment needs to know of its question. */
export interface Answer extends Viewport {
  /** The time that the engine was asked for. */
  readonly asked: TimeSpan
  /** The last increment that had come when it was asked: the answer holds it. */
  readonly askedAt: number
}

/**
 * Keeps the increments that come while a question is under way, and lays those over the answer that are later than it.
 * Increments say what a bar is now, so one that the answer holds already changes nothing.
 */
export class LiveLog {
  #kept: LiveUpdate[] = []
  #revision = 0
  #loaded: number | null = null
  #followed: number | null = null

  /** Of the last increment. */
  get revision(): number {
    return this.#revision
  }

  /**
   * Whether something may have changed between what is loaded and the first increment of this series: that was never
   * told, and has to be asked for, once.
   */
  takeGap(): boolean {
    if (this.#loaded === null || this.#followed === null) return false
    const hasGap = this.#loaded < this.#followed
    if (hasGap) this.#followed = null
    return hasGap
  }

  /** Increments come for another series or level from now on; from which one, `followed` will say. */
  start(): void {
    this.#followed = null
  }

  /** Increments from this revision on are told. */
  followed(revision: number): void {
    this.#followed = revision
  }

  /** An answer is all that is loaded. */
  loaded({ revision }: Viewport): void {
    this.#loaded = revision ?? null
  }

  take(update: LiveUpdate, isAsking: boolean): void {
    this.#revision = update.revision
    if (!isAsking) this.#kept = []
    else if (update.bars !== undefined || update.objects !== undefined) this.#kept.push(update)
  }

  /** No question is under way. */
  forget(): void {
    this.#kept = []
  }

  /** The answer as it would be now. */
  over(answer: Answer, includeRemoved: boolean): Answer {
    const known = answer.revision ?? answer.askedAt
    let { candles, emas = [], objects } = answer
    for (const { revision, bars, objects: changes } of this.#kept) {
      if (revision <= known) continue
      if (changes !== undefined && changes.symbol === answer.symbol) {
        objects = takeObjects(objects, changes, answer.asked, includeRemoved)
      }
      if (
        bars === undefined ||
        bars.symbol !== answer.symbol ||
        bars.timeframe !== answer.timeframe ||
        bars.barsPerCandle !== answer.barsPerCandle
      )
        continue
      const older = { ts: candles.ts, emas }
      candles = withoutBars(mergeBars(candles, barsIn(bars.candles, answer.asked)), bars.gone)
      emas = emasOf(candles.ts, older, { ts: bars.candles.ts, emas: bars.emas })
    }
    return { ...answer, candles, emas, objects }
  }
}
