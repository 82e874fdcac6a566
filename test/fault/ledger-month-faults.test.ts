import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { type Fault, type FaultEnv, faultEnv } from '../support/fault-env.ts'
import { blindnessOf, bury, endingsOf, failuresOf, SecondFaults, SOAK, told } from '../support/fault-plan.ts'
import { atOnce, type KillRunner, killRunner } from '../support/kill-runner.ts'
import { lay, leavingsOf, powerRecorder, signature } from '../support/power-env.ts'
import { seeded } from '../support/seeded.ts'
import { LedgerBench } from './ledger-month-bench.ts'
import { doWork, LEDGER_SCENARIOS } from './ledger-month-scenario.ts'

const CODED = /^(IO|NO_SPACE|EIO|ENOSPC|EACCES|EROFS)$/
/** Outcomes of one power cut that are gone through; of a cut that may leave more, as many are drawn. */
const LIMIT = SOAK ? 48 : 1
/** So many of each kind are tried by `npm test`; by the soak all. */
const TRIED = { failing: 6, blind: 3, gone: 5, killed: 1, second: 2, cuts: 6 } as const

function someOf<T>(all: readonly T[], count: number, turn: number): readonly T[] {
  const every = Math.max(1, Math.floor(all.length / count))
  return SOAK ? all : all.filter((_, index) => index % every === turn % every)
}

/** All of an open's calls, each with all kinds, would take the soak hours. */
function fewOf<T>(all: readonly T[]): readonly T[] {
  const every = Math.ceil(all.length / 40)
  return all.filter((_, index) => index % every === 0)
}

let runner: KillRunner
beforeAll(async () => {
  runner = await killRunner('test/fault/ledger-month-kill-child.ts')
})
afterAll(() => runner.remove())

