import { describe, expect, it } from 'vitest'
import { instantAt } from '../../src-renderer/chart/bar-columns.ts'
import { barsAt, settled } from '../support/fake-viewport.ts'
import { DAY, expectSound, openFeed, START, STEP, sessions, WIDTH } from '../support/open-feed.ts'

describe('BarFeed', () => {
  it('opens at the end of a series with the last bars in view and room to their right', async () => {
    const opens = sessions(60)
    const { chart, feed } = openFeed(opens)
    await feed.open('SPY', '2m', null)
    expect(feed.state).toMatchObject({ phase: 'ready', atEnd: true, barsPerCandle: 1, error: null })
    expect(chart.bars.ts.at(-1)).toBe(opens.at(-1))
    expect(chart.view.to).toBeGreaterThan(chart.bars.ts.length - 1)
    expect(chart.view.from).toBeGreaterThan(0)
  })

  it('K3: scrolls to the first bar of five years without a jump, a double, or two requests at once', async () => {
    const opens = sessions(5 * 365)
    const { source, chart, feed, pan, seen } = openFeed(opens)
    await feed.open('SPY', '2m', null)
    await pan(0)
    let steps = 0
    let most = 0
    while (chart.bars.ts[0] !== opens[0] || chart.view.from > 100) {
      const before = { from: chart.view.from - 900, to: chart.view.to - 900 }
      const expected = {
        from: instantAt(chart.bars.ts, before.from, STEP),
        to: instantAt(chart.bars.ts, before.to, STEP),
      }
      const known = before.from >= 0
      await pan(-900)
      if (known) expect(seen()).toEqual(expected)
      expectSound(chart.bars)
      most = Math.max(most, chart.bars.ts.length)
      if (++steps > 2_000) throw new Error('the first bar is never reached')
    }
    expect(source.mostAtOnce).toBe(1)
    expect(most).toBeLessThanOrEqual(24_000)
    expect(opens.length).toBeGreaterThan(200_000)
    expect(feed.state).toMatchObject({ atStart: true, atEnd: false })

    // … and back to the end.
    for (steps = 0; chart.bars.ts.at(-1) !== opens.at(-1); steps++) {
      const known = chart.view.to + 900 < chart.bars.ts.length - 1
      const expected = instantAt(chart.bars.ts, chart.view.from + 900, STEP)
      await pan(900)
      if (known) expect(seen().from).toBe(expected)
      expectSound(chart.bars)
      if (steps > 2_000) throw new Error('the last bar is never reached')
    }
    expect(chart.bars.ts.length).toBeLessThanOrEqual(24_000)
  })

  it('K3: fetches before fewer than 300 bars are left, and not before that', async () => {
    const { source, chart, feed, look } = openFeed(sessions(365))
    await feed.open('SPY', '2m', null)
    await look()
    const asked = source.requests.length
    await look({ from: 301, to: 401 })
    expect(source.requests.length).toBe(asked)
    const first = chart.bars.ts[0] ?? 0
    await look({ from: 299, to: 399 })
    expect(source.requests.length).toBeGreaterThan(asked)
    expect(chart.bars.ts[0]).toBeLessThan(first)
  })

  it('K3: crosses a gap of three years in a handful of requests', async () => {
    const opens = sessions(1_400, (day) => day > 100 && day < 1_300)
    const { source, chart, feed, pan } = openFeed(opens)
    await feed.open('SPY', '2m', null)
    await pan(0)
    for (let i = 0; i < 40 && chart.bars.ts[0] !== opens[0]; i++) await pan(-600)
    expect(chart.bars.ts[0]).toBe(opens[0])
    expect(source.requests.length).toBeLessThan(40)
    expectSound(chart.bars)
  })

  it('K3: lets a wrong guess of density cost no more than a smaller second request', async () => {
    // A bar a day for years, then every two minutes: the guess made in the dense part is hopeless in the sparse one,
    // and the guess made in the sparse one would fetch 100,000 dense bars.
    const sparse = Array.from({ length: 900 }, (_, day) => START - (900 - day) * DAY)
    const dense = sessions(700)
    const { source, chart, feed, pan } = openFeed([...sparse, ...dense])
    await feed.open('SPY', '2m', { from: START - 500 * DAY, to: START - 400 * DAY })
    await pan(0)
    for (let i = 0; i < 60 && (chart.bars.ts.at(-1) ?? 0) < START + 30 * DAY; i++) await pan(60)
    expect(chart.bars.ts.at(-1)).toBeGreaterThan(START + 30 * DAY)
    expect(
      Math.max(...source.requests.map((request) => request.maxBars ?? Number.POSITIVE_INFINITY)),
    ).toBeLessThanOrEqual(20_000)
    expectSound(chart.bars)
  })

  it('K5: keeps the time range over a switch of timeframe and back', async () => {
    const { source, chart, feed, look, seen } = openFeed(sessions(40))
    const range = { from: START + 14 * DAY + 3_600_000, to: START + 16 * DAY + 3_600_000 }
    await feed.open('SPY', '2m', range)
    await look()
    expect(seen().from).toBeCloseTo(range.from, -1)
    const fifteen = sessions(40).filter((_, i) => i % 15 === 0)
    source.bars = barsAt(fifteen)
    await feed.open('SPY', '30m', feed.visible)
    await look()
    expect(seen().from).toBeCloseTo(range.from, -1)
    expect(seen().to).toBeCloseTo(range.to, -1)
    source.bars = barsAt(sessions(40))
    await feed.open('SPY', '2m', feed.visible)
    expect(chart.bars.ts.length).toBeGreaterThan(300)
    expect(feed.visible?.from).toBeCloseTo(range.from, -1)
    expect(feed.visible?.to).toBeCloseTo(range.to, -1)
  })

  it('K5: says where the nearest bar is when a range has none, and keeps the range', async () => {
    const opens = sessions(30, (day) => day >= 7 && day < 21)
    const { chart, feed } = openFeed(opens)
    const range = { from: START + 10 * DAY, to: START + 11 * DAY }
    await feed.open('SPY', '2m', range)
    expect(feed.state.phase).toBe('empty')
    expect(feed.state.missing?.wanted).toEqual(range)
    expect(feed.state.missing?.nearest).toBe(START + 4 * DAY + 194 * STEP)
    expect(feed.visible).toEqual(range)
    expect(chart.bars.ts).toHaveLength(0)
    const found = await feed.goTo(feed.state.missing?.nearest ?? 0)
    expect(found).toBe(START + 4 * DAY + 194 * STEP)
    expect(feed.state.phase).toBe('ready')
    expect(chart.bars.ts).toContain(found)
  })

  it('K5: says so when a series has nothing at all', async () => {
    const { feed } = openFeed([])
    await feed.open('SPY', '2m', null)
    expect(feed.state).toMatchObject({ phase: 'empty', missing: { nearest: null } })
    expect(await feed.goTo(START)).toBeNull()
  })

  it('K5: goes to a date: the nearest bar in the middle, at the zoom there was', async () => {
    const opens = sessions(700, (day) => day >= 350 && day < 364)
    const { chart, feed, look } = openFeed(opens)
    await feed.open('SPY', '2m', null)
    await look()
    const count = chart.view.to - chart.view.from
    const found = await feed.goTo(START + 355 * DAY)
    expect(found).toBe(START + 347 * DAY + 194 * STEP)
    expect(chart.view.to - chart.view.from).toBeCloseTo(count)
    expect(chart.bars.ts[Math.round((chart.view.from + chart.view.to) / 2)]).toBe(found)
    expectSound(chart.bars)
    // Beyond both ends it stops at the first and last bar.
    expect(await feed.goTo(START - 900 * DAY, 'left')).toBe(opens[0])
    expect(await feed.goTo(START + 9_000 * DAY, 'right')).toBe(opens.at(-1))
  })

  it('K2: drops the answer to a question that is no longer asked', async () => {
    const { source, chart, feed } = openFeed(sessions(60))
    let go = () => {}
    source.gate = new Promise((resolve) => {
      go = resolve
    })
    const first = feed.open('SPY', '2m', null)
    const second = feed.open('QQQ', '5m', null)
    source.gate = null
    go()
    await Promise.all([first, second])
    await settled()
    expect(feed.state.symbol).toBe('QQQ')
    expect(
      chart.changes.filter((change) => change.bars === 'replaced' && change.state.bars.ts.length > 0),
    ).toHaveLength(1)
  })

  it('K11: shows a failure with its report, stays usable and tries again on request', async () => {
    const { source, chart, feed, look } = openFeed(sessions(365))
    const failure = Object.assign(new Error('boom'), {
      report: { code: 'IO', message: 'The disk went away.' },
    })
    source.failNext = failure
    await feed.open('SPY', '2m', null)
    expect(feed.state).toMatchObject({ phase: 'error', error: { code: 'IO' } })
    const asked = source.requests.length
    await look({ from: 0, to: 100 })
    expect(source.requests.length).toBe(asked)
    feed.retry()
    await settled()
    expect(feed.state).toMatchObject({ phase: 'ready', error: null })
    const length = chart.bars.ts.length
    source.failNext = failure
    await look({ from: 10, to: 110 })
    expect(feed.state).toMatchObject({ phase: 'ready', error: { code: 'IO' } })
    expect(chart.bars.ts).toHaveLength(length)
    feed.retry()
    await settled()
    expect(chart.bars.ts.length).toBeGreaterThan(length)
  })

  it('K3: takes in live bars without touching the view, and other rewritten bars in place', async () => {
    const opens = sessions(20)
    const { source, chart, feed, look } = openFeed(opens.slice(0, -5))
    await feed.open('SPY', '2m', null)
    await look()
    source.bars = barsAt(opens)
    feed.refresh()
    await settled()
    const change = chart.changes.findLast((one) => one.bars !== 'same')
    expect(change).toMatchObject({ bars: 'extended', show: null })
    expect(chart.bars.ts.at(-1)).toBe(opens.at(-1))

    const place = chart.bars.ts.indexOf(opens.at(-100) ?? 0)
    await look({ from: place, to: place + 50 })
    source.bars = barsAt(opens.filter((_, i) => i !== opens.length - 300))
    feed.refresh()
    await settled()
    expect(chart.bars.ts[chart.view.from]).toBe(opens.at(-100))
    feed.refresh()
    await settled()
    expect(chart.changes.at(-1)?.bars).toBe('same')
  })

  it('K3: changes nothing at the right end while a drag lasts', async () => {
    const opens = sessions(700)
    const { chart, feed, look, pan } = openFeed(opens)
    await feed.open('SPY', '2m', { from: START + 300 * DAY, to: START + 301 * DAY })
    await look()
    feed.hold()
    for (let i = 0; i < 20; i++) {
      const last = chart.bars.ts.at(-1)
      await pan(i < 10 ? -2_000 : 2_000)
      expect(chart.bars.ts.at(-1)).toBe(last)
    }
    await look({ from: chart.bars.ts.length - 150, to: chart.bars.ts.length - 50 })
    const last = chart.bars.ts.at(-1) ?? 0
    feed.release()
    await settled()
    expect(chart.bars.ts.at(-1)).toBeGreaterThan(last)
    expectSound(chart.bars)
  })

  it('K2: orders and de-duplicates whatever an answer holds', async () => {
    const { source, chart, feed } = openFeed(sessions(3))
    const ask = source.viewport.bind(source)
    source.viewport = async (request) => {
      const answer = await ask(request)
      const { ts, ...rest } = answer.candles
      const broken = ts.slice()
      broken[1] = broken[0] ?? 0
      return { ...answer, candles: { ...rest, ts: broken.reverse() } }
    }
    await feed.open('SPY', '2m', null)
    expect(chart.bars.ts.length).toBeGreaterThan(100)
    expectSound(chart.bars)
  })

  it('K2: is silent once closed', async () => {
    const { chart, feed } = openFeed(sessions(60))
    const opening = feed.open('SPY', '2m', null)
    feed.close()
    const told = chart.changes.length
    await opening
    feed.look({ from: 0, to: 10 }, WIDTH)
    await settled()
    expect(chart.changes).toHaveLength(told)
  })
})
