import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import type { ViewportRequest } from '../../schemas/generated/requests.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import type { Store } from '../../src-main/store/api.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { barOf } from '../support/bar-series.ts'
import { bundleCli, type CliBundle, resultOf } from '../support/cli-process.ts'
import { SOAK } from '../support/fault-plan.ts'
import { bundleChild } from '../support/kill-runner.ts'
import { candles, type OpenedStore, openedStore, zoneEvent } from '../support/store-fixture.ts'
import { watchedReader } from '../support/watched-reader.ts'

const OPEN = Date.parse('2024-03-04T14:30:00Z')
const DAY = 86_400_000
const DAYS = 6
const BARS = 6
const ROUNDS = SOAK ? 20 : 2
/** Of a series that grows, and reads of it by two processes beside them. */
const COMPACTIONS = SOAK ? 1_000 : 15
const READS = SOAK ? 100_000 : 300
const SYMBOLS = ['SPY', 'QQQ', 'GME']

let cli: CliBundle
let store: OpenedStore

beforeAll(async () => {
  cli = await bundleCli()
})
afterAll(() => cli.remove())
beforeEach(async () => {
  store = await openedStore()
})
afterEach(() => store.remove())

const request: ViewportRequest = { symbol: 'SPY', timeframe: '2m', from: OPEN - DAY, to: OPEN + DAYS * DAY }

/** Bars of a round: each day of it gets a few more, of which one is sent again with other values. */
function barsOf(round: number): CandleRow[] {
  const bars: CandleRow[] = []
  for (let day = 0; day < DAYS; day++) {
    for (const symbol of SYMBOLS) {
      const first = OPEN + day * DAY + round * BARS * 120_000
      const fresh = candles(BARS, first, { symbol })
      bars.push(...fresh.map((bar) => ({ ...bar, volume: 1 })), ...fresh.slice(0, 1))
    }
  }
  return bars
}

async function fill(round: number): Promise<void> {
  await store.writer.appendCandles(barsOf(round))
  const ts = OPEN + round * DAY
  await store.writer.appendEvents([
    zoneEvent({ ts, object_id: `z${round}` }),
    zoneEvent({ ts: ts + 1, object_id: 'z' }),
  ])
}

/** Every bar once, the one that was sent last; computed from what was sent alone. */
function expected(rounds: number): { ts: number[]; volume: number[] } {
  const bars = new Map<number, number>()
  for (let round = 0; round <= rounds; round++)
    for (const { symbol, ts, volume } of barsOf(round)) if (symbol === 'SPY') bars.set(ts, volume)
  const sorted = [...bars].sort(([a], [b]) => a - b)
  return { ts: sorted.map(([ts]) => ts), volume: sorted.map(([, volume]) => volume) }
}

function check(found: Viewport, rounds: number): void {
  const { ts, volume } = expected(rounds)
  expect(found.problems).toEqual([])
  expect([...found.candles.ts]).toEqual(ts)
  expect([...found.candles.volume]).toEqual(volume)
  expect(found.objects.map(({ id }) => id)).toEqual([
    'z',
    ...Array.from({ length: rounds + 1 }, (_, n) => `z${n}`),
  ])
}

/** Reads with a warm store and with freshly opened ones until the work is done. @returns how often */
async function readWhile(work: Promise<unknown>, rounds: number): Promise<{ warm: number; cold: number }> {
  const reads = { warm: 0, cold: 0 }
  let working = true
  const end = work.finally(() => {
    working = false
  })
  const warm = async (): Promise<void> => {
    while (working) {
      check(await store.reader.viewport(request), rounds)
      reads.warm++
    }
  }
  const cold = async (): Promise<void> => {
    while (working) {
      const other: Store = await openStore(store.root)
      check(await other.reader.viewport(request), rounds)
      await other.close()
      reads.cold++
    }
  }
  await Promise.all([end, warm(), warm(), cold()])
  return reads
}

