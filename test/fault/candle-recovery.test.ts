import { afterAll, describe, expect, it } from 'vitest'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import { type Bench, benchOf, checkStruck, struckWork } from '../support/candle-check.ts'
import { CANDLE_SCENARIOS } from '../support/candle-scenarios.ts'
import { type Fault, type FaultEnv, faultEnv } from '../support/fault-env.ts'
import { bury, endingsOf, SecondFaults, sampled, told } from '../support/fault-plan.ts'

const counts = { ends: 0, steps: 0, faults: 0 }
afterAll(() =>
  console.log(
    `interrupted recoveries: ${counts.ends} ends of a writer, ${counts.steps} file steps of the opens after them, ${counts.faults} second faults`,
  ),
)

/** What an open does of its own accord, with a fault. Never throws: an open tells, and goes on. */
async function recover(bench: Bench, root: string, fault: Fault | null): Promise<FaultEnv> {
  const counted = faultEnv(fault)
  const { context, close } = await bench.open(root, counted.env)
  counted.arm()
  await finishInterrupted(context)
  if (fault?.how === 'death') await bury(root)
  else await close()
  return counted
}

describe.each(Object.entries(CANDLE_SCENARIOS))('%s', (name, scenario) => {
  it('C7, C18: a writer that ended at any file step, and a second fault in the open after it: the same holds', async () => {
    const bench = await benchOf(scenario)
    const { counted } = await struckWork(bench, await bench.copy(), null)
    const second = new SecondFaults(Object.keys(CANDLE_SCENARIOS).indexOf(name))
    for (const end of sampled(endingsOf(counted.taken, 'death'), 3)) {
      const left = await bench.copy()
      const { acknowledged } = await struckWork(bench, left, end)
      const open = await recover(bench, await bench.copy(left), null)
      counts.ends += 1
      counts.steps += open.taken.length
      for (const fault of second.of(open.taken, open.looked)) {
        const root = await bench.copy(left)
        await recover(bench, root, fault)
        const inOpen = told(fault, fault.look === true ? open.looked : open.taken)
        await checkStruck(bench, root, acknowledged, `${told(end, counted.taken)}; then ${inOpen}`)
        counts.faults += 1
      }
    }
    expect(counts.faults).toBeGreaterThan(0)
    await bench.remove()
  }, 3_600_000)
})
