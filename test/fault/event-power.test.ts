import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { SOAK } from '../support/fault-plan.ts'
import { lay, leavingsOf, powerRecorder, signature } from '../support/power-env.ts'
import { seeded } from '../support/seeded.ts'
import { EventBench } from './event-bench.ts'
import { EVENT_SCENARIOS, write } from './event-scenario.ts'

/** Outcomes of one cut that are gone through; of a cut that may leave more, as many are drawn. */
const LIMIT = SOAK ? 256 : 2

let bench: EventBench
beforeAll(async () => {
  bench = await EventBench.make()
})
afterAll(() => bench.remove())

describe.each(Object.entries(EVENT_SCENARIOS))('events: %s', (name, work) => {
  it('W1, W11, C7, O12: with the power cut at every file step, and any part of what was not synced lost, every acknowledged event is there exactly once', async () => {
    const random = seeded('power cuts')
    const counts = { exhaustive: 0, outcomes: 0, drawn: 0 }
    const seen = new Set<string>()
    await bench.inCopy(async (root) => {
      const power = powerRecorder(root)
      const acknowledged: ObjectEventRow[] = []
      await power.arm()
      await write(
        root,
        power.env,
        () => {},
        (row) => {
          acknowledged.push(row)
          power.acknowledge()
        },
        work,
      )
      const cuts = power.cuts()
      expect(cuts.length).toBeGreaterThan(10)
      for (const cut of cuts) {
        const { exhaustive, outcomes, left } = leavingsOf(cut, LIMIT, random)
        if (exhaustive) counts.exhaustive += 1
        counts[exhaustive ? 'outcomes' : 'drawn'] += outcomes
        for (const [index, each] of left.entries()) {
          const key = `${cut.acknowledged} ${signature(each)}`
          if (seen.has(key)) continue
          seen.add(key)
          const target = `${root} left`
          await lay(each, target)
          try {
            const store = await bench.reopened(target)
            await bench.verify(store, acknowledged.slice(0, cut.acknowledged))
            await store.close()
          } catch (cause) {
            throw new Error(
              `seed ${random.seed}, power cut before ${cut.before}, outcome ${index + 1} of ${left.length}`,
              { cause },
            )
          }
          await rm(target, { recursive: true })
        }
      }
      console.log(
        `events, ${name}, power cuts: ${cuts.length} cuts, of ${counts.exhaustive} all ${counts.outcomes} outcomes, of the others ${counts.drawn} drawn; ${seen.size} different stores looked at`,
      )
    })
  }, 3_600_000)
})
