import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Finding } from '../../schemas/contract/health.ts'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { sessionOf } from '../../schemas/contract/trading-calendar.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { candle, foreignDayfile, type OpenedStore, openedStore } from '../support/store-fixture.ts'

const MINUTE = 60_000
const zone = new MarketZone()

let store: OpenedStore
/** What the store takes for the present; long after the days of these tests unless one sets it. */
let now: number

beforeEach(async () => {
  now = Date.parse('2030-01-01T00:00:00Z')
  store = await openedStore({ env: { ...nodeEnv, now: () => now } })
})
afterEach(() => store.remove())

/** Bars of a whole session but those that `leave` names by their place. */
function sessionBars(
  day: string,
  given: Partial<CandleRow> = {},
  leave: (place: number) => boolean = () => false,
) {
  const { open, close } = sessionOf(day, zone)
  const length = Number.parseInt(given.timeframe ?? '2m', 10) * MINUTE
  return Array.from({ length: Math.floor((close - open) / length) }, (_, place) => place)
    .filter((place) => !leave(place))
    .map((place) => candle({ ts: open + place * length, ...given }))
}

function roundTheClock(
  day: string,
  symbol: string,
  leave: (hour: number) => boolean = () => false,
): CandleRow[] {
  const start = Date.parse(`${day}T00:00:00Z`)
  return Array.from({ length: 24 }, (_, hour) => hour)
    .filter((hour) => !leave(hour))
    .map((hour) => candle({ ts: start + hour * 60 * MINUTE, symbol, timeframe: '60m' }))
}

async function settings(text: string): Promise<void> {
  await mkdir(path.join(store.root, '.barkeep'), { recursive: true })
  await writeFile(path.join(store.root, '.barkeep/settings.json'), text)
}

/** `path: detail` of the gaps, and of nothing else but what a dayfile of another program is. */
async function gaps(): Promise<string[]> {
  const found = await store.reader.doctor()
  expect(found.filter(({ code }) => code !== 'GAP' && code !== 'FOREIGN_FILE')).toEqual([])
  return found.filter(({ code }) => code === 'GAP').map(told)
}

function told({ path: file, detail }: Finding): string {
  return `${file}: ${detail}`
}

