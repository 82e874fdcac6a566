import { utcDayStart } from '../../../schemas/contract/market-time.ts'
import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { CandleColumns, Problem } from '../../../schemas/contract/viewport.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { candleOf } from '../candles/candle-rows.ts'
import { emptyColumns } from './bar-runs.ts'
import type { FileColumns } from './table-files.ts'

const DAY = 86_400_000

/** What a viewport needs of a candle file; `ts_iso` and `global_x` follow or don't matter. */
export const BAR_COLUMNS = ['symbol', 'timeframe', 'ts', 'open', 'high', 'low', 'close', 'volume'] as const

/** The same of a file whose bytes are those that we wrote there: its bars are of its folder's timeframe. */
export const OWN_BAR_COLUMNS = BAR_COLUMNS.filter((name) => name !== 'timeframe')

const NUMBERS = ['ts', 'open', 'high', 'low', 'close', 'volume'] as const

/** The usable bars of one file, in the file's order. */
export interface FileBars {
  readonly symbols: readonly string[]
  readonly columns: CandleColumns
}

/**
 * Takes one file's rows for the bars of its day and timeframe, by the rule of `candleOf` (SPEC R7, R8): what is no bar
 * of this place is left out, what only breaks its schema is shown; both are named, once a file and kind. Rows that
 * are plainly sound, all of them in a file of ours, are told by their numbers alone.
 */
export function barsOf(
  read: FileColumns,
  timeframe: Timeframe,
  day: UtcDay,
): { readonly bars: FileBars; readonly problems: readonly Problem[] } {
  const symbols = texts(read, 'symbol')
  const frames = texts(read, 'timeframe')
  const columns = columnsOf(read)
  const isSound = soundness(columns, utcDayStart(day))
  const soundSymbols = new Set<string | null>()
  const tally = new ProblemTally(read.file)
  const rows: number[] = []
  for (let row = 0; row < read.rows; row++) {
    const symbol = symbols[row] ?? null
    const own = frames[row] ?? timeframe
    if (!isSound(row) || own !== timeframe || !soundSymbols.has(symbol)) {
      const numbers = NUMBERS.map((name) => [name, given(columns[name][row])] as const)
      const judged = candleOf({ ...Object.fromEntries(numbers), symbol, timeframe: own }, timeframe, day)
      const { row: bar, breach } = judged
      if (breach === null) soundSymbols.add(symbol)
      else
        tally.add(
          breach.code,
          bar === null ? 'left out' : 'shown as it is',
          `row ${row + 1}: ${breach.reason}`,
        )
      if (bar === null) continue
    }
    rows.push(row)
  }
  return { bars: pick(symbols, columns, rows), problems: tally.problems() }
}

/** One bar as a file of its own: a part that this process wrote. */
export function barsOfRow(row: BarRow): FileBars {
  return barsOfRows([row])
}

/** Sound bars as one file's, in their order. */
export function barsOfRows(rows: readonly BarRow[]): FileBars {
  const columns = emptyColumns(rows.length)
  for (const [index, row] of rows.entries()) {
    // An unknown volume adds nothing to a sum.
    for (const name of NUMBERS) columns[name][index] = Number.isNaN(row[name]) ? 0 : row[name]
  }
  return { symbols: rows.map(({ symbol }) => symbol), columns }
}

type BarRow = Pick<CandleRow, 'symbol' | (typeof NUMBERS)[number]>

/** Whether a row's numbers are a bar of the day beyond doubt. A missing number is NaN, and every comparison with it false. */
function soundness(columns: CandleColumns, start: number): (row: number) => boolean {
  const { ts, open, high, low, close, volume } = columns
  return (row) => {
    const [time, top, bottom] = [ts[row] as number, high[row] as number, low[row] as number]
    const [first, last] = [open[row] as number, close[row] as number]
    return (
      time >= start &&
      time < start + DAY &&
      bottom <= first &&
      bottom <= last &&
      first <= top &&
      last <= top &&
      (volume[row] as number) >= 0
    )
  }
}

function given(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value
}

function pick(
  symbols: readonly (string | null)[],
  columns: CandleColumns,
  rows: readonly number[],
): FileBars {
  const whole = rows.length === symbols.length
  const picked = whole ? columns : emptyColumns(rows.length)
  for (const name of NUMBERS) {
    const from = columns[name]
    const to = picked[name]
    for (let index = 0; index < rows.length; index++) {
      const value = from[rows[index] as number] as number
      // −0 shows as 0, as compaction will store it; an unknown volume adds nothing to a sum.
      to[index] = value === 0 || Number.isNaN(value) ? 0 : value
    }
  }
  return { symbols: rows.map((row) => symbols[row] as string), columns: picked }
}

function columnsOf(read: FileColumns): CandleColumns {
  const column = (name: string): Float64Array => {
    const values = read.columns.get(name)
    return values instanceof Float64Array ? values : new Float64Array(read.rows).fill(Number.NaN)
  }
  return {
    ts: column('ts'),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  }
}

function texts(read: FileColumns, name: string): readonly (string | null)[] {
  const values = read.columns.get(name)
  return values === undefined || values instanceof Float64Array ? [] : values
}

/** One problem for a file, code and treatment, however many rows: the first in words, the rest as a count. */
class ProblemTally {
  readonly #file: StorePath
  readonly #found = new Map<string, { code: Problem['code']; first: string; count: number }>()

  constructor(file: StorePath) {
    this.#file = file
  }

  add(code: Problem['code'], treatment: string, detail: string): void {
    const kind = `${code} ${treatment}`
    const known = this.#found.get(kind)
    if (known === undefined) this.#found.set(kind, { code, first: `${treatment}: ${detail}`, count: 1 })
    else known.count++
  }

  problems(): Problem[] {
    return [...this.#found.values()].map(({ code, first, count }) => ({
      file: this.#file,
      code,
      detail: count === 1 ? first : `${first}; ${count} rows in all`,
    }))
  }
}
