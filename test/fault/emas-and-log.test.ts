import { cp, mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { parseTimeframe } from '../../schemas/contract/timeframe.ts'
import type { UtcDay } from '../../schemas/contract/units.ts'
import type { StoreContext } from '../../src-main/store/context.ts'
import type { EmaReceipt } from '../../src-main/store/emas/ema-receipt.ts'
import { rebuildEmas, writeEmas } from '../../src-main/store/emas/stored-emas.ts'
import { WindowEmas } from '../../src-main/store/emas/window-emas.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { logOperation } from '../../src-main/store/operations/operation-log.ts'
import { operationsOf } from '../../src-main/store/operations/read-operations.ts'
import { DayBlocks } from '../../src-main/store/read/day-blocks.ts'
import { Duck } from '../../src-main/store/read/duckdb.ts'
import { backfillCandles } from '../../src-main/store/write/backfill.ts'
import { PartWriter } from '../../src-main/store/write/part-writer.ts'
import { allFiles, brokenChecksums, plainRows } from '../support/compaction.ts'
import { type Fault, faultEnv, type StepTaken } from '../support/fault-env.ts'
import { bury, endingsOf, failuresOf, sampled, told } from '../support/fault-plan.ts'
import { candles, foreignFile, memoryFolder } from '../support/store-fixture.ts'

const DAY = 86_400_000
const OPEN = Date.parse('2024-03-04T14:30:00Z')
const TIMEFRAME = parseTimeframe('2m')

let folder: string
let duck: Duck
let copies = 0
beforeAll(async () => {
  folder = await memoryFolder('emas and log')
  duck = await Duck.open(folder, path.join(folder, 'temp'), { threads: 1, memory: '500MB' })
})
afterAll(async () => {
  duck.close()
  await rm(folder, { recursive: true, force: true })
})

/** Opens a copy as another run of the program would; all share one DuckDB, whose start costs most. */
async function opened(root: string, env: Env): Promise<StoreContext> {
  const staging = path.join(root, '.barkeep/staging', `${process.pid}-${env.randomId()}`)
  await env.makeDir(staging)
  const partWriter = new PartWriter(env, staging, root)
  return { root, env, zone: new MarketZone(), duck, partWriter, staging, recoveryDays: 7, program: 'other' }
}

async function copyOf(template: string): Promise<string> {
  copies += 1
  const root = path.join(folder, String(copies))
  await cp(template, root, { recursive: true, preserveTimestamps: true })
  return root
}

/** Every failure and end at every step of some work. @param work resolves to what was acknowledged */
async function tried<T>(
  template: string,
  work: (context: StoreContext) => Promise<T>,
  check: (root: string, acknowledged: T | null, inWords: string) => Promise<void>,
): Promise<{ readonly steps: number; readonly faults: number }> {
  const counted = faultEnv()
  const context = await opened(await copyOf(template), counted.env)
  counted.arm()
  await work(context)
  const steps: readonly StepTaken[] = [...counted.taken]
  const faults: Fault[] = [...failuresOf(steps), ...sampled(endingsOf(steps, 'death'), 2)]
  for (const fault of faults) {
    const root = await copyOf(template)
    const faulty = faultEnv(fault)
    const broken = await opened(root, faulty.env)
    faulty.arm()
    const acknowledged = await work(broken).catch(() => null)
    faulty.mend()
    await bury(root)
    await check(root, acknowledged, told(fault, steps))
    await rm(root, { recursive: true, force: true })
  }
  return { steps: steps.length, faults: faults.length }
}

async function emaBytes(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const file of await allFiles(path.join(root, 'emas')))
    found[path.basename(file)] = (await readFile(file)).toString('base64')
  return found
}

