import path from 'node:path'
import { openStore } from '../../src-main/store/index.ts'
import { interleaved } from './interleaved.ts'
import { LIVE_DAY, marketDays, symbols } from './market.ts'
import { naiveWindow, PlainDuckDB, type Window } from './plain-duckdb.ts'
import { comparison, type ResultRow, type Suite, type SuiteGiven } from './result-row.ts'
import { sameCandles } from './same-candles.ts'
import { ask } from './windows.ts'

/** A call takes microseconds: so many in a row are one sample. */
const BURST = 100

/** What an open app has asked by the time that its code is compiled. */
const COMPILED_AFTER = 3_000

/** The session that stands in parts. */
export function liveSession(): Window {
  const [day] = marketDays({ symbols: symbols(1), minutes: [2], end: LIVE_DAY, days: 1 })
  if (day === undefined) throw new Error(`${LIVE_DAY} is no trading day`)
  return { symbol: 'SPY', from: day.from, to: day.to }
}

/** The day that stands in parts, as an open app asks for it again and again. */
export const liveDay: Suite = { name: 'live-day', stores: ['live-195', 'live-5000'], run }

async function run(given: SuiteGiven): Promise<readonly ResultRow[]> {
  const window = liveSession()
  const few = await openStore(given.store('live-195'))
  const many = await openStore(given.store('live-5000'))
  const plain = await PlainDuckDB.open()
  try {
    const folder = path.join(given.store('live-195'), 'data/2m')
    const expected = await naiveWindow(plain, folder, window)
    sameCandles((await ask(few.reader, window)).candles, expected)
    sameCandles((await ask(many.reader, window)).candles, expected)
    for (let call = 0; call < COMPILED_AFTER; call++) {
      await ask(few.reader, window)
      await ask(many.reader, window)
    }
    const measured = await interleaved(
      [
        { name: '195 parts', prepare: () => ({ run: () => ask(few.reader, window), times: BURST }) },
        { name: 'naive', prepare: () => ({ run: () => naiveWindow(plain, folder, window) }) },
        { name: '5,000 parts', prepare: () => ({ run: () => ask(many.reader, window), times: BURST }) },
      ],
      { warmups: 5, samples: given.samples },
    )
    const how = `the session's 195 bars of SPY in an open store that has them in memory; ${BURST} calls in a row are one sample`
    return [
      comparison(
        {
          what: 'the live day, 195 parts',
          how: `${how}; the naive query's folder holds one dayfile besides`,
        },
        measured,
        ['195 parts', 'naive'],
        { faster: 1000 },
      ),
      comparison(
        {
          what: 'the same rows beside 5,000 parts',
          how: `${how}; 4,805 parts of 25 other symbols stand in the same day`,
        },
        measured,
        ['5,000 parts', '195 parts'],
        { within: 2 },
      ),
    ]
  } finally {
    await few.close()
    await many.close()
    plain.close()
  }
}
