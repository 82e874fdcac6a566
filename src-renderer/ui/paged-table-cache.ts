/** Rows of one page, and how many there are in all. */
export interface RowPage<Row> {
  readonly total: number
  readonly rows: readonly Row[]
}

/** Asks the engine for rows from `offset` on. */
export type FetchRows<Row> = (offset: number, limit: number) => Promise<RowPage<Row>>

export const PAGE_ROWS = 200
/** As many pages are kept around the window; what is farther away is asked for again. */
const KEPT_PAGES = 24

interface Page<Row> {
  /** Undefined where a page grew at its beginning and was not asked for again yet. */
  readonly rows: readonly (Row | undefined)[]
  /** Of an earlier question: shown until its successor comes. */
  readonly stale: boolean
}

/**
 * Pages of a question's rows around the window that one looks at. One page is fetched at a time, always the one that is
 * missing nearest to the window (then ahead in the direction of travel), so that pages that were scrolled past are never
 * asked for; while a page that nobody looks at any more is under way, another may start beside it.
 */
export class PageCache<Row> {
  #fetch: FetchRows<Row> | null = null
  #question = 0
  #pages = new Map<number, Page<Row>>()
  #flying = new Set<number>()
  #first = 0
  #last = 0
  #forward = true
  #total: number | null = null
  #failure: unknown = null
  #answered = false
  #version = 0
  /** Place of the first row of page 0: rows that came above all others stand before it, on page −1. */
  #base = 0
  #moved = 0
  #newer = 0
  /** Rows in all as last counted, those that are not shown yet included. */
  #known = 0
  /** New rows come above all others. */
  #newestFirst = false
  readonly #listeners = new Set<() => void>()

  /** Rows in all; null before the first answer. */
  get total(): number | null {
    return this.#total
  }

  /** What the last fetch threw; null while all goes well. Nothing more is fetched before `retry` or `ask`. */
  get failure(): unknown {
    return this.#failure
  }

  /** Whether the question in force has been answered, in part at least. */
  get answered(): boolean {
    return this.#answered
  }

  /** By how many rows all rows have moved down since the beginning: whoever looks at them goes with them. */
  get moved(): number {
    return this.#moved
  }

  /** Rows that came since the question was asked and that were not looked at yet. */
  get newer(): number {
    return this.#newer
  }

