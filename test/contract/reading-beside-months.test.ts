import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../src-main/store/api.ts'
import { openStore } from '../../src-main/store/index.ts'
import { bundleCli, type CliBundle, resultOf } from '../support/cli-process.ts'
import { type OpenedStore, openedStore, zoneEvent } from '../support/store-fixture.ts'

const DAY = 86_400_000
/** A month's last days and the next one's first. */
const FIRST = Date.parse('2024-03-29T14:30:00Z')
const DAYS = 6
const MONTHS = ['2024-03', '2024-04']
const ROUNDS = process.env.BARKEEP_SOAK === '1' ? 60 : 2

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

/** Of each day: one object that only this round knows, and a change of one that all rounds change. */
async function fill(round: number): Promise<void> {
  const events = Array.from({ length: DAYS }, (_, day) => {
    const ts = FIRST + day * DAY + round * 60_000
    return [
      zoneEvent({ ts, object_id: `r${round}-${day}` }),
      zoneEvent({
        ts: ts + 1,
        object_id: 'all',
        action: day + round === 0 ? 'create' : 'update',
        top: round,
      }),
    ]
  })
  for (const { outcome } of await store.writer.appendEvents(events.flat())) expect(outcome).toBe('accepted')
}

async function check(reader: Store['reader'], rounds: number): Promise<void> {
  const request = { symbol: 'SPY', timeframe: '15m', from: FIRST - DAY, to: FIRST + 90 * DAY }
  const { objects, problems } = await reader.viewport(request)
  expect(problems).toEqual([])
  const ids = Array.from({ length: rounds + 1 }, (_, round) =>
    Array.from({ length: DAYS }, (_, day) => `r${round}-${day}`),
  ).flat()
  expect(objects.map(({ id }) => id).sort()).toEqual(['all', ...ids].sort())
  const { events } = await reader.objectHistory('all')
  expect(events).toHaveLength((rounds + 1) * DAYS)
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
      await check(store.reader, rounds)
      reads.warm++
      // An answer from memory leaves no room for the other process's end to be heard.
      await setImmediate()
    }
  }
  const cold = async (): Promise<void> => {
    while (working) {
      const other = await openStore(store.root, { keepExpired: true })
      await check(other.reader, rounds)
      await other.close()
      reads.cold++
    }
  }
  await Promise.all([end, warm(), cold()])
  return reads
}

/** The first round makes day files and then months of them; later ones merge late events into those. */
async function compactAndPurge(round: number): Promise<void> {
  const { compactor } = store
  const receipts = [await compactor.compact({})]
  for (const month of round === 0 ? MONTHS : []) receipts.push(await compactor.compact({ month }))
  for (const { days } of receipts) for (const { error } of days) expect(error).toBeUndefined()
  await compactor.purge({ olderThanDays: 0 })
}

async function runCli(...words: string[]): Promise<void> {
  const child = cli.start([...words, '--json', '--store', store.root])
  child.stdin.end()
  const { code, stderr } = await resultOf(child)
  expect(code, stderr).toBe(0)
}

async function compactAndPurgeElsewhere(round: number): Promise<void> {
  await runCli('compact', '--all')
  for (const month of round === 0 ? MONTHS : [])
    await runCli('compact', '--month', month, '--table', 'events')
  await runCli('purge', '--older-than', '0')
}

describe.each([
  ['this process', compactAndPurge],
  ['another process', compactAndPurgeElsewhere],
])('reading while %s compacts months and purges', (where, work) => {
  it('R3, C19, C22: every answer has every event once', async () => {
    let [warm, cold] = [0, 0]
    for (let round = 0; round < ROUNDS; round++) {
      await fill(round)
      await check(store.reader, round)
      const reads = await readWhile(work(round), round)
      await check(store.reader, round)
      warm += reads.warm
      cold += reads.cold
    }
    console.log(
      `reads while ${where} compacts months and purges: ${warm} warm, ${cold} cold; 0 errors, 0 wrong`,
    )
    expect(warm).toBeGreaterThan(ROUNDS)
    expect(cold).toBeGreaterThan(0)
    for (const month of MONTHS) {
      const left = await readdir(path.join(store.root, 'objects/timeline', month))
      expect(left).toEqual([`${month}.parquet`])
    }
    expect(await readdir(path.join(store.root, '.barkeep/recovery/objects/timeline'))).toEqual([])
  }, 1_200_000)
})
