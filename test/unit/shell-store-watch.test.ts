import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type StoreLook, watchStore } from '../../src-main/shell/store-watch.ts'

const LOOK: StoreLook = { bars: 'b1', decisions: 'd1', audits: '', stats: '', policies: '' }

describe('looking for what others write', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('N20: tells the parts that differ from the look before, and nothing of the first look or while nobody looks', async () => {
    const looks: (StoreLook | null)[] = [
      LOOK,
      LOOK,
      { ...LOOK, decisions: 'd2', policies: 'p1' },
      null,
      { ...LOOK, bars: 'b2', decisions: 'd2', policies: 'p1' },
    ]
    const told: (readonly string[])[] = []
    const failures: unknown[] = []
    const watch = watchStore({
      look: async () => looks.shift() ?? null,
      onChange: (changed) => told.push(changed),
      onFailure: (thrown) => failures.push(thrown),
    })
    for (const wanted of [0, 0, 1, 1, 2]) {
      await vi.advanceTimersByTimeAsync(0)
      expect(told).toHaveLength(wanted)
      await vi.advanceTimersByTimeAsync(5_000)
    }
    expect(told).toEqual([['decisions', 'policies'], ['bars']])
    watch.stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(vi.getTimerCount()).toBe(0)
    expect(failures).toEqual([])
  })

  it('N20: a look that fails is told, and the next one goes on from the last that did not', async () => {
    let count = 0
    const told: (readonly string[])[] = []
    const failures: unknown[] = []
    const watch = watchStore({
      look: async () => {
        count++
        if (count === 2) throw new Error('no such disk')
        return count === 1 ? LOOK : { ...LOOK, stats: 's1' }
      },
      onChange: (changed) => told.push(changed),
      onFailure: (thrown) => failures.push(thrown),
    })
    await vi.advanceTimersByTimeAsync(11_000)
    watch.stop()
    expect([failures.length, told]).toEqual([1, [['stats']]])
  })
})
