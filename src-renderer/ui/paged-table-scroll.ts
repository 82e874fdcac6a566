/**
 * Chromium lays out at most 33,554,431 px: rows beyond would never be seen. Taller content gets this many, and the bar
 * stands for all of it.
 */
const TALLEST_PX = 16_000_000

/**
 * Where one looks among rows of one height, whatever their number. Without scaling the scroll position is the place.
 * With it, small moves (wheel, keys) are one to one, long ones (the bar) are by proportion; what the two differ by is an
 * offset that rows are drawn with, and that `settle` takes back once the scrolling is calm.
 */
export class ScrollMap {
  readonly #rowPx: number
  #rows = 0
  #view = 0
  #physical = 0
  #offset = 0
  /** The bar is being dragged: its small moves are by proportion, too, or its end would not be the rows'. */
  #dragged = false

  constructor(rowPx: number) {
    this.#rowPx = rowPx
  }

  /** Height of the content in the document, CSS pixels. */
  get height(): number {
    return Math.min(this.#rows * this.#rowPx, TALLEST_PX)
  }

  /** What is taken off a row's place to draw it. */
  get offset(): number {
    return this.#offset
  }

  /** Place of the upper edge of what is in sight, as if nothing were scaled. */
  get top(): number {
    return this.#physical + this.#offset
  }

  /** Rows in sight, both inclusive. */
  get window(): { readonly first: number; readonly last: number } {
    const end = Math.max(0, this.#rows - 1)
    const first = Math.min(end, Math.max(0, Math.floor(this.top / this.#rowPx)))
    return {
      first,
      last: Math.min(end, Math.max(first, Math.ceil((this.top + this.#view) / this.#rowPx) - 1)),
    }
  }

  /** Takes the number of rows and the height of the window over them. @returns the scroll position to set. */
  resize(rows: number, view: number): number {
    const { top } = this
    this.#rows = rows
    this.#view = view
    return this.go(top)
  }

  /** Takes a scroll position that the browser tells. @returns another to set instead, or null. */
  scrolled(physical: number): number | null {
    const by = physical - this.#physical
    this.#physical = physical
    if (!this.#scaled) {
      this.#offset = 0
      return null
    }
    if (this.#dragged || Math.abs(by) > 3 * this.#view) {
      this.#dragged = true
      this.#offset = Math.round((physical / this.#farthestPhysical) * this.#farthest) - physical
      return null
    }
    const top = Math.max(0, Math.min(this.#farthest, this.top))
    this.#offset = top - physical
    // The bar has come to its end before the rows have (or the other way round).
    const barAtEnd = physical <= 0 || physical >= this.#farthestPhysical
    return barAtEnd && top > 0 && top < this.#farthest ? this.go(top) : null
  }

  /** Whether the browser stands where it was last told to, or said that it is: else a scroll is yet to be told. */
  isAt(physical: number): boolean {
    return Math.abs(physical - this.#physical) <= 1
  }

  /** Brings bar and place together again without moving the rows in sight. @returns the scroll position to set. */
  settle(): number {
    return this.go(this.top)
  }

  /** Looks at a place. @returns the scroll position to set. */
  go(wanted: number): number {
    this.#dragged = false
    const top = Math.round(Math.max(0, Math.min(this.#farthest, wanted)))
    this.#physical = this.#scaled ? this.#barAt(top) : top
    this.#offset = top - this.#physical
    return this.#physical
  }

  /** The place that shows a row, the least move away; null when it is in sight whole. */
  toReveal(row: number): number | null {
    const above = row * this.#rowPx
    const below = above + this.#rowPx - this.#view
    if (this.top > above) return above
    return this.top < below ? below : null
  }

  /** By proportion; at an end of the bar only when the rows are at theirs, for beyond it no wheel turns. */
  #barAt(top: number): number {
    if (top === 0 || top === this.#farthest) return top === 0 ? 0 : this.#farthestPhysical
    const at = Math.round((top / this.#farthest) * this.#farthestPhysical)
    return Math.max(1, Math.min(this.#farthestPhysical - 1, at))
  }

  /** The place that has a row in the middle, as far as the ends allow. */
  middle(row: number): number {
    return (row + 0.5) * this.#rowPx - this.#view / 2
  }

  get #scaled(): boolean {
    return this.#rows * this.#rowPx > TALLEST_PX
  }

  get #farthest(): number {
    return Math.max(0, this.#rows * this.#rowPx - this.#view)
  }

  get #farthestPhysical(): number {
    return Math.max(0, this.height - this.#view)
  }
}
