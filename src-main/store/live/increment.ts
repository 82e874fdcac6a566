import type { LiveBars } from '../../../schemas/contract/live.ts'
import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { EmaColumn, Viewport } from '../../../schemas/contract/viewport.ts'
import type { ViewportRequest } from '../../../schemas/generated/requests.ts'
import type { StoreContext } from '../context.ts'
import type { Level } from '../read/level-of-detail.ts'
import type { DayChange } from './day-changes.ts'

const DAY = 86_400_000

/** What increments are made for. */
export interface Followed {
  readonly symbol: string
  readonly timeframe: Timeframe
  readonly level: Level
  /** Averages stand beside single bars alone. */
  readonly emas: readonly number[]
}

export interface BarSources {
  readonly context: StoreContext
  readonly viewport: (request: ViewportRequest) => Promise<Viewport>
}

/** Inclusive, ms UTC. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** Candles that are told, opens that are gone, and a time that is to be asked for again. */
export interface Increment {
  readonly candles: LiveBars['candles']
  readonly emas: readonly EmaColumn[]
  readonly gone: readonly number[]
  readonly stale: Stretch | null
}

/** What changed of the followed symbol, as far as days could be compared. */
export interface SymbolChanges {
  /** Opens that are new, other or gone since the look before, ascending. */
  readonly opens: readonly number[]
  /** Days with what they held, the last being what they hold now. */
  readonly days: readonly (DayChange & { readonly contents: NonNullable<DayChange['contents']> })[]
  readonly stale: Stretch | null
}

export function stretchOf(day: UtcDay): Stretch {
  const from = Date.parse(`${day}T00:00:00Z`)
  return { from, to: from + DAY - 1 }
}

export function joined(a: Stretch | null, b: Stretch | null): Stretch | null {
  if (a === null || b === null) return a ?? b
  return { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) }
}
