import { rm } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { SOAK } from '../support/fault-plan.ts'
import { lay, leavingsOf, powerRecorder, signature } from '../support/power-env.ts'
import { seeded } from '../support/seeded.ts'
import { EventBench } from './event-bench.ts'
import { write } from './event-scenario.ts'
import { MONTH_SCENARIOS } from './month-scenario.ts'

/** Outcomes of one cut that are gone through; of a cut that may leave more, as many are drawn. */
const LIMIT = SOAK ? 1_024 : 2
/** The first file of a month meets this in the event suites. */
const scenarios = Object.entries(MONTH_SCENARIOS).filter(([name]) => SOAK || name !== 'first month file')

describe.each(scenarios)('months of events: %s', (name, { prepare, work }) => {
  it('C7, C19, C22: with the power cut at every file step, and any part of what was not synced lost, every event is there exactly once', async () => {
    const bench = await EventBench.make(prepare)
    const random = seeded('power cuts of months')
    const counts = { exhaustive: 0, outcomes: 0, drawn: 0 }
    const seen = new Set<string>()
    await bench.inCopy(async (root) => {
      const power = powerRecorder(root)
      await power.arm()
      await write(root, power.env, () => {}, power.acknowledge, work)
      const cuts = power.cuts()
      expect(cuts.length).toBeGreaterThan(10)
      for (const cut of cuts) {
        const { exhaustive, outcomes, left } = leavingsOf(cut, LIMIT, random)
        if (exhaustive) counts.exhaustive += 1
        counts[exhaustive ? 'outcomes' : 'drawn'] += outcomes
        for (const [index, each] of left.entries()) {
          const key = signature(each)
          if (seen.has(key)) continue
          seen.add(key)
          const target = `${root} left`
          await lay(each, target)
          try {
            const store = await bench.reopened(target)
            await bench.verify(store, [])
            await work(store, () => {})
            await bench.verify(store, [])
            await store.close()
          } catch (cause) {
            const where = `power cut before ${cut.before}, outcome ${index + 1} of ${left.length}`
            throw new Error(`seed ${random.seed}, ${where}`, { cause })
          }
          await rm(target, { recursive: true })
        }
      }
      console.log(
        `months, ${name}, power cuts: ${cuts.length} cuts, of ${counts.exhaustive} all ${counts.outcomes} outcomes, of the others ${counts.drawn} drawn; ${seen.size} different stores looked at, 0 lost, 0 doubled`,
      )
    })
    await bench.remove()
  }, 3_600_000)
})
