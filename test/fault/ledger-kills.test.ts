import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endingsOf, SOAK, told } from '../support/fault-plan.ts'
import { atOnce, type KillRunner, killRunner } from '../support/kill-runner.ts'
import { lay, leavingsOf, powerRecorder, signature } from '../support/power-env.ts'
import { seeded } from '../support/seeded.ts'
import { checkLedger, ledgerBench } from './ledger-bench.ts'
import { LEDGER_SCENARIOS } from './ledger-scenario.ts'

/** Children side by side: one a core. */
const LANES = 2
/** In `npm test` ledger-faults has the process gone everywhere; real signals only prove that it is the same. */
const KILLED = new Set(['ingest', 'backfill of hive folders', 'undo of hive folders'])
const KILLS = 2
/** Outcomes of one cut that are gone through. */
const LIMIT = 256
/** Of the cuts one of so many, but in the soak; all where several files change together, which is this work's own path. */
const ONE_OF = SOAK ? 1 : 9
const ALL_CUTS = new Set(['backfill of hive folders', 'undo of hive folders'])

let runner: KillRunner
const counts = { kills: 0, cuts: 0, stores: 0 }
beforeAll(async () => {
  runner = await killRunner('test/fault/ledger-kill-child.ts')
})
afterAll(async () => {
  console.log(
    `ledger: ${counts.kills} kills; ${counts.cuts} power cuts, ${counts.stores} different stores looked at`,
  )
  await runner.remove()
})

describe.each(Object.entries(LEDGER_SCENARIOS))('%s', (scenario, work) => {
  const turn = Object.keys(LEDGER_SCENARIOS).indexOf(scenario)

  it.runIf(SOAK || KILLED.has(scenario))(
    'E1, E10, E11, E14: with the writer killed at file steps, old or new, every acknowledged row once',
    async () => {
      const bench = await ledgerBench(work)
      const whole = await runner.run({ scenario, root: await bench.copy(), fault: null })
      const taken = (whole.steps ?? []).map((step, index) => ({ ...step, number: index + 1 }))
      const endings = endingsOf(taken, 'kill')
      const first = Math.floor((endings.length / 9) * turn)
      const faults = SOAK ? endings : endings.slice(first, first + KILLS)
      expect(faults.length).toBeGreaterThan(0)
      await atOnce(faults, LANES, async (fault) => {
        const root = await bench.copy()
        const { signal, acknowledged } = await runner.run({ scenario, root, fault })
        expect(signal, told(fault, taken)).toBe('SIGKILL')
        await checkLedger(bench, root, acknowledged as object[], told(fault, taken))
      })
      counts.kills += faults.length
      await bench.remove()
    },
    3_600_000,
  )

  it('E1, E10, E11, E14: with the power cut at file steps, and any part of what was not synced lost, the same holds', async () => {
    const random = seeded('power cuts of the ledger')
    const bench = await ledgerBench(work)
    const root = await bench.copy()
    const power = powerRecorder(root)
    const { context, close } = await bench.open(root, power.env)
    const acknowledged: object[] = []
    await power.arm()
    await work.work(context, (row) => {
      acknowledged.push(row)
      power.acknowledge()
    })
    const oneOf = ALL_CUTS.has(scenario) ? 1 : ONE_OF
    const cuts = power.cuts().filter((_, index) => index % oneOf === turn % oneOf)
    await close()
    expect(cuts.length).toBeGreaterThan(1)
    const seen = new Set<string>()
    for (const cut of cuts) {
      counts.cuts += 1
      for (const [index, left] of leavingsOf(cut, LIMIT, random).left.entries()) {
        const key = `${cut.acknowledged} ${signature(left)}`
        if (seen.has(key)) continue
        seen.add(key)
        counts.stores += 1
        const target = path.join(path.dirname(root), `left ${seen.size}`)
        await lay(left, target)
        const struck = `seed ${random.seed}, power cut before ${cut.before}, outcome ${index + 1}`
        await checkLedger(bench, target, acknowledged.slice(0, cut.acknowledged), struck)
      }
    }
    await bench.remove()
  }, 3_600_000)
})
