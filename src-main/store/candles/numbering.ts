import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import { readGeneration } from '../compact/generation.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { sameFile } from '../layout/checksums.ts'
import { dayfilePath, dayOfName, isParquet, seriesFolder } from '../layout/file-names.ts'
import { judgeFiles } from '../read/dayfile-check.ts'
import { candleSeries } from '../read/listing.ts'
import { readFiles, readMetadata } from '../read/table-files.ts'
import { compareBars } from './resolve.ts'

/** The timeframe whose dayfiles number their bars (SPEC C8). */
export const NUMBERED = '15m' as Timeframe

/** Dayfiles read at once while looking for a symbol's last number: the nearest day mostly has it. */
const BATCHES = [1, 4, 16, 64] as const

/** A bar as far as its number goes. */
export type NumberedBar = Pick<CandleRow, 'symbol' | 'ts' | 'global_x'>

/** What one dayfile numbers. */
interface FileNumbers {
  readonly stat: FileStat
  /** Written by us: its numbers go on from all earlier ones, so no earlier file need be looked at. */
  readonly ours: boolean
  /** The highest number of each symbol that has any. */
  readonly highest: ReadonlyMap<string, number>
}

/**
 * Gives 15m bars their `global_x`: per symbol, going on from the highest number of any earlier day (SPEC C8). Valid for
 * one run under the writer lock, days ascending. Reads the nearest earlier dayfiles until every symbol is found; a symbol
 * away for weeks is looked for further back.
 */
export class BarNumbers {
  readonly #context: StoreContext
  readonly #files = new Map<UtcDay, FileNumbers>()
  /** Days after which nothing numbers the symbol: found once, true for the days that this run still comes to. */
  readonly #noneAfter = new Map<string, UtcDay>()

  constructor(context: StoreContext) {
    this.#context = context
  }

  /**
   * @param standing the day's rows as its dayfile holds them: their numbers never change
   * @param rows the rows that it must hold
   * @returns the rows with the numbers of `standing`, and new ones for symbols that the day doesn't number yet, unless
   *   a later day does
   * @throws UNREADABLE when an earlier dayfile that must be asked is damaged, and no record tells its numbers
   */
  async numbered(
    day: UtcDay,
    standing: readonly NumberedBar[],
    rows: readonly CandleRow[],
  ): Promise<readonly CandleRow[]> {
    const known = new Map<string, Map<number, number>>()
    for (const { symbol, ts, global_x } of standing) {
      if (global_x === null) continue
      const ofSymbol = known.get(symbol) ?? new Map<number, number>()
      known.set(symbol, ofSymbol.set(ts, global_x))
    }
    const fresh = new Set(rows.map(({ symbol }) => symbol).filter((symbol) => !known.has(symbol)))
    const next = await this.#nextNumbers(day, fresh)
    return [...rows].sort(compareBars).map((row) => {
      const number = next.get(row.symbol)
      if (number === undefined) return { ...row, global_x: known.get(row.symbol)?.get(row.ts) ?? null }
      next.set(row.symbol, number + 1)
      return { ...row, global_x: number }
    })
  }

