import { afterAll, describe, expect, it } from 'vitest'
import type { Fault, StepTaken } from '../support/fault-env.ts'
import { blindnessOf, endingsOf, failuresOf, SOAK, told } from '../support/fault-plan.ts'
import { checkLedger, ledgerBench, strikeLedger } from './ledger-bench.ts'
import { LEDGER_SCENARIOS } from './ledger-scenario.ts'

const CODED = /^(IO|NO_SPACE|VERIFY_FAILED|UNREADABLE|EIO|ENOSPC|EACCES|EROFS)$/

/** Of the faults of one scenario and kind so many in `npm test`, spread over all steps; the soak has all of them. */
const TRIED = 4

const counts = { steps: 0, failures: 0, deaths: 0, looks: 0, blind: 0 }
afterAll(() =>
  console.log(
    `ledger: ${counts.steps} file steps, ${counts.failures} failures and ${counts.deaths} deaths tried; ${counts.looks} looks, ${counts.blind} failures tried`,
  ),
)

function spread<T>(items: readonly T[], offset: number): readonly T[] {
  if (SOAK || items.length <= TRIED) return items
  const every = items.length / TRIED
  return Array.from({ length: TRIED }, (_, index) => Math.floor(index * every + (offset % every))).flatMap(
    (at) => items.slice(at, at + 1),
  )
}

describe.each(Object.entries(LEDGER_SCENARIOS))('%s', (name, scenario) => {
  const offset = Object.keys(LEDGER_SCENARIOS).indexOf(name) * 3

  it('E1, E10, E11, E14: with file steps failing, looks failing, and the process gone, old or new, every acknowledged row once', async () => {
    const bench = await ledgerBench(scenario)
    const { counted, thrown: none } = await strikeLedger(bench, await bench.copy(), null)
    expect(none).toBeNull()
    const tryAll = async (faults: readonly Fault[], steps: readonly StepTaken[]): Promise<number> => {
      for (const fault of faults) {
        const root = await bench.copy()
        const struck = told(fault, steps)
        const { acknowledged, thrown } = await strikeLedger(bench, root, fault)
        if (thrown !== null) expect(thrown, struck).toMatchObject({ code: expect.stringMatching(CODED) })
        await checkLedger(bench, root, acknowledged, struck)
      }
      return faults.length
    }
    const { taken, looked } = counted
    counts.steps += taken.length
    counts.looks += looked.length
    counts.failures += await tryAll(spread(failuresOf(taken, undefined, offset), offset), taken)
    counts.deaths += await tryAll(spread(endingsOf(taken, 'death'), offset), taken)
    counts.blind += await tryAll(spread(blindnessOf(looked, undefined, offset), offset), looked)
    await bench.remove()
  }, 3_600_000)
})
