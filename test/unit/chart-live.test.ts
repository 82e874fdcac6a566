import { describe, expect, it } from 'vitest'
import { instantAt } from '../../src-renderer/chart/bar-columns.ts'
import { settled } from '../support/fake-viewport.ts'
import { LiveSeries, objectOf, PERIODS } from '../support/live-series.ts'
import { DAY, expectSound, STEP, sessions } from '../support/open-feed.ts'
import { type Random, seeded } from '../support/seeded.ts'

async function opened(opens = sessions(30)): Promise<LiveSeries> {
  const series = new LiveSeries(opens)
  await series.feed.open('SPY', '2m', null)
  series.feed.followed(0)
  await series.look()
  return series
}

const last = (series: LiveSeries): number => Math.max(...series.closes.keys())

function expectDrawn(series: LiveSeries): void {
  const { bars, emas } = series.feed.state
  const wanted = series.expected()
  expectSound(bars)
  expect([...bars.ts]).toEqual([...wanted.ts])
  expect([...bars.close]).toEqual([...wanted.close])
  expect([...bars.volume]).toEqual([...wanted.volume])
  for (const { period, values } of emas) {
    const right = wanted.close.map((close, row) =>
      (wanted.ts[row] ?? 0) % 7 === 0 ? Number.NaN : close + period,
    )
    expect([...values], `EMA ${period}`).toEqual([...right])
  }
  expect(emas.map(({ period }) => period)).toEqual(PERIODS)
}

