import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { parseTimeframe, timeframeMillis } from '../../schemas/contract/timeframe.ts'
import type { UtcDay } from '../../schemas/contract/units.ts'
import type { CandleColumns } from '../../schemas/contract/viewport.ts'
import { emptyColumns } from '../../src-main/store/read/bar-runs.ts'
import { aggregate, baseStep, ladderOf } from '../../src-main/store/read/level-of-detail.ts'
import { type DayFacts, gatherSymbols } from '../../src-main/store/read/tiers/day-facts.ts'
import {
  daysOfTier,
  decodeTier,
  encodeTier,
  type TierPlace,
} from '../../src-main/store/read/tiers/tier-format.ts'
import { type Random, seeded } from '../support/seeded.ts'

const zone = new MarketZone()
const PLACE: TierPlace = { timeframe: parseTimeframe('2m'), year: '2024', zone }
const OPEN = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000

/** Bars from an instant on; what isn't exact in sums is wanted here. */
function randomBars(random: Random, first: number, count: number, step = 120_000): CandleColumns {
  const columns = emptyColumns(count)
  for (let bar = 0; bar < count; bar++) {
    columns.ts[bar] = first + bar * step
    columns.low[bar] = 100 + random.next()
    columns.high[bar] = 102 + random.next()
    columns.open[bar] = 101 + random.next()
    columns.close[bar] = 101 + random.next()
    columns.volume[bar] = random.next() * 1e6
  }
  return columns
}

function dayOf(
  at: number,
  symbols: ReadonlyMap<string, CandleColumns>,
  sound = true,
  ladder = ladderOf(PLACE.timeframe, zone),
): DayFacts {
  return {
    day: new Date(at).toISOString().slice(0, 10) as UtcDay,
    // Times of files have fractions, inodes go far beyond 32 bits.
    stat: { size: 4321, mtimeMs: 1_709_908_200_123.25, inode: 2 ** 52 + 1, isDirectory: false },
    rows: 17,
    sha256: 'ab'.repeat(32),
    sound,
    symbols: gatherSymbols(ladder, baseStep(ladder), symbols),
  }
}

/** A day's bars with gaps, as a rule up to its edges; whole numbers, which any order of adding sums alike. */
function wholeBars(random: Random, start: number, span: number): CandleColumns {
  const slots = Array.from({ length: DAY / span }, (_, slot) => slot)
  const taken = slots.filter((slot) => random.chance(slot < 3 || slot > slots.length - 4 ? 0.8 : 0.2))
  const columns = randomBars(random, start, Math.max(1, taken.length))
  for (const [index, slot] of taken.entries()) columns.ts[index] = start + slot * span
  return { ...columns, volume: columns.volume.map(Math.round) }
}

function someDays(random: Random): DayFacts[] {
  const bars = (first: number, count: number): CandleColumns => randomBars(random, first, count)
  return [
    dayOf(OPEN, new Map([['SPY', bars(OPEN, 195)]])),
    dayOf(
      OPEN + DAY,
      new Map([
        ['SPY', bars(OPEN + DAY, 12)],
        ['BTC/USD', bars(OPEN + DAY, 3)],
      ]),
      false,
    ),
    dayOf(OPEN + 3 * DAY, new Map([['BTC/USD', bars(OPEN + 3 * DAY, 40)]])),
    dayOf(OPEN + 4 * DAY, new Map()),
  ]
}

describe('baseStep', () => {
  it.each([
    ['1m', '1h'],
    ['2m', '1h'],
    ['6m', '1h'],
    ['7m', '56m'],
    ['8m', '8m'],
    ['15m', '1h'],
    ['25m', '50m'],
    ['30m', '1h'],
    ['45m', '45m'],
    ['1h', '1h'],
    ['4h', '4h'],
    ['1d', '1d'],
  ])('R13: %s is gathered to %s', (timeframe, label) => {
    const ladder = ladderOf(parseTimeframe(timeframe), zone)
    expect(ladder[baseStep(ladder)]?.label).toBe(label)
  })
})