  /** The first number of each symbol that may be numbered on the day. */
  async #nextNumbers(day: UtcDay, symbols: ReadonlySet<string>): Promise<Map<string, number>> {
    const next = new Map<string, number>()
    if (symbols.size === 0) return next
    const days = await this.#days()
    const numberedLater = await this.#numberedAfter(day, days, symbols)
    const wanted = new Set([...symbols].filter((symbol) => !numberedLater.has(symbol)))
    const highest = await this.#highestBefore(day, days, wanted)
    for (const symbol of wanted) next.set(symbol, (highest.get(symbol) ?? -1) + 1)
    return next
  }

  async #days(): Promise<readonly UtcDay[]> {
    const entries = await this.#context.env.readDir(at(this.#context, seriesFolder(candleSeries(NUMBERED))))
    return entries.flatMap(({ name, isDirectory }) =>
      isDirectory || !isParquet(name) ? [] : (dayOfName(name) ?? []),
    )
  }

  async #numberedAfter(
    day: UtcDay,
    days: readonly UtcDay[],
    symbols: ReadonlySet<string>,
  ): Promise<ReadonlySet<string>> {
    const found = new Set<string>()
    const open = new Set([...symbols].filter((symbol) => (this.#noneAfter.get(symbol) ?? '~') > day))
    const later = days.filter((other) => other > day)
    for (const batch of batches(later)) {
      if (open.size === 0) break
      await this.#load(batch)
      for (const other of batch) {
        for (const symbol of this.#files.get(other)?.highest.keys() ?? []) {
          if (open.delete(symbol)) found.add(symbol)
        }
      }
    }
    for (const symbol of open) this.#noneAfter.set(symbol, day)
    return found
  }

  async #highestBefore(
    day: UtcDay,
    days: readonly UtcDay[],
    symbols: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, number>> {
    const highest = new Map<string, number>()
    const open = new Set(symbols)
    const earlier = days.filter((other) => other < day).reverse()
    for (const batch of batches(earlier)) {
      if (open.size === 0) break
      await this.#load(batch)
      for (const other of batch) {
        const file = this.#files.get(other)
        for (const [symbol, number] of file?.highest ?? []) {
          if (!open.has(symbol)) continue
          highest.set(symbol, Math.max(number, highest.get(symbol) ?? -1))
          // Another program may have begun anew; behind a file of ours no higher number stands.
          if (file?.ours === true) open.delete(symbol)
        }
      }
    }
    return highest
  }

  /** Reads what is not known of these days, or has been replaced since. */
  async #load(days: readonly UtcDay[]): Promise<void> {
    const { env } = this.#context
    const wanted = new Map<StorePath, { day: UtcDay; stat: FileStat }>()
    for (const day of days) {
      const file = dayfilePath(candleSeries(NUMBERED), day)
      const stat = await env.stat(at(this.#context, file))
      const known = this.#files.get(day)
      if (stat === null) this.#files.delete(day)
      else if (known === undefined || !sameFile(known.stat, stat)) wanted.set(file, { day, stat })
    }
    if (wanted.size === 0) return
    const all = [...wanted.keys()]
    const verdicts = await judgeFiles(this.#context, CANDLES, all)
    const sound = all.filter((file) => {
      const verdict = verdicts.get(file)
      return verdict !== undefined && verdict !== 'missing' && verdict.use
    })
    const read = await readFiles(this.#context, CANDLES, sound, { columns: ['symbol', 'global_x'] })
    const metadata = await readMetadata(this.#context, sound)
    for (const { file, rows, columns } of read.files) {
      const entry = wanted.get(file)
      if (entry === undefined) continue
      const highest = new Map<string, number>()
      const symbols = columns.get('symbol') ?? []
      const numbers = columns.get('global_x') ?? []
      for (let row = 0; row < rows; row++) {
        const [symbol, number] = [symbols[row], numbers[row]]
        if (typeof symbol !== 'string' || typeof number !== 'number' || Number.isNaN(number)) continue
        highest.set(symbol, Math.max(number, highest.get(symbol) ?? -1))
      }
      const ours = metadata.get(file)?.has('barkeep.table') === true
      this.#files.set(entry.day, { stat: entry.stat, ours, highest })
      wanted.delete(file)
    }
    for (const [file, { day, stat }] of wanted) await this.#fromRecord(file, day, stat)
  }

  /** A damaged dayfile's numbers must not be given again: its record tells them, or the day waits for its repair. */
  async #fromRecord(file: StorePath, day: UtcDay, stat: FileStat): Promise<void> {
    if ((await this.#context.env.stat(at(this.#context, file))) === null) return
    const generation = await readGeneration(this.#context, file)
    if (generation === null) {
      throw new BarkeepError(
        'UNREADABLE',
        `${file} is damaged, and global_x goes on from it. Put the file back or move it away, then compact again.`,
        { file },
      )
    }
    const highest = new Map<string, number>()
    for (const [symbol, , number] of generation.numbers) {
      highest.set(symbol, Math.max(number, highest.get(symbol) ?? -1))
    }
    this.#files.set(day, { stat, ours: true, highest })
  }
}

function* batches(days: readonly UtcDay[]): Iterable<readonly UtcDay[]> {
  let start = 0
  for (let turn = 0; start < days.length; turn++) {
    const size = BATCHES[Math.min(turn, BATCHES.length - 1)] as number
    yield days.slice(start, start + size)
    start += size
  }
}
