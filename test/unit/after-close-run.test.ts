import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Progress } from '../../schemas/contract/jobs.ts'
import type { AfterCloseReceipt } from '../../schemas/contract/live.ts'
import type { OperationRow } from '../../schemas/generated/rows.ts'
import type { AfterCloseWork } from '../../src-main/store/api.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { fingerprints } from '../support/compaction.ts'
import { decision } from '../support/ledger-store.ts'
import { candles, type OpenedStore, openedStore, zoneEvent } from '../support/store-fixture.ts'

/** Friday before the change to summer time; its session ends at 21:00 UTC. */
const OPEN = Date.parse('2024-03-08T14:30:00Z')
const CLOSE = Date.parse('2024-03-08T21:00:00Z')
const DUE = CLOSE + 15 * 60_000
const MINUTE = 60_000
const DAY = 86_400_000

let now = DUE
let store: OpenedStore
const open = async (): Promise<OpenedStore> =>
  openedStore({ env: { ...nodeEnv, now: () => now }, program: 'app' })

beforeEach(async () => {
  now = DUE
  store = await open()
})
afterEach(() => store.remove())

const run = (work: AfterCloseWork = {}, dryRun = false): Promise<AfterCloseReceipt> =>
  store.compactor.runAfterClose({ dryRun }, work)
const log = async (): Promise<readonly OperationRow[]> =>
  (await store.reader.operations({ kinds: ['after-close'] })).operations
const told = ({ days }: AfterCloseReceipt): string[] =>
  days.map(({ table, timeframe, day, skipped }) => `${timeframe ?? table} ${day} ${skipped ?? 'done'}`)
const inStore = (file: string): string => path.join(store.root, file)
const isThere = async (file: string): Promise<boolean> =>
  (await stat(inStore(file)).catch(() => null)) !== null

async function append(count: number, from: number, given: Parameters<typeof candles>[2] = {}): Promise<void> {
  const outcomes = await store.writer.appendCandles(
    candles(count, from, given).map(({ ts_iso: _, global_x: __, ...bar }) => bar),
  )
  expect(outcomes.every(({ outcome }) => outcome === 'accepted')).toBe(true)
}

