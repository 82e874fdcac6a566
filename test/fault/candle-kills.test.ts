import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { benchOf, checkStruck } from '../support/candle-check.ts'
import { CANDLE_SCENARIOS } from '../support/candle-scenarios.ts'
import { endingsOf, sampled, told } from '../support/fault-plan.ts'
import { atOnce, type KillRunner, killRunner } from '../support/kill-runner.ts'

/** Children side by side: one a core. */
const LANES = 2
/** In `npm test` candle-failures has the process gone at every step; real signals then only prove that it is the same. */
const ONE_OF = 12

let runner: KillRunner
let steps = 0
let kills = 0
beforeAll(async () => {
  runner = await killRunner('test/support/candle-kill-child.ts')
})
afterAll(async () => {
  console.log(`killed writers: ${steps} file steps, ${kills} kills`)
  await runner.remove()
})

describe.each(Object.entries(CANDLE_SCENARIOS))('%s', (scenario, work) => {
  it('W1, W2, C7: with the writer killed at file steps, every acknowledged bar is there once', async () => {
    const bench = await benchOf(work)
    const whole = await runner.run({ scenario, root: await bench.copy(), fault: null })
    const taken = (whole.steps ?? []).map((step, index) => ({ ...step, number: index + 1 }))
    const faults = sampled(endingsOf(taken, 'kill'), ONE_OF)
    expect(faults.length).toBeGreaterThan(0)
    await atOnce(faults, LANES, async (fault) => {
      const root = await bench.copy()
      const { signal, acknowledged } = await runner.run({ scenario, root, fault })
      expect(signal, told(fault, taken)).toBe('SIGKILL')
      await checkStruck(bench, root, acknowledged as CandleRow[], told(fault, taken))
    })
    steps += taken.length
    kills += faults.length
    await bench.remove()
  }, 600_000)
})
