import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { openStore } from '../../src-main/store/index.ts'
import { builderEnv } from '../bench/builder-env.ts'
import { writeCopiedDays } from '../bench/copied-days.ts'
import { interleaved } from '../bench/interleaved.ts'
import { digestOfMarket, marketDays } from '../bench/market.ts'
import { comparison } from '../bench/result-row.ts'
import { quantile, slopeOf, spreadOf } from '../bench/statistics.ts'
import { allFiles } from '../support/compaction.ts'
import { temporaryFolder } from '../support/store-fixture.ts'

const PLAN = { symbols: ['SPY', 'BK1'], minutes: [2, 15], end: '2024-03-12', days: 4 }

it('the bench generates the same bars each time, and a symbol the same beside any others', () => {
  expect(digestOfMarket(PLAN)).toBe(digestOfMarket(PLAN))
  const alone = [...marketDays({ ...PLAN, symbols: ['SPY'] })].flatMap(({ bars }) => bars)
  const beside = [...marketDays(PLAN)].flatMap(({ bars }) => bars.filter(({ symbol }) => symbol === 'SPY'))
  expect(beside).toEqual(alone)
  expect(digestOfMarket({ ...PLAN, end: '2024-03-13' })).not.toBe(digestOfMarket(PLAN))
})

it('its bars fill the session in Chicago on both sides of a clock change', () => {
  const zone = new MarketZone()
  const days = [...marketDays({ ...PLAN, symbols: ['SPY'], minutes: [2] })]
  expect(days.map(({ date }) => date)).toEqual(['2024-03-07', '2024-03-08', '2024-03-11', '2024-03-12'])
  for (const { bars } of days) {
    expect(bars).toHaveLength(195)
    const [first, last] = [bars[0], bars.at(-1)].map((bar) => zone.wallClock(bar?.ts ?? 0))
    expect([first?.hour, first?.minute, last?.hour, last?.minute]).toEqual([8, 30, 14, 58])
  }
  const hours = days.map(({ from }) => new Date(from).getUTCHours())
  expect(hours).toEqual([14, 14, 13, 13])
})

it('a store written by COPY and records alone is, byte for byte, the one that a backfill writes', async () => {
  const [copied, backfilled] = [await temporaryFolder('copied'), await temporaryFolder('backfilled')]
  try {
    const rows = await writeCopiedDays(copied, PLAN)
    const store = await openStore(backfilled, { env: builderEnv() })
    const bars = [...marketDays(PLAN)].flatMap((day) => day.bars)
    await store.writer.backfillCandles(bars)
    await store.close()
    expect(rows).toBe(bars.length)
    const relative = async (root: string, folder: string) =>
      (await allFiles(path.join(root, folder)))
        .map((file) => path.relative(root, file))
        // What was done to the store differs, and is written down.
        .filter((file) => !file.includes('/operations/'))
        .sort()
    const files: string[] = []
    for (const folder of ['data', '.barkeep/checksums', '.barkeep/generations']) {
      expect(await relative(copied, folder)).toEqual(await relative(backfilled, folder))
      files.push(...(await relative(copied, folder)))
    }
    expect(files).toHaveLength(3 * 8)
    for (const file of files) {
      const [ours, theirs] = [
        await readFile(path.join(copied, file)),
        await readFile(path.join(backfilled, file)),
      ]
      if (file.endsWith('.json')) {
        const [a, b] = [JSON.parse(ours.toString()), JSON.parse(theirs.toString())]
        expect({ ...a, writtenAt: '' }).toEqual({ ...b, writtenAt: '' })
      } else expect(ours.equals(theirs), file).toBe(true)
    }
  } finally {
    await rm(copied, { recursive: true, force: true })
    await rm(backfilled, { recursive: true, force: true })
  }
})

it('quantiles lie between the nearest ranks', () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2)
  expect(quantile([4, 1, 2, 3], 0.5)).toBe(2.5)
  expect(quantile([0, 10], 0.1)).toBeCloseTo(1)
  expect(quantile([7], 0.95)).toBe(7)
  expect(() => quantile([], 0.5)).toThrow(RangeError)
  expect(spreadOf(Array.from({ length: 11 }, (_, i) => 10 - i))).toEqual({
    count: 11,
    median: 5,
    p10: 1,
    p90: 9,
  })
  expect(slopeOf([1, 3, 5, 7])).toBeCloseTo(2)
  expect(slopeOf([5])).toBe(0)
})

it('contenders take turns, in an order that turns round, and warm-ups are not counted', async () => {
  const told: string[] = []
  const contender = (name: string) => ({
    name,
    prepare: (sample: number) => ({
      times: name === 'b' ? 2 : 1,
      run: () => told.push(`${name}${sample}`),
    }),
  })
  const measured = await interleaved([contender('a'), contender('b')], { warmups: 1, samples: 2 })
  expect(told).toEqual(['b-1', 'b-1', 'a-1', 'a0', 'b0', 'b0', 'b1', 'b1', 'a1'])
  expect([...measured].map(([name, { count }]) => [name, count])).toEqual([
    ['a', 2],
    ['b', 2],
  ])
})

it('a bar is held against the ratio of medians', () => {
  const spread = (median: number) => ({ count: 15, median, p10: median, p90: median })
  const measured = new Map([
    ['ours', spread(2)],
    ['theirs', spread(300)],
    ['bare', spread(0.7)],
  ])
  const about = { what: 'w', how: 'h' }
  expect(comparison(about, measured, ['ours', 'theirs'], { faster: 150 }).met).toBe(true)
  expect(comparison(about, measured, ['ours', 'theirs'], { faster: 151 }).met).toBe(false)
  expect(comparison(about, measured, ['ours', 'bare'], { within: 2.5 }).met).toBe(false)
  expect(comparison(about, measured, ['ours', 'bare'], { within: 2.5, orMillis: 1 }).met).toBe(false)
  expect(comparison(about, measured, ['ours', 'bare'], { within: 2.5, orMillis: 1.5 }).met).toBe(true)
  expect(comparison(about, measured, ['ours', 'bare'], null).met).toBe(null)
})
