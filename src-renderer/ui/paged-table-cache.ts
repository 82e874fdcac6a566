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
  readonly rows: readonly Row[]
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
    for (const [page, { rows }] of this.#pages) this.#pages.set(page, { rows, stale: true })
    if (!sameRows) [this.#first, this.#last, this.#forward] = [0, this.#last - this.#first, true]
    this.#changed()
    this.#fill()
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
    this.#fill()
  }

  /** Undefined while its page is on the way. */
  row(index: number): Row | undefined {
    return this.#pages.get(Math.floor(index / PAGE_ROWS))?.rows[index % PAGE_ROWS]
  }

  /** Place of a row among those loaded; −1 when it isn't. */
  find(matches: (row: Row) => boolean): number {
    for (const [page, { rows }] of this.#pages) {
      const place = rows.findIndex(matches)
      if (place >= 0) return page * PAGE_ROWS + place
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
    fetch(next * PAGE_ROWS, PAGE_ROWS).then(
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
    const [first, last] = [Math.floor(this.#first / PAGE_ROWS), Math.floor(this.#last / PAGE_ROWS)]
    const inSight = Array.from({ length: last - first + 1 }, (_, at) => first + at)
    const around = this.#forward
      ? [...inSight, last + 1, last + 2, first - 1]
      : [...inSight.reverse(), first - 1, first - 2, last + 1]
    const end = this.#total === null ? 1 : Math.max(1, Math.ceil(this.#total / PAGE_ROWS))
    return around.filter((page) => page >= 0 && page < end)
  }

  #isMissing(page: number): boolean {
    return this.#pages.get(page)?.stale !== false && !this.#flying.has(page)
  }

  #take(page: number, { total, rows }: RowPage<Row>): void {
    this.#flying.delete(page)
    // The first answer to another question: what stood there has nothing to do with it.
    if (!this.#answered) this.#pages = new Map()
    this.#answered = true
    this.#total = total
    this.#pages.set(page, { rows, stale: false })
    this.#forgetFar()
    this.#changed()
    this.#fill()
  }

  #forgetFar(): void {
    if (this.#pages.size <= KEPT_PAGES) return
    const middle = (this.#first + this.#last) / 2 / PAGE_ROWS
    const byDistance = [...this.#pages.keys()].sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))
    for (const page of byDistance.slice(KEPT_PAGES)) this.#pages.delete(page)
  }

  #changed(): void {
    this.#version++
    for (const listener of this.#listeners) listener()
  }
}
