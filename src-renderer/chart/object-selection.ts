import { barAt } from './bar-columns.ts'
import { byImportance, livesIn, mostImportant, passes } from './object-filter.ts'
import { placeObjects } from './object-places.ts'
import type { ObjectsPrimitive } from './objects-primitive.ts'
import { objectsStore } from './state/objects-store.ts'
import type { SeriesState } from './state/series-store.ts'

/** While the view moves, what is drawn is chosen anew this often, ms: often enough to look live, and never per frame. */
const EVERY_MS = 120

/** Where among the inputs of a choice the bars stand. */
const BARS = 2

/** Decides which objects are drawn and listed, and keeps picture and list in step with filters and selection. */
export class ObjectSelection {
  readonly #primitive: ObjectsPrimitive
  readonly #series: () => SeriesState
  readonly #unsubscribe: () => void
  #timer: ReturnType<typeof setTimeout> | null = null
  #last = 0
  #seen: unknown[] = []

  constructor(primitive: ObjectsPrimitive, series: () => SeriesState) {
    this.#primitive = primitive
    this.#series = series
    this.#unsubscribe = objectsStore.subscribe((now, before) => {
      this.#primitive.focus = { hovered: now.hovered, selected: now.selected }
      const chosen = [now.filter, now.all, now.selected] as const
      const was = [before.filter, before.all, before.selected] as const
      if (chosen.some((part, index) => part !== was[index])) this.#choose()
    })
  }

  /** The view moved or data came: chooses anew, soon; at once where bars came, for places among the old ones are wrong. */
  update(): void {
    if (this.#series().barsRevision !== this.#seen[BARS]) {
      this.#choose()
      return
    }
    if (this.#timer !== null) return
    const wait = Math.max(0, this.#last + EVERY_MS - performance.now())
    if (wait === 0) this.#choose()
    else this.#timer = setTimeout(() => this.#choose(), wait)
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#unsubscribe()
  }

  #choose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#last = performance.now()
    const { feed, visible, barsRevision } = this.#series()
    const { filter, all, selected } = objectsStore.getState()
    const inputs = [feed.objects, visible, barsRevision, filter, all, selected]
    if (inputs.every((input, index) => input === this.#seen[index])) return
    this.#seen = inputs
    const alive = visible === null ? [] : feed.objects.filter((object) => livesIn(object, visible))
    const passing = byImportance(
      alive.filter((object) => passes(object, filter)),
      this.#price(),
    )
    const chosen = all ? passing : mostImportant(passing, feed.barsPerCandle)
    const missing = passing.find((object) => object.id === selected && !chosen.includes(object))
    // What is selected stays in sight even where the nearest forty have moved on.
    const shown = missing === undefined ? chosen : [missing, ...chosen]
    this.#primitive.objects = placeObjects(shown, feed.bars, feed.step)
    objectsStore.setState({ shown, passing: passing.length, known: feed.objects })
  }

  /** The close of the last bar in view: what near means when one has scrolled back. */
  #price(): number | null {
    const { feed, visible } = this.#series()
    const bar = visible === null ? -1 : barAt(feed.bars.ts, visible.to)
    return feed.bars.close[Math.max(0, bar)] ?? null
  }
}
