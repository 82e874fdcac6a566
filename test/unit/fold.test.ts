import { describe, expect, it } from 'vitest'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { OBJECT_SNAPSHOT } from '../../schemas/tables/index.ts'
import { visible } from '../../src-main/store/events/as-of.ts'
import { compareEvents, compareText } from '../../src-main/store/events/event-order.ts'
import { fold, type ObjectState, snapshotRow } from '../../src-main/store/events/fold.ts'
import { viewportObject } from '../../src-main/store/events/object-view.ts'
import { EVENTS_FROM, event } from '../support/random-events.ts'

const T = EVENTS_FROM
const noBars = (): null => null

function folded(...events: readonly ObjectEventRow[]): ObjectState {
  const state = fold([...events].sort(compareEvents))
  if (state === null) throw new Error('no events')
  return state
}

const created = event({
  ts: T,
  step: 7,
  top: 102,
  bottom: 100,
  left_ts: T - 900_000,
  label: 'supply',
  payload: { a: 1 },
})

describe('order of events', () => {
  it('O1: ts, then step with an absent one first, then id by code point', () => {
    const texts = ['', 'Z', 'a', 'aa', 'é', '\ud7ff', '\ue000', '\uffee', '\u{10000}', '\u{1f600}']
    const shuffled = [...texts].reverse().sort(compareText)
    expect(shuffled).toEqual(texts)
    expect([...texts].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))).toEqual(texts)

    const inOrder = [
      event({ ts: T, event_id: '\u{1f600}' }),
      event({ ts: T, step: -1, event_id: 'b' }),
      event({ ts: T, step: 0, event_id: '\uffee' }),
      event({ ts: T, step: 0, event_id: '\u{1f600}' }),
      event({ ts: T + 1, step: -5, event_id: 'a' }),
    ]
    expect([...inOrder].reverse().sort(compareEvents)).toEqual(inOrder)
  })
})

describe('fold', () => {
  it('O2, O9: the first event begins the object; its row is in column order', () => {
    const row = snapshotRow(folded(created))
    expect(Object.keys(row)).toEqual(OBJECT_SNAPSHOT.columns.map(({ name }) => name))
    expect(row).toMatchObject({ id: 'z1', status: 'active', created_ts: T, created_step: 7, updated_step: 7 })
    const update = folded(event({ ts: T, action: 'update', status: 'weak' }))
    expect(update).toMatchObject({ status: 'weak', created_ts: T, closed_ts: null })
  })

  it('O3, O10: an update with missing fields keeps the old ones, and a create of a standing object is an update', () => {
    for (const action of ['update', 'create'] as const) {
      const later = event({ ts: T + 60_000, action, top: 103, payload: { b: 2 } })
      expect(folded(created, later)).toEqual({
        ...folded(created),
        top: 103,
        payload: { b: 2 },
        updated_ts: T + 60_000,
        updated_step: null,
      })
    }
  })

  it('O4: a close without status removes, one with status keeps it; right_ts stays as given', () => {
    const close = event({ ts: T + 60_000, action: 'close' })
    expect(folded(created, close)).toMatchObject({ status: 'removed', closed_ts: T + 60_000, right_ts: null })
    const mitigated = event({ ts: T + 60_000, action: 'close', status: 'mitigated' })
    expect(folded(created, mitigated)).toMatchObject({ status: 'mitigated', closed_ts: T + 60_000 })
    expect(folded(event({ ts: T, action: 'close' }))).toMatchObject({ status: 'removed', closed_ts: T })
  })

  it('O5, O6: an update leaves a closed object closed, a create begins it anew with nothing of its former life', () => {
    const close = event({ ts: T + 1, action: 'close', status: 'mitigated' })
    const update = event({ ts: T + 2, action: 'update', bottom: 99 })
    expect(folded(created, close, update)).toMatchObject({
      status: 'mitigated',
      bottom: 99,
      closed_ts: T + 1,
      created_ts: T,
    })
    const again = event({ ts: T + 3, top: 110 })
    expect(folded(created, close, update, again)).toEqual({
      ...folded(again),
      created_ts: T + 3,
      closed_ts: null,
      bottom: null,
      label: null,
    })
  })
})

