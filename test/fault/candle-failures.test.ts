import { afterAll, describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { type Bench, benchOf, checkStruck } from '../support/candle-check.ts'
import { CANDLE_SCENARIOS } from '../support/candle-scenarios.ts'
import { type Fault, failuresOf, faultEnv, type StepTaken, told } from '../support/fault-env.ts'

let steps = 0
let attempts = 0
afterAll(() => console.log(`failed writes: ${steps} file steps, ${attempts} failures tried`))

/** Runs the work with a fault. @returns what was acknowledged, the steps, and what the work ended with */
async function struckWork(
  { scenario, open }: Bench,
  root: string,
  fault: Fault | null,
): Promise<{ acknowledged: CandleRow[]; taken: readonly StepTaken[]; thrown: unknown }> {
  const faulty = faultEnv(fault)
  const { context, close } = await open(root, faulty.env)
  const acknowledged: CandleRow[] = []
  let thrown: unknown = null
  faulty.arm()
  try {
    await scenario.work(context, (bar) => acknowledged.push(bar))
  } catch (error) {
    thrown = error
  }
  faulty.mend()
  await close()
  return { acknowledged, taken: faulty.taken, thrown }
}

describe.each(Object.entries(CANDLE_SCENARIOS))('%s', (_, scenario) => {
  it('W1, W2, C7: with every file step failing in turn, every acknowledged bar is there once', async () => {
    const bench = await benchOf(scenario)
    const { taken } = await struckWork(bench, await bench.copy(), null)
    const faults = failuresOf(taken)
    for (const fault of faults) {
      const root = await bench.copy()
      const struck = told(fault, taken)
      const { acknowledged, thrown } = await struckWork(bench, root, fault)
      if (thrown !== null)
        expect(thrown, struck).toMatchObject({ code: expect.stringMatching(/^(IO|NO_SPACE|EIO|ENOSPC)$/) })
      await checkStruck(bench, root, acknowledged, struck)
    }
    steps += taken.length
    attempts += faults.length
    await bench.remove()
  }, 180_000)
})
