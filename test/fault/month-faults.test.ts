import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import { allFiles } from '../support/compaction.ts'
import { type OpenedEvents, openEvents } from '../support/event-fixture.ts'
import { type Fault, type FaultEnv, faultEnv } from '../support/fault-env.ts'
import { blindnessOf, bury, endingsOf, failuresOf, SOAK, sampled, told } from '../support/fault-plan.ts'
import { atOnce, type KillRunner, killRunner } from '../support/kill-runner.ts'
import { EventBench } from './event-bench.ts'
import { write } from './event-scenario.ts'
import { MONTH_SCENARIOS } from './month-scenario.ts'

const CODED = /^(IO|NO_SPACE|EIO|ENOSPC|EACCES|EROFS)$/

let runner: KillRunner
beforeAll(async () => {
  runner = await killRunner('test/fault/month-kill-child.ts')
})
afterAll(() => runner.remove())

/** A month's first file meets all of this in the event suites: here too only in the soak. */
const scenarios = Object.entries(MONTH_SCENARIOS).filter(([name]) => SOAK || name !== 'first month file')

describe.each(scenarios)('months of events: %s', (name, { prepare, work, isDone }) => {
  const offset = Object.keys(MONTH_SCENARIOS).indexOf(name) * 3
  let bench: EventBench
  let counted: FaultEnv
  beforeAll(async () => {
    bench = await EventBench.make(prepare)
    counted = faultEnv()
    await bench.inCopy((root) => write(root, counted.env, counted.arm, () => {}, work))
  })
  afterAll(() => bench.remove())

  /** Every event is there once after the open that follows; doing the work again comes to its end. */
  async function checkAfter(root: string): Promise<void> {
    const store = await bench.reopened(root)
    await bench.verify(store, [])
    await doAgain(store)
    await store.close()
    expect(await readdir(path.join(root, '.barkeep/staging'))).toEqual([])
  }

  async function doAgain(store: OpenedEvents): Promise<void> {
    await work(store, () => {})
    await bench.verify(store, [])
    const files = (await allFiles(store.root)).map((file) => path.relative(store.root, file))
    expect(isDone(store, files), files.join('\n')).toBe(true)
    // A day file is never gone without a word of where it went.
    expect(files.filter((file) => file.startsWith('.barkeep/tombstones/'))).not.toEqual([])
    expect(files.filter((file) => file.startsWith('.barkeep/generations/pending/'))).toEqual([])
  }

  async function strike(root: string, fault: Fault): Promise<{ store: OpenedEvents; faulty: FaultEnv }> {
    const faulty = faultEnv(fault)
    const store = await openEvents(root, { env: faulty.env })
    faulty.arm()
    await work(store, () => {}).catch((error: unknown) => {
      expect(error).toMatchObject({ code: expect.stringMatching(CODED) })
    })
    if (fault.how === 'death') await bury(root)
    return { store, faulty }
  }

  async function tryFailure(fault: Fault): Promise<void> {
    await bench.inCopy(async (root) => {
      const { store, faulty } = await strike(root, fault)
      // The app that met the fault stays open; another looks, and then the disk is well again.
      const other = await bench.reopened(root)
      await bench.verify(other, [])
      await other.close()
      faulty.mend()
      await doAgain(store)
      await store.close()
    })
  }

  async function tryDeath(fault: Fault): Promise<void> {
    await bench.inCopy(async (root) => {
      const { store } = await strike(root, fault)
      await checkAfter(root)
      store.context.duck.close()
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
      `months, ${name}, ${what}: ${counted.taken.length} file steps, ${counted.looked.length} looks, ${faults.length} tried, ${failed.length} failed`,
    )
    expect(faults.length).toBeGreaterThan(0)
    if (failed.length > 0) throw new AggregateError(failed, failed.map(({ message }) => message).join('\n'))
  }

  it('C7, C19, C22: with every file step failing in turn, every event is there exactly once', async () => {
    await tryEach('failing', alternate(failuresOf(counted.taken, undefined, offset), 0), tryFailure)
  }, 3_600_000)

  it('C7, C19, C22: with looks at the disk failing in turn, the same holds', async () => {
    await tryEach('blind', sampled(blindnessOf(counted.looked, undefined, offset), 15), tryFailure)
  }, 3_600_000)

  it('C7, C19, C22: with the process gone at file steps in turn, the same holds', async () => {
    await tryEach('gone', alternate(endingsOf(counted.taken, 'death'), 1), tryDeath)
  }, 3_600_000)

  it('C7, C19, C22: killed at file steps, the same holds', async () => {
    await tryEach('killed', sampled(endingsOf(counted.taken, 'kill'), 36), tryKill)
  }, 3_600_000)

  it('C7, C18: gone at a file step, and a second fault in the open after it: the same holds', async () => {
    let [opens, seconds] = [0, 0]
    for (const end of sampled(endingsOf(counted.taken, 'death'), 9)) {
      await bench.inCopy(async (left) => {
        const { store } = await strike(left, end)
        store.context.duck.close()
        let open: FaultEnv | null = null
        await bench.inCopy(async (root) => {
          open = await recover(root, null)
        }, left)
        for (const fault of secondFaults(open, opens++)) {
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
    console.log(`months, ${name}: ${opens} ends, ${seconds} second faults in the opens after them`)
    expect(seconds).toBeGreaterThan(0)
  }, 3_600_000)

  /** What an open does of its own accord, with a fault. Never throws: an open tells, and goes on. */
  async function recover(root: string, fault: Fault | null): Promise<FaultEnv> {
    const faulty = faultEnv(fault)
    const store = await openEvents(root, { env: faulty.env })
    faulty.arm()
    await finishInterrupted(store.context)
    store.context.duck.close()
    await bury(root)
    return faulty
  }
})

const SECOND_FAULTS = SOAK ? 10 : 1
/** Prime, so that the round of one open is not that of the next. */
const STRIDE = 37

/** All in the soak, else those of every other step: of failing and gone each step of `npm test` meets one. */
function alternate(faults: readonly Fault[], odd: 0 | 1): readonly Fault[] {
  return SOAK ? faults : faults.filter(({ at }) => at % 2 === odd)
}

/** A few of all that the calls of an open can meet, each time others: over all ends they go round several times. */
function secondFaults(open: FaultEnv | null, turn: number): readonly Fault[] {
  if (open === null || open.taken.length === 0) return []
  const all = [
    ...failuresOf(open.taken, true),
    ...endingsOf(open.taken, 'death'),
    ...blindnessOf(open.looked, true),
  ]
  const first = turn * SECOND_FAULTS * STRIDE
  const places = Array.from({ length: SECOND_FAULTS }, (_, index) => (first + index * STRIDE) % all.length)
  return [...new Set(places)].flatMap((place) => all[place] ?? [])
}
