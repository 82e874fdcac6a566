import { describe, expect, it } from 'vitest'
import { instantAt } from '../../src-renderer/chart/bar-columns.ts'
import { settled } from '../support/fake-viewport.ts'
import { DAY, openFeed, START, sessions, WIDTH } from '../support/open-feed.ts'

describe('levels of detail', () => {
  it('K4: asks for a coarser level when zoomed out over years, and keeps the time in view', async () => {
    const { chart, feed, look, seen } = openFeed(sessions(5 * 365))
    await feed.open('SPY', '2m', null)
    await look()
    const levels: number[] = []
    for (let i = 0; i < 40; i++) {
      const count = chart.view.to - chart.view.from
      const wanted = { from: chart.view.from - count * 0.4, to: chart.view.to }
      const right = instantAt(chart.bars.ts, wanted.to, feed.state.step)
      await look(wanted)
      expect(seen().to).toBeCloseTo(right, -1)
      levels.push(feed.state.barsPerCandle)
      expect(chart.bars.ts.length).toBeLessThanOrEqual(24_000)
    }
    expect(levels.at(-1)).toBeGreaterThan(30)
    expect([...levels].sort((a, b) => a - b)).toEqual(levels)
    const candlesInView = Math.min(chart.view.to, chart.bars.ts.length) - Math.max(0, chart.view.from)
    expect(candlesInView).toBeLessThanOrEqual(2 * WIDTH)
  })

  it('K4: comes back to stored bars when zoomed in, and does not flip at a boundary', async () => {
    const { chart, feed, look } = openFeed(sessions(5 * 365))
    await feed.open('SPY', '2m', null)
    await look()
    await feed.fit()
    await look()
    expect(feed.state.barsPerCandle).toBeGreaterThan(30)
    const levels: number[] = []
    for (let i = 0; i < 60 && feed.state.barsPerCandle > 1; i++) {
      const [middle, count] = [(chart.view.from + chart.view.to) / 2, chart.view.to - chart.view.from]
      await look({ from: middle - count * 0.4, to: middle + count * 0.4 })
      levels.push(feed.state.barsPerCandle)
    }
    expect(levels.at(-1)).toBe(1)
    expect([...levels].sort((a, b) => b - a)).toEqual(levels)
    // To and fro by a tenth: the level stays.
    const before = feed.state.barsPerCandle
    for (let i = 0; i < 10; i++) {
      const [middle, count] = [(chart.view.from + chart.view.to) / 2, chart.view.to - chart.view.from]
      const half = (count / 2) * (i % 2 === 0 ? 1.1 : 1 / 1.1)
      await look({ from: middle - half, to: middle + half })
      expect(feed.state.barsPerCandle).toBe(before)
    }
  })

  it('K4: comes to rest: at no zoom and no place does it go on asking', async () => {
    const opens = sessions(900, (day) => (day > 200 && day < 420) || day % 50 === 3)
    const { source, chart, feed, look } = openFeed(opens)
    await feed.open('SPY', '2m', null)
    for (const count of [5, 100, 900, 2_500, 8_000, 40_000, 200_000]) {
      for (const day of [0, 100, 300, 421, 899]) {
        const bars = Math.max(5, count / feed.state.barsPerCandle)
        await feed.goTo(START + day * DAY)
        const middle = (chart.view.from + chart.view.to) / 2
        await look({ from: middle - bars / 2, to: middle + bars / 2 })
        await look()
        await settled(2_000)
        const asked = source.requests.length
        await look()
        await settled(2_000)
        expect(source.requests.length, `${count} bars about day ${day}`).toBe(asked)
      }
    }
  })
})
