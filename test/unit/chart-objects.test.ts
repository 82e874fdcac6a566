import { describe, expect, it } from 'vitest'
import type { ViewportObject } from '../../schemas/contract/viewport.ts'
import { flagShape } from '../../src-renderer/chart/flag-shape.ts'
import { elide, LABEL_HEIGHT, type LabelRoom, placeLabels } from '../../src-renderer/chart/label-layout.ts'
import {
  byImportance,
  choicesOf,
  livesIn,
  mostImportant,
  NO_FILTER,
  passes,
} from '../../src-renderer/chart/object-filter.ts'
import { type Box, layOut, type Projection, pick } from '../../src-renderer/chart/object-layout.ts'
import { nameOf, priceBand, sideOf, strengthOf } from '../../src-renderer/chart/object-meaning.ts'
import { edgePlace, placeObjects } from '../../src-renderer/chart/object-places.ts'
import { barsAt } from '../support/fake-viewport.ts'
import { randomFrom } from '../support/seeded.ts'

const MINUTE = 60_000
const START = Date.parse('2024-03-08T14:30:00Z')

const object = (part: Partial<ViewportObject>): ViewportObject => ({
  id: 'z1',
  type: 'zone',
  status: 'active',
  symbol: 'SPY',
  timeframe: '15m',
  top: 402,
  bottom: 401,
  y: null,
  left: null,
  left_ts: null,
  right_ts: null,
  created_ts: START,
  updated_ts: START,
  label: null,
  payload: null,
  start_ts: START,
  end_ts: null,
  closed_ts: null,
  ...part,
})

const every = (minutes: number, count: number) =>
  Array.from({ length: count }, (_, i) => START + i * minutes * MINUTE)
const fifteen = barsAt(every(15, 20))
const two = barsAt(every(2, 150))

describe('places of objects', () => {
  it('K6: lie at the same time on every timeframe: on 2m the bars that a 15m bar spans', () => {
    const from = START + 45 * MINUTE
    const to = START + 90 * MINUTE
    expect(edgePlace(fifteen.ts, from, 15 * MINUTE)).toBe(2.5)
    expect(edgePlace(fifteen.ts, to, 15 * MINUTE)).toBe(5.5)
    expect(edgePlace(two.ts, from, 2 * MINUTE)).toBe(22)
    expect(edgePlace(two.ts, to, 2 * MINUTE)).toBe(44.5)
  })

  it('K6: end a gap at the bar before it, and reach −∞ before the first bar', () => {
    const gapped = barsAt([...every(2, 10), START + 1_000 * MINUTE])
    expect(edgePlace(gapped.ts, START + 500 * MINUTE, 2 * MINUTE)).toBe(9.5)
    expect(edgePlace(gapped.ts, START - 1, 2 * MINUTE)).toBe(Number.NEGATIVE_INFINITY)
  })

  it('K6: a closed zone ends at its close, an open one nowhere, one with a set end in the room ahead', () => {
    const closed = START + 30 * MINUTE
    const end = START + 400 * MINUTE
    const [zone, open, planned] = placeObjects(
      [
        object({ closed_ts: closed, end_ts: closed }),
        object({ id: 'open' }),
        object({ id: 'planned', right_ts: end, end_ts: end }),
      ],
      two,
      2 * MINUTE,
    )
    expect(zone?.right).toBe(14.5)
    expect(open?.right).toBe(Number.POSITIVE_INFINITY)
    expect(planned?.right).toBe(199.5)
  })

  it('K6: a close after the last bar ends at the last bar, never in the room ahead', () => {
    const closed = START + 5_000 * MINUTE
    const [zone] = placeObjects([object({ closed_ts: closed, end_ts: closed })], two, 2 * MINUTE)
    expect(zone?.right).toBe(149.5)
  })

  it('leaves out what ended before the bars and what has no price', () => {
    const past = { start_ts: START - 10 * MINUTE, end_ts: START - 5 * MINUTE }
    expect(placeObjects([object(past), object({ top: null, bottom: null })], two, 2 * MINUTE)).toEqual([])
  })

  it('K6: puts a marker in the middle of the bar that contains it, at that bar when it has no price', () => {
    const marker = { type: 'marker', top: null, bottom: null, start_ts: START + 3 * MINUTE } as const
    const at = START + 3 * MINUTE
    const [buy, sell] = placeObjects(
      [
        object({ ...marker, end_ts: at, payload: { side: 'buy' } }),
        object({ ...marker, end_ts: at, payload: { side: 'sell' } }),
      ],
      two,
      2 * MINUTE,
    )
    expect(buy).toMatchObject({ left: 1, right: 1, low: two.low[1] })
    expect(sell).toMatchObject({ left: 1, right: 1, high: two.high[1] })
  })
})

