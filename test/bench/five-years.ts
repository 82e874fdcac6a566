import path from 'node:path'
import type { Store } from '../../src-main/store/api.ts'
import { openStore } from '../../src-main/store/index.ts'
import { interleaved } from './interleaved.ts'
import { PlainDuckDB, scanByDay, type Window } from './plain-duckdb.ts'
import { comparison, type ResultRow, type Suite, type SuiteGiven } from './result-row.ts'
import { sameCandles } from './same-candles.ts'
import { ask, sessionsOf } from './windows.ts'

const MAX_BARS = 2000

/** All there is, as a chart that is zoomed out asks for it. */
export const fiveYears: Suite = { name: 'five-years', stores: ['five-years'], run }

async function run(given: SuiteGiven): Promise<readonly ResultRow[]> {
  const root = given.store('five-years')
  const folder = path.join(root, 'data/2m')
  const window = wholeWindow()
  const plain = await PlainDuckDB.open()
  let store: Store | null = null
  const reopened = async (): Promise<Store> => {
    await store?.close()
    store = await openStore(root)
    return store
  }
  try {
    const { candles, level } = await ask((await reopened()).reader, window, MAX_BARS)
    sameCandles(candles, await scanByDay(plain, folder, window))
    const measured = await interleaved(
      [
        {
          name: 'first time',
          prepare: async () => {
            const { reader } = await reopened()
            return { run: () => ask(reader, window, MAX_BARS) }
          },
        },
        { name: 'scan of the dayfiles', prepare: () => ({ run: () => scanByDay(plain, folder, window) }) },
        {
          name: 'again',
          prepare: async () => {
            const { reader } = store ?? (await reopened())
            await ask(reader, window, MAX_BARS)
            return { run: () => ask(reader, window, MAX_BARS), times: 5 }
          },
        },
      ],
      { warmups: 10, samples: 2 * given.samples },
    )
    const what = `five years of 2m bars as ≤ ${MAX_BARS.toLocaleString('en')} candles`
    const against = `${candles.ts.length} candles of ${level.label} from 245,700 bars at most; DuckDB aggregates the dayfiles by day, its caches warm`
    return [
      comparison(
        {
          what: `${what}, first time`,
          how: `the first question after a fresh open, the open itself not counted, what is derived being on disk; ${against}`,
        },
        measured,
        ['first time', 'scan of the dayfiles'],
        { faster: 15 },
      ),
      comparison(
        {
          what: `${what}, again`,
          how: `the same question again, five calls in a row are one sample; ${against}`,
        },
        measured,
        ['again', 'scan of the dayfiles'],
        { faster: 100 },
      ),
    ]
  } finally {
    await (store as Store | null)?.close()
    plain.close()
  }
}

function wholeWindow(): Window {
  const sessions = sessionsOf()
  const [first, last] = [sessions[0], sessions.at(-1)]
  if (first === undefined || last === undefined) throw new Error('no sessions')
  return { symbol: 'SPY', from: first.from, to: last.to }
}
