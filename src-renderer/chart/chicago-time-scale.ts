import {
  defaultHorzScaleBehavior,
  type InternalHorzScaleItem,
  type Mutable,
  type TickMark,
  type TickMarkWeightValue,
  type TimeScalePoint,
} from 'lightweight-charts'
import { type BarKind, formatBarTime, formatClock, MONTHS, tradingDate, WEEKDAYS } from './chicago-format.ts'
import type { ZoneOffsets } from './zone-offsets.ts'

const DAY = 86_400_000

/**
 * Weights of axis marks, larger ones win the room: the library's own numbers (its TickMarkWeight is not exported),
 * which `maxTickMarkWeight` in the base class also reads.
 */
const WEIGHT = { none: 0, second: 10, hour: 30, day: 50, month: 60, year: 70 } as const

const INTRADAY_WEIGHTS: readonly (readonly [divisor: number, weight: number])[] = [
  [43_200_000, 33],
  [21_600_000, 32],
  [10_800_000, 31],
  [3_600_000, WEIGHT.hour],
  [1_800_000, 22],
  [300_000, 21],
  [60_000, 20],
  [1_000, WEIGHT.second],
]

/** The weight of the mark at `wall` when the bar before it stands at `before` (both wall-clock ms). */
export function markWeight(wall: number, before: number, kind: BarKind): number {
  if (Math.floor(wall / DAY) !== Math.floor(before / DAY)) {
    const [date, prior] = [new Date(wall), new Date(before)]
    if (date.getUTCFullYear() !== prior.getUTCFullYear()) return WEIGHT.year
    return date.getUTCMonth() === prior.getUTCMonth() ? WEIGHT.day : WEIGHT.month
  }
  if (kind !== 'intraday') return WEIGHT.none
  for (const [divisor, weight] of INTRADAY_WEIGHTS) {
    if (Math.floor(wall / divisor) !== Math.floor(before / divisor)) return weight
  }
  return WEIGHT.none
}

const TimeBehaviour = defaultHorzScaleBehavior()

/**
 * A time axis in the market's zone over unshifted UTC seconds. Shifted timestamps would collide in the hour that
 * happens twice, and formatters alone would leave the day marks at UTC midnight.
 */
export class ChicagoTimeScale extends TimeBehaviour {
  readonly #offsets: ZoneOffsets
  #kind: BarKind = 'intraday'
  #isCut: (instant: number) => boolean = () => false

  constructor(offsets: ZoneOffsets) {
    super()
    this.#offsets = offsets
  }

  /** Set before the bars are; labels already cached by the chart are only dropped when its options are applied. */
  set kind(kind: BarKind) {
    this.#kind = kind
  }

  /** Tells whether the label of a bar would be cut by an end of the axis; such a label is left out. */
  set isCut(isCut: (instant: number) => boolean) {
    this.#isCut = isCut
  }

  /** Labels are kept by this key: a label that is cut now and whole later has two. */
  override cacheKey(item: InternalHorzScaleItem): number {
    const instant = this.#instant(item)
    return this.#isCut(instant) ? -instant - 1 : instant
  }

  override fillWeightsForPoints(points: readonly Mutable<TimeScalePoint>[], startIndex: number): void {
    let before = startIndex > 0 ? points[startIndex - 1] : undefined
    for (let index = startIndex; index < points.length; index++) {
      const point = points[index]
      if (point === undefined) break
      point.timeWeight = this.#weight(point, before, points) as TickMarkWeightValue
      before = point
    }
  }

  override formatTickmark(mark: TickMark): string {
    const instant = this.#instant(mark.time)
    if (this.#isCut(instant)) return ''
    const date = new Date(this.#wall(instant))
    if (mark.weight >= WEIGHT.year) return String(date.getUTCFullYear())
    if (mark.weight >= WEIGHT.month) return MONTHS[date.getUTCMonth()] ?? ''
    if (mark.weight >= WEIGHT.day || this.#kind !== 'intraday') {
      return `${WEEKDAYS[date.getUTCDay()]} ${date.getUTCDate()}`
    }
    const clock = formatClock(date.getTime(), mark.weight <= WEIGHT.second)
    return this.#isRepeat(instant) ? `${clock} ${this.#offsets.zone.abbreviation(instant)}` : clock
  }

  override formatHorzItem(item: InternalHorzScaleItem): string {
    return formatBarTime(this.#instant(item), this.#kind, this.#offsets)
  }

  #weight(
    point: TimeScalePoint,
    before: TimeScalePoint | undefined,
    points: readonly TimeScalePoint[],
  ): number {
    const instant = this.#instant(point.time)
    if (before === undefined) {
      // The first bar has none before it: take one that lies the average distance back, as the library does.
      const last = points.at(-1)
      const average =
        last === undefined || points.length < 2
          ? DAY
          : (this.#instant(last.time) - instant) / (points.length - 1)
      return markWeight(this.#wall(instant), this.#wall(instant - average), this.#kind)
    }
    const prior = this.#instant(before.time)
    const weight = markWeight(this.#wall(instant), this.#wall(prior), this.#kind)
    // Where clocks change, the wall clock may step back within the hour; the mark must still be found.
    const changed =
      this.#kind === 'intraday' && this.#offsets.minutesAt(instant) !== this.#offsets.minutesAt(prior)
    return changed ? Math.max(weight, WEIGHT.hour) : weight
  }

  /** Only the second round of the doubled hour is named: the first reads on from what stands before it. */
  #isRepeat(instant: number): boolean {
    return (
      this.#offsets.isAmbiguous(instant) &&
      this.#offsets.minutesAt(instant) < this.#offsets.minutesAt(instant - 3 * 3_600_000)
    )
  }

  #wall(instant: number): number {
    return this.#kind === 'intraday'
      ? this.#offsets.wallMillis(instant)
      : tradingDate(instant, this.#kind, this.#offsets)
  }

  /** Field names of internal items are mangled in the production build: `key` is the one way to their seconds. */
  #instant(item: InternalHorzScaleItem): number {
    return this.key(item) * 1000
  }
}