describe('increments on the chart', () => {
  it('F60: a new bar is drawn without a question, and the right end keeps its distance', async () => {
    const series = await opened()
    const asked = series.source.requests.length
    const room = series.chart.view.to - series.chart.bars.ts.length
    for (let i = 1; i <= 50; i++) {
      series.write(new Map([[last(series) + STEP, 500 + i]]))
      series.tell()
      await series.look()
      expect(series.chart.changes.at(-1)?.bars === 'replaced').toBe(false)
    }
    expect(series.source.requests.length).toBe(asked)
    expect(series.chart.view.to - series.chart.bars.ts.length).toBeCloseTo(room)
    expect(series.feed.state).toMatchObject({ atEnd: true, newer: 0 })
    expectDrawn(series)
  })

  it('F62: a view scrolled back stays, counts what is newer once each, and End shows it', async () => {
    const series = await opened()
    const { view } = series.chart
    await series.look({ from: view.from - 400, to: view.to - 400 })
    const left = instantAt(series.chart.bars.ts, series.chart.view.from, STEP)
    for (let i = 0; i < 7; i++) {
      series.write(new Map([[last(series) + STEP, 500 + i]]))
      series.tell()
      // Told twice, and a bar that was known corrected: neither is newer.
      series.write(new Map([[last(series), 600 + i]]))
      series.tell()
      await series.look()
      expect(instantAt(series.chart.bars.ts, series.chart.view.from, STEP)).toBe(left)
    }
    expect(series.feed.state.newer).toBe(7)
    const { bounds } = series.feed
    expect(await series.feed.goTo(bounds?.to ?? 0, 'right')).toBe(last(series))
    await series.look()
    expect(series.feed.state.newer).toBe(0)
    expectDrawn(series)
  })

  it('F61: where the end isn’t loaded, new bars are known of and not drawn', async () => {
    const series = await opened(sessions(365))
    await series.feed.goTo(Math.min(...series.closes.keys()) + 20 * DAY)
    await series.look()
    expect(series.feed.state.atEnd).toBe(false)
    const drawn = series.chart.bars.ts.length
    const asked = series.source.requests.length
    for (let i = 0; i < 5; i++) {
      series.write(new Map([[last(series) + STEP, 500 + i]]))
      series.tell()
      await settled()
    }
    expect(series.chart.bars.ts.length).toBe(drawn)
    expect(series.source.requests.length).toBe(asked)
    expect(series.feed.state).toMatchObject({ newer: 5, atEnd: false })
    await series.feed.goTo(series.feed.bounds?.to ?? 0, 'right')
    await series.look()
    expect(series.feed.state).toMatchObject({ newer: 0, atEnd: true })
    expectDrawn(series)
  })

  it('F61: increments that come while a question is under way are laid over its answer', async () => {
    const series = await opened(sessions(365))
    let go = () => {}
    series.source.gate = new Promise((resolve) => {
      go = resolve
    })
    const opening = series.feed.open('SPY', '2m', null)
    // The answer was read before: without these it would be out of date for good.
    series.write(new Map([[last(series) + STEP, 900]]))
    series.write(new Map([[last(series), 901]]), { changed: [objectOf('late', last(series))] })
    series.tell()
    series.source.gate = null
    go()
    await opening
    await series.look()
    expect(series.feed.state.bars.close.at(-1)).toBe(901)
    expect(series.feed.state.objects.map(({ id }) => id)).toEqual(['late'])
    expect(series.feed.state).toMatchObject({ atEnd: true, newer: 0 })
    expectDrawn(series)
  })

  it('F61: history that arrives while bars come at the right end leaves these loaded', async () => {
    const series = await opened(sessions(365))
    let go = () => {}
    series.source.gate = new Promise((resolve) => {
      go = resolve
    })
    await series.look({ from: 10, to: 110 })
    expect(series.feed.state.fetching).toBe(true)
    series.write(new Map([[last(series) + STEP, 900]]))
    series.tell()
    series.source.gate = null
    go()
    await settled()
    expect(series.feed.state).toMatchObject({ atEnd: true, newer: 1 })
    expectDrawn(series)
  })

  it('F62: who looks at the last of a few bars looks at the last one of many that no increment told', async () => {
    const series = await opened(sessions(1).slice(0, 15))
    const room = series.chart.view.to - series.chart.bars.ts.length
    // Written, and known to the store's info alone.
    for (let i = 0; i < 180; i++) series.write(new Map([[last(series) + STEP, 500 + i]]))
    const bounds = { from: Math.min(...series.closes.keys()), to: last(series) }
    series.source.bounds = () => bounds
    series.feed.noteBounds()
    await settled()
    await series.look()
    expect(series.chart.bars.ts.length).toBe(195)
    expect(series.chart.view.to - series.chart.bars.ts.length).toBeCloseTo(room)
    expect(series.feed.state).toMatchObject({ atEnd: true, newer: 0 })
  })

  it('F61: what changed before increments began to come is asked for once', async () => {
    const series = await opened()
    series.closes.set(last(series), 777)
    series.write(new Map())
    const asked = series.source.requests.length
    series.feed.followed(1)
    await settled()
    expect(series.source.requests.length).toBe(asked + 1)
    expect(series.feed.state.bars.close.at(-1)).toBe(777)
    series.feed.followed(1)
    await settled()
    expect(series.source.requests.length).toBe(asked + 1)
  })

  it('F61: of a stale time only that time is asked for again', async () => {
    const series = await opened()
    const { ts } = series.feed.state.bars
    const [from, to] = [ts[ts.length - 50] ?? 0, ts[ts.length - 40] ?? 0]
    const before = series.source.requests.length
    series.write(new Map([[from, 1]]), { stale: { from, to }, gone: [to] })
    series.tell()
    await settled()
    expect(series.source.requests.slice(before)).toHaveLength(1)
    expect(series.source.requests.at(-1)).toMatchObject({ from, barsPerCandle: 1 })
    expect((series.source.requests.at(-1)?.to ?? 0) - to).toBeLessThan(2 * STEP)
    expectDrawn(series)
  })

  it('K11: a file that is given up as damaged is named, once, and no more once it can be read', async () => {
    const series = await opened()
    const problem = { file: 'data/2m/2024-03-29.parquet', code: 'UNREADABLE', detail: 'cut short' } as const
    const ask = series.source.viewport.bind(series.source)
    let problems: readonly (typeof problem)[] = [problem]
    series.source.viewport = async (request) => ({ ...(await ask(request)), problems })
    const tell = async (trying: boolean, found = problems) => {
      const rest = { clock: { state: 'right' }, watching: { mode: 'events' }, lookedAt: 0 } as const
      const unreadable = found.map((one) => ({ ...one, trying, since: 0 }))
      const health = { feeds: [], folder: { state: 'there' }, unreadable, ...rest } as const
      series.feed.live({ store: '/store', revision: 1, tables: [], health })
      await settled()
    }
    const asked = series.source.requests.length
    await tell(true)
    expect(series.feed.state.problems).toEqual([])
    await tell(false)
    await tell(false)
    expect(series.feed.state.problems).toEqual([problem])
    expect(series.source.requests.length).toBe(asked + 1)
    problems = []
    await tell(false, [])
    expect(series.feed.state.problems).toEqual([])
  })

  it('F61: increments of another series, another level or before the switch are dropped', async () => {
    const series = await opened()
    const update = series.write(new Map([[last(series) + STEP, 500]]))
    if (update.bars === undefined) throw new Error('an update without bars')
    const told = series.chart.changes.length
    series.feed.live({ ...update, bars: { ...update.bars, symbol: 'QQQ' } })
    series.feed.live({ ...update, bars: { ...update.bars, timeframe: '5m' } })
    series.feed.live({ ...update, bars: { ...update.bars, barsPerCandle: 5 } })
    expect(series.chart.changes.slice(told).filter(({ bars }) => bars !== 'same')).toEqual([])
    expect(series.feed.state.newer).toBe(0)
  })

  it('F63: under a drag nothing moves, and all of it comes when the hand lets go', async () => {
    const series = await opened()
    series.feed.hold()
    const told = series.chart.changes.length
    for (let i = 0; i < 5; i++) series.write(new Map([[last(series) + STEP, 500 + i]]))
    series.tell()
    await settled()
    expect(series.chart.changes.slice(told).filter(({ bars }) => bars !== 'same')).toEqual([])
    const asked = series.source.requests.length
    const room = series.chart.view.to - series.chart.bars.ts.length
    series.feed.release()
    await series.look()
    expect(series.source.requests.length).toBe(asked)
    expect(series.chart.view.to - series.chart.bars.ts.length).toBeCloseTo(room)
    expect(series.feed.state).toMatchObject({ atEnd: true, newer: 0 })
    expectDrawn(series)
  })

  it('F60: objects change in place; removed ones go unless they are asked for', async () => {
    const series = await opened()
    const start = last(series)
    const ids = () => series.feed.state.objects.map(({ id, status }) => `${id} ${status}`)
    series.write(new Map(), { changed: [objectOf('a', start), objectOf('b', start)] })
    series.tell()
    expect(ids()).toEqual(['a active', 'b active'])
    const closed = objectOf('a', start, { status: 'broken', closed_ts: start + STEP, end_ts: start + STEP })
    series.write(new Map(), { changed: [closed], goneObjects: ['b'] })
    series.tell()
    expect(ids()).toEqual(['a broken'])
    series.write(new Map(), { changed: [{ ...closed, status: 'removed' }] })
    series.tell()
    expect(ids()).toEqual([])
    series.feed.includeRemoved = true
    await settled()
    expect(ids()).toEqual(['a removed'])
  })

  it('F64: following for a year keeps a bound of bars and never moves what is in view', async () => {
    const series = await opened(sessions(30))
    let most = 0
    for (let day = 0; day < 48; day++) {
      const from = last(series) + STEP
      series.write(new Map(Array.from({ length: 500 }, (_, i) => [from + i * STEP, 400 + (day % 50)])))
      series.tell()
      const room = series.chart.view.to - series.chart.bars.ts.length
      await series.look()
      expect(room).toBeGreaterThan(0)
      expect(room).toBeLessThan(20)
      most = Math.max(most, series.feed.state.bars.ts.length)
    }
    expect(most).toBeLessThanOrEqual(24_000)
    expect(series.feed.state.bars.ts.length).toBeGreaterThan(19_000)
    expect(series.feed.state).toMatchObject({ atEnd: true, atStart: false })
    expectDrawn(series)
    console.log(`24,000 bars followed, at most ${most} loaded`)
  })

  it('F64: looking at the oldest bars for long, the newest are let go and known of', async () => {
    const series = await opened(sessions(7))
    await series.look({ from: 0, to: 100 })
    for (let day = 0; day < 48; day++) {
      const from = last(series) + STEP
      series.write(new Map(Array.from({ length: 500 }, (_, i) => [from + i * STEP, 400])))
      series.tell()
      await settled(20)
      expect(series.chart.view).toEqual({ from: 0, to: 100 })
    }
    expect(series.feed.state.bars.ts.length).toBeLessThanOrEqual(24_000)
    expect(series.feed.state).toMatchObject({ atEnd: false, atStart: true, newer: 24_000 })
    expectDrawn(series)
  })
})

