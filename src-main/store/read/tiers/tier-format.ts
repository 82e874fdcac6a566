import type { MarketZone } from '../../../../schemas/contract/market-time.ts'
import type { Timeframe, UtcDay } from '../../../../schemas/contract/units.ts'
import type { CandleColumns } from '../../../../schemas/contract/viewport.ts'
import type { FileStat } from '../../fs/env.ts'
import { sha256 } from '../../layout/digest.ts'
import { baseStep, type Level, ladderOf } from '../level-of-detail.ts'
import { ZoneOffsets } from '../zone-offsets.ts'
import type { DayFacts } from './day-facts.ts'
import { type SymbolColumns, SymbolYear } from './symbol-year.ts'

const VERSION = 1
/** A digest in hex and a line feed. */
const DIGEST_BYTES = 65
const NUMBER_BYTES = 8
const CANDLE_COLUMNS = ['ts', 'open', 'high', 'low', 'close', 'volume'] as const
/** Size, mtime, inode, rows, sound. */
const DAY_COLUMNS = 5

/** What a tier is made for; one for anything else says nothing. */
export interface TierPlace {
  readonly timeframe: Timeframe
  readonly year: string
  readonly zone: MarketZone
}

/** A day's dayfile as a tier knows it. */
export interface TierDay {
  readonly day: UtcDay
  readonly stat: FileStat
  readonly rows: number
  readonly sha256: string
  readonly sound: boolean
}

/** A year of dayfiles of one timeframe, gathered (SPEC R13). */
export interface YearTier {
  /** Ascending. */
  readonly days: readonly TierDay[]
  readonly symbols: ReadonlyMap<string, SymbolYear>
  /** About what it holds in memory, with what is worked out from it. */
  readonly bytes: number
}

interface Header {
  readonly version: number
  readonly timeframe: string
  /** What the gathering follows from: steps and the zone's clock. */
  readonly made: string
  readonly days: readonly string[]
  readonly digests: readonly string[]
  /** Symbol, its days, its base candles. */
  readonly symbols: readonly (readonly [string, number, number])[]
}

/**
 * A tier file: the SHA-256 of all that follows, in hex; a line of JSON, filled up with spaces so that the numbers begin at a
 * multiple of eight; then columns of doubles in this machine's order, read without a copy.
 * @param days of the year, ascending
 */
export function encodeTier(place: TierPlace, days: readonly DayFacts[]): Uint8Array {
  const bySymbol = new Map<string, { readonly day: number; readonly facts: DayFacts['symbols'][number] }[]>()
  for (const [day, { symbols }] of days.entries()) {
    for (const facts of symbols) {
      const known = bySymbol.get(facts.symbol)
      if (known === undefined) bySymbol.set(facts.symbol, [{ day, facts }])
      else known.push({ day, facts })
    }
  }
  const columns: (Float64Array | readonly number[])[] = [
    days.map(({ stat }) => stat.size),
    days.map(({ stat }) => stat.mtimeMs),
    days.map(({ stat }) => stat.inode),
    days.map(({ rows }) => rows),
    days.map(({ sound }) => (sound ? 1 : 0)),
  ]
  const symbols: [string, number, number][] = []
  for (const [symbol, entries] of [...bySymbol].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const lengths = entries.map(({ facts }) => facts.candles.ts.length)
    symbols.push([symbol, entries.length, lengths.reduce((sum, length) => sum + length, 0)])
    columns.push(
      entries.map(({ day }) => day),
      entries.map(({ facts }) => facts.bars),
      entries.map(({ facts }) => facts.firstTs),
      entries.map(({ facts }) => facts.lastTs),
      ...(entries[0]?.facts.counts ?? []).map((_, step) =>
        entries.map(({ facts }) => facts.counts[step] ?? 0),
      ),
      [0, ...lengths].map(runningSum()),
      ...CANDLE_COLUMNS.flatMap((name) => entries.map(({ facts }) => facts.candles[name])),
    )
  }
  const header: Header = {
    version: VERSION,
    timeframe: place.timeframe,
    made: madeBy(place),
    days: days.map(({ day }) => day),
    digests: days.map(({ sha256: digest }) => digest),
    symbols,
  }
  return joined(header, columns)
}

function runningSum(): (value: number) => number {
  let sum = 0
  return (value) => {
    sum += value
    return sum
  }
}

function joined(header: Header, columns: readonly (Float64Array | readonly number[])[]): Uint8Array {
  const line = new TextEncoder().encode(JSON.stringify(header))
  const body = Math.ceil((DIGEST_BYTES + line.length + 1) / NUMBER_BYTES) * NUMBER_BYTES
  const count = columns.reduce((sum, { length }) => sum + length, 0)
  const bytes = new Uint8Array(body + count * NUMBER_BYTES).fill(0x20, 0, body)
  bytes.set(line, DIGEST_BYTES)
  bytes[body - 1] = 0x0a
  const numbers = new Float64Array(bytes.buffer, body, count)
  let at = 0
  for (const column of columns) {
    numbers.set(column, at)
    at += column.length
  }
  const digest = sha256(bytes.subarray(DIGEST_BYTES))
  bytes.set(new TextEncoder().encode(`${digest}\n`))
  return bytes
}

