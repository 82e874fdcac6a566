import path from 'node:path'
import type { StoreReader } from '../../src-main/store/api.ts'
import { openStore } from '../../src-main/store/index.ts'
import { interleaved } from './interleaved.ts'
import { marketDays } from './market.ts'
import { memoryTable, naiveWindow, PlainDuckDB, type Window } from './plain-duckdb.ts'
import { comparison, type ResultRow, type Suite, type SuiteGiven } from './result-row.ts'
import { sameCandles } from './same-candles.ts'
import { STORES } from './stores.ts'

/** Calls before what takes microseconds is timed, and calls that make one sample of it. */
const COMPILED_AFTER = 3_000
const BURST = 100

const WARMUPS = 20

/** What is read once takes no time to speak of beside the naive query: enough of them for a steady median. */
const TIMES_SAMPLES = 3
const STORE = 'five-years'

/** Windows of so many trading days each, none touching another, spread over all years in a fixed order. */
export function freshWindows(days: number, count: number): readonly Window[] {
  const sessions = sessionsOf()
  const places = Math.floor(sessions.length / (days + 1))
  if (count > places) throw new Error(`${count} windows of ${days} days don't fit`)
  // A stride that shares no factor with the number of places visits each once.
  let stride = Math.floor(places * 0.382) + 1
  while (gcd(stride, places) !== 1) stride++
  return Array.from({ length: count }, (_, index) => {
    const at = ((index * stride) % places) * (days + 1)
    const [first, last] = [sessions[at], sessions[at + days - 1]]
    if (first === undefined || last === undefined) throw new Error('a window beyond the store')
    return { symbol: 'SPY', from: first.from, to: last.to }
  })
}

let known: readonly { readonly from: number; readonly to: number }[] | null = null

/** The sessions of the five years, oldest first. */
export function sessionsOf(): readonly { readonly from: number; readonly to: number }[] {
  known ??= [...marketDays({ ...STORES[STORE].history, symbols: [] })].map(({ from, to }) => ({ from, to }))
  return known
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}

export function ask(reader: StoreReader, { symbol, from, to }: Window, maxBars?: number) {
  return reader.viewport({ symbol, timeframe: '2m', from, to, ...(maxBars === undefined ? {} : { maxBars }) })
}

/** Windows of one and of ten days, read for the first time and again. */
export const windows: Suite = { name: 'windows', stores: [STORE], run }

async function run(given: SuiteGiven): Promise<readonly ResultRow[]> {
  const root = given.store(STORE)
  const folder = path.join(root, 'data/2m')
  const store = await openStore(root)
  const plain = await PlainDuckDB.open()
  const native = await PlainDuckDB.open()
  try {
    const prepared = await memoryTable(native, folder)
    const rows: ResultRow[] = []
    for (const { days, faster, within } of [
      { days: 1, faster: 100, within: 3 },
      { days: 10, faster: 50, within: 5 },
    ]) {
      // A fresh open for each length: what one read is not there for the other.
      const fresh = await openStore(root)
      const chosen = freshWindows(days, WARMUPS + TIMES_SAMPLES * given.samples)
      const at = (sample: number): Window => chosen[sample + WARMUPS] as Window
      sameCandles((await ask(store.reader, at(-1))).candles, await naiveWindow(plain, folder, at(-1)))
      sameCandles((await ask(store.reader, at(-1))).candles, await prepared(at(-1)))
      const measured = await interleaved(
        [
          { name: 'Barkeep', prepare: (sample) => ({ run: () => ask(fresh.reader, at(sample)) }) },
          { name: 'naive', prepare: (sample) => ({ run: () => naiveWindow(plain, folder, at(sample)) }) },
          { name: 'memory table', prepare: (sample) => ({ run: () => prepared(at(sample)) }) },
        ],
        { warmups: WARMUPS, samples: TIMES_SAMPLES * given.samples },
      )
      const what = `${days}-day window, not yet read`
      const how = `${days} × 195 bars of SPY 2m from 1,260 dayfiles; a window that nothing has read, in a store that is open and has answered others`
      rows.push(
        comparison(
          { what, how: `${how}; against the naive query, whose DuckDB has its caches warm` },
          measured,
          ['Barkeep', 'naive'],
          {
            faster,
          },
        ),
      )
      rows.push(
        comparison(
          { what, how: `${how}; against a prepared query on a table in memory, indexed by (symbol, ts)` },
          measured,
          ['Barkeep', 'memory table'],
          { within },
        ),
      )
      // As after some seconds of panning: until then the engine's code is interpreted, at four times the cost.
      for (let call = 0; call < COMPILED_AFTER; call++)
        await ask(fresh.reader, at((call % chosen.length) - WARMUPS))
      const again = await interleaved(
        [
          {
            name: 'Barkeep',
            prepare: (sample) => ({ run: () => ask(fresh.reader, at(sample)), times: BURST }),
          },
          { name: 'naive', prepare: (sample) => ({ run: () => naiveWindow(plain, folder, at(sample)) }) },
        ],
        { warmups: WARMUPS, samples: given.samples },
      )
      rows.push(
        comparison(
          {
            what: `window read before (pan back), engine call, ${days} ${days === 1 ? 'day' : 'days'}`,
            how: `the same windows again, after ${COMPILED_AFTER.toLocaleString('en')} such calls; ${BURST} calls in a row are one sample`,
          },
          again,
          ['Barkeep', 'naive'],
          { faster: 5000 },
        ),
      )
      await fresh.close()
    }
    return rows
  } finally {
    await store.close()
    plain.close()
    native.close()
  }
}