describe('stored averages while the disk fails', () => {
  const sourcesOf = (context: StoreContext) => {
    const blocks = new DayBlocks(context)
    return { context, blocks, emas: new WindowEmas(blocks) }
  }
  const day = (at: number) => new Date(OPEN + at * DAY).toISOString().slice(0, 10) as UtcDay
  const write = (context: StoreContext): Promise<EmaReceipt> =>
    writeEmas(sourcesOf(context), [{ timeframe: TIMEFRAME, day: day(3) }])

  it('F37 W2: each file is the one before or the one after, and the next run makes all right, whatever failed at any step', async () => {
    const template = path.join(folder, 'bars')
    await mkdir(template)
    const context = await opened(template, nodeEnv)
    const bars = (at: number, add = 0) =>
      candles(5, OPEN + at * DAY).map((bar) => ({ ...bar, close: bar.close + add, high: bar.high + add }))
    await backfillCandles(
      context,
      [0, 1, 2].flatMap((at) => bars(at)),
    )
    await rebuildEmas(sourcesOf(context), { to: day(1) })
    // The second day's bars change, the third has a file of another program, the fourth is new.
    await backfillCandles(context, [...bars(1, 0.25), ...bars(3)])
    await foreignFile(template, `emas/2m/${day(3)}.parquet`, "SELECT 'SPY' AS symbol")
    const before = await emaBytes(template)
    const reference = await copyOf(template)
    await write(await opened(reference, nodeEnv))
    const after = await emaBytes(reference)
    expect(Object.keys(after)).toHaveLength(4)

    const { steps, faults } = await tried(template, write, async (root, _receipt, inWords) => {
      for (const [file, bytes] of Object.entries(await emaBytes(root)))
        expect([before[file], after[file]], `${inWords}: ${file}`).toContain(bytes)
      const again = await opened(root, nodeEnv)
      expect(await write(again), inWords).toMatchObject({ problems: [] })
      expect(await emaBytes(root), inWords).toEqual(after)
      expect(await brokenChecksums(root), inWords).toEqual([])
      const previous = await allFiles(path.join(root, '.barkeep/previous/emas'))
      expect(previous.length, inWords).toBeGreaterThan(0)
      expect(await write(again), inWords).toMatchObject({ files: [], removed: [] })
    })
    console.log(`averages: ${steps} file steps, ${faults} failures and ends tried`)
    expect(steps).toBeGreaterThan(20)
  })
})

describe('the log of operations while the disk fails', () => {
  it('F30 F31: what was told as logged is there once, a roll loses nothing, and the next row goes in, whatever failed at any step', async () => {
    const template = path.join(folder, 'log')
    await mkdir(template)
    let now = Date.parse('2024-03-30T12:00:00Z')
    const at = (env: Env): Env => ({ ...env, now: () => now })
    const log = async (context: StoreContext, summary: string): Promise<string> => {
      const what = { kind: 'compact', origin: 'manual', program: 'app', state: 'done' } as const
      const rest = { session: null, error_code: null, error_message: null, receipt: { summary } }
      return (await logOperation(context, { ...what, ...rest, summary, started_ts: now })).summary
    }
    const march = await opened(template, at(nodeEnv))
    for (const summary of ['first', 'second', 'third']) {
      now += 1
      await log(march, summary)
    }
    now = Date.parse('2024-04-01T12:00:00Z')
    const work = (context: StoreContext) => log({ ...context, env: at(context.env) }, 'fourth')

    const { steps, faults } = await tried(template, work, async (root, acknowledged, inWords) => {
      const again = await opened(root, at(nodeEnv))
      const summaries = async () => (await operationsOf(again, {})).operations.map(({ summary }) => summary)
      const found = await summaries()
      const certain = ['third', 'second', 'first']
      const withFourth = ['fourth', ...certain]
      expect(acknowledged === null ? [certain, withFourth] : [withFourth], inWords).toContainEqual(found)
      await log(again, 'fifth')
      const page = await operationsOf(again, {})
      expect(page.problems, inWords).toEqual([])
      expect(new Set(await summaries()), inWords).toEqual(new Set(['fifth', ...found]))
      // Another program that counts ids once reads the same.
      const glob = path
        .join(root, '.barkeep/operations/**/*.parquet')
        .replaceAll("'", "''")
        .replaceAll('[', '[[]')
      const [row] = await plainRows(
        `SELECT count(DISTINCT operation_id) AS rows FROM read_parquet('${glob}')`,
      )
      expect(Number(row?.rows), inWords).toBe(page.total)
    })
    console.log(`log: ${steps} file steps, ${faults} failures and ends tried`)
    expect(steps).toBeGreaterThan(10)
  })
})
