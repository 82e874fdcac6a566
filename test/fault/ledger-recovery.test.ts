import { rm } from 'node:fs/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import { type Fault, type FaultEnv, faultEnv } from '../support/fault-env.ts'
import { bury, endingsOf, SecondFaults, SOAK, told } from '../support/fault-plan.ts'
import { checkLedger, type LedgerBench, ledgerBench, strikeLedger } from './ledger-bench.ts'
import { LEDGER_SCENARIOS } from './ledger-scenario.ts'

/** Several files at once have the longest way to their end; the others go compaction's. In the soak all. */
const SCENARIOS = Object.entries(LEDGER_SCENARIOS).filter(
  ([name]) =>
    SOAK || name === 'backfill of hive folders' || name === 'undo of hive folders' || name === 'policies',
)
const ONE_OF = SOAK ? 1 : 4

const counts = { ends: 0, steps: 0, faults: 0 }
afterAll(() =>
  console.log(
    `ledger, interrupted recoveries: ${counts.ends} ends of a writer, ${counts.steps} file steps of the opens after them, ${counts.faults} second faults`,
  ),
)

/** What an open does of its own accord, with a fault. Never throws: an open tells, and goes on. */
async function recover(bench: LedgerBench, root: string, fault: Fault | null): Promise<FaultEnv> {
  const counted = faultEnv(fault)
  const { context, close } = await bench.open(root, counted.env)
  counted.arm()
  await finishInterrupted(context)
  if (fault?.how === 'death') await bury(root)
  else await close()
  return counted
}

describe.each(SCENARIOS)('%s', (name, scenario) => {
  it('E14, C18: a writer that ended at any file step, and a second fault in the open after it: the same holds', async () => {
    const bench = await ledgerBench(scenario)
    const { counted } = await strikeLedger(bench, await bench.copy(), null)
    const second = new SecondFaults(Object.keys(LEDGER_SCENARIOS).indexOf(name))
    const ends = endingsOf(counted.taken, 'death').filter((_, index) => index % ONE_OF === 1 % ONE_OF)
    for (const end of ends) {
      const left = await bench.copy()
      const { acknowledged } = await strikeLedger(bench, left, end)
      const open = await recover(bench, await bench.copy(left), null)
      counts.ends += 1
      counts.steps += open.taken.length
      for (const fault of second.of(open.taken, open.looked)) {
        const root = await bench.copy(left)
        await recover(bench, root, fault)
        const inOpen = told(fault, fault.look === true ? open.looked : open.taken)
        await checkLedger(bench, root, acknowledged, `${told(end, counted.taken)}; then ${inOpen}`)
        counts.faults += 1
      }
      await rm(left, { recursive: true })
    }
    expect(counts.faults).toBeGreaterThan(0)
    await bench.remove()
  }, 3_600_000)
})
