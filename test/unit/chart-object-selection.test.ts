import { afterEach, describe, expect, it } from 'vitest'
import type { ViewportObject } from '../../schemas/contract/viewport.ts'
import type { PlacedObject } from '../../src-renderer/chart/object-places.ts'
import { ObjectSelection } from '../../src-renderer/chart/object-selection.ts'
import { SERIES_START, type SeriesState } from '../../src-renderer/chart/state/series-store.ts'
import { barsAt } from '../support/fake-viewport.ts'

const MINUTE = 60_000
const START = Date.parse('2024-03-08T14:30:00Z')

const zone: ViewportObject = {
  id: 'z1',
  type: 'zone',
  status: 'active',
  symbol: 'SPY',
  timeframe: '2m',
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
}

/** So many bars of two minutes before the zone begins, and a hundred after. */
const stateWith = (before: number, barsRevision: number): SeriesState => ({
  ...SERIES_START,
  feed: {
    ...SERIES_START.feed,
    step: 2 * MINUTE,
    bars: barsAt(Array.from({ length: before + 100 }, (_, bar) => START + (bar - before) * 2 * MINUTE)),
    objects: [zone],
  },
  barsRevision,
  visible: { from: START - 20 * MINUTE, to: START + 100 * MINUTE },
})

let selection: ObjectSelection | null = null

afterEach(() => selection?.end())

describe('objects among bars that change', () => {
  it('K6: history that comes in on the left moves each object with its bars, in the same turn', () => {
    const drawn: { objects: readonly PlacedObject[]; focus: unknown } = { objects: [], focus: null }
    let state = stateWith(10, 1)
    selection = new ObjectSelection(drawn as never, () => state)
    selection.update()
    expect(drawn.objects.map(({ left }) => left)).toEqual([9.5])
    state = stateWith(310, 2)
    selection.update()
    expect(drawn.objects.map(({ left }) => left)).toEqual([309.5])
  })
})