describe('gaps against the trading calendar', () => {
  it('D6: whole sessions, weekends, holidays and early closes have none', async () => {
    const days = ['2024-03-28', '2024-04-01', '2024-07-02', '2024-07-03', '2024-07-05']
    for (const day of ['2024-03-28', '2024-04-01']) await foreignDayfile(store.root, sessionBars(day))
    for (const day of days.slice(2)) await foreignDayfile(store.root, sessionBars(day, { timeframe: '15m' }))
    expect(await gaps()).toEqual([])
  })

  it('D6: consecutive days without any bar are one finding, on the file of the first', async () => {
    for (const day of ['2024-03-26', '2024-04-02', '2024-04-04'])
      await foreignDayfile(store.root, [
        ...sessionBars(day),
        ...sessionBars(day, { symbol: 'QQQ' }),
        ...(day === '2024-04-02' ? [] : sessionBars(day, { symbol: 'IWM' })),
      ])
    expect(await gaps()).toEqual([
      'data/2m/2024-03-27.parquet: SPY, QQQ: no bar from 2024-03-27 to 2024-04-01, 3 trading days; IWM: no bar from 2024-03-27 to 2024-04-03, 5 trading days',
      'data/2m/2024-04-03.parquet: SPY, QQQ: no bar on 2024-04-03, a trading day',
    ])
  })

  it('D6: bars that are missing in a session are one finding a day, with the first times in market time', async () => {
    await foreignDayfile(store.root, sessionBars('2024-03-07'))
    await foreignDayfile(store.root, [
      ...sessionBars('2024-03-08', {}, (place) => place === 3 || place >= 190),
      ...sessionBars('2024-03-08', { symbol: 'QQQ' }),
    ])
    await foreignDayfile(
      store.root,
      sessionBars('2024-03-11', {}, (place) => place === 0),
    )
    expect(await gaps()).toEqual([
      'data/2m/2024-03-08.parquet: SPY: 6 of 195 bars of the session are missing, the first at 08:36, 14:50, 14:52 CST',
      'data/2m/2024-03-11.parquet: SPY: 1 of 195 bars of the session are missing, at 08:30 CDT',
    ])
  })

  it('D6: nothing is demanded before a symbol’s first bar, nor of a session that is not over', async () => {
    await foreignDayfile(
      store.root,
      sessionBars('2024-03-07', {}, (place) => place < 100),
    )
    await foreignDayfile(
      store.root,
      sessionBars('2024-03-08', {}, (place) => place > 20),
    )
    const { close } = sessionOf('2024-03-08', zone)
    now = close + 14 * MINUTE
    expect(await gaps()).toEqual([])
    now = close + 15 * MINUTE
    expect(await gaps()).toHaveLength(1)
  })

  it('D6: bars outside the session are never demanded and never stand for the session', async () => {
    const { open } = sessionOf('2024-03-08', zone)
    const early = Array.from({ length: 30 }, (_, place) => candle({ ts: open - (place + 1) * 2 * MINUTE }))
    await foreignDayfile(store.root, sessionBars('2024-03-07'))
    await foreignDayfile(store.root, early)
    await foreignDayfile(store.root, sessionBars('2024-03-11'))
    expect(await gaps()).toEqual([
      'data/2m/2024-03-08.parquet: SPY: 195 of 195 bars of the session are missing, the first at 08:30, 08:32, 08:34 CST',
    ])
  })

  it('D6: an evening’s bars, which stand in the next UTC day’s file, are not that day’s', async () => {
    const evening = Date.parse('2024-03-08T00:30:00Z')
    await foreignDayfile(store.root, sessionBars('2024-03-07'))
    await foreignDayfile(store.root, [candle({ ts: evening }), candle({ ts: evening + 2 * MINUTE })])
    await foreignDayfile(store.root, sessionBars('2024-03-11'))
    expect(await gaps()).toEqual(['data/2m/2024-03-08.parquet: SPY: no bar on 2024-03-08, a trading day'])
  })

  it('D6: hours on the clock’s hour, bars that stand a little off, and bars of a day or more', async () => {
    const { open } = sessionOf('2024-03-08', zone)
    const hours = [0.5, 1.5, 2.5, 3.5, 4.5, 5.5].map((hour) =>
      candle({ ts: open + hour * 60 * MINUTE, timeframe: '1h' }),
    )
    await foreignDayfile(store.root, hours)
    const off = sessionBars('2024-03-08', { timeframe: '15m' }).map((bar, index) =>
      candle({ ...bar, ts: bar.ts + (index % 5 === 0 ? 20_000 : 0) }),
    )
    await foreignDayfile(store.root, off)
    for (const day of ['2024-03-07', '2024-03-11', '2024-03-12'])
      await foreignDayfile(store.root, [candle({ ts: Date.parse(`${day}T00:00:00Z`), timeframe: '1d' })])
    for (const day of ['2024-03-01', '2024-03-15'])
      await foreignDayfile(store.root, [candle({ ts: Date.parse(`${day}T00:00:00Z`), timeframe: '7d' })])
    expect(await gaps()).toEqual(['data/1d/2024-03-08.parquet: SPY: no bar on 2024-03-08, a trading day'])
    await foreignDayfile(
      store.root,
      hours.filter((_, index) => index !== 2),
    )
    expect(await gaps()).toContain(
      'data/1h/2024-03-08.parquet: SPY: 1 of 6 bars of the session are missing, at 11:00 CST',
    )
  })

  it('D7: round the clock by the store’s settings: weekends count, and UTC days are whole', async () => {
    await settings('{"calendars":{"BTC*":"24x7","OLD":"none"}}')
    const left = (hour: number) => hour === 0 || hour === 23
    await foreignDayfile(store.root, [
      ...roundTheClock('2024-03-08', 'BTC-USD'),
      ...roundTheClock('2024-03-08', 'OLD', (hour) => hour > 3),
    ])
    await foreignDayfile(store.root, [
      ...roundTheClock('2024-03-11', 'BTC-USD', left),
      ...roundTheClock('2024-03-11', 'OLD', (hour) => hour > 3),
    ])
    expect(await gaps()).toEqual([
      'data/60m/2024-03-09.parquet: BTC-USD: no bar from 2024-03-09 to 2024-03-10, 2 trading days',
      'data/60m/2024-03-11.parquet: BTC-USD: 2 of 24 bars of the session are missing, at 2024-03-10 19:00, 18:00 CDT',
    ])
    await settings('{"defaultCalendar":"none"}')
    expect(await gaps()).toEqual([])
  })

  it.each([
    ['{', 'it is no JSON'],
    ['{"calendars":{"BTC":"always"}}', '/calendars/BTC must be equal to one of the allowed values'],
    ['{"calendar":{}}', 'must NOT have additional properties: "calendar"'],
    ['{"calendars":{"B*C":"24x7"}}', 'must match pattern'],
    ['[]', 'it must be object'],
  ])(
    'D7: settings that can’t be understood are a finding, and then nothing is a gap: %s',
    async (text, why) => {
      await settings(text)
      await foreignDayfile(
        store.root,
        sessionBars('2024-03-07', {}, (place) => place === 9),
      )
      const found = await store.reader.doctor()
      expect(found).toMatchObject([
        { code: 'BAD_SETTINGS', path: '.barkeep/settings.json', detail: expect.stringContaining(why) },
        { code: 'FOREIGN_FILE' },
      ])
      expect((await store.reader.overview()).tables[0]?.missing).toEqual([])
    },
  )

  it('D6: of a day with a file that can’t be read nothing is called missing', async () => {
    await foreignDayfile(store.root, sessionBars('2024-03-07'))
    await writeFile(path.join(store.root, 'data/2m/2024-03-08.parquet'), '')
    await foreignDayfile(store.root, sessionBars('2024-03-12'))
    const found = await store.reader.doctor()
    expect(found.filter(({ code }) => code === 'GAP').map(told)).toEqual([
      'data/2m/2024-03-11.parquet: SPY: no bar on 2024-03-11, a trading day',
    ])
  })

  it('U6: the overview names the days without anything by the same calendar', async () => {
    for (const day of ['2024-03-27', '2024-04-03']) await foreignDayfile(store.root, sessionBars(day))
    await foreignDayfile(store.root, roundTheClock('2024-03-30', 'BTC'))
    await foreignDayfile(store.root, roundTheClock('2024-04-01', 'BTC'))
    const missing = async () => (await store.reader.overview()).tables.map((table) => table.missing)
    expect(await missing()).toEqual([['2024-03-28', '2024-04-01', '2024-04-02'], []])
    await settings('{"calendars":{"BTC":"24x7"}}')
    expect(await missing()).toEqual([['2024-03-28', '2024-04-01', '2024-04-02'], ['2024-03-31']])
  })

  it.skipIf(!existsSync('/work/shared/data'))('D6: the gaps of the real bars', async () => {
    for (const timeframe of ['2m', '15m']) {
      const text = await readFile(`/work/shared/data/SPY-${timeframe}.ndjson`, 'utf8')
      const documents = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)
      await store.writer.backfillCandles(documents)
    }
    const found = await gaps()
    // After the clocks changed on 2024-03-10 the bars went on at the old UTC hours: each session lacks its first hour.
    const hour = (count: string, first: string) =>
      `SPY: ${count} bars of the session are missing, the first at ${first} CDT`
    const short = found.filter((line) => line.endsWith(hour('30 of 195', '08:30, 08:32, 08:34')))
    const quarters = found.filter((line) => line.endsWith(hour('4 of 26', '08:30, 08:45, 09:00')))
    expect([short.length, quarters.length]).toEqual([12, 23])
    expect(quarters[0]).toContain('data/15m/2024-03-11.parquet')
    expect(found.filter((line) => line.includes('no bar'))).toEqual([
      'data/2m/2024-02-20.parquet: SPY: no bar from 2024-02-20 to 2024-02-26, 5 trading days',
      'data/2m/2024-03-06.parquet: SPY: no bar from 2024-03-06 to 2024-03-15, 8 trading days',
      'data/2m/2024-03-20.parquet: SPY: no bar from 2024-03-20 to 2024-03-26, 5 trading days',
      'data/2m/2024-04-09.parquet: SPY: no bar on 2024-04-09, a trading day',
    ])
    expect(found).toHaveLength(39)
  })
})
