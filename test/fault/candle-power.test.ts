import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { benchOf, checkStruck } from '../support/candle-check.ts'
import { CANDLE_SCENARIOS, MANY_PARTS } from '../support/candle-scenarios.ts'
import { SOAK } from '../support/fault-plan.ts'
import { lay, leavingsOf, powerRecorder, signature } from '../support/power-env.ts'
import { seeded } from '../support/seeded.ts'

/** Outcomes of one cut that are gone through; of a cut that may leave more, as many are drawn. */
const LIMIT = SOAK ? 1_024 : 3

const SCENARIOS = SOAK ? { ...CANDLE_SCENARIOS, 'compaction of twelve parts': MANY_PARTS } : CANDLE_SCENARIOS

const counts = { cuts: 0, exhaustive: 0, outcomes: 0, drawn: 0, stores: 0 }
afterAll(() =>
  console.log(
    `candles, power cuts: ${counts.cuts} cuts, of ${counts.exhaustive} all ${counts.outcomes} outcomes, of the others ${counts.drawn} drawn; ${counts.stores} different stores looked at`,
  ),
)

describe.each(Object.entries(SCENARIOS))('%s', (_, scenario) => {
  it('W1, C7: with the power cut at every file step, and any part of what was not synced lost, every acknowledged bar is there once', async () => {
    const random = seeded('power cuts')
    const bench = await benchOf(scenario)
    const root = await bench.copy()
    const power = powerRecorder(root)
    const { context, close } = await bench.open(root, power.env)
    const acknowledged: CandleRow[] = []
    await power.arm()
    await scenario.work(context, (bar) => {
      acknowledged.push(bar)
      power.acknowledge()
    })
    const cuts = power.cuts()
    await close()
    expect(cuts.length).toBeGreaterThan(5)
    const seen = new Set<string>()
    for (const cut of cuts) {
      const { exhaustive, outcomes, left } = leavingsOf(cut, LIMIT, random)
      counts.cuts += 1
      if (exhaustive) counts.exhaustive += 1
      counts[exhaustive ? 'outcomes' : 'drawn'] += outcomes
      for (const [index, each] of left.entries()) {
        const key = `${cut.acknowledged} ${signature(each)}`
        if (seen.has(key)) continue
        seen.add(key)
        counts.stores += 1
        const target = path.join(path.dirname(root), `left ${seen.size}`)
        await lay(each, target)
        const told = `seed ${random.seed}, power cut before ${cut.before}, outcome ${index + 1} of ${left.length}`
        await checkStruck(bench, target, acknowledged.slice(0, cut.acknowledged), told)
      }
    }
    await bench.remove()
  }, 3_600_000)
})