describe('meaning of objects', () => {
  it('takes the side from the payload in any usual word, else from the price at the start', () => {
    expect(sideOf(object({ payload: { side: 'Sell' } }), 0)).toBe('supply')
    expect(sideOf(object({ payload: { direction: 'bullish' } }), 0)).toBe('demand')
    expect(sideOf(object({}), 400)).toBe('supply')
    expect(sideOf(object({}), 403)).toBe('demand')
    expect(sideOf(object({}), 401.5)).toBe('neutral')
  })

  it('does not mind which edge the bot called top', () => {
    expect(priceBand(object({ top: 1, bottom: 2 }))).toEqual({ low: 1, high: 2 })
    expect(priceBand(object({ type: 'level', y: 5 }))).toEqual({ low: 5, high: 5 })
    expect(priceBand(object({ type: 'level', y: null, top: null, bottom: null }))).toBeNull()
  })

  it('draws standing ones fully, worn ones less, spent ones least', () => {
    const strengths = ['active', 'tested', 'mitigated'].map((status) => strengthOf(object({ status })))
    expect(strengths).toEqual([1, 0.7, 0.4])
    expect(strengthOf(object({ closed_ts: START }))).toBe(0.4)
  })

  it('names an object by its label, else by side and type', () => {
    expect(nameOf(object({ label: ' PDH ' }))).toBe('PDH')
    expect(nameOf(object({ payload: { side: 'demand' } }))).toBe('Demand zone')
    expect(nameOf(object({ type: 'flag' }))).toBe('Flag')
  })

  it('F43: reads the shape of a flag from its payload, and none from half a channel', () => {
    const [a, b] = [
      { ts: START, price: 400 },
      { ts: '2024-03-08T15:00:00Z', price: 402 },
    ]
    const line = [a, { ts: Date.parse('2024-03-08T15:00:00Z'), price: 402 }]
    const flag = (payload: Record<string, unknown>) => flagShape(object({ type: 'flag', payload }))
    const channel = { upper: [a, b], lower: [a, b] }
    expect(flag({ pole: [a, b], channel })).toEqual({ pole: line, upper: line, lower: line })
    expect(flag({ pole: [a, b] })).toBeNull()
    const noPole = { pole: null, upper: line, lower: line }
    expect(flag({ channel })).toEqual(noPole)
    expect(flag({ pole: [a], channel })).toEqual(noPole)
    expect(flag({ pole: [a, { ...b, ts: 'x' }], channel })).toEqual(noPole)
    // A time without an offset could mean any clock.
    const naive = { ...b, ts: '2024-03-08T15:00:00' }
    expect(flag({ pole: [a, naive], channel })).toEqual(noPole)
    expect(flag({ channel: { upper: [a, naive], lower: [a, b] } })).toBeNull()
    expect(flag({ channel: { upper: [a, { ...b, ts: '2024-03-08T09:00-06:00' }], lower: [a, b] } })).toEqual(
      noPole,
    )
    expect(flag({ channel: { upper: [a, { ...b, price: Number.NaN }], lower: [a, b] } })).toBeNull()
    expect(flag({ pole: [a, b], channel: { ...channel, lower: 401 } })).toBeNull()
  })
})

