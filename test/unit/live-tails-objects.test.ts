import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LiveObjects } from '../../schemas/contract/live.ts'
import { type OpenTails, openTails } from '../support/live-tails.ts'
import { candles, type OpenedStore, openedStore, zoneEvent } from '../support/store-fixture.ts'

const OPEN = Date.parse('2024-03-08T14:30:00Z')
const MINUTE = 60_000
const WHOLE = { from: 0, to: Date.parse('2030-01-01'), includeRemoved: true }

let store: OpenedStore
let live: OpenTails

beforeEach(async () => {
  store = await openedStore()
  live = await openTails(store.root)
})
afterEach(async () => {
  await live.close()
  await store.remove()
})

const events = (...given: readonly object[]): Promise<unknown> =>
  store.writer.appendEvents(given.map((each) => zoneEvent({ ts: OPEN, ...each })))

async function told(): Promise<LiveObjects | null> {
  const changes = await live.look()
  if (changes?.objects === undefined) return null
  const shown = await live.viewport({ symbol: 'SPY', timeframe: '2m', ...WHOLE })
  const fresh = new Map(shown.objects.map((object) => [object.id, object]))
  // What is told is what a window would be answered.
  for (const object of changes.objects.changed) expect(object).toEqual(fresh.get(object.id))
  return changes.objects
}

const ids = (objects: LiveObjects | null): readonly string[] =>
  (objects?.changed ?? []).map(({ id }) => id).sort()

describe('objects of the followed symbol', () => {
  it('F14: those that stand before are not told, then what is created, changed, closed and of this symbol alone', async () => {
    await events({ object_id: 'old' })
    await live.look()
    live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
    expect(await told()).toBe(null)
    await events({ object_id: 'a' }, { object_id: 'b' }, { object_id: 'q', symbol: 'QQQ' })
    expect(ids(await told())).toEqual(['a', 'b'])
    await events({ object_id: 'a', ts: OPEN + MINUTE, action: 'update', top: 13 })
    expect((await told())?.changed.map(({ id, top }) => [id, top])).toEqual([['a', 13]])
    await events({ object_id: 'b', ts: OPEN + MINUTE, action: 'close' })
    expect((await told())?.changed.map(({ id, status }) => [id, status])).toEqual([['b', 'removed']])
    expect(await told()).toBe(null)
  })

  it('F14: a late event folds its object anew; one that moves to another symbol, or has no event left, is gone', async () => {
    await live.look()
    live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
    await events(
      { object_id: 'a' },
      { object_id: 'a', ts: OPEN + 3 * MINUTE, action: 'update', top: 15, bottom: null },
    )
    await told()
    await events({ object_id: 'a', ts: OPEN + MINUTE, action: 'update', bottom: 9, top: 14 })
    expect((await told())?.changed.map(({ top, bottom }) => [top, bottom])).toEqual([[15, 9]])
    await events({ object_id: 'a', ts: OPEN + 5 * MINUTE, action: 'update', symbol: 'QQQ' })
    const moved = await told()
    expect([ids(moved), moved?.gone]).toEqual([[], ['a']])
    await events({ object_id: 'b' })
    expect(ids(await told())).toEqual(['b'])
    await rm(path.join(store.root, 'objects', 'timeline', '2024-03'), { recursive: true })
    expect((await told())?.gone).toEqual(['b'])
  })

  it('F14: compaction of days and months moves events and changes no object', async () => {
    await live.look()
    live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
    await events(...Array.from({ length: 5 }, (_, index) => ({ object_id: `o${index}` })))
    expect((await told())?.changed.length).toBe(5)
    await store.compactor.compact({ day: '2024-03-08' })
    const day = await live.look()
    expect([day?.tables, day?.objects]).toEqual([['object_events'], undefined])
    await store.compactor.compact({ month: '2024-03' })
    const month = await live.look()
    expect([month?.tables, month?.objects]).toEqual([['object_events'], undefined])
  })

  it('F14: an object known by the number of a bar moves to its time once a 15m dayfile numbers it', async () => {
    await live.look()
    live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
    const bars = candles(4, OPEN, { timeframe: '15m', step: 15 * MINUTE })
    await store.writer.appendCandles(bars)
    await events({ object_id: 'a', left: 2, ts: OPEN + 60 * MINUTE })
    expect((await told())?.changed.map(({ left_ts }) => left_ts)).toEqual([null])
    await store.compactor.compact({ day: '2024-03-08', timeframe: '15m' })
    expect((await told())?.changed.map(({ left_ts }) => left_ts)).toEqual([OPEN + 30 * MINUTE])
  })

  it('F14: a state that came and went between two looks is told when a window was answered with it', async () => {
    await events({ object_id: 'a' })
    await live.look()
    live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
    await live.viewport({ symbol: 'SPY', timeframe: '2m', ...WHOLE })
    const folder = path.join(store.root, 'objects', 'timeline', '2024-03')
    const before = await live.context.env.readDir(folder)
    await events({ object_id: 'a', ts: OPEN + MINUTE, action: 'update', top: 99 })
    const shown = await live.viewport({ symbol: 'SPY', timeframe: '2m', ...WHOLE })
    expect(shown.objects.map(({ top }) => top)).toEqual([99])
    for (const { name } of await live.context.env.readDir(folder))
      if (!before.some((each) => each.name === name)) await rm(path.join(folder, name))
    expect((await told())?.changed.map(({ top }) => top)).toEqual([12])
  })
})