/**
 * Null for anything that is not a whole tier of this very place, made by the rules of this version: then the dayfiles are
 * read. Never throws.
 */
export function decodeTier(place: TierPlace, bytes: Uint8Array): YearTier | null {
  const digest = new TextDecoder().decode(bytes.subarray(0, DIGEST_BYTES))
  if (digest !== `${sha256(bytes.subarray(DIGEST_BYTES))}\n`) return null
  try {
    const lineEnd = bytes.indexOf(0x0a, DIGEST_BYTES)
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(DIGEST_BYTES, lineEnd))) as Header
    // Whole, as its digest shows, so of the shape that was written by its version.
    if (header.version !== VERSION || header.timeframe !== place.timeframe || header.made !== madeBy(place))
      return null
    return tierOf(place, header, numbersFrom(bytes, lineEnd + 1))
  } catch {
    // Something else's file with a digest of its own: no tier.
    return null
  }
}

/** Without a copy where the bytes lie right for it. */
function numbersFrom(bytes: Uint8Array, start: number): Float64Array {
  const aligned = (bytes.byteOffset + start) % NUMBER_BYTES === 0
  const from = aligned ? bytes.subarray(start) : bytes.slice(start)
  return new Float64Array(from.buffer, from.byteOffset, Math.floor(from.byteLength / NUMBER_BYTES))
}

function tierOf(place: TierPlace, header: Header, numbers: Float64Array): YearTier {
  const ladder = ladderOf(place.timeframe, place.zone)
  const base = baseStep(ladder)
  let at = 0
  const take = (length: number): Float64Array => {
    at += length
    return numbers.subarray(at - length, at)
  }
  const n = header.days.length
  const [sizes, times, inodes, rows, sound] = Array.from({ length: DAY_COLUMNS }, () => take(n))
  const days = header.days.map((day, index): TierDay => {
    const stat = {
      size: sizes?.[index] ?? 0,
      mtimeMs: times?.[index] ?? 0,
      inode: inodes?.[index] ?? 0,
      isDirectory: false,
    }
    const digest = header.digests[index] ?? ''
    return { day: day as UtcDay, stat, rows: rows?.[index] ?? 0, sha256: digest, sound: sound?.[index] === 1 }
  })
  const symbols = new Map<string, SymbolYear>()
  for (const [symbol, entries, candles] of header.symbols) {
    const columns: SymbolColumns = {
      symbol,
      days: take(entries),
      bars: take(entries),
      firstTs: take(entries),
      lastTs: take(entries),
      counts: Array.from({ length: Math.max(0, base - 1) }, () => take(entries)),
      starts: take(entries + 1),
      candles: takeCandles(take, candles),
    }
    symbols.set(symbol, new SymbolYear(columns, ladder, base))
  }
  return { days, symbols, bytes: numbers.byteLength * 2 }
}

function takeCandles(take: (length: number) => Float64Array, length: number): CandleColumns {
  const [ts, open, high, low, close, volume] = CANDLE_COLUMNS.map(() => take(length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  return { ts, open, high, low, close, volume }
}

const made = new WeakMap<readonly Level[], Map<string, string>>()

/** The steps up to the base, and when the zone's clock stood how in that year: its rules change from one ICU to the next. */
function madeBy({ timeframe, year, zone }: TierPlace): string {
  const ladder = ladderOf(timeframe, zone)
  const years = made.get(ladder) ?? new Map<string, string>()
  made.set(ladder, years)
  let text = years.get(year)
  if (text === undefined) {
    const steps = ladder.slice(0, baseStep(ladder) + 1).map(({ label }) => label)
    text = JSON.stringify([zone.name, steps, ZoneOffsets.of(zone).ofYear(Number(year))])
    years.set(year, text)
  }
  return text
}

/** A tier's days as they were given, views on its own columns: to be joined with others. */
export function daysOfTier({ days, symbols }: YearTier): DayFacts[] {
  const facts = days.map((day) => ({ ...day, symbols: [] as DayFacts['symbols'][number][] }))
  for (const { columns } of symbols.values()) {
    for (const [place, day] of columns.days.entries()) {
      const [start, end] = [columns.starts[place], columns.starts[place + 1]]
      const cut = (column: Float64Array): Float64Array => column.subarray(start, end)
      const { ts, open, high, low, close, volume } = columns.candles
      facts[day]?.symbols.push({
        symbol: columns.symbol,
        bars: columns.bars[place] as number,
        firstTs: columns.firstTs[place] as number,
        lastTs: columns.lastTs[place] as number,
        counts: columns.counts.map((column) => column[place] as number),
        candles: {
          ts: cut(ts),
          open: cut(open),
          high: cut(high),
          low: cut(low),
          close: cut(close),
          volume: cut(volume),
        },
      })
    }
  }
  return facts
}
