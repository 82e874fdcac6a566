import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { DecisionMarker, DecisionMarkers } from '../../schemas/contract/ledger.ts'
import type { DecisionMarkersRequest } from '../../schemas/generated/requests.ts'
import { DecisionLayer } from '../../src-renderer/chart/decision-layer.ts'
import type { PlacedDecision } from '../../src-renderer/chart/decision-places.ts'
import { chartDecisionsStore, selectDecision } from '../../src-renderer/chart/decision-store.ts'
import { SERIES_START, type SeriesState } from '../../src-renderer/chart/state/series-store.ts'
import { noticeStore } from '../../src-renderer/state/notices.ts'
import { preferencesStore } from '../../src-renderer/state/preferences.ts'
import { barsAt } from '../support/fake-viewport.ts'

const STEP = 60_000
const REST = 120

function marker(symbol: string, ts: number): DecisionMarker {
  const ids = { runId: 'r', decisionId: `${symbol}-${ts}` }
  return {
    ...ids,
    ts,
    symbol,
    timeframe: '1m',
    action: 'long',
    score: 1,
    policyVersion: 'v',
    hit: null,
    pnl: null,
  }
}

/** A chart of a thousand bars, a decision at each, whose view is moved by hand. */
class Chart {
  readonly asked: DecisionMarkersRequest[] = []
  drawn: readonly PlacedDecision[] = []
  series: SeriesState = SERIES_START
  answer: (request: DecisionMarkersRequest) => Promise<DecisionMarkers> = async ({
    symbol,
    from,
    to,
    limit,
  }) => {
    const all = Array.from({ length: 1_000 }, (_, at) => at * STEP).filter((ts) => ts >= from && ts <= to)
    return { markers: all.slice(-limit).map((ts) => marker(symbol, ts)), total: all.length, problems: [] }
  }
  readonly layer = new DecisionLayer({
    ask: (request) => {
      this.asked.push(request)
      return this.answer(request)
    },
    series: () => this.series,
    onSettled: () => {},
    draw: (placed) => {
      this.drawn = placed
    },
  })

  look(from: number, to: number, symbol = 'SPY'): void {
    const bars = barsAt(Array.from({ length: 1_000 }, (_, at) => at * STEP))
    const feed = { ...SERIES_START.feed, symbol, timeframe: '1m', bars, step: STEP }
    this.series = { ...SERIES_START, feed, barsRevision: 1, visible: { from: from * STEP, to: to * STEP } }
    this.layer.update()
  }

  async rest(): Promise<void> {
    await vi.advanceTimersByTimeAsync(2 * REST)
  }
}

let chart: Chart
beforeEach(() => {
  vi.useFakeTimers()
  preferencesStore.setState({}, true)
  noticeStore.setState({ notices: [] })
  chart = new Chart()
})
afterEach(() => {
  chart.layer.end()
  selectDecision(null)
  vi.useRealTimers()
})

it('N6: decisions are asked for once the view rests, with as much again on either side, and not again for small moves', async () => {
  for (let at = 300; at < 400; at += 10) chart.look(at, at + 100)
  expect(chart.asked).toEqual([])
  await chart.rest()
  expect(chart.asked).toEqual([{ symbol: 'SPY', from: 290 * STEP, to: 590 * STEP, limit: 2_000 }])
  expect(chart.drawn.length).toBe(301)
  chart.look(450, 550)
  await chart.rest()
  expect(chart.asked.length).toBe(1)
  chart.look(520, 620)
  await chart.rest()
  expect(chart.asked.length).toBe(2)
})

it('N6: another symbol’s are gone at once, and come anew', async () => {
  chart.look(100, 200)
  await chart.rest()
  chart.look(100, 200, 'QQQ')
  expect(chart.drawn).toEqual([])
  expect(chartDecisionsStore.getState().markers).toEqual([])
  await chart.rest()
  expect(chart.drawn[0]?.marker.symbol).toBe('QQQ')
})

it('N6: where there are too many around, those in view are asked for alone', async () => {
  const { answer } = chart
  chart.answer = (request) => answer({ ...request, limit: 150 })
  chart.look(100, 200)
  await chart.rest()
  expect(chart.asked.map(({ from, to }) => [from / STEP, to / STEP])).toEqual([
    [0, 300],
    [100, 200],
  ])
  expect(chartDecisionsStore.getState().total).toBe(101)
  expect(chart.drawn[0]?.marker.ts).toBe(100 * STEP)
})

it('N6: switched off nothing is asked and drawn, but the one that is selected', async () => {
  preferencesStore.setState({ showDecisions: false })
  chart.look(100, 200)
  await chart.rest()
  expect(chart.asked).toEqual([])
  selectDecision({ runId: 'r', decisionId: `SPY-${150 * STEP}`, ts: 150 * STEP })
  await chart.rest()
  expect(chart.drawn.map(({ place }) => place)).toEqual([150])
  preferencesStore.setState({ showDecisions: true })
  await chart.rest()
  expect(chart.drawn.length).toBe(301)
})

it('N6: a failure is told once and not at every move; changed files are asked for again', async () => {
  const { answer } = chart
  chart.answer = () => Promise.reject(new Error('disk'))
  chart.look(100, 200)
  await chart.rest()
  chart.look(101, 201)
  await chart.rest()
  expect(chart.asked.length).toBe(1)
  expect(noticeStore.getState().notices.length).toBe(1)
  chart.answer = answer
  chart.layer.refresh()
  await chart.rest()
  expect(chart.drawn.length).toBe(301)
})

it('F60: new decisions are marked without a question, outcomes in place, and those beyond what is loaded left out', async () => {
  chart.look(100, 200)
  await chart.rest()
  const change = (...markers: DecisionMarker[]) => [
    { table: 'decisions' as const, entries: [], markers, incomplete: false },
  ]
  const known = marker('SPY', 150 * STEP)
  const fresh = { ...marker('SPY', 150 * STEP + 1), decisionId: 'fresh' }
  chart.layer.take(
    change({ ...known, hit: true }, fresh, marker('QQQ', 150 * STEP), marker('SPY', 900 * STEP)),
  )
  await chart.rest()
  const { markers, total } = chartDecisionsStore.getState()
  expect(chart.asked.length).toBe(1)
  expect([markers.length, total, chart.drawn.length]).toEqual([302, 302, 302])
  expect(markers.filter(({ hit }) => hit === true).map(({ ts }) => ts)).toEqual([150 * STEP])
  expect(markers.map(({ ts }) => ts)).toEqual(markers.map(({ ts }) => ts).toSorted((a, b) => a - b))
  chart.layer.take([{ table: 'decisions', entries: [], markers: [], incomplete: true }])
  await chart.rest()
  expect(chart.asked.length).toBe(2)
})

it('F61: decisions that come while a question is under way are laid over its answer', async () => {
  const { answer } = chart
  let go = () => {}
  chart.answer = async (request) => {
    const read = await answer(request)
    await new Promise<void>((resolve) => {
      go = resolve
    })
    return read
  }
  chart.look(100, 200)
  await chart.rest()
  const fresh = { ...marker('SPY', 150 * STEP), decisionId: 'fresh' }
  chart.layer.take([{ table: 'decisions', entries: [], markers: [fresh], incomplete: false }])
  go()
  await chart.rest()
  expect(
    chartDecisionsStore.getState().markers.filter(({ decisionId }) => decisionId === 'fresh'),
  ).toHaveLength(1)
})
