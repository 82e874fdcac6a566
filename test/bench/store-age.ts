import type { Store } from '../../src-main/store/api.ts'
import { openStore } from '../../src-main/store/index.ts'
import { type Contender, interleaved } from './interleaved.ts'
import type { Window } from './plain-duckdb.ts'
import { comparison, type ResultRow, type Suite, type SuiteGiven } from './result-row.ts'
import { ask, sessionsOf } from './windows.ts'

/** Whether a store of ten years answers for a day as fast as one of a month. */
export const storeAge: Suite = { name: 'store-age', stores: ['ten-years', 'one-month'], run }

async function run(given: SuiteGiven): Promise<readonly ResultRow[]> {
  const days = sessionsOf()
    .slice(-20)
    .map(({ from, to }): Window => ({ symbol: 'SPY', from, to }))
  // In every sample a fresh open, which reads one day to get going, and then the day that is timed: not read yet.
  const fresh = (name: string, of: string): Contender => ({
    name,
    prepare: async (sample) => {
      const store = await openStore(given.store(of))
      const place = (sample + days.length) % (days.length - 1)
      await ask(store.reader, days.at(-1) as Window)
      return { run: () => ask(store.reader, days[place] as Window), after: () => store.close() }
    },
  })
  const unread = await interleaved([fresh('10 years', 'ten-years'), fresh('1 month', 'one-month')], {
    warmups: 20,
    // Half a millisecond each, in files that nothing has touched for a while: fewer make no steady median.
    samples: 4 * given.samples,
  })
  const what = '1-day window, 10-year store against 1-month store'
  const how = '195 bars of SPY 2m among 2,520 and among 21 dayfiles'
  const open = new Map<string, Store>()
  const again = (name: string, of: string): Contender => ({
    name,
    prepare: async (sample) => {
      const store = open.get(of) ?? (await openStore(given.store(of)))
      open.set(of, store)
      const window = days[(sample + days.length) % days.length] as Window
      await ask(store.reader, window)
      return { run: () => ask(store.reader, window), times: 20 }
    },
  })
  try {
    const read = await interleaved([again('10 years', 'ten-years'), again('1 month', 'one-month')], {
      warmups: 4,
      samples: given.samples,
    })
    return [
      comparison(
        { what: `${what}, not yet read`, how: `${how}; a fresh open each, one other day read before` },
        unread,
        ['10 years', '1 month'],
        { within: 1.3 },
      ),
      comparison(
        { what: `${what}, read before`, how: `${how}; 20 calls in a row are one sample` },
        read,
        ['10 years', '1 month'],
        { within: 1.3 },
      ),
    ]
  } finally {
    for (const store of open.values()) await store.close()
  }
}
