import { describe, expect, it } from 'vitest'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import type { Store } from '../../src-main/store/api.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { FILE_LOOKS, FILE_STEPS } from '../support/fault-env.ts'
import { SOAK } from '../support/fault-plan.ts'
import { LedgerBench } from './ledger-month-bench.ts'
import { doWork, LEDGER_SCENARIOS, SHOWN } from './ledger-month-scenario.ts'

/** Of the steps, and looks, between which is read or compacted: one of so many, but in the soak. */
const ONE_OF = SOAK ? 1 : 3

const byId = (rows: readonly DecisionRow[]): DecisionRow[] =>
  [...rows].sort((a, b) => (a.decision_id < b.decision_id ? -1 : 1))

/** Each row exactly once, and no word of what is under way. */
async function expectShown({ reader }: Store): Promise<void> {
  const page = await reader.ledger.query({ table: 'decisions', filter: {}, offset: 0, limit: 100 })
  const rows = page.entries.map(({ row }) => row as unknown as DecisionRow)
  expect(byId(rows)).toEqual(byId(SHOWN))
  expect(page.total).toBe(SHOWN.length)
  expect(page.problems).toEqual([])
}

/** The real file system that calls `before` ahead of each of some calls, counted from 0. */
function hooked(names: readonly (keyof Env)[], before: (call: number) => Promise<void>): Env {
  let calls = 0
  const env: Env = { ...nodeEnv }
  for (const name of names) {
    const real = nodeEnv[name] as (...given: readonly unknown[]) => unknown
    Object.assign(env, {
      [name]: async (...given: readonly unknown[]) => {
        await before(calls++)
        return real(...given)
      },
    })
  }
  return env
}

const scenarios = Object.entries(LEDGER_SCENARIOS).filter(([name]) => SOAK || name !== 'purge')

describe.each(scenarios)('reading decisions beside the compaction of their month: %s', (name, scenario) => {
  it('R3, E20: whoever reads between two steps of it sees each row once', async () => {
    const bench = await LedgerBench.make(scenario)
    await bench.inCopy(async (root) => {
      const open = await openStore(root)
      let reads = 0
      const env = hooked(FILE_STEPS, async (call) => {
        if (call % ONE_OF !== 0) return
        await expectShown(open)
        reads += 1
      })
      await doWork(root, env, () => {}, scenario.work)
      await expectShown(open)
      await open.close()
      console.log(`decisions, ${name}: read between ${reads} steps`)
      expect(reads).toBeGreaterThan(10)
    })
    await bench.remove()
  }, 600_000)

  it('R3, E20: a month compacted amid a question is shown each row once', async () => {
    const bench = await LedgerBench.make(scenario)
    const looks = FILE_LOOKS.filter((look) => look === 'readDir' || look === 'stat' || look === 'readFile')
    let [asked, at, reached] = [0, 0, true]
    for (; reached; at += SOAK ? 1 : 2) {
      await bench.inCopy(async (root) => {
        reached = false
        let armed = false
        let seen = 0
        const env = hooked(looks, async () => {
          if (!armed || seen++ !== at) return
          reached = true
          await doWork(root, nodeEnv, () => {}, scenario.work)
        })
        const store = await openStore(root, { env })
        armed = true
        await expectShown(store)
        await store.close()
        asked += 1
      })
    }
    await bench.remove()
    console.log(`decisions, ${name}: compacted at ${asked - 1} looks of a question`)
    expect(asked).toBeGreaterThan(2)
  }, 600_000)
})