describe('what a window shows', () => {
  const window = { symbol: 'SPY', from: T, to: T + 3_600_000 }
  const shown = (state: ObjectState, more: object = {}): number =>
    visible([state], { ...window, ...more }, noBars).length

  it('O7: from left_ts, else the bar of `left`, else creation; to right_ts, else the close, else open', () => {
    const life = (...events: ObjectEventRow[]): unknown[] => {
      const object = viewportObject(folded(...events), (symbol, x) =>
        symbol === 'SPY' && x === 5 ? T - 5 : null,
      )
      return [object.left_ts, object.start_ts, object.end_ts, object.closed_ts]
    }
    const close = event({ ts: T + 9, action: 'close', status: 'done' })
    expect(life(created)).toEqual([T - 900_000, T - 900_000, null, null])
    expect(life(event({ ts: T, left: 5 }), close)).toEqual([T - 5, T - 5, T + 9, T + 9])
    expect(life(event({ ts: T, left: 6, right_ts: T + 99 }), close)).toEqual([null, T, T + 99, T + 9])
    expect(life(event({ ts: T, left: 5, left_ts: T - 7 }))).toEqual([T - 7, T - 7, null, null])
    expect(life(event({ ts: T, type: 'marker', right_ts: T + 99 }))).toEqual([null, T, T, null])
  })

  it('R4, T4: lives that touch the window, its ends included', () => {
    const closed = (ts: number): ObjectState =>
      folded(event({ ts: T - 900_000 }), event({ ts, action: 'close', status: 'done' }))
    expect(shown(closed(T))).toBe(1)
    expect(shown(closed(T - 1))).toBe(0)
    expect(shown(folded(event({ ts: window.to })))).toBe(1)
    expect(shown(folded(event({ ts: window.to + 1 })))).toBe(0)
    expect(shown(folded(event({ ts: T - 1, type: 'marker' })))).toBe(0)
    expect(shown(folded(event({ ts: T, type: 'marker' })))).toBe(1)
  })

  it('R4: zones and flags by overlap of their band whichever edge is the top, levels and markers by y', () => {
    for (const type of ['zone', 'flag'] as const) {
      for (const edges of [
        { top: 102, bottom: 100 },
        { top: 100, bottom: 102 },
      ]) {
        const zone = folded(event({ ts: T, type, ...edges, y: 0 }))
        expect(shown(zone, { priceMin: 102, priceMax: 110 })).toBe(1)
        expect(shown(zone, { priceMin: 90, priceMax: 100 })).toBe(1)
        expect(shown(zone, { priceMin: 101, priceMax: 101.5 })).toBe(1)
        expect(shown(zone, { priceMin: 102.01 })).toBe(0)
        expect(shown(zone, { priceMax: 99.99 })).toBe(0)
      }
    }
    const half = folded(event({ ts: T, top: 102 }))
    expect([shown(half, { priceMax: 101 }), shown(half, { priceMin: 102 })]).toEqual([0, 1])
    for (const type of ['level', 'marker'] as const) {
      const level = folded(event({ ts: T, type, y: 101, top: 200, bottom: 190 }))
      expect(shown(level, { priceMin: 101, priceMax: 101 })).toBe(1)
      expect(shown(level, { priceMin: 190 })).toBe(0)
    }
    expect(shown(folded(event({ ts: T })), { priceMin: 1, priceMax: 2 })).toBe(1)
  })

  it('O8: removed objects only when asked for', () => {
    const removed = folded(created, event({ ts: T + 1, action: 'close' }))
    expect([shown(removed), shown(removed, { includeRemoved: true })]).toEqual([0, 1])
    const byUpdate = folded(created, event({ ts: T + 1, action: 'update', status: 'removed' }))
    expect([shown(byUpdate), shown(byUpdate, { includeRemoved: true })]).toEqual([0, 1])
  })
})
