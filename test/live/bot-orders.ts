/** What the bot is told to do: one JSON text as its only argument. */
export interface BotOrder {
  /** Absolute. */
  readonly store: string
  readonly symbols: readonly string[]
  /** Lengths in minutes. */
  readonly minutes: readonly number[]
  /** Open of the first bar of every series, ms UTC. */
  readonly from: number
  /** Bars in all; they go to the series in turn. */
  readonly bars: number
  readonly barsPerSecond: number
  /** Every so many-th bar is written as another program would; 0: none. */
  readonly foreignEvery: number
  /** A zone and a decision after every so many bars; 0: none. */
  readonly talkEvery: number
}

/** A bar as the bot has put it in place: told after its rename, in its words on standard output. */
export interface WrittenBar {
  readonly symbol: string
  readonly timeframe: string
  readonly ts: number
  /** When it was renamed into place, ms UTC by the machine's clock. */
  readonly renamedAt: number
  readonly foreign: boolean
}

/** A line of the bot: a bar, another thing that is durable, or what went wrong. */
export type BotLine =
  | { readonly bar: WrittenBar }
  | { readonly event: string }
  | { readonly decision: string }
  | { readonly failed: string }
  | { readonly done: true }

export interface Bar {
  readonly symbol: string
  readonly timeframe: string
  readonly ts: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

/** The bot's n-th bar: known to whoever knows the order, so that what is stored can be compared with it. */
export function barOf({ symbols, minutes, from }: BotOrder, n: number): Bar {
  const series = n % (symbols.length * minutes.length)
  const symbol = symbols[series % symbols.length] ?? ''
  const length = minutes[Math.floor(series / symbols.length)] ?? 1
  const ts = from + Math.floor(n / (symbols.length * minutes.length)) * length * 60_000
  const middle = 100 + 5 * Math.sin(ts / 3_600_000)
  const [open, close] = [round(middle), round(middle + Math.sin(n))]
  return {
    symbol,
    timeframe: `${length}m`,
    ts,
    open,
    high: Math.max(open, close) + 0.5,
    low: Math.min(open, close) - 0.5,
    close,
    volume: 1_000 + n,
  }
}

const round = (value: number): number => Math.round(value * 100) / 100
