import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Progress } from '../../schemas/contract/jobs.ts'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import { appendCandles } from '../../src-main/store/write/candles.ts'
import { fingerprints, globbedBars, plainBars } from '../support/compaction.ts'
import { compactionBench, DAY, DAYFILE, FOLDER, TS } from '../support/compaction-bench.ts'
import { candles, writeParts } from '../support/store-fixture.ts'

const bench = compactionBench()
const { compact, inStore, isThere, names } = bench

describe('a run', () => {
  it('C10: a dry run tells what would be done and changes nothing', async () => {
    await writeParts(bench.store.context, candles(3, TS))
    const before = await fingerprints(bench.store.root)
    const dry = await compact({ dryRun: true })
    expect(dry.days).toMatchObject([{ parts: 3, rows: 3, skipped: 'dry run' }])
    expect(await fingerprints(bench.store.root)).toEqual(before)
    const [done] = (await compact()).days
    expect(done?.digest).toBe(dry.days[0]?.digest)
  })

  it('C10: progress names the step; cancelling stops at the next one and finished days stay finished', async () => {
    for (const day of [0, 1, 2]) await writeParts(bench.store.context, candles(2, TS + day * DAY))
    const told: Progress[] = []
    const abort = new AbortController()
    const receipt = await compact(
      {},
      {
        signal: abort.signal,
        onProgress: (progress: Progress) => {
          told.push(progress)
          if (progress.step === '2m 2024-03-09: verify') abort.abort()
        },
      },
    )
    expect(receipt.days.map(({ skipped }) => skipped)).toEqual([null, 'cancelled', 'cancelled'])
    expect(told.slice(0, 5).map(({ step }) => step)).toEqual(
      ['read', 'write', 'verify', 'publish', 'move'].map((step) => `2m 2024-03-08: ${step}`),
    )
    expect(told[0]).toMatchObject({ done: 0, total: 3 })
    expect(await isThere(DAYFILE)).toBe(true)
    expect(await isThere('data/2m/2024-03-09.parquet')).toBe(false)
    expect(await readdir(bench.store.context.staging)).toEqual([])
    expect((await compact()).days.map(({ rows }) => rows)).toEqual([2, 2])
  })

  it('a day that fails stops no other, and its error is in the receipt', async () => {
    for (const day of [0, 1]) await writeParts(bench.store.context, candles(2, TS + day * DAY))
    await mkdir(inStore('.barkeep/recovery/data/2m'), { recursive: true })
    await writeFile(inStore('.barkeep/recovery/data/2m/2024-03-08'), 'in the way')
    const { days } = await compact()
    expect(days).toMatchObject([{ skipped: 'failed', error: { code: 'IO' } }, { skipped: null }])
    // It was published, and is finished by the next run.
    await rm(inStore('.barkeep/recovery/data/2m/2024-03-08'))
    expect((await compact()).days).toEqual([])
    expect(await names(FOLDER)).toEqual([])
    expect(await globbedBars(bench.store.root)).toHaveLength(4)
  })

  it('private folders that somebody took away are made again', async () => {
    const rows = candles(4, TS)
    await writeParts(bench.store.context, rows.slice(0, 2))
    await compact()
    await rm(inStore('.barkeep'), { recursive: true })
    await writeParts(bench.store.context, rows.slice(2))
    expect((await compact()).days).toMatchObject([{ parts: 2, rows: 4, skipped: null }])
    expect(plainBars(await globbedBars(bench.store.root))).toEqual(plainBars(rows))
  })

  it('a request picks a day, a timeframe, a table', async () => {
    const rows = [...candles(2, TS), ...candles(2, TS + DAY), ...candles(2, TS, { timeframe: '15m' })]
    await writeParts(bench.store.context, rows)
    const planned = async (request: object): Promise<string[]> =>
      (await compact({ ...request, dryRun: true })).days.map(({ timeframe, day }) => `${timeframe} ${day}`)
    expect(await planned({})).toEqual(['2m 2024-03-08', '2m 2024-03-09', '15m 2024-03-08'])
    expect(await planned({ timeframe: '2M' })).toEqual(['2m 2024-03-08', '2m 2024-03-09'])
    expect(await planned({ day: '2024-03-08' })).toEqual(['2m 2024-03-08', '15m 2024-03-08'])
    expect(await planned({ table: 'object_events' })).toEqual([])
    expect(await planned({ day: '2024-03-30' })).toEqual([])
    await expect(compact({ timeframe: '7q' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(compact({ day: '2024-02-30' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('W5: a part that comes while its day is compacted is merged with it, or waits; it is never lost', async () => {
    const rows = candles(6, TS)
    await writeParts(bench.store.context, rows.slice(0, 3))
    const late = rows.slice(3)
    await compact(
      {},
      {
        onProgress: ({ step }: Progress) => {
          // Synchronously begun at each step of the day, as a bot's writes would come.
          const row = late.shift()
          if (row !== undefined) void appendCandles(bench.store.context, [row])
          if (step === 'done') late.length = 0
        },
      },
    )
    await compact()
    expect(plainBars(await globbedBars(bench.store.root))).toEqual(plainBars(rows))
    expect(await names(FOLDER)).toEqual([])
  })

  it('C7: staging of a process that is no more is swept at open, that of a living one is not', async () => {
    const dead = inStore('.barkeep/staging/999999999-0a1b2c3d')
    const ours = inStore(`.barkeep/staging/${process.pid}-0a1b2c3d`)
    for (const folder of [dead, ours]) {
      await mkdir(folder, { recursive: true })
      await writeFile(path.join(folder, 'x.tmp'), 'x')
    }
    expect((await finishInterrupted(bench.store.context)).problems).toEqual([])
    expect((await names('.barkeep/staging')).filter((name) => name.endsWith('-0a1b2c3d'))).toEqual([
      path.basename(ours),
    ])
    // Of an earlier process with our number.
    await utimes(ours, 1, 1)
    await finishInterrupted(bench.store.context)
    expect(await isThere(`.barkeep/staging/${path.basename(ours)}`)).toBe(false)
  })
})
