import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MarketZone } from '../../../schemas/contract/market-time.ts'
import { barkeepJson, type TestStores } from './stores.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const zone = new MarketZone()

/** A clock reading in Chicago, `2024-03-20 10:15`, as an instant. */
export function chicago(text: string): number {
  return zone.instantOfWallClock(Date.parse(`${text.replace(' ', 'T')}Z`))
}

/** Weekdays whose sessions the store holds; 5m lacks the week of the clock change. */
export const FIRST_DAY = '2024-02-19'
export const LAST_DAY = '2024-03-29'
const GAP_5M = ['2024-03-04', '2024-03-15'] as const

/** A calm wave between 490 and 510, the same on every timeframe: where a zone lies to it is known beforehand. */
function price(instant: number): number {
  return 500 + 8 * Math.sin(instant / (150 * MINUTE)) + 2 * Math.sin(instant / (37 * MINUTE))
}

function* candles(timeframe: number): Generator<object> {
  for (let day = Date.parse(`${FIRST_DAY}T00:00Z`); day <= Date.parse(`${LAST_DAY}T00:00Z`); day += DAY) {
    const date = new Date(day).toISOString().slice(0, 10)
    if ([0, 6].includes(new Date(day).getUTCDay())) continue
    if (timeframe === 5 && date >= GAP_5M[0] && date <= GAP_5M[1]) continue
    const open = chicago(`${date} 08:30`)
    for (let ts = open; ts < open + 390 * MINUTE; ts += timeframe * MINUTE) {
      const path = Array.from({ length: timeframe + 1 }, (_, i) => Number(price(ts + i * MINUTE).toFixed(2)))
      yield {
        symbol: 'WAVE',
        timeframe: `${timeframe}m`,
        ts,
        open: path[0],
        high: Math.max(...path),
        low: Math.min(...path),
        close: path.at(-1),
        volume: 1_000 * timeframe + ((ts / MINUTE) % 97),
      }
    }
  }
}

const at = (time: string) => chicago(`2024-03-20 ${time}`)
const common = { symbol: 'WAVE', timeframe: '15m' }

/** Objects of 20 March, clear of the wave and of each other. */
export const OBJECTS = {
  supply: { id: 'supply-1', top: 516, bottom: 514, left: at('10:15') },
  broken: { id: 'demand-1', top: 486, bottom: 484, left: at('11:00'), closed: at('13:00') },
  level: { id: 'level-1', y: 512, left: at('09:00') },
  marker: { id: 'marker-1', y: 488, left: at('12:07') },
  removed: { id: 'gone-1', top: 520, bottom: 519, left: at('09:30'), closed: at('12:00') },
} as const

function events(): readonly object[] {
  const { supply, broken, level, marker, removed } = OBJECTS
  const zoneOf = ({ id, top, bottom, left }: { id: string; top: number; bottom: number; left: number }) => ({
    ...common,
    object_id: id,
    type: 'zone',
    top,
    bottom,
    left_ts: left,
  })
  return [
    {
      ...zoneOf(supply),
      ts: at('10:30'),
      action: 'create',
      status: 'active',
      label: 'Upper supply',
      reason: 'swing high',
    },
    {
      ...common,
      object_id: supply.id,
      type: 'zone',
      ts: at('13:30'),
      action: 'update',
      status: 'touched',
      reason: 'touch 1',
      top: 517,
    },
    {
      ...common,
      object_id: supply.id,
      type: 'zone',
      ts: at('14:00'),
      action: 'update',
      top: 516,
      reason: 'back again',
    },
    { ...zoneOf(broken), ts: at('11:15'), action: 'create', status: 'active', payload: { side: 'demand' } },
    {
      ...common,
      object_id: broken.id,
      type: 'zone',
      ts: broken.closed,
      action: 'close',
      status: 'broken',
      reason: 'close below',
    },
    {
      ...common,
      object_id: level.id,
      type: 'level',
      ts: at('09:00'),
      action: 'create',
      status: 'active',
      y: level.y,
      left_ts: level.left,
      label: 'Prior high',
    },
    {
      ...common,
      object_id: marker.id,
      type: 'marker',
      ts: at('12:10'),
      action: 'create',
      status: 'active',
      y: marker.y,
      left_ts: marker.left,
      payload: { side: 'buy' },
    },
    { ...zoneOf(removed), ts: at('09:45'), action: 'create', status: 'active' },
    { ...common, object_id: removed.id, type: 'zone', ts: removed.closed, action: 'close' },
  ]
}

/** Writes the store: WAVE in 2m, 5m and 15m over six weeks across 2024-03-10, and five objects. */
export async function writeChartStore(store: string): Promise<string> {
  const lines = [2, 5, 15].flatMap((timeframe) => [...candles(timeframe)])
  await ingest(store, 'candles', lines, '--backfill')
  await ingest(store, 'events', events())
  return store
}

let shared: Promise<string> | null = null

/** One store for all tests that only look. */
export function chartStore(stores: TestStores): Promise<string> {
  shared ??= stores.empty().then(writeChartStore)
  return shared
}

/** Hands documents to the command line, as a bot beside the open window would. */
export async function ingest(
  store: string,
  table: 'candles' | 'events',
  documents: readonly object[],
  ...flags: readonly string[]
): Promise<void> {
  const file = join(store, `..`, `${table}-${documents.length}-${Math.round(performance.now())}.ndjson`)
  await writeFile(file, documents.map((document) => JSON.stringify(document)).join('\n'))
  await barkeepJson('ingest', table, file, '--store', store, ...flags)
}
