import { expect, it } from 'vitest'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { watched } from '../support/live-fixture.ts'
import { candle, openedStore, writePart } from '../support/store-fixture.ts'

const NOW = Date.UTC(2024, 2, 8, 15, 0)

it('F1: a part that another program renames into place is told within moments', async () => {
  const store = await openedStore()
  const other = await openContext(store.root)
  try {
    const { watch, until, updates } = watched(store)
    await watch.look()
    const times: number[] = []
    for (let bar = 0; bar < 40; bar++) {
      const from = updates.length
      const ts = NOW + bar * 120_000
      await writePart(other, candle({ ts }))
      const written = performance.now()
      await until(({ info }) => info?.lastBar?.ts === ts, from)
      times.push(performance.now() - written)
    }
    times.sort((a, b) => a - b)
    console.log(
      'rename to told, ms: p50',
      times[20]?.toFixed(1),
      'p95',
      times[38]?.toFixed(1),
      'max',
      times[39]?.toFixed(1),
    )
    expect(times[38]).toBeLessThan(1_000)
    expect(watch.health().watching).toEqual({ mode: 'events' })
  } finally {
    await closeContext(other)
    await store.remove()
  }
})
