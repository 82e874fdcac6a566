import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fault, type FaultEnv, faultEnv } from '../support/fault-env.ts'
import { blindnessOf, bury, endingsOf, failuresOf, SOAK, told } from '../support/fault-plan.ts'
import { killRunner } from '../support/kill-runner.ts'
import {
  answersOf,
  contentsOf,
  type DamagedStore,
  damagedStore,
  disturb,
  opened,
  publicFiles,
} from './repair-scenario.ts'

const counts = { steps: 0, failures: 0, deaths: 0, kills: 0, looks: 0, blind: 0, seconds: 0 }
/** Second faults after each end of a process, in the soak; else one. */
const SECONDS = 8
const CODED = /^(IO|NO_SPACE|EIO|ENOSPC|EACCES|EROFS)$/

let store: DamagedStore
/** What is shown before anything is repaired, and the public files after it all. */
let shown: unknown
let mended: Record<string, string>
let whole: FaultEnv

beforeAll(async () => {
  store = await damagedStore()
  const root = await store.copy()
  const before = await opened(root)
  shown = await answersOf(before)
  await before.close()
  const { counted, thrown } = await struck(root, null)
  expect(thrown).toBeNull()
  whole = counted
  mended = await publicFiles(root)
  counts.steps = whole.taken.length
  counts.looks = whole.looked.length
})
afterAll(async () => {
  console.log(
    `repair: ${counts.steps} file steps, ${counts.failures} failures, ${counts.deaths} deaths and ${counts.kills} kills tried, ${counts.seconds} second faults; ${counts.looks} looks, ${counts.blind} failures tried`,
  )
  await store.remove()
})

/** A repair with a fault. @param early the open before it is struck too: a recovery */
async function struck(root: string, fault: Fault | null, early = false) {
  const counted = faultEnv(fault)
  let thrown: unknown = null
  if (early) counted.arm()
  try {
    const damaged = await opened(root, counted.env)
    if (!early) await disturb(root)
    counted.arm()
    try {
      await damaged.compactor.repair()
    } finally {
      if (fault?.how !== 'death') counted.mend()
      await damaged.close()
    }
  } catch (error) {
    thrown = error
  }
  if (fault?.how === 'death') await bury(root)
  return { counted, thrown }
}

/** Every answer is as it was, nothing is lost, and the next repair comes to the same end as one that was never struck. */
async function check(root: string, what: string): Promise<void> {
  const contents = await contentsOf(root)
  for (const content of store.damaged)
    expect(contents.has(content), `${what}: a damaged file is lost`).toBe(true)
  const again = await opened(root)
  try {
    expect(await answersOf(again), what).toEqual(shown)
    const { findings } = await again.compactor.repair()
    const left = findings.filter(({ code, repaired }) => code !== 'GAP' && !repaired).map(({ code }) => code)
    expect(new Set(left), what).toEqual(new Set(['QUARANTINED', 'PARTS_WAITING']))
    expect(await answersOf(again), what).toEqual(shown)
    expect(await publicFiles(root), what).toEqual(mended)
  } finally {
    await again.close()
  }
}

/** All in the soak; else so many, spread over the steps. */
function some(faults: readonly Fault[], count: number): readonly Fault[] {
  if (SOAK) return faults
  const every = faults.length / count
  return Array.from({ length: count }, (_, index) => faults[Math.floor(index * every)]).flatMap(
    (each) => each ?? [],
  )
}

describe('repair under faults', () => {
  it('D9: with a file step failing, once and from then on, each file is where it was or where it goes', async () => {
    for (const fault of some(failuresOf(whole.taken), 5)) {
      const root = await store.copy()
      const what = told(fault, whole.taken)
      const { thrown } = await struck(root, fault)
      if (thrown !== null) expect(thrown, what).toMatchObject({ code: expect.stringMatching(CODED) })
      await check(root, what)
      counts.failures += 1
    }
  }, 3_600_000)

  // One kind a look, in turn: a repair looks more than a thousand times.
  it('D9: with a look at the disk failing, the same holds', async () => {
    for (const fault of some(blindnessOf(whole.looked, false), 2)) {
      const root = await store.copy()
      const what = told(fault, whole.looked)
      const { thrown } = await struck(root, fault)
      if (thrown !== null) expect(thrown, what).toMatchObject({ code: expect.stringMatching(CODED) })
      await check(root, what)
      counts.blind += 1
    }
  }, 3_600_000)

  it('D9: with the process killed at a file step, the same holds', async () => {
    const runner = await killRunner('test/fault/repair-kill-child.ts')
    try {
      for (const fault of some(endingsOf(whole.taken, 'kill'), 2)) {
        const root = await store.copy()
        const { signal } = await runner.run({ scenario: 'repair', root, fault })
        expect(signal, told(fault, whole.taken)).toBe('SIGKILL')
        await check(root, told(fault, whole.taken))
        counts.kills += 1
      }
    } finally {
      await runner.remove()
    }
  }, 3_600_000)

  it('D9: with the process gone at a file step, and a second fault in the open and repair after it, the same holds', async () => {
    let turn = 0
    for (const end of some(endingsOf(whole.taken, 'death'), 3)) {
      const left = await store.copy()
      await struck(left, end)
      counts.deaths += 1
      const { counted } = await struck(await store.copy(left), null, true)
      const seconds = [...failuresOf(counted.taken, true), ...endingsOf(counted.taken, 'death')]
      const step = Math.max(1, Math.ceil(seconds.length / (SOAK ? SECONDS : 1)))
      for (let at = (turn++ * 7) % step; at < seconds.length; at += step) {
        const fault = seconds[at] as Fault
        const root = await store.copy(left)
        await struck(root, fault, true)
        await check(root, `${told(end, whole.taken)}; then ${told(fault, counted.taken)}`)
        counts.seconds += 1
      }
    }
    expect(counts.seconds).toBeGreaterThan(0)
  }, 3_600_000)
})
