import { mkdir, rm } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { powerEnv } from '../support/power-env.ts'
import { EventBench } from './event-bench.ts'
import { write } from './event-scenario.ts'

/** Cuts the power before a step, and looks at what each kind of loss leaves. @returns the steps until then */
async function cutAt(bench: EventBench, at: number): Promise<number> {
  let steps = 0
  await bench.inCopy(async (root) => {
    const power = powerEnv(root, `${root}.pins`, at)
    const acknowledged: ObjectEventRow[] = []
    await power.arm()
    await write(
      root,
      power.env,
      () => {},
      (row) => acknowledged.push(row),
    ).catch(() => undefined)
    for (const loss of ['unsynced-lost', 'bytes-lost'] as const) {
      const left = `${root} ${loss}`
      await mkdir(left)
      await power.leaveAt(left, loss)
      const store = await bench.reopened(left)
      await bench.verify(store, acknowledged)
      await store.close()
      await rm(left, { recursive: true })
    }
    await power.remove()
    steps = power.taken.length
  })
  return steps
}

describe('an event write whose power is cut', () => {
  it('W1, W11, O12: at each file step in turn, every acknowledged event is there exactly once', async () => {
    const bench = await EventBench.make()
    const steps = await cutAt(bench, Number.POSITIVE_INFINITY)
    expect(steps).toBeGreaterThan(30)
    for (let at = 1; at <= steps; at++) {
      await cutAt(bench, at).catch((cause: unknown) => {
        throw new Error(`power cut before step ${at} of ${steps}`, { cause })
      })
    }
    await bench.remove()
    console.log(`event write, power cuts: ${steps} file steps, ${(steps + 1) * 2} losses looked at`)
  }, 480_000)
})
