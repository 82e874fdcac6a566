import { describe, expect, it } from 'vitest'
import type { CandleColumns, ViewportObject } from '../../schemas/contract/viewport.ts'
import { layOut } from '../../src-renderer/chart/object-layout.ts'
import { placeObjects } from '../../src-renderer/chart/object-places.ts'
import { around } from '../../src-renderer/chart/picture-span.ts'

const START = Date.UTC(2024, 2, 8, 15)
const MINUTE = 60_000
const BARS = 200

function bars(): CandleColumns {
  const of = (value: (row: number) => number) => Float64Array.from({ length: BARS }, (_, row) => value(row))
  const ts = of((row) => START + row * MINUTE)
  return {
    ts,
    open: of(() => 400),
    high: of(() => 401),
    low: of(() => 399),
    close: of(() => 400),
    volume: of(() => 1),
  }
}

function flag(given: Partial<ViewportObject>): ViewportObject {
  return {
    id: 'f1',
    type: 'flag',
    symbol: 'SPY',
    timeframe: '5m',
    start_ts: START + 60 * MINUTE,
    end_ts: null,
    left_ts: START + 60 * MINUTE,
    right_ts: null,
    top: null,
    bottom: null,
    y: null,
    status: 'active',
    label: null,
    reason: null,
    payload: null,
    created_ts: START + 60 * MINUTE,
    updated_ts: START + 60 * MINUTE,
    closed_ts: null,
    ...given,
  } as ViewportObject
}

const at = (minutes: number, price: number) => ({ ts: START + minutes * MINUTE, price })
const iso = (minutes: number, price: number) => ({
  ts: new Date(START + minutes * MINUTE).toISOString(),
  price,
})

/** 4 px a bar, 10 px a dollar below 410. */
const projection = {
  width: 800,
  height: 300,
  x: (place: number) => place * 4,
  y: (price: number) => (410 - price) * 10,
}

function lay(...objects: readonly ViewportObject[]) {
  return layOut(placeObjects(objects, bars(), MINUTE), projection)
}

const CHANNEL = { upper: [at(20, 406), at(60, 405)], lower: [at(20, 405), at(60, 404)] }

describe('flags on the chart', () => {
  it('F43: lie where their payload says, times as numbers or as ISO text, prices or not beside it', () => {
    const pole = [at(0, 400), at(20, 406)]
    const texts = {
      pole: [iso(0, 400), iso(20, 406)],
      channel: { upper: [iso(20, 406), iso(60, 405)], lower: [iso(20, 405), iso(60, 404)] },
    }
    const [numbers] = lay(flag({ payload: { pole, channel: CHANNEL } }))
    const [written] = lay(flag({ payload: texts }))
    expect(numbers?.lines).toHaveLength(3)
    expect(written?.lines).toEqual(numbers?.lines)
    const [upper, lower, poled] = numbers?.lines ?? []
    expect(upper).toEqual({ x0: 78, y0: 40, x1: 238, y1: 50 })
    expect(lower).toEqual({ x0: 78, y0: 50, x1: 238, y1: 60 })
    expect(poled).toEqual({ x0: -2, y0: 100, x1: 78, y1: 40 })
    // What can be clicked is what is drawn, though the flag stands on.
    expect(numbers?.box).toEqual({ x: -2, y: 40, width: 240, height: 60 })
  })

  it('F43: without a pole their channel is drawn, without a channel their band, without prices nothing', () => {
    const [channelled] = lay(flag({ payload: { channel: CHANNEL } }))
    expect(channelled?.lines).toHaveLength(2)
    const half = { pole: [at(0, 400), at(20, 406)], channel: { upper: CHANNEL.upper } }
    const [banded] = lay(flag({ top: 405, bottom: 404, payload: half }))
    expect(banded?.lines).toBeNull()
    expect(banded?.box).toMatchObject({ y: 50, height: 10 })
    expect(banded?.openRight).toBe(true)
    expect(lay(flag({ payload: half }), flag({ payload: null }), flag({ payload: {} }))).toEqual([])
  })

  it('F43: one of a single instant, or with its points in no order, can still be seen and clicked', () => {
    const dot = [at(40, 404), at(40, 404)]
    const [single] = lay(flag({ payload: { pole: dot, channel: { upper: dot, lower: dot } } }))
    expect(single?.box.width).toBeGreaterThanOrEqual(3)
    expect(single?.lines?.every(({ x0, y0 }) => Number.isFinite(x0) && Number.isFinite(y0))).toBe(true)
    const turned = { upper: CHANNEL.upper.toReversed(), lower: CHANNEL.lower.toReversed() }
    const [reversed] = lay(flag({ payload: { channel: turned } }))
    expect(reversed?.box).toMatchObject({ x: 78, width: 160 })
  })

  it('F43: a picture of one shows its lines with half as much to both sides, or its life where it gives no lines', () => {
    const shaped = flag({ payload: { pole: [at(0, 400), at(20, 406)], channel: CHANNEL } })
    expect(around(shaped)).toEqual({ from: START - 30 * MINUTE, to: START + 90 * MINUTE })
    const plain = flag({ start_ts: START, end_ts: START + 120 * MINUTE })
    expect(around(plain)).toEqual({ from: START - 60 * MINUTE, to: START + 180 * MINUTE })
    const instant = flag({ start_ts: START, updated_ts: START })
    expect(around(instant).to - around(instant).from).toBeGreaterThan(20 * MINUTE)
  })
})