describe('which objects', () => {
  it('K7: standing before spent, each by nearness to the price', () => {
    const far = object({ id: 'far', top: 420, bottom: 419 })
    const near = object({ id: 'near', top: 406, bottom: 405 })
    const inside = object({ id: 'inside', top: 404, bottom: 402 })
    const spent = object({ id: 'spent', top: 404, bottom: 402, status: 'mitigated' })
    expect(byImportance([spent, far, near, inside], 403).map((o) => o.id)).toEqual([
      'inside',
      'near',
      'far',
      'spent',
    ])
  })

  it('K7: draws the forty most important and the latest markers beside them', () => {
    const zones = Array.from({ length: 100 }, (_, i) => object({ id: `z${i}` }))
    const markers = Array.from({ length: 100 }, (_, i) =>
      object({ id: `m${i}`, type: 'marker', start_ts: i }),
    )
    const drawn = mostImportant([...markers, ...zones]).map(({ id }) => id)
    expect(drawn.slice(0, 40)).toEqual(zones.slice(0, 40).map(({ id }) => id))
    expect(drawn.slice(40, 42)).toEqual(['m99', 'm98'])
    expect(drawn).toHaveLength(100)
    expect(mostImportant([...markers, ...zones], 30).every(({ type }) => type === 'zone')).toBe(true)
  })

  it('K7: filters by type, status, timeframe and price band', () => {
    const zone = object({})
    expect(passes(zone, NO_FILTER)).toBe(true)
    expect(passes(zone, { ...NO_FILTER, types: ['level'] })).toBe(false)
    expect(passes(zone, { ...NO_FILTER, statuses: ['active'] })).toBe(true)
    expect(passes(object({ timeframe: '15M' }), { ...NO_FILTER, timeframes: ['15m'] })).toBe(true)
    expect(passes(zone, { ...NO_FILTER, priceMin: 402 })).toBe(true)
    expect(passes(zone, { ...NO_FILTER, priceMin: 402.01 })).toBe(false)
    expect(passes(zone, { ...NO_FILTER, priceMax: 400.99 })).toBe(false)
  })

  it('knows whose life touches the visible time', () => {
    const life = object({ start_ts: 100, end_ts: 200 })
    expect([50, 100, 200, 250].map((at) => livesIn(life, { from: at, to: at }))).toEqual([
      false,
      true,
      true,
      false,
    ])
    expect(livesIn(object({ start_ts: 100 }), { from: 900, to: 901 })).toBe(true)
  })

  it('counts what a filter could choose', () => {
    const list = [object({}), object({ status: 'tested' }), object({})]
    expect(choicesOf(list, (o) => o.status)).toEqual([
      ['active', 2],
      ['tested', 1],
    ])
  })
})

const projection: Projection = {
  width: 800,
  height: 400,
  x: (place) => place * 8,
  y: (price) => (410 - price) * 20,
}
const room: LabelRoom = {
  width: 800,
  height: 400,
  reserved: [{ x: 0, y: 0, width: 300, height: 40 }],
  measure: (text) => text.length * 6,
  formatPrice: (price) => price.toFixed(2),
  hidesCandles: () => false,
}
const lay = (...objects: ViewportObject[]) => layOut(placeObjects(objects, two, 2 * MINUTE), projection)
const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

describe('layout', () => {
  it('culls by time and price', () => {
    expect(lay(object({ start_ts: START + 220 * MINUTE }))).toEqual([])
    expect(lay(object({ top: 500, bottom: 499 }))).toEqual([])
    expect(lay(object({ top: 380, bottom: 379 }))).toEqual([])
    expect(lay(object({}))).toHaveLength(1)
  })

  it('draws an open-ended zone to the right edge and never narrower than can be seen', () => {
    expect(lay(object({}))[0]?.openRight).toBe(true)
    const start = START + 20 * MINUTE
    const end = start + 1
    expect(lay(object({ end_ts: end, closed_ts: end, start_ts: start }))[0]?.box.width).toBe(3)
  })

  it('K8: picks a point before a line before an area, and the smaller of two areas', () => {
    const laid = lay(
      object({ id: 'big', top: 405, bottom: 400 }),
      object({ id: 'small', top: 403, bottom: 402 }),
      object({ id: 'level', type: 'level', y: 404.5, top: null, bottom: null }),
      object({
        id: 'marker',
        type: 'marker',
        y: 404.5,
        start_ts: START + 60 * MINUTE,
        end_ts: START + 60 * MINUTE,
      }),
    )
    const at = (x: number, y: number) => pick(laid, x, y)?.placed.object.id
    expect(at(400, 150)).toBe('small')
    expect(at(400, 190)).toBe('big')
    expect(at(400, 113)).toBe('level')
    expect(at(240, 112)).toBe('marker')
    expect(at(400, 300)).toBeUndefined()
  })

  it('K8: picks a flag by its lines as well', () => {
    const point = (minutes: number, price: number) => ({ ts: START + minutes * MINUTE, price })
    const channel = { upper: [point(20, 406), point(60, 405)], lower: [point(20, 405), point(60, 404)] }
    const payload = { pole: [point(0, 400), point(20, 406)], channel }
    const end = START + 60 * MINUTE
    const [flag] = lay(object({ type: 'flag', payload, end_ts: end, right_ts: end }))
    expect(flag?.lines).toHaveLength(3)
    expect(flag && pick([flag], 36, 140)).toBe(flag)
    expect(flag && pick([flag], 700, 140)).toBeNull()
  })
})