describe('reading beside a compaction', () => {
  it('R3: the same answer before, during and after, in one process', async () => {
    let [warm, cold] = [0, 0]
    for (let round = 0; round < ROUNDS; round++) {
      await fill(round)
      check(await store.reader.viewport(request), round)
      const reads = await readWhile(store.compactor.compact({}), round)
      check(await store.reader.viewport(request), round)
      warm += reads.warm
      cold += reads.cold
    }
    console.log(`reads during compaction, same process: ${warm} warm, ${cold} cold; 0 errors, 0 wrong`)
    expect(warm).toBeGreaterThan(ROUNDS)
    expect(cold).toBeGreaterThan(0)
    const left = (await readdir(store.root, { recursive: true })).filter((name) => /^data.*part-/.test(name))
    expect(left).toEqual([])
  }, 300_000)

  it('R3: the same answer before, during and after, from another process', async () => {
    let [warm, cold] = [0, 0]
    for (let round = 0; round < ROUNDS; round++) {
      await fill(round)
      const child = cli.start(['compact', '--all', '--json', '--store', store.root])
      child.stdin.end()
      const ended = resultOf(child)
      const reads = await readWhile(ended, round)
      const { code, stdout, stderr } = await ended
      expect(code, stderr).toBe(0)
      expect(JSON.parse(stdout).days.length).toBeGreaterThanOrEqual(DAYS)
      check(await store.reader.viewport(request), round)
      warm += reads.warm
      cold += reads.cold
    }
    console.log(`reads during compaction, other process: ${warm} warm, ${cold} cold; 0 errors, 0 wrong`)
    expect(warm).toBeGreaterThan(ROUNDS)
    expect(cold).toBeGreaterThan(0)
  }, 300_000)

  it('R3: a series that grows and is compacted all the while is whole in every answer, from two other processes', async () => {
    const readers = await bundleChild('test/support/reader-child.ts')
    const children = [0, 1].map(() => watchedReader(readers.start({ root: store.root })))
    try {
      let [sent, compacted] = [0, 0]
      for (let round = 0; compacted < COMPACTIONS; round++) {
        // One to six bars: now and then a day has none, or two.
        const fresh = Array.from({ length: 1 + (round % 6) }, (_, at) => barOf(sent + at))
        sent += fresh.length
        for (const { outcome } of await store.writer.appendCandles(fresh)) expect(outcome).toBe('accepted')
        const { days } = await store.compactor.compact({})
        for (const { error } of days) expect(error).toBeUndefined()
        compacted += days.length
        const wanted = (READS / 2) * Math.min(1, compacted / COMPACTIONS)
        await Promise.all(children.map((child) => child.hasRead(wanted)))
      }
      const told = await Promise.all(children.map((child) => child.end()))
      const reads = told.reduce((sum, child) => sum + child.reads, 0)
      const opens = told.reduce((sum, child) => sum + child.opens, 0)
      const wrong = told.flatMap((child) => child.wrong)
      console.log(
        `${compacted} compactions of days, ${reads} reads from two processes (${opens} opens), ${sent} bars: ${wrong.length} wrong`,
      )
      expect(wrong).toEqual([])
      expect(reads).toBeGreaterThanOrEqual(READS)
      for (const { seen } of told) expect(seen).toBeGreaterThan(0)
    } finally {
      for (const child of children) child.kill()
      await readers.remove()
    }
  }, 7_200_000)

  it('C11: two compactions at once: one does it, the other is told who holds the lock, whichever began', async () => {
    await fill(0)
    const command = ['compact', '--all', '--json', '--store', store.root]
    const asked: { code: number | null; stdout: string; stderr: string }[] = []
    const held = await openStore(store.root, {
      env: {
        ...nodeEnv,
        async copyOut(_, run) {
          // In the middle of its work: the other process has its answer before it goes on.
          if (asked.length === 0) asked.push(await cli.run(command))
          await run()
        },
      },
    })
    const { days } = await held.compactor.compact({})
    await held.close()
    expect(days.filter(({ error }) => error !== undefined)).toEqual([])
    expect(asked[0]?.code).toBe(2)
    expect(`${asked[0]?.stdout}${asked[0]?.stderr}`).toContain(`process ${process.pid} on`)

    await fill(1)
    const child = cli.start(command)
    child.stdin.end()
    const ended = resultOf(child)
    const lock = path.join(store.root, '.barkeep/writer.lock')
    const holder = (): Promise<string> => readFile(lock, 'utf8').catch(() => '')
    while (child.exitCode === null && !(await holder()).includes(`"pid":${child.pid},`)) await setImmediate()
    child.kill('SIGSTOP')
    // Stopped after its last step it would hold nothing any more.
    if ((await holder()) !== '') {
      await expect(store.compactor.compact({})).rejects.toMatchObject({
        code: 'LOCKED',
        message: expect.stringContaining(`compact (process ${child.pid} on`),
      })
    }
    child.kill('SIGCONT')
    expect((await ended).code).toBe(0)
    check(await store.reader.viewport(request), 1)
  }, 120_000)

  it('R3: days that move about under the reader cost no bar: a part folder listed, and gone when it is read', async () => {
    await store.writer.appendCandles(candles(40, OPEN))
    const folder = path.join(store.root, 'data/2m/2024-03-04')
    const away = path.join(store.root, 'away')
    await mkdir(away)
    const names = (await readdir(folder)).sort()
    for (let round = 0; round < 20; round++) {
      // Another program takes parts away, one by one, while the reader is on its way: it sees some state of each moment.
      const reading = readAnew()
      for (const name of names.slice(20)) await rename(path.join(folder, name), path.join(away, name))
      const { candles: found, problems } = await reading
      for (const name of names.slice(20)) await rename(path.join(away, name), path.join(folder, name))
      expect(problems).toEqual([])
      expect(found.ts.length).toBeGreaterThanOrEqual(20)
      expect([...found.ts.slice(0, 20)]).toEqual(candles(20, OPEN).map(({ ts }) => ts))
    }
    expect((await store.reader.viewport(request)).candles.ts.length).toBe(40)
    await rm(away, { recursive: true })
  }, 120_000)

  /** By a store that remembers nothing. */
  async function readAnew(): Promise<Viewport> {
    const other = await openStore(store.root)
    try {
      return await other.reader.viewport(request)
    } finally {
      await other.close()
    }
  }
})