describe('the run after the close', () => {
  it('F20, F22: compacts days of candles and events whose symbols have closed, and closed months; leaves the rest', async () => {
    await append(3, OPEN)
    await append(2, OPEN, { timeframe: '15m', step: 900_000 })
    await append(2, OPEN, { symbol: 'BTC-USD', timeframe: '5m', step: 300_000 })
    await store.writer.changeSettings({ set: { calendars: { 'BTC*': '24x7' } } })
    await store.writer.appendEvents([zoneEvent({ ts: OPEN, event_id: 'e1' })])
    await store.writer.appendLedger('decisions', [decision('d1', '2024-02-05T15:00:00.000+00:00')])
    now += MINUTE
    const steps: Progress[] = []
    const receipt = await run({ origin: 'scheduled', onProgress: (progress) => steps.push(progress) })
    expect(receipt.session).toBe('2024-03-08')
    expect(told(receipt)).toEqual([
      '2m 2024-03-08 done',
      '15m 2024-03-08 done',
      'object_events 2024-03-08 done',
      'decisions 2024-02 done',
    ])
    expect(receipt.left).toEqual([
      {
        timeframe: '5m',
        day: '2024-03-08',
        why: 'BTC-USD trades until 18:00 CST; due from 18:15 CST on',
      },
    ])
    expect(receipt.unfinished).toBeUndefined()
    expect(steps.at(-1)).toMatchObject({ done: 5, total: 5, step: 'done' })
    for (const { done, total } of steps) expect(done).toBeLessThanOrEqual(total ?? 0)
    expect(await isThere('decisions/decisions_202402.parquet')).toBe(true)
    expect(await log()).toMatchObject([
      { kind: 'after-close', session: '2024-03-08', state: 'done', origin: 'scheduled', program: 'app' },
    ])
  })

  it('F25: a schedule runs a session once, whoever else has one; a person may run it again', async () => {
    await append(3, OPEN)
    const first = await run({ origin: 'scheduled' })
    expect(told(first)).toEqual(['2m 2024-03-08 done'])
    // Bars that come late wait for the next session, or for a person.
    await append(1, OPEN + 3_600_000)
    now += MINUTE
    expect(await run({ origin: 'catch-up' })).toEqual({
      session: '2024-03-08',
      days: [],
      emas: [],
      purge: null,
      left: [],
      already: DUE,
    })
    expect(told(await run())).toEqual(['2m 2024-03-08 done'])
    expect((await log()).map(({ origin, state }) => `${origin} ${state}`)).toEqual([
      'manual done',
      'scheduled done',
    ])
    // On Saturday, Sunday and Monday before the close it is still Friday's; then it is Monday's.
    for (const at of ['2024-03-09T12:00Z', '2024-03-10T12:00Z', '2024-03-11T20:14Z']) {
      now = Date.parse(at)
      expect(await run({ origin: 'scheduled' })).toMatchObject({
        session: '2024-03-08',
        already: DUE + MINUTE,
      })
    }
    now = Date.parse('2024-03-11T20:15Z')
    expect(await run({ origin: 'scheduled' })).toMatchObject({ session: '2024-03-11', days: [] })
    expect((await log())[0]).toMatchObject({
      session: '2024-03-11',
      state: 'done',
      summary: 'Nothing to compact.',
    })
  })

  it('F20: a dry run tells what would be done and changes nothing', async () => {
    await append(3, OPEN)
    const before = await fingerprints(store.root)
    expect(told(await run({}, true))).toEqual(['2m 2024-03-08 dry run'])
    expect(await fingerprints(store.root)).toEqual(before)
    expect(await log()).toEqual([])
  })

  it('F23: a day is put off while files come into it, and numbered days behind it wait; after that it is done', async () => {
    const given = { timeframe: '15m', step: 900_000 } as const
    await append(2, OPEN - DAY, given)
    await append(2, OPEN, given)
    await append(1, OPEN - DAY)
    const folder = inStore('data/15m/2024-03-07')
    const [part = ''] = await readdir(folder)
    const touch = (millisAgo: number): Promise<void> =>
      utimes(path.join(folder, part), (now - millisAgo) / 1000, (now - millisAgo) / 1000)
    await touch(5_000)
    await utimes(folder, now / 1000, now / 1000)
    const first = await run({ origin: 'scheduled' })
    expect(told(first)).toEqual(['2m 2024-03-07 done'])
    expect(first.left).toEqual([
      { timeframe: '15m', day: '2024-03-07', why: 'a file was written 5 s ago; tried again within the hour' },
      { timeframe: '15m', day: '2024-03-08', why: 'its bars are numbered after those of 2024-03-07' },
    ])
    expect(first.unfinished).toBe(true)
    // What was done is told; the session isn't.
    expect(await log()).toMatchObject([{ session: null, state: 'done' }])
    // Nothing done is nothing to tell.
    expect(told(await run({ origin: 'scheduled' }))).toEqual([])
    expect(await log()).toHaveLength(1)
    now += 15_000
    const second = await run({ origin: 'scheduled' })
    expect(told(second)).toEqual(['15m 2024-03-07 done', '15m 2024-03-08 done'])
    expect(second.unfinished).toBeUndefined()
    expect((await log())[0]).toMatchObject({ session: '2024-03-08', state: 'done' })
  })

  it('F23: a half-written file of another program keeps its day waiting for an hour, no longer', async () => {
    await append(2, OPEN)
    const torn = inStore('data/2m/2024-03-08/torn.parquet')
    await writeFile(torn, 'PAR1')
    const stamp = (at: number): Promise<unknown> =>
      Promise.all([torn, path.dirname(torn)].map((file) => utimes(file, at / 1000, at / 1000)))
    await stamp(now - 30 * MINUTE)
    const first = await run({ origin: 'scheduled' })
    expect(first).toMatchObject({ days: [], unfinished: true })
    expect(first.left[0]?.why).toBe(
      "data/2m/2024-03-08/torn.parquet can't be read and may be half written; tried again within the hour",
    )
    now += 31 * MINUTE
    const second = await run({ origin: 'scheduled' })
    expect(second).toMatchObject({ days: [{ rows: 2, parts: 2, skipped: null }], left: [] })
    expect(await readFile(torn, 'utf8')).toBe('PAR1')
    // It is a finding from now on, and no reason to do anything again.
    now += DAY * 3
    expect(await run({ origin: 'scheduled' })).toMatchObject({ session: '2024-03-11', days: [], left: [] })
  })

  it('F25: a day that fails carries its error, others go on, and the session is tried again until all is done', async () => {
    await append(2, OPEN)
    await append(1, OPEN - DAY)
    await run({ origin: 'scheduled' })
    now += 3 * DAY
    await append(1, OPEN + 3_600_000)
    await append(1, OPEN + 3 * DAY)
    const dayfile = inStore('data/2m/2024-03-08.parquet')
    const sound = await readFile(dayfile)
    await writeFile(dayfile, sound.subarray(0, sound.length >> 1))
    for (const name of await readdir(inStore('.barkeep/recovery/data/2m/2024-03-08')))
      await nodeEnv.removeFile(inStore(`.barkeep/recovery/data/2m/2024-03-08/${name}`))
    const failed = await run({ origin: 'scheduled' })
    expect(told(failed)).toEqual(['2m 2024-03-08 failed', '2m 2024-03-11 done'])
    expect(failed.unfinished).toBe(true)
    const code = failed.days[0]?.error?.code
    expect(await log()).toMatchObject([
      { session: '2024-03-11', state: 'failed', error_code: code },
      { session: '2024-03-08', state: 'done' },
    ])
    await writeFile(dayfile, sound)
    now += MINUTE
    const again = await run({ origin: 'scheduled' })
    expect(told(again)).toEqual(['2m 2024-03-08 done'])
    expect((await log())[0]).toMatchObject({ session: '2024-03-11', state: 'done' })
    expect(await run({ origin: 'scheduled' })).toHaveProperty('already')
  })

  it('F25: one that is cancelled keeps what is done, says so, and is finished by the next one', async () => {
    await append(2, OPEN)
    await append(2, OPEN, { timeframe: '15m', step: 900_000 })
    const abort = new AbortController()
    const cut = await run({
      origin: 'scheduled',
      signal: abort.signal,
      onProgress: ({ done }) => {
        if (done === 1) abort.abort()
      },
    })
    expect(told(cut)).toEqual(['2m 2024-03-08 done', '15m 2024-03-08 cancelled'])
    expect(cut).toMatchObject({ unfinished: true, problems: [{ code: 'CANCELLED' }], emas: [] })
    expect(await log()).toMatchObject([{ state: 'cancelled', session: '2024-03-08' }])
    now += MINUTE
    const rest = await run({ origin: 'scheduled' })
    expect(told(rest)).toEqual(['15m 2024-03-08 done'])
    // Those of the day that the cut run compacted, too.
    expect(rest.emas).toEqual(['emas/2m/2024-03-08.parquet', 'emas/15m/2024-03-08.parquet'])
    expect(rest.unfinished).toBeUndefined()
  })

  it('F27: averages that can’t be written are told and fail nothing; the next session’s run writes them', async () => {
    await store.writer.changeSettings({ set: { emaPeriods: [2] } })
    await append(3, OPEN)
    await writeFile(inStore('emas'), 'a file in their place')
    const first = await run({ origin: 'scheduled' })
    expect(first).toMatchObject({ emas: [], days: [{ skipped: null }] })
    expect(first.problems).toHaveLength(1)
    expect(first.unfinished).toBeUndefined()
    expect(await log()).toMatchObject([{ state: 'done', session: '2024-03-08' }])
    await rm(inStore('emas'))
    now += 3 * DAY
    expect(await run({ origin: 'scheduled' })).toMatchObject({
      session: '2024-03-11',
      days: [],
      emas: ['emas/2m/2024-03-08.parquet'],
    })
  })

  it('F27: what is put aside goes by the retention that the settings say at the time', async () => {
    await append(2, OPEN)
    await run()
    const recovery = '.barkeep/recovery/data/2m/2024-03-08'
    await utimes(inStore(recovery), now / 1000, now / 1000)
    now += 3 * DAY
    expect(await run()).toMatchObject({ purge: { files: 0, kept: [{ path: recovery }] } })
    await store.writer.changeSettings({ set: { recoveryDays: 3 } })
    expect(await run()).toMatchObject({ purge: { files: 2, kept: [] } })
    expect(await isThere(recovery)).toBe(false)
    // What a backfill replaced stays until settings say for how long.
    const [bar] = candles(1, OPEN, { close: 100.25 })
    const { ts_iso: _, global_x: __, ...document } = bar ?? {}
    await store.writer.backfillCandles([document])
    const previous = '.barkeep/previous/data/2m/2024-03-08.parquet'
    now += 40 * 365 * DAY
    expect(await run()).toMatchObject({ purge: { files: 0 } })
    expect(await isThere(previous)).toBe(true)
    await store.writer.changeSettings({ set: { previousDays: 30 } })
    expect(await run()).toMatchObject({ purge: { files: 1, removed: [{ path: previous }] } })
  })

  it('F21: settings that ask for a run before the close refuse it, and name what is wrong', async () => {
    await writeFile(inStore('.barkeep/settings.json'), '{"afterClose":{"on":true,"time":"09:00"}}').catch(
      async () => {
        await nodeEnv.makeDir(inStore('.barkeep'))
        await writeFile(inStore('.barkeep/settings.json'), '{"afterClose":{"on":true,"time":"09:00"}}')
      },
    )
    await expect(run()).rejects.toMatchObject({ code: 'BAD_SETTINGS' })
  })
})