describe('a tier file', () => {
  it('R13: tells what was put in, to the bit', () => {
    const days = someDays(seeded('tier'))
    const tier = decodeTier(PLACE, encodeTier(PLACE, days))
    if (tier === null) throw new Error('no tier')
    const sorted = daysOfTier(tier).map((day) => ({
      ...day,
      symbols: [...day.symbols].sort((a, b) => (a.symbol < b.symbol ? -1 : 1)),
    }))
    expect(sorted).toEqual(days)
    expect(tier.days.map(({ sound }) => sound)).toEqual([true, false, true, true])
    expect(tier.symbols.get('SPY')?.count(0, 0, 1)).toBe(207)
  })

  it('R13: read at an odd place in memory it says the same', () => {
    const bytes = encodeTier(PLACE, someDays(seeded('tier at an odd place')))
    const moved = new Uint8Array(bytes.length + 3)
    moved.set(bytes, 3)
    const [here, there] = [decodeTier(PLACE, bytes), decodeTier(PLACE, moved.subarray(3))]
    expect(there === null ? null : daysOfTier(there)).toEqual(here === null ? undefined : daysOfTier(here))
  })

  it('R13: any flipped bit and any cut makes it no tier', () => {
    const random = seeded('damaged tiers')
    const bytes = encodeTier(PLACE, someDays(random))
    let tried = 0
    for (let at = 0; at < bytes.length; at += random.int(1, 12)) {
      const bit = 1 << random.int(0, 7)
      bytes[at] = (bytes[at] as number) ^ bit
      expect(decodeTier(PLACE, bytes), `bit ${bit} of byte ${at}`).toBeNull()
      bytes[at] = (bytes[at] as number) ^ bit
      expect(decodeTier(PLACE, bytes.subarray(0, at)), `cut at ${at}`).toBeNull()
      tried++
    }
    expect(decodeTier(PLACE, bytes)).not.toBeNull()
    console.log(`${tried} flips and ${tried} cuts of ${bytes.length} bytes: none taken for a tier`)
    expect(tried).toBeGreaterThan(100)
  })

  it('R13: one of another timeframe, year or zone says nothing', () => {
    const bytes = encodeTier(PLACE, someDays(seeded('foreign tiers')))
    const others: TierPlace[] = [
      { ...PLACE, timeframe: parseTimeframe('5m') },
      { ...PLACE, year: '2023' },
      { ...PLACE, zone: new MarketZone('America/New_York') },
    ]
    for (const place of others) expect(decodeTier(place, bytes)).toBeNull()
    expect(decodeTier({ ...PLACE, zone: new MarketZone() }, bytes)).not.toBeNull()
  })

  it.each(['2m', '7m', '45m', '1h'])(
    'R13: of %s any stretch of days counts and gathers at any step as its bars do',
    (name) => {
      const random = seeded(`stretches of ${name}`)
      const timeframe = parseTimeframe(name)
      const ladder = ladderOf(timeframe, zone)
      const base = baseStep(ladder)
      // Both clock changes, through midnight here and there; a gap of days between them.
      const starts = [
        '2024-03-08',
        '2024-03-09',
        '2024-03-10',
        '2024-03-11',
        '2024-11-02',
        '2024-11-03',
        '2024-11-04',
      ]
      const bars = starts.map((day) =>
        wholeBars(random, Date.parse(`${day}T00:00:00Z`), timeframeMillis(timeframe)),
      )
      const days = bars.map((columns) =>
        dayOf(columns.ts[0] as number, new Map([['X', columns]]), true, ladder),
      )
      const tier = decodeTier({ ...PLACE, timeframe }, encodeTier({ ...PLACE, timeframe }, days))
      const year = tier?.symbols.get('X')
      if (year === undefined) throw new Error('no tier')
      let compared = 0
      for (let first = 0; first < starts.length; first++) {
        for (let last = first; last < starts.length; last++) {
          const runs = bars
            .slice(first, last + 1)
            .map((columns) => ({ columns, start: 0, end: columns.ts.length }))
          for (const [step, level] of ladder.entries()) {
            const expected = aggregate(runs, level)
            const told = `seed ${random.seed}: ${level.label}, ${starts[first]} to ${starts[last]}`
            expect(year.count(step, first, last), told).toBe(expected.ts.length)
            if (step >= base) expect(aggregate(year.runs(step, first, last), level), told).toEqual(expected)
            compared++
          }
        }
      }
      console.log(`${name}: ${compared} stretches and steps compared`)
      expect(compared).toBeGreaterThan(300)
    },
  )

  it('R14: gathered first to hours, volumes sum to the same but for their last bits; all else is equal', () => {
    const random = seeded('volumes')
    const columns = randomBars(random, OPEN, 720)
    const ladder = ladderOf(PLACE.timeframe, zone)
    const base = baseStep(ladder)
    const [day] = gatherSymbols(ladder, base, new Map([['X', columns]]))
    if (day === undefined) throw new Error('no symbol')
    let differing = 0
    for (const level of ladder.slice(base)) {
      const bars = aggregate([{ columns, start: 0, end: 720 }], level)
      const hours = aggregate([{ columns: day.candles, start: 0, end: day.candles.ts.length }], level)
      for (const [index, volume] of hours.volume.entries()) {
        const exact = bars.volume[index] as number
        expect(Math.abs(volume - exact)).toBeLessThanOrEqual(exact * 1e-12)
        if (volume !== exact) differing++
      }
      expect({ ...hours, volume: null }).toEqual({ ...bars, volume: null })
    }
    // Else the allowance would be for nothing.
    expect(differing).toBeGreaterThan(0)
  })
})