  /** Moves with every change, for `useSyncExternalStore`. */
  get version(): number {
    return this.#version
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Takes up a question. Rows shown stay until its first answer; with `sameRows` (the files changed, not the question)
   * each page stays until its own successor comes.
   */
  ask(fetch: FetchRows<Row>, sameRows: boolean): void {
    this.#fetch = fetch
    this.#question++
    this.#flying.clear()
    this.#failure = null
    this.#answered = sameRows && this.#answered
    this.#outdate()
    if (!sameRows) {
      ;[this.#first, this.#last, this.#forward] = [0, this.#last - this.#first, true]
      ;[this.#base, this.#newer] = [0, 0]
    }
    this.#changed()
    this.#fill()
  }

  /**
   * The files changed. In the order of arrival, newest first, new rows appear where one looks at the first row, and push
   * everything down unseen where one looks elsewhere; in any other order nothing moves under the eyes, and how many came
   * is told (SPEC F58). @param newestFirst the question's order
   */
  async follow(newestFirst: boolean): Promise<void> {
    const fetch = this.#fetch
    this.#newestFirst = newestFirst
    if (fetch === null || this.#failure !== null || !this.#answered) return
    if ((newestFirst && this.#first === 0) || this.#total === 0) return this.ask(fetch, true)
    const question = this.#question
    try {
      const { total } = await fetch(0, 1)
      if (question !== this.#question) return
      // Who scrolled to the top meanwhile sees them at once; of rows that went away nobody knows which.
      if (total < this.#known || (newestFirst && this.#first === 0)) this.ask(fetch, true)
      else if (total > this.#known) this.#came(total)
    } catch (thrown) {
      if (question !== this.#question) return
      this.#failure = thrown
      this.#changed()
    }
  }

  /** Puts other values in place of loaded rows. @param other undefined leaves a row as it is */
  replace(other: (row: Row) => Row | undefined): void {
    let any = false
    for (const [page, { rows, stale }] of this.#pages) {
      const found = rows.map((row) => (row === undefined ? row : (other(row) ?? row)))
      if (found.every((row, at) => row === rows[at])) continue
      this.#pages.set(page, { rows: found, stale })
      any = true
    }
    if (any) this.#changed()
  }

  retry(): void {
    this.#failure = null
    this.#changed()
    this.#fill()
  }

  /** Ends it: answers under way are dropped. `ask` begins anew. */
  close(): void {
    this.#question++
    this.#fetch = null
    this.#flying.clear()
  }

  /** Rows in sight, both inclusive. */
  look(first: number, last: number): void {
    if (first === this.#first && last === this.#last) return
    if (first !== this.#first) this.#forward = first > this.#first
    this.#first = first
    this.#last = last
    if (first === 0 && this.#newestFirst && this.#newer > 0) {
      this.#newer = 0
      this.#changed()
    }
    this.#fill()
  }

  /** Undefined while its page is on the way. */
  row(index: number): Row | undefined {
    const page = this.#pageOf(index)
    return this.#pages.get(page)?.rows[index - this.#startOf(page)]
  }

  /** Place of a row among those loaded; −1 when it isn't. */
  find(matches: (row: Row) => boolean): number {
    for (const [page, { rows }] of this.#pages) {
      const place = rows.findIndex((row) => row !== undefined && matches(row))
      if (place >= 0) return this.#startOf(page) + place
    }
    return -1
  }

  #fill(): void {
    const fetch = this.#fetch
    if (fetch === null || this.#failure !== null) return
    const wanted = this.#wanted()
    const useful = [...this.#flying].filter((page) => wanted.includes(page)).length
    if (useful > 0 || this.#flying.size > 1) return
    const next = wanted.find((page) => this.#isMissing(page))
    if (next === undefined) return
    const question = this.#question
    this.#flying.add(next)
    const start = this.#startOf(next)
    fetch(start, (next + 1) * PAGE_ROWS + this.#base - start).then(
      (answer) => question === this.#question && this.#take(next, answer),
      (thrown: unknown) => {
        if (question !== this.#question) return
        this.#flying.delete(next)
        this.#failure = thrown
        this.#changed()
      },
    )
  }

  /** Pages that should be there: those in sight, the next two ahead, the one behind. */
  #wanted(): readonly number[] {
    const [first, last] = [this.#pageOf(this.#first), this.#pageOf(this.#last)]
    const inSight = Array.from({ length: last - first + 1 }, (_, at) => first + at)
    const around = this.#forward
      ? [...inSight, last + 1, last + 2, first - 1]
      : [...inSight.reverse(), first - 1, first - 2, last + 1]
    const end = this.#total === null ? 1 : Math.max(1, this.#pageOf(this.#total - 1) + 1)
    return around.filter((page) => page >= this.#pageOf(0) && page < end)
  }

  #pageOf(index: number): number {
    return Math.floor((index - this.#base) / PAGE_ROWS)
  }

  /** Place of a page's first row. */
  #startOf(page: number): number {
    return Math.max(0, page * PAGE_ROWS + this.#base)
  }

  #outdate(): void {
    for (const [page, { rows }] of this.#pages) this.#pages.set(page, { rows, stale: true })
  }

  /** Rows came that one doesn't look at. */
  #came(total: number): void {
    const by = total - this.#known
    this.#known = total
    this.#newer += by
    if (this.#newestFirst) this.#moveDown(by)
    this.#changed()
    this.#fill()
  }

  #moveDown(by: number): void {
    // Answers under way are of places that are others now.
    this.#question++
    this.#flying.clear()
    const pages = Math.floor((this.#base + by) / PAGE_ROWS)
    const above = this.#pages.get(-1)
    if (above !== undefined) {
      // The rows before page 0 are a page of their own size, which grows at its beginning.
      const size = pages === 0 ? this.#base + by : PAGE_ROWS
      const holes = Array.from({ length: size - above.rows.length }, () => undefined)
      this.#pages.set(-1, { rows: [...holes, ...above.rows], stale: true })
    }
    this.#pages = new Map([...this.#pages].map(([page, rows]) => [page + pages, rows]))
    this.#base += by - pages * PAGE_ROWS
    this.#total = this.#known
    this.#first += by
    this.#last += by
    this.#moved += by
  }

  #isMissing(page: number): boolean {
    return this.#pages.get(page)?.stale !== false && !this.#flying.has(page)
  }

  #take(page: number, { total, rows }: RowPage<Row>): void {
    this.#flying.delete(page)
    // The first answer to another question: what stood there has nothing to do with it.
    if (!this.#answered) {
      this.#pages = new Map()
      this.#known = total
    }
    this.#answered = true
    if (total > this.#known && this.#known > 0 && (!this.#newestFirst || this.#first > 0)) {
      this.#came(total)
      // Its rows are those of places that have moved: the page is asked for again.
      if (this.#newestFirst) return
    }
    // Rows of another answer may stand at other places by now.
    if (total !== this.#known || total !== this.#total) this.#outdate()
    this.#known = total
    this.#total = total
    this.#pages.set(page, { rows, stale: false })
    this.#forgetFar()
    this.#changed()
    this.#fill()
  }

  #forgetFar(): void {
    if (this.#pages.size <= KEPT_PAGES) return
    const middle = ((this.#first + this.#last) / 2 - this.#base) / PAGE_ROWS
    const byDistance = [...this.#pages.keys()].sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))
    for (const page of byDistance.slice(KEPT_PAGES)) this.#pages.delete(page)
  }

  #changed(): void {
    this.#version++
    for (const listener of this.#listeners) listener()
  }
}
