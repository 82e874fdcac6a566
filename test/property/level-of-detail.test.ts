import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { parseTimeframe, timeframeMillis } from '../../schemas/contract/timeframe.ts'
import type { CandleColumns } from '../../schemas/contract/viewport.ts'
import { aggregate, chooseLevel, ladderOf } from '../../src-main/store/read/level-of-detail.ts'
import { type Bar, bruteForceLevel } from '../support/brute-force-levels.ts'
import { type Random, seeded } from '../support/seeded.ts'

const zone = new MarketZone()
const RUNS = 1_500
const TIMEFRAMES = ['1m', '2m', '5m', '15m', '7m', '45m', '1h', '4h', '13h', '1d', '2d', '5d']
/** Both changes of 2024, a turn of the year, and ordinary days. */
const STARTS = ['2024-03-08', '2024-03-10', '2024-11-01', '2024-11-03', '2023-12-29', '2024-06-14'].map(
  (day) => Date.parse(`${day}T00:00:00Z`),
)

/** Bars with gaps, at whole multiples of the timeframe from some start; prices exact in sums. */
function randomBars(random: Random, span: number): Bar[] {
  const bars: Bar[] = []
  let ts = random.pick(STARTS) + random.int(0, 1440) * 60_000
  const count = random.pick([0, 1, 2, 30, 200])
  for (let index = 0; index < count; index++) {
    const low = random.int(1, 500) / 4
    const high = low + random.int(0, 40) / 4
    const within = (): number => low + ((high - low) * random.int(0, 4)) / 4
    bars.push({ ts, open: within(), high, low, close: within(), volume: random.int(0, 1000) })
    ts += span * (random.chance(0.85) ? 1 : random.int(2, 60))
  }
  return bars
}

function columnsOf(bars: readonly Bar[]): CandleColumns {
  const column = (name: keyof Bar): Float64Array => Float64Array.from(bars, (bar) => bar[name])
  return {
    ts: column('ts'),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  }
}

describe('level of detail', () => {
  it(`R6 R10: ${RUNS} random sets of bars equal brute force, whatever the timeframe and maxBars`, () => {
    const random = seeded('level of detail')
    const seen = new Map<string, number>()
    for (let run = 0; run < RUNS; run++) {
      const timeframe = parseTimeframe(random.pick(TIMEFRAMES))
      const bars = randomBars(random, timeframeMillis(timeframe))
      const maxBars = random.chance(0.1) ? undefined : random.int(1, Math.max(1, bars.length + 2))
      const columns = columnsOf(bars)
      const runs = [{ columns, start: 0, end: bars.length }]
      const level = chooseLevel(ladderOf(timeframe, zone), runs, maxBars)
      const expected = bruteForceLevel(bars, timeframe, maxBars)
      const context = `run ${run}: ${timeframe}, ${bars.length} bars, maxBars ${maxBars}`
      expect(level.label, context).toBe(expected.label)
      expect(aggregate(runs, level), context).toEqual(columnsOf(expected.candles))
      seen.set(level.label, (seen.get(level.label) ?? 0) + 1)
    }
    console.log(`levels met: ${[...seen].map(([label, count]) => `${label} ${count}`).join(', ')}`)
    expect(seen.size).toBeGreaterThan(15)
  })
})
