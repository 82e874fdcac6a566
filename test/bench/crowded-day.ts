import path from 'node:path'
import { openStore } from '../../src-main/store/index.ts'
import { interleaved } from './interleaved.ts'
import { memoryTable, naiveWindow, PlainDuckDB, type Window } from './plain-duckdb.ts'
import { comparison, type ResultRow, type Suite, type SuiteGiven } from './result-row.ts'
import { sameCandles } from './same-candles.ts'
import { ask, sessionsOf } from './windows.ts'

const STORE = 'one-month-20'

/** One symbol of a day that holds twenty. No bar asks for it; it tells what the neighbours cost. */
export const crowdedDay: Suite = { name: 'crowded-day', stores: [STORE], run }

async function run(given: SuiteGiven): Promise<readonly ResultRow[]> {
  const root = given.store(STORE)
  const folder = path.join(root, 'data/2m')
  const days = sessionsOf()
    .slice(-20)
    .map(({ from, to }): Window => ({ symbol: 'SPY', from, to }))
  const at = (sample: number): Window => days[(sample + days.length) % (days.length - 1)] as Window
  const [native, plain] = [await PlainDuckDB.open(), await PlainDuckDB.open()]
  try {
    const prepared = await memoryTable(native, folder)
    sameCandles(await prepared(at(0)), await naiveWindow(plain, folder, at(0)))
    const measured = await interleaved(
      [
        {
          name: 'Barkeep',
          prepare: async (sample) => {
            const store = await openStore(root)
            // Another day first, so that DuckDB is up.
            await ask(store.reader, days.at(-1) as Window)
            return {
              async run() {
                sameLength((await ask(store.reader, at(sample))).candles.ts.length)
              },
              after: () => store.close(),
            }
          },
        },
        { name: 'memory table', prepare: (sample) => ({ run: () => prepared(at(sample)) }) },
      ],
      { warmups: 4, samples: given.samples },
    )
    return [
      comparison(
        {
          what: '1-day window of one symbol in days of twenty, not yet read',
          how: '195 of the 3,900 bars of a 2m dayfile, in a fresh open that has read one other day; against a prepared query on a table in memory of all twenty, indexed by (symbol, ts)',
        },
        measured,
        ['Barkeep', 'memory table'],
        null,
      ),
    ]
  } finally {
    native.close()
    plain.close()
  }
}

/** Early closes have 105 bars of 2m. */
function sameLength(bars: number): void {
  if (bars !== 195 && bars !== 105) throw new Error(`${bars} bars in a session`)
}
