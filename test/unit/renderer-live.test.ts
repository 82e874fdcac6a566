import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StoreInfo } from '../../schemas/contract/health.ts'
import type { LiveHealth, LiveUpdate } from '../../schemas/contract/live.ts'
import { followTables } from '../../src-renderer/engine/follow-tables.ts'
import { appStore } from '../../src-renderer/state/app-store.ts'
import { liveNow, liveStore, onLive, takeLive } from '../../src-renderer/state/live.ts'
import { followChanges, moveRevision } from '../../src-renderer/state/store-revision.ts'

const HERE = '/a store'
const INFO: StoreInfo = {
  path: HERE,
  hasData: true,
  marketZone: 'America/Chicago',
  series: [],
  partsWaiting: 0,
  lastBar: null,
}
const HEALTH: LiveHealth = {
  feeds: [],
  clock: { state: 'right' },
  folder: { state: 'there' },
  watching: { mode: 'events' },
  unreadable: [],
  lookedAt: 5_000,
}

let revision = 0
const update = (change: Partial<LiveUpdate> = {}): LiveUpdate => {
  revision += 1
  return { store: HERE, revision, tables: [], ...change }
}

beforeEach(() => {
  vi.useFakeTimers()
  appStore.setState({ store: INFO })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('what is pushed', () => {
  it('F57: is taken of the open store, and of no other', () => {
    const heard: number[] = []
    const end = onLive((one) => heard.push(one.revision))
    takeLive(update({ health: HEALTH, info: { ...INFO, partsWaiting: 3 } }))
    const taken = revision
    takeLive(
      update({ store: '/another', info: { ...INFO, path: '/another' }, health: { ...HEALTH, lookedAt: 1 } }),
    )
    expect(heard).toEqual([taken])
    expect(appStore.getState().store?.partsWaiting).toBe(3)
    expect(liveStore.getState()).toMatchObject({ health: HEALTH, revision: taken })
    // An update without health leaves what is known.
    takeLive(update())
    expect(liveStore.getState()).toMatchObject({ health: HEALTH, revision })
    end()
    takeLive(update())
    expect(heard).toHaveLength(2)
  })

  it('F56: the clock is the engine’s, whatever the page’s says', () => {
    takeLive(update({ health: { ...HEALTH, lookedAt: 1_000_000 } }))
    vi.advanceTimersByTime(2_500)
    expect(liveNow()).toBe(1_002_500)
  })
})

describe('what is asked again', () => {
  it('F57: is asked at once and then calmly, for its own tables alone, and sees the last change', async () => {
    const asked: number[] = []
    let answer = () => {}
    const work = () =>
      new Promise<void>((resolve) => {
        asked.push(performance.now())
        answer = resolve
      })
    const begun = performance.now()
    const end = followTables(['decisions'], work, 2_000)
    for (let bar = 0; bar < 50; bar++) takeLive(update({ tables: ['candles'] }))
    await vi.advanceTimersByTimeAsync(5_000)
    expect(asked).toEqual([])
    // Ten a second for ten seconds; each question takes a second.
    for (let tick = 0; tick < 100; tick++) {
      takeLive(update({ tables: ['candles', 'decisions'] }))
      await vi.advanceTimersByTimeAsync(100)
      if (tick % 10 === 9) {
        answer()
        await vi.advanceTimersByTimeAsync(0)
      }
    }
    const gaps = asked.map((at, place) => at - (asked[place - 1] ?? begun)).slice(1)
    expect(asked.length).toBeGreaterThanOrEqual(3)
    expect(asked.length).toBeLessThanOrEqual(5)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2_000)
    const last = performance.now()
    answer()
    await vi.advanceTimersByTimeAsync(4_000)
    expect(asked.at(-1)).toBeGreaterThanOrEqual(last - 2_000)
    answer()
    const count = asked.length
    end()
    takeLive(update({ tables: ['decisions'] }))
    await vi.advanceTimersByTimeAsync(5_000)
    expect(asked).toHaveLength(count)
  })

  it('F57: questions of several views are asked one after the other', async () => {
    const under: string[] = []
    let most = 0
    const work = (name: string) => async () => {
      under.push(name)
      most = Math.max(most, under.length)
      await new Promise((resolve) => setTimeout(resolve, 300))
      under.splice(under.indexOf(name), 1)
    }
    const ends = ['a', 'b', 'c'].map((name) => followTables(['stats'], work(name)))
    takeLive(update({ tables: ['stats'] }))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(most).toBe(1)
    for (const end of ends) end()
  })

  it('F57: the store’s revision moves calmly beside ten bars a second, and at once after work of ours', async () => {
    followChanges()
    await vi.advanceTimersByTimeAsync(3_000)
    const before = appStore.getState().storeRevision
    for (let tick = 0; tick < 100; tick++) {
      takeLive(update({ tables: ['candles'] }))
      await vi.advanceTimersByTimeAsync(100)
    }
    const moves = appStore.getState().storeRevision - before
    expect(moves).toBeGreaterThanOrEqual(4)
    expect(moves).toBeLessThanOrEqual(6)
    moveRevision()
    expect(appStore.getState().storeRevision).toBe(before + moves + 1)
  })
})
