import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { barkeepJson, type TestStores } from './stores.ts'

/** The UTC days of the small store: a Thursday, a Friday and, after the change to summer time, a Monday. */
export const SMALL_STORE_DAYS = ['2024-03-07', '2024-03-08', '2024-03-11'] as const

/** 15:00 UTC on the first days is 09:00 in Chicago, on the last 10:00. */
const OPEN = 15 * 3_600_000
const BARS = 6

/** One bar of SPY as a bot hands it in. */
export function barLine(timeframe: string, ts: number, change: object = {}): string {
  const bar = { symbol: 'SPY', timeframe, ts, open: 512, high: 513, low: 511, close: 512.5, volume: 1000 }
  return JSON.stringify({ ...bar, ...change })
}

/**
 * A store of a few dozen parts, written through the command line: three days of 2m and 15m bars and a zone. Where a test
 * is about the window and not about much data, this is copied and read in no time.
 */
export async function smallStore(stores: TestStores): Promise<string> {
  const written = firstCopies.get(stores) ?? writeSmallStore(stores)
  firstCopies.set(stores, written)
  const store = await stores.empty()
  await cp(await written, store, { recursive: true })
  return store
}

/** Written once a worker: two runs of the command line cost more than most tests. */
const firstCopies = new WeakMap<TestStores, Promise<string>>()

async function writeSmallStore(stores: TestStores): Promise<string> {
  const store = await stores.empty()
  const inbox = await stores.empty()
  const candles = SMALL_STORE_DAYS.flatMap((day) =>
    [2, 15].flatMap((minutes) =>
      Array.from({ length: BARS }, (_, index) =>
        barLine(`${minutes}m`, Date.parse(day) + OPEN + index * minutes * 60_000),
      ),
    ),
  )
  const left = Date.parse(SMALL_STORE_DAYS[0]) + OPEN
  const zone = {
    ts: left,
    action: 'create',
    object_id: 'zone-1',
    type: 'zone',
    left_ts: left,
    top: 512.8,
    bottom: 512.2,
    symbol: 'SPY',
    timeframe: '15m',
    label: 'Demand',
  }
  await writeFile(join(inbox, 'bars.ndjson'), candles.join('\n'))
  await writeFile(join(inbox, 'zones.ndjson'), JSON.stringify(zone))
  await barkeepJson('ingest', 'candles', join(inbox, 'bars.ndjson'), '--store', store)
  await barkeepJson('ingest', 'events', join(inbox, 'zones.ndjson'), '--store', store)
  return store
}
