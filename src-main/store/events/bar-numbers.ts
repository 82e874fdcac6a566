import type { StorePath, Timeframe } from '../../../schemas/contract/units.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { sameFile } from '../layout/checksums.ts'
import { dayOfName, isParquet, type Series, seriesFolder, within } from '../layout/file-names.ts'
import { judgeFiles } from '../read/dayfile-check.ts'
import { readFiles } from '../read/table-files.ts'
import type { BarOfNumber } from './object-view.ts'

/** Only 15m dayfiles number their bars (SPEC C8). */
const NUMBERED: Series = { table: 'candles', timeframe: '15m' as Timeframe }

/** A symbol's numbered bars of one day, by rising number. */
interface DayNumbers {
  readonly numbers: Float64Array
  readonly times: Float64Array
}

interface NumberedDay {
  readonly stat: FileStat
  readonly symbols: ReadonlyMap<string, DayNumbers>
}

/** A bar to be found. */
export interface WantedBar {
  readonly symbol: string
  readonly globalX: number
}

/**
 * Finds the time of a 15m bar by its number. Numbers rise from day to day, so a search halves the days: one lookup among
 * five years reads about eleven dayfiles, and each is kept (16 bytes a bar) until it is replaced.
 */
export class BarNumbers {
  readonly #context: StoreContext
  readonly #days = new Map<StorePath, NumberedDay>()

  constructor(context: StoreContext) {
    this.#context = context
  }

  /**
   * Looks up many at once against one listing.
   * @returns a lookup that answers null for a bar that no dayfile numbers, and for one that wasn't wanted
   */
  async find(wanted: Iterable<WantedBar>): Promise<BarOfNumber> {
    const found = new Map<string, Map<number, number | null>>()
    let files: readonly StorePath[] | null = null
    const checked = new Set<StorePath>()
    for (const { symbol, globalX } of wanted) {
      let ofSymbol = found.get(symbol)
      if (ofSymbol === undefined) {
        ofSymbol = new Map()
        found.set(symbol, ofSymbol)
      }
      if (ofSymbol.has(globalX)) continue
      files ??= await this.#list()
      ofSymbol.set(globalX, await this.#search(files, checked, symbol, globalX))
    }
    return (symbol, globalX) => found.get(symbol)?.get(globalX) ?? null
  }

  async #list(): Promise<readonly StorePath[]> {
    const folder = seriesFolder(NUMBERED)
    const entries = await this.#context.env.readDir(at(this.#context, folder))
    const files = entries
      .filter(({ name, isDirectory }) => !isDirectory && isParquet(name) && dayOfName(name) !== null)
      .map(({ name }) => within(folder, name))
    const standing = new Set(files)
    for (const file of this.#days.keys()) if (!standing.has(file)) this.#days.delete(file)
    return files
  }

  async #search(
    files: readonly StorePath[],
    checked: Set<StorePath>,
    symbol: string,
    globalX: number,
  ): Promise<number | null> {
    let low = 0
    let high = files.length - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const found = await this.#nearest(files, checked, symbol, low, middle, high)
      if (found === null) return null
      const { index, day } = found
      const { numbers, times } = day
      // Days between the middle and the one found number nothing of the symbol.
      if (globalX < (numbers[0] as number)) high = Math.min(index, middle) - 1
      else if (globalX > (numbers.at(-1) as number)) low = index + 1
      else {
        const place = numbers.indexOf(globalX)
        return place < 0 ? null : (times[place] as number)
      }
    }
    return null
  }

  /** The day nearest to the middle, at or after it first, that numbers bars of the symbol. */
  async #nearest(
    files: readonly StorePath[],
    checked: Set<StorePath>,
    symbol: string,
    low: number,
    middle: number,
    high: number,
  ): Promise<{ readonly index: number; readonly day: DayNumbers } | null> {
    for (let index = middle; index <= high; index++) {
      const day = await this.#load(files, checked, index, symbol)
      if (day !== undefined) return { index, day }
    }
    for (let index = middle - 1; index >= low; index--) {
      const day = await this.#load(files, checked, index, symbol)
      if (day !== undefined) return { index, day }
    }
    return null
  }

  async #load(
    files: readonly StorePath[],
    checked: Set<StorePath>,
    index: number,
    symbol: string,
  ): Promise<DayNumbers | undefined> {
    const file = files[index] as StorePath
    const known = this.#days.get(file)
    if (known !== undefined && checked.has(file)) return known.symbols.get(symbol)
    const stat = await this.#context.env.stat(at(this.#context, file))
    if (stat === null) return undefined
    checked.add(file)
    if (known !== undefined && sameFile(stat, known.stat)) return known.symbols.get(symbol)
    const symbols = await this.#read(file)
    this.#days.set(file, { stat, symbols })
    return symbols.get(symbol)
  }

  /** A file that is damaged or can't be read numbers nothing here; the candles' readers name it. */
  async #read(file: StorePath): Promise<ReadonlyMap<string, DayNumbers>> {
    const verdict = (await judgeFiles(this.#context, CANDLES, [file])).get(file)
    if (typeof verdict === 'object' && !verdict.use) return new Map()
    const { files } = await readFiles(this.#context, CANDLES, [file], {
      columns: ['symbol', 'ts', 'global_x'],
    })
    const [read] = files
    const bars = new Map<string, { number: number; time: number }[]>()
    const symbols = read?.columns.get('symbol') ?? []
    const times = read?.columns.get('ts') ?? []
    const numbers = read?.columns.get('global_x') ?? []
    for (let row = 0; row < (read?.rows ?? 0); row++) {
      const symbol = symbols[row]
      const number = numbers[row]
      const time = times[row]
      if (typeof symbol !== 'string' || typeof number !== 'number' || typeof time !== 'number') continue
      if (Number.isNaN(number) || Number.isNaN(time)) continue
      const ofSymbol = bars.get(symbol)
      if (ofSymbol === undefined) bars.set(symbol, [{ number, time }])
      else ofSymbol.push({ number, time })
    }
    return new Map(
      [...bars].map(([symbol, list]) => {
        list.sort((a, b) => a.number - b.number)
        return [
          symbol,
          {
            numbers: Float64Array.from(list, ({ number }) => number),
            times: Float64Array.from(list, ({ time }) => time),
          },
        ]
      }),
    )
  }
}