describe.each(Object.entries(LEDGER_SCENARIOS))('a month of decisions: %s', (name, scenario) => {
  const turn = Object.keys(LEDGER_SCENARIOS).indexOf(name)
  let bench: LedgerBench
  let counted: FaultEnv
  beforeAll(async () => {
    bench = await LedgerBench.make(scenario)
    counted = faultEnv()
    await bench.inCopy((root) => doWork(root, counted.env, counted.arm, scenario.work))
  })
  afterAll(() => bench.remove())

  async function checkAfter(root: string): Promise<void> {
    const context = await bench.reopened(root)
    await bench.finish(context)
    await closeContext(context)
    expect(await readdir(path.join(root, '.barkeep/staging'))).toEqual([])
  }

  /** Leaves the context open, as the process that met the fault would. */
  async function strike(root: string, fault: Fault) {
    const faulty = faultEnv(fault)
    const context = await openContext(root, { env: faulty.env })
    faulty.arm()
    await scenario.work(context).catch((error: unknown) => {
      expect(error).toMatchObject({ code: expect.stringMatching(CODED) })
    })
    if (fault.how === 'death') await bury(root)
    return { context, faulty }
  }

  async function tryFailure(fault: Fault): Promise<void> {
    await bench.inCopy(async (root) => {
      const { context, faulty } = await strike(root, fault)
      // The app that met the fault stays open; another looks, and then the disk is well again.
      await closeContext(await bench.reopened(root))
      faulty.mend()
      await bench.finish(context)
      await closeContext(context)
    })
  }

  async function tryDeath(fault: Fault): Promise<void> {
    await bench.inCopy(async (root) => {
      const { context } = await strike(root, fault)
      await checkAfter(root)
      context.duck.close()
    })
  }

  async function tryKill(fault: Fault): Promise<void> {
    await bench.inCopy(async (root) => {
      const { signal } = await runner.run({ scenario: name, root, fault })
      expect(signal).toBe('SIGKILL')
      await checkAfter(root)
    })
  }

  async function tryEach(
    what: string,
    faults: readonly Fault[],
    attempt: (fault: Fault) => Promise<void>,
  ): Promise<void> {
    const failed: Error[] = []
    await atOnce(faults, 2, async (fault) => {
      const inWords = told(fault, fault.look === true ? counted.looked : counted.taken)
      await attempt(fault).catch((cause: unknown) => {
        failed.push(new Error(inWords, { cause }))
      })
    })
    console.log(
      `decisions, ${name}, ${what}: ${counted.taken.length} file steps, ${counted.looked.length} looks, ${faults.length} tried, ${failed.length} failed`,
    )
    expect(faults.length).toBeGreaterThan(0)
    if (failed.length > 0) throw new AggregateError(failed, failed.map(({ message }) => message).join('\n'))
  }

  it('C7, C22, E20: with every file step failing in turn, every row is there exactly once', async () => {
    await tryEach(
      'failing',
      someOf(failuresOf(counted.taken, undefined, turn), TRIED.failing, turn),
      tryFailure,
    )
  }, 3_600_000)

  it('C7, C22, E20: with looks at the disk failing in turn, the same holds', async () => {
    await tryEach(
      'blind',
      someOf(blindnessOf(counted.looked, undefined, turn), TRIED.blind, turn),
      tryFailure,
    )
  }, 3_600_000)

  it('C7, C22, E20: with the process gone at file steps in turn, the same holds', async () => {
    await tryEach('gone', someOf(endingsOf(counted.taken, 'death'), TRIED.gone, turn + 1), tryDeath)
  }, 3_600_000)

  it('C7, C22, E20: killed at file steps, the same holds', async () => {
    await tryEach('killed', someOf(endingsOf(counted.taken, 'kill'), TRIED.killed, 7 * turn + 20), tryKill)
  }, 3_600_000)

  it('C7, C18: gone at a file step, and a second fault in the open after it: the same holds', async () => {
    const faults = new SecondFaults(turn * 5)
    let [ends, seconds] = [0, 0]
    for (const end of someOf(endingsOf(counted.taken, 'death'), TRIED.second, turn + 4)) {
      await bench.inCopy(async (left) => {
        const { context } = await strike(left, end)
        context.duck.close()
        ends += 1
        let open = faultEnv()
        await bench.inCopy(async (root) => {
          open = await recover(root, null)
        }, left)
        for (const fault of fewOf(faults.of(open.taken, open.looked))) {
          await bench.inCopy(async (root) => {
            await recover(root, fault)
            await checkAfter(root).catch((cause: unknown) => {
              throw new Error(`${told(end, counted.taken)}; then ${JSON.stringify(fault)}`, { cause })
            })
          }, left)
          seconds += 1
        }
      })
    }
    console.log(`decisions, ${name}: ${ends} ends, ${seconds} second faults in the opens after them`)
    expect(ends).toBeGreaterThan(1)
  }, 3_600_000)

  /** What an open does of its own accord, with a fault. Never throws: an open tells, and goes on. */
  async function recover(root: string, fault: Fault | null): Promise<FaultEnv> {
    const faulty = faultEnv(fault)
    const context = await openContext(root, { env: faulty.env })
    faulty.arm()
    await finishInterrupted(context)
    context.duck.close()
    await bury(root)
    return faulty
  }

  it('C7, C22, E20: with the power cut at file steps, and any part of what was not synced lost, every row is there', async () => {
    const random = seeded(`power cuts of ledgers ${name}`)
    const seen = new Set<string>()
    let outcomes = 0
    await bench.inCopy(async (root) => {
      const power = powerRecorder(root)
      await power.arm()
      await doWork(root, power.env, () => {}, scenario.work)
      const cuts = someOf(power.cuts(), TRIED.cuts, turn)
      expect(cuts.length).toBeGreaterThan(3)
      for (const cut of cuts) {
        const leavings = leavingsOf(cut, LIMIT, random)
        // The extremes of a cut are much the same as those of the one before it.
        const left = SOAK ? leavings.left : leavings.left.slice(0, 2)
        outcomes += left.length
        for (const each of left) {
          const key = signature(each)
          if (seen.has(key)) continue
          seen.add(key)
          const target = `${root} left`
          await lay(each, target)
          await checkAfter(target).catch((cause: unknown) => {
            throw new Error(`seed ${random.seed}, power cut before ${cut.before}`, { cause })
          })
          await rm(target, { recursive: true })
        }
      }
      console.log(
        `decisions, ${name}, power cuts: ${cuts.length} cuts, ${outcomes} outcomes, ${seen.size} different stores looked at, 0 lost`,
      )
    })
  }, 3_600_000)
})
