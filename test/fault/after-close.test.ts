import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../src-main/store/layout/digest.ts'
import { allFiles, globbedBars } from '../support/compaction.ts'
import { type Fault, type FaultEnv, faultEnv } from '../support/fault-env.ts'
import { blindnessOf, bury, endingsOf, failuresOf, SOAK, told } from '../support/fault-plan.ts'
import { atOnce, type KillRunner, killRunner } from '../support/kill-runner.ts'
import { memoryFolder } from '../support/store-fixture.ts'
import { DUE, openAt, prepare, run } from './after-close-scenario.ts'

const CODED = /^(IO|NO_SPACE|EIO|ENOSPC|EACCES|EROFS)$/
const MINUTE = 60_000
/** After the next session's close; summer time has begun. */
const MONDAY = Date.parse('2024-03-11T20:15:00Z')
/** What every program reads. */
const PUBLIC = /^(data|objects|decisions|emas)\//

let folder: string
let template: string
let runner: KillRunner
let counted: FaultEnv
let done: ReadonlyMap<string, string>
let copies = 0

beforeAll(async () => {
  runner = await killRunner('test/fault/after-close-kill-child.ts')
  folder = await memoryFolder('after close')
  template = path.join(folder, 'template')
  await mkdir(template)
  await prepare(template)
  counted = faultEnv()
  const root = await copy()
  const receipt = await run(root, DUE, counted.env, counted.arm)
  expect([receipt.unfinished, receipt.problems]).toEqual([undefined, undefined])
  expect(receipt.days.map(({ table }) => table)).toEqual(['candles', 'candles', 'object_events', 'decisions'])
  done = await publicFiles(root)
  expect([...done.keys()]).toEqual([
    'data/15m/2024-03-08.parquet',
    'data/2m/2024-03-08.parquet',
    'decisions/decisions_202402.parquet',
    'emas/15m/2024-03-08.parquet',
    'emas/2m/2024-03-08.parquet',
    'objects/current/objects.parquet',
    'objects/timeline/2024-03/2024-03-08.parquet',
  ])
})
afterAll(async () => {
  await runner.remove()
  await rm(folder, { recursive: true, force: true })
})

async function copy(): Promise<string> {
  copies += 1
  const root = path.join(folder, String(copies))
  await cp(template, root, { recursive: true, preserveTimestamps: true })
  return root
}

async function publicFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const all = (await allFiles(root)).map((file) => path.relative(root, file))
  const found: [string, string][] = []
  for (const file of all.filter((each) => PUBLIC.test(each)).sort())
    found.push([file, sha256(await readFile(path.join(root, file)))])
  return new Map(found)
}

async function storedFiles(root: string): Promise<ReadonlyMap<string, string>> {
  return new Map([...(await publicFiles(root))].filter(([file]) => !file.startsWith('emas/')))
}

/** Whatever was cut: every row is there once, and the next run of the schedule comes to the very same files and one proof. */
async function checkFinished(root: string): Promise<void> {
  // What a plain glob finds before anybody repaired anything: each bar, and nothing else.
  const bars = (await globbedBars(root)).map(({ timeframe, ts }) => `${timeframe} ${ts}`)
  expect(new Set(bars).size).toBe(4)
  await run(root, DUE + MINUTE)
  expect(await storedFiles(root)).toEqual(new Map([...done].filter(([file]) => !file.startsWith('emas/'))))
  const again = await run(root, DUE + 2 * MINUTE)
  expect(again).toMatchObject({ days: [], already: expect.any(Number) })
  // Averages fail nothing; those that could not be written are made up for by the next session's run.
  expect(await run(root, MONDAY)).toMatchObject({ session: '2024-03-11', days: [] })
  expect(await publicFiles(root)).toEqual(done)
  const store = await openAt(root, MONDAY + MINUTE)
  const { operations, problems } = await store.reader.operations({ kinds: ['after-close'] })
  expect(problems).toEqual([])
  expect(operations.filter(({ state }) => state === 'done').map(({ session }) => session)).toEqual([
    '2024-03-11',
    '2024-03-08',
  ])
  const findings = await store.reader.doctor()
  expect(findings.filter(({ code }) => code !== 'GAP')).toEqual([])
  await store.close()
  expect(await readdir(path.join(root, '.barkeep/staging')).catch(() => [])).toEqual([])
}

async function tryFailure(fault: Fault): Promise<void> {
  const root = await copy()
  const faulty = faultEnv(fault)
  await run(root, DUE, faulty.env, faulty.arm).catch((error: unknown) => {
    expect(error).toMatchObject({ code: expect.stringMatching(CODED) })
  })
  faulty.mend()
  // A disk that fails for good keeps what lies in staging, until the next process sweeps it.
  await bury(root)
  await checkFinished(root)
  await rm(root, { recursive: true })
}

async function tryDeath(fault: Fault): Promise<void> {
  const root = await copy()
  const faulty = faultEnv(fault)
  await run(root, DUE, faulty.env, faulty.arm).catch(() => undefined)
  await bury(root)
  await checkFinished(root)
  await rm(root, { recursive: true })
}

async function tryKill(fault: Fault): Promise<void> {
  const root = await copy()
  const { signal } = await runner.run({ scenario: 'run', root, fault })
  // Half of a write into a folder that isn't there yet is none: it is made, and the run goes on.
  if (fault.extent !== 'torn') expect(signal).toBe('SIGKILL')
  await checkFinished(root)
  await rm(root, { recursive: true })
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
    `after the close, ${what}: ${counted.taken.length} file steps, ${counted.looked.length} looks, ${faults.length} tried, ${failed.length} failed`,
  )
  expect(faults.length).toBeGreaterThan(0)
  if (failed.length > 0) throw new AggregateError(failed, failed.map(({ message }) => message).join('\n'))
}

/** So many of a list, spread over it; in the soak forty times as many. The steps by themselves are tried by other suites. */
function some(faults: readonly Fault[], count: number): readonly Fault[] {
  const stride = Math.max(1, Math.ceil(faults.length / (SOAK ? count * 40 : count)))
  return faults.filter((_, index) => index % stride === 0)
}

describe('the run after the close, cut anywhere', () => {
  it('F25, C7: with file steps failing in turn, the next one finishes it, and the session is proven once', async () => {
    await tryEach('failing', some(failuresOf(counted.taken), 4), tryFailure)
  }, 3_600_000)

  it('F25, C7: with looks at the disk failing in turn, the same holds', async () => {
    await tryEach('blind', some(blindnessOf(counted.looked), 2), tryFailure)
  }, 3_600_000)

  it('F25, C7: with the process gone at file steps in turn, the same holds', async () => {
    await tryEach('gone', some(endingsOf(counted.taken, 'death'), 4), tryDeath)
  }, 3_600_000)

  it('F25, C7: killed at file steps, the same holds', async () => {
    await tryEach('killed', some(endingsOf(counted.taken, 'kill'), 1), tryKill)
  }, 3_600_000)

  it('F25: of several processes at once one runs, the others are turned away or find its proof', async () => {
    for (let round = 0; round < (SOAK ? 20 : 1); round++) {
      const root = await copy()
      const ends = await Promise.all([1, 2, 3].map(() => runner.run({ scenario: 'race', root, fault: null })))
      const became = ends.flatMap(({ acknowledged }) => acknowledged).sort()
      expect(became.filter((each) => each === '4 files')).toHaveLength(1)
      for (const each of became) expect(['4 files', 'already', 'LOCKED']).toContain(each)
      await checkFinished(root)
      await rm(root, { recursive: true })
    }
  }, 3_600_000)
})