const ROUNDS = process.env.BARKEEP_SOAK === '1' ? 100 : 20

describe('increments against a model', () => {
  it(`F60–F63: after any course of increments, answers and moves all is drawn once (${ROUNDS} rounds)`, async () => {
    const random = seeded('chart-live')
    let steps = 0
    for (let round = 0; round < ROUNDS; round++) {
      const series = await opened(sessions(random.pick([3, 20, 60])))
      for (let step = 0; step < 60; step++, steps++) await disturb(series, random)
      series.feed.release()
      series.source.gate = null
      series.tell()
      await settled(2_000)
      await series.look()
      await settled(2_000)
      expectDrawn(series)
      const { atEnd, bars, newer } = series.feed.state
      if (atEnd) expect(bars.ts.at(-1)).toBe(last(series))
      if (atEnd && series.chart.view.to > bars.ts.length - 1) expect(newer).toBe(0)
      expect(series.source.mostAtOnce).toBeLessThanOrEqual(2)
    }
    console.log(`${steps} disturbances`)
  }, 600_000)
})

async function disturb(series: LiveSeries, random: Random): Promise<void> {
  const opens = [...series.closes.keys()].sort((a, b) => a - b)
  const at = () => random.pick(random.chance(0.7) ? opens.slice(-30) : opens)
  const close = random.int(1, 9_999)
  const kind = random.int(0, 11)
  if (kind <= 3) {
    const from = last(series) + STEP * random.int(1, 3)
    const count = random.pick([1, 1, 1, 2, 40])
    series.write(new Map(Array.from({ length: count }, (_, i) => [from + i * STEP, close + i])))
  } else if (kind === 4) series.write(new Map([[at(), close]]))
  else if (kind === 5 && opens.length > 100) series.write(new Map(), { gone: [at()] })
  else if (kind === 6) series.write(new Map([[at() + STEP / 2, close]]))
  else if (kind === 7) {
    const from = at()
    const to = from + STEP * random.int(0, 200)
    const inside = opens.filter((open) => open >= from && open <= to)
    const written = new Map(inside.filter(() => random.chance(0.5)).map((open) => [open, close] as const))
    const gone = inside.filter((open) => !written.has(open) && random.chance(0.1))
    series.write(written, { stale: { from, to }, gone: opens.length > 100 ? gone : [] })
  } else if (kind === 8) {
    let go = () => {}
    series.source.gate = new Promise((resolve) => {
      go = resolve
    })
    const by = random.pick([-3_000, -300, 300, 3_000])
    await series.look({ from: series.chart.view.from + by, to: series.chart.view.to + by })
    series.write(new Map([[last(series) + STEP, close]]))
    if (random.chance(0.5)) series.tell()
    series.source.gate = null
    go()
  } else if (kind === 9) {
    if (random.chance(0.5)) series.feed.hold()
    else series.feed.release()
  } else if (kind === 10) {
    const target = random.chance(0.5) ? (series.feed.bounds?.to ?? 0) : random.pick(opens)
    void series.feed.goTo(target, 'right')
  } else {
    const by = random.int(-500, 500)
    await series.look({ from: series.chart.view.from + by, to: series.chart.view.to + by })
  }
  await moveNothing(series, random)
}

/** Tells what waits: a view scrolled back stays where it is. */
async function moveNothing(series: LiveSeries, random: Random): Promise<void> {
  if (random.chance(0.3)) return
  await settled(random.int(0, 5))
  const { ts } = series.chart.bars
  const { view } = series.chart
  const at = Math.floor(view.from)
  const anchor = ts[at]
  const isBack = anchor !== undefined && view.to < ts.length - 2
  const isCalm = !series.feed.state.fetching
  series.tell(random.int(0, series.untold))
  if (!isBack || !isCalm) return
  const place = series.chart.bars.ts.indexOf(anchor)
  if (place < 0) return
  expect(series.chart.view.from - place, 'the view moved').toBeCloseTo(view.from - at, 6)
  expect(series.chart.view.to - series.chart.view.from).toBeCloseTo(view.to - view.from, 6)
}
