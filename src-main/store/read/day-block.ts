import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { CandleColumns, Problem } from '../../../schemas/contract/viewport.ts'
import type { FileStat } from '../fs/env.ts'
import { emptyColumns, NO_BARS } from './bar-runs.ts'
import type { FileBars } from './file-bars.ts'

/** A part as it was read: kept, so that a new part of the day costs reading that one alone. */
export interface LoadedPart {
  readonly name: string
  readonly bars: FileBars
  readonly problems: readonly Problem[]
  /** Set where the name doesn't vouch for the content: it is looked at again when this changes. */
  readonly stat: FileStat | null
}

/** The dayfile as it was read; without bars when it is left out for its problems. */
export interface LoadedDayfile {
  readonly stat: FileStat
  readonly bars: FileBars | null
  readonly problems: readonly Problem[]
}

/**
 * All bars of one UTC day and timeframe, resident: by symbol, ascending, each once. Immutable; a changed day gets a new
 * block.
 */
export interface DayBlock {
  readonly timeframe: Timeframe
  readonly day: UtcDay
  /** When the listing that it answers was begun, in the loader's own count: later is fresher. */
  readonly listed: number
  readonly dayfile: LoadedDayfile | null
  /** By name. */
  readonly parts: ReadonlyMap<string, LoadedPart>
  /** From recovery, while the dayfile is left out. In name order. */
  readonly recovered: readonly LoadedPart[]
  readonly symbols: ReadonlyMap<string, CandleColumns>
  readonly problems: readonly Problem[]
  /** About what it holds in memory. */
  readonly bytes: number
}

export interface BlockSources {
  readonly dayfile: LoadedDayfile | null
  readonly parts: readonly LoadedPart[]
  readonly recovered: readonly LoadedPart[]
}

/** What one part costs beside its bars: names, objects, map entries. */
const PART_OVERHEAD = 1_000

export function makeBlock(
  timeframe: Timeframe,
  day: UtcDay,
  listed: number,
  sources: BlockSources,
): DayBlock {
  const { dayfile, recovered } = sources
  const parts = [...sources.parts].sort((a, b) => (a.name < b.name ? -1 : 1))
  // One part may stand in both places for a moment; then its rows are the same.
  const inOrder = [...recovered, ...parts].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  const symbols = merge(
    dayfile?.bars ?? null,
    inOrder.map(({ bars }) => bars),
  )
  let bytes = (parts.length + recovered.length) * PART_OVERHEAD
  for (const columns of symbols.values()) bytes += columns.ts.length * 6 * 8 + PART_OVERHEAD
  return {
    timeframe,
    day,
    listed,
    dayfile,
    parts: new Map(parts.map((part) => [part.name, part])),
    recovered,
    symbols,
    problems: [...(dayfile?.problems ?? []), ...inOrder.flatMap(({ problems }) => problems)],
    bytes,
  }
}

/** The bars of a symbol in a block; none when it isn't there. */
export function barsFor(block: DayBlock, symbol: string): CandleColumns {
  return block.symbols.get(symbol) ?? NO_BARS
}

interface Place {
  readonly columns: CandleColumns
  readonly row: number
}

/**
 * Each bar once (SPEC C1): the dayfile's over any part's, of parts the last by name, of one file's rows the last.
 * @param parts in name order
 */
export function merge(
  dayfile: FileBars | null,
  parts: readonly FileBars[],
): ReadonlyMap<string, CandleColumns> {
  if (dayfile !== null && parts.length === 0) {
    const split = splitSorted(dayfile)
    if (split !== null) return split
  }
  const places = new Map<string, Map<number, Place>>()
  for (const { symbols, columns } of dayfile === null ? parts : [...parts, dayfile]) {
    for (const [row, symbol] of symbols.entries()) {
      let bars = places.get(symbol)
      if (bars === undefined) {
        bars = new Map()
        places.set(symbol, bars)
      }
      bars.set(columns.ts[row] as number, { columns, row })
    }
  }
  return new Map([...places].map(([symbol, bars]) => [symbol, gather(bars)]))
}

/** A file in the table's order needs no sorting and no copy: its columns are cut where the symbol changes. */
function splitSorted({ symbols, columns }: FileBars): ReadonlyMap<string, CandleColumns> | null {
  const split = new Map<string, CandleColumns>()
  let start = 0
  for (let row = 1; row <= symbols.length; row++) {
    const symbol = symbols[start] as string
    if (row < symbols.length && symbols[row] === symbol) {
      if ((columns.ts[row] as number) <= (columns.ts[row - 1] as number)) return null
      continue
    }
    if (split.has(symbol)) return null
    split.set(symbol, cut(columns, start, row))
    start = row
  }
  return split
}

function cut(columns: CandleColumns, start: number, end: number): CandleColumns {
  return {
    ts: columns.ts.subarray(start, end),
    open: columns.open.subarray(start, end),
    high: columns.high.subarray(start, end),
    low: columns.low.subarray(start, end),
    close: columns.close.subarray(start, end),
    volume: columns.volume.subarray(start, end),
  }
}

function gather(bars: ReadonlyMap<number, Place>): CandleColumns {
  const times = Float64Array.from(bars.keys()).sort()
  const gathered = emptyColumns(times.length)
  for (const [index, ts] of times.entries()) {
    const { columns, row } = bars.get(ts) as Place
    gathered.ts[index] = ts
    gathered.open[index] = columns.open[row] as number
    gathered.high[index] = columns.high[row] as number
    gathered.low[index] = columns.low[row] as number
    gathered.close[index] = columns.close[row] as number
    gathered.volume[index] = columns.volume[row] as number
  }
  return gathered
}
