import { utcDayOf } from '../../schemas/contract/market-time.ts'
import type { CandleColumns } from '../../schemas/contract/viewport.ts'
import type { ViewportRequest } from '../../schemas/generated/requests.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { type Bar, bruteForceLevel } from './brute-force-levels.ts'

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

interface ModelPart {
  readonly name: string
  readonly rows: readonly CandleRow[]
}

interface ModelDay {
  dayfile: readonly CandleRow[] | null
  parts: ModelPart[]
}

function lengthOf(timeframe: string): number {
  return Number(timeframe.slice(0, -1)) * (UNITS[timeframe.slice(-1)] as number)
}

/**
 * A store of candles as a pile of files, and the words of SPEC C1, R1, R5, R6 over them: each answer goes through every
 * row anew. Slow, and nothing shared with the engine.
 */
export class StoreModel {
  readonly #days = new Map<string, ModelDay>()

  #day(timeframe: string, day: string): ModelDay {
    const key = `${timeframe}/${day}`
    const known = this.#days.get(key)
    if (known !== undefined) return known
    const made: ModelDay = { dayfile: null, parts: [] }
    this.#days.set(key, made)
    return made
  }

  addPart(name: string, rows: readonly CandleRow[]): void {
    const [first] = rows
    if (first === undefined) throw new Error('a part has a row')
    this.#day(first.timeframe, utcDayOf(first.ts)).parts.push({ name, rows })
  }

  setDayfile(rows: readonly CandleRow[]): void {
    const [first] = rows
    if (first === undefined) throw new Error('a dayfile has a row')
    this.#day(first.timeframe, utcDayOf(first.ts)).dayfile = rows
  }

  /** What a compaction of everything makes of it. */
  compact(): void {
    for (const day of this.#days.values()) {
      if (day.parts.length === 0) continue
      day.dayfile = shown(day)
      day.parts = []
    }
  }

  /** Days with parts, `2m/2024-03-08`. */
  get waiting(): string[] {
    return [...this.#days].filter(([, { parts }]) => parts.length > 0).map(([key]) => key)
  }

  /** The row that a viewport shows of a bar, and the file that has it: `dayfile`, or a part's name. */
  standing({
    symbol,
    timeframe,
    ts,
  }: CandleRow): { readonly row: CandleRow; readonly heldBy: string } | null {
    const { dayfile, parts } = this.#day(timeframe, utcDayOf(ts))
    const same = (row: CandleRow): boolean => row.symbol === symbol && row.ts === ts
    const compacted = dayfile?.findLast(same)
    if (compacted !== undefined) return { row: compacted, heldBy: 'dayfile' }
    const byName = [...parts].sort((a, b) => (a.name < b.name ? -1 : 1))
    const part = byName.findLast(({ rows }) => rows.some(same))
    const row = part?.rows.findLast(same)
    return part === undefined || row === undefined ? null : { row, heldBy: part.name }
  }

  /** All bars of a symbol and timeframe, ascending. */
  bars(symbol: string, timeframe: string): CandleRow[] {
    return [...this.#days]
      .filter(([key]) => key.startsWith(`${timeframe}/`))
      .flatMap(([, day]) => shown(day))
      .filter((row) => row.symbol === symbol)
      .sort((a, b) => a.ts - b.ts)
  }

  /** What a viewport must answer. */
  answer(request: ViewportRequest): { level: string; candles: CandleColumns } {
    const { symbol, timeframe, from, to, asOf, maxBars } = request
    const bars: Bar[] = this.bars(symbol, timeframe).filter(
      ({ ts }) => ts >= from && ts <= to && (asOf === undefined || ts + lengthOf(timeframe) <= asOf),
    )
    const { label, candles } = bruteForceLevel(bars, timeframe, maxBars)
    const column = (name: keyof Bar): Float64Array => Float64Array.from(candles, (bar) => bar[name])
    return {
      level: label,
      candles: {
        ts: column('ts'),
        open: column('open'),
        high: column('high'),
        low: column('low'),
        close: column('close'),
        volume: column('volume'),
      },
    }
  }
}

/** The dayfile's row of a bar, else that of the last part by name, of one file the last. */
function shown({ dayfile, parts }: ModelDay): CandleRow[] {
  const byName = [...parts].sort((a, b) => (a.name < b.name ? -1 : 1))
  const inOrder = [...byName.flatMap(({ rows }) => rows), ...(dayfile ?? [])]
  const last = new Map<string, CandleRow>()
  for (const row of inOrder) last.set(`${row.symbol} ${row.ts}`, row)
  return [...last.values()]
}
