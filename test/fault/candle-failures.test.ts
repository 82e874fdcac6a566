import { afterAll, describe, expect, it } from 'vitest'
import { benchOf, checkStruck, struckWork } from '../support/candle-check.ts'
import { CANDLE_SCENARIOS } from '../support/candle-scenarios.ts'
import type { Fault, StepTaken } from '../support/fault-env.ts'
import { blindnessOf, endingsOf, failuresOf, sampled, told } from '../support/fault-plan.ts'

const CODED = /^(IO|NO_SPACE|EIO|ENOSPC|EACCES|EROFS)$/

const counts = { effects: 0, failures: 0, looks: 0, blind: 0, deaths: 0 }
afterAll(() =>
  console.log(
    `candles: ${counts.effects} file steps, ${counts.failures} failures and ${counts.deaths} deaths tried; ${counts.looks} looks, ${counts.blind} failures tried`,
  ),
)

describe.each(Object.entries(CANDLE_SCENARIOS))('%s', (name, scenario) => {
  const offset = Object.keys(CANDLE_SCENARIOS).indexOf(name) * 3

  async function tryAll(
    plan: (steps: readonly StepTaken[], looks: readonly StepTaken[]) => readonly Fault[],
  ) {
    const bench = await benchOf(scenario)
    const { counted } = await struckWork(bench, await bench.copy(), null)
    const faults = plan(counted.taken, counted.looked)
    for (const fault of faults) {
      const root = await bench.copy()
      const struck = told(fault, fault.look === true ? counted.looked : counted.taken)
      const { acknowledged, thrown } = await struckWork(bench, root, fault)
      if (thrown !== null) expect(thrown, struck).toMatchObject({ code: expect.stringMatching(CODED) })
      await checkStruck(bench, root, acknowledged, struck)
    }
    await bench.remove()
    return { steps: counted.taken.length, looks: counted.looked.length, tried: faults.length }
  }

  it('W1, W2, C7: with every file step failing in turn, every acknowledged bar is there once', async () => {
    const { steps, tried } = await tryAll((steps) => failuresOf(steps, undefined, offset))
    counts.effects += steps
    counts.failures += tried
    expect(tried).toBeGreaterThanOrEqual(steps)
  }, 1_200_000)

  it('W1, W2, C7: with looks at the disk failing in turn (every one in the soak), the same holds', async () => {
    const { looks, tried } = await tryAll((_, looks) => sampled(blindnessOf(looks, undefined, offset), 3))
    counts.looks += looks
    counts.blind += tried
    expect(tried).toBeGreaterThanOrEqual(looks / 3)
  }, 1_200_000)

  it('W1, W2, C7: with the process gone at every file step in turn, the same holds', async () => {
    const { steps, tried } = await tryAll((steps) => sampled(endingsOf(steps, 'death'), 2))
    counts.deaths += tried
    expect(tried).toBeGreaterThan(steps / 2)
  }, 1_200_000)
})