describe('labels', () => {
  it('K8: stand inside the band, say name and prices, and keep clear of what is reserved', () => {
    const [label] = placeLabels(lay(object({ label: 'Supply', top: 409, bottom: 405 })), room)
    expect(label?.text).toBe('Supply  405.00 – 409.00')
    expect(label?.box.y).toBeGreaterThanOrEqual(20)
    expect(label?.box.x).toBeGreaterThan(0)
    expect(label && overlap(label.box, room.reserved[0] as Box)).toBe(false)
  })

  it('K8: are elided where the band is narrow and left out where nothing readable would remain', () => {
    const narrow = (minutes: number) => {
      const end = START + minutes * MINUTE
      return lay(
        object({ label: 'A long label of a zone', end_ts: end, closed_ts: end, top: 403, bottom: 401 }),
      )
    }
    expect(placeLabels(narrow(30), room)[0]?.text).toMatch(/^A long.*…$/)
    expect(placeLabels(narrow(4), room)).toEqual([])
    expect(elide('Supply', 36, room)).toBe('Supply')
    expect(elide('Supply', 35, room)).toBe('Supp…')
  })

  it('K8: never overlap, are never cut, never hide the legend: 300 crowded objects, many seeds', () => {
    let shown = 0
    for (let seed = 1; seed <= 40; seed++) {
      const random = randomFrom(seed)
      const objects = Array.from({ length: 300 }, (_, i) => {
        const type = random.pick(['zone', 'level', 'marker', 'flag'] as const)
        const start = START + random.int(-50, 280) * MINUTE
        const end = random.chance(0.4) ? null : start + random.int(0, 200) * MINUTE
        const low = 388 + random.next() * 24
        const band = { top: low + random.next() * 3, bottom: low }
        const price = type === 'level' || type === 'marker' ? { y: low, top: null, bottom: null } : band
        const label = random.pick([null, 'PDH', 'Weekly supply, third touch'])
        return object({ id: `o${i}`, type, start_ts: start, end_ts: end, label, ...price })
      })
      const labels = placeLabels(lay(...objects), room)
      shown += labels.length
      labels.forEach(({ box, text }, index) => {
        const where = `seed ${seed}, "${text}"`
        expect(box.x >= 0 && box.x + box.width <= room.width, where).toBe(true)
        expect(box.y >= 0 && box.y + LABEL_HEIGHT <= room.height, where).toBe(true)
        expect(box.width, where).toBeGreaterThanOrEqual(room.measure(text))
        const others = [...room.reserved, ...labels.slice(0, index).map((other) => other.box)]
        expect(
          others.some((other) => overlap(box, other)),
          where,
        ).toBe(false)
      })
    }
    expect(shown).toBeGreaterThan(400)
  })

  it('K8: go where they hide no candle, and over candles only where there is no other place', () => {
    const zone = () => lay(object({ top: 409, bottom: 405 }))
    const [usual] = placeLabels(zone(), room)
    const [moved] = placeLabels(zone(), { ...room, hidesCandles: (box) => box.x < 400 })
    expect(moved?.box.x).toBeGreaterThanOrEqual(400)
    expect(placeLabels(zone(), { ...room, hidesCandles: () => true })).toEqual([usual])
  })

  it('give the room to what comes first', () => {
    const twin = { top: 402, bottom: 401.2 }
    const [first] = placeLabels(
      lay(object({ label: 'first', ...twin }), object({ label: 'second', ...twin })),
      room,
    )
    expect(first?.text).toContain('first')
  })
})
