import { cp, rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { openStore } from '../../src-main/store/index.ts'
import { LIVE_FROM } from '../live/live-kill-plan.ts'
import { endingsOf, SOAK, told } from '../support/fault-plan.ts'
import { type KillRunner, killRunner } from '../support/kill-runner.ts'
import { candles, temporaryFolder } from '../support/store-fixture.ts'
import { ToldBars } from '../support/told-bars.ts'

/** Killed children of each kind in the short form. */
const KILLS = 4
const LIMIT_MILLIS = 900_000

let runner: KillRunner
beforeAll(async () => {
  runner = await killRunner('test/live/live-kill-child.ts')
})
afterAll(async () => {
  await runner.remove()
})

/** Spread over all of them. */
function chosen<T>(all: readonly T[]): readonly T[] {
  if (SOAK || all.length <= KILLS) return all
  return Array.from(
    { length: KILLS },
    (_, index) => all[Math.floor(((index + 0.5) * all.length) / KILLS)] as T,
  )
}

describe('a store that is watched while others are killed in it', () => {
  it(
    'F76: a bot killed at file steps: what it acknowledged is told, nothing twice, and the next one is told again',
    async () => {
      const root = await temporaryFolder('live kills')
      const store = await openStore(root, { create: true })
      await store.writer.appendCandles(candles(3, LIVE_FROM - 86_400_000))
      const followed = await ToldBars.of(store, 'SPY', '2m')
      let attempt = 0
      let kills = 0
      // The first makes the folders; those after it take the same steps as the second.
      const acknowledged: CandleRow[] = []
      const runWhole = async () => {
        const run = await runner.run({ scenario: `bot-${attempt++}`, root, fault: null })
        acknowledged.push(...(run.acknowledged as CandleRow[]))
        return run
      }
      await runWhole()
      const whole = await runWhole()
      const taken = (whole.steps ?? []).map((step, index) => ({ ...step, number: index + 1 }))
      const faults = chosen(endingsOf(taken, 'kill'))
      expect(faults.length).toBeGreaterThan(3)
      for (const fault of faults) {
        const run = await runner.run({ scenario: `bot-${attempt++}`, root, fault })
        // What a kill left may spare the next one a step at its end.
        if (run.signal === 'SIGKILL') kills += 1
        acknowledged.push(...(run.acknowledged as CandleRow[]))
        const now = await followed.now()
        expect(now, told(fault, taken)).toEqual(await followed.stored())
        expect(now.map(([open]) => open)).toEqual(expect.arrayContaining(acknowledged.map(({ ts }) => ts)))
      }
      expect(kills).toBeGreaterThan(faults.length / 2)
      await runWhole()
      const opens = (await followed.now()).map(([open]) => open)
      expect(opens).toEqual(expect.arrayContaining(acknowledged.map(({ ts }) => ts)))
      expect(followed.gone).toEqual([])
      expect(followed.watching.problems).toEqual([])
      console.log(`live, killed bots: ${taken.length} file steps, ${kills} kills, ${opens.length} bars told`)
      await store.close()
      await rm(root, { recursive: true, force: true })
    },
    LIMIT_MILLIS,
  )

  it(
    'F76: a compaction killed at file steps: no bar goes or comes twice, before, in and after it',
    async () => {
      const model = await temporaryFolder('live compaction model')
      const made = await openStore(model, { create: true })
      await made.writer.appendCandles(candles(8, LIVE_FROM))
      await made.close()
      const attempt = async (): Promise<string> => {
        const root = await temporaryFolder('live compaction')
        await cp(model, root, { recursive: true })
        return root
      }
      const first = await attempt()
      const whole = await runner.run({ scenario: 'compact', root: first, fault: null })
      await rm(first, { recursive: true, force: true })
      const taken = (whole.steps ?? []).map((step, index) => ({ ...step, number: index + 1 }))
      const faults = chosen(endingsOf(taken, 'kill'))
      let kills = 0
      for (const fault of faults) {
        const root = await attempt()
        const store = await openStore(root)
        const followed = await ToldBars.of(store, 'SPY', '2m')
        const before = await followed.now()
        expect(before).toHaveLength(8)
        const { signal } = await runner.run({ scenario: 'compact', root, fault })
        if (signal === 'SIGKILL') kills += 1
        expect(await followed.now(), told(fault, taken)).toEqual(before)
        await store.writer.appendCandles(candles(1, LIVE_FROM + 8 * 120_000))
        const { days } = await store.compactor.compact({})
        expect(days.map(({ error }) => error).filter(Boolean)).toEqual([])
        const after = await followed.now()
        expect(after, told(fault, taken)).toEqual(await followed.stored())
        expect(after).toHaveLength(9)
        expect(followed.gone).toEqual([])
        expect(followed.watching.problems).toEqual([])
        await store.close()
        await rm(root, { recursive: true, force: true })
      }
      expect(kills).toBeGreaterThan(faults.length / 2)
      console.log(`live, killed compactions: ${taken.length} file steps, ${kills} kills`)
      await rm(model, { recursive: true, force: true })
    },
    LIMIT_MILLIS,
  )
})
