import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bundleCli, type CliBundle } from '../support/cli-process.ts'
import { candles, zoneEvent } from '../support/store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000
const MONTHFILE = 'objects/timeline/2024-03/2024-03.parquet'

let cli: CliBundle
let folder: string
const barkeep = (...words: string[]) => cli.run(words, { cwd: folder })

beforeAll(async () => {
  cli = await bundleCli()
})
afterAll(() => cli.remove())
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'barkeep months '))
  const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  const bars = candles(3, TS).map(({ ts_iso: _, global_x: __, ...bar }) => bar)
  await cli.run(['ingest', 'candles', '-'], { cwd: folder, input: lines(bars) })
  const events = [0, 1, 2].map((day) => zoneEvent({ ts: TS + day * DAY, object_id: `z${day}` }))
  await cli.run(['ingest', 'events', '-'], { cwd: folder, input: lines(events) })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('barkeep compact --month and purge', () => {
  it('C19, X6: a month does its candles by day and its events as one file; --table does one of them', async () => {
    const plan = await barkeep('compact', '--month', '2024-03', '--dry-run', '--json')
    expect(plan.code).toBe(0)
    expect(JSON.parse(plan.stdout).days).toMatchObject([
      { table: 'candles', timeframe: '2m', day: '2024-03-08', parts: 3, skipped: 'dry run' },
      { table: 'object_events', timeframe: null, day: '2024-03', parts: 3, dayfiles: 0, skipped: 'dry run' },
    ])
    const events = await barkeep('compact', '--month', '2024-03', '--table', 'object_events', '--json')
    expect(JSON.parse(events.stdout)).toMatchObject({
      days: [{ timeframe: null, day: '2024-03', parts: 3, rows: 3, file: MONTHFILE, skipped: null }],
    })
    const text = await barkeep('compact', '--month', '2024-03')
    expect([text.code, text.stderr]).toEqual([0, ''])
    expect(text.stdout).toMatch(/candles +2m +2024-03-08 +3 +3 .*data\/2m\/2024-03-08\.parquet/)
    expect(text.stdout).toMatch(/events +2024-03 .*nothing to do/)
    const ended = await barkeep('doctor', '--json')
    expect(JSON.parse(ended.stdout).findings.map(({ code }: { code: string }) => code)).toEqual(['GAP'])
  })

  it('C19, X5: a month that is not over is refused with what to do instead, alone and beside candles', async () => {
    const now = new Date().toISOString()
    const month = now.slice(0, 7)
    const alone = await barkeep('compact', '--month', month, '--table', 'events')
    expect(alone.code).toBe(2)
    expect(alone.stderr).toMatch(
      /^barkeep: \d{4}-\d\d can be one file from .* on\. Until then .*--day or --all\.\n$/,
    )
    const line = `${JSON.stringify(zoneEvent({ ts: Date.parse(now), object_id: 'now' }))}\n`
    await cli.run(['ingest', 'events', '-'], { cwd: folder, input: line })
    const both = await barkeep('compact', '--month', month, '--json')
    // Nothing else was asked for that could be done: all of it failed.
    expect(both.code).toBe(2)
    expect(JSON.parse(both.stdout).days).toMatchObject([
      { day: month, skipped: 'failed', error: { code: 'BAD_REQUEST' } },
    ])
  })

  it('C22, X6: purge tells files, bytes and why, changes nothing in a dry run, and keeps what is young', async () => {
    await barkeep('compact', '--all')
    await barkeep('compact', '--month', '2024-03')
    const young = await barkeep('purge', '--json')
    expect(young.code).toBe(0)
    expect(JSON.parse(young.stdout)).toMatchObject({ files: 0, bytes: 0, removed: [] })
    expect(JSON.parse(young.stdout).kept[0]).toMatchObject({
      path: '.barkeep/recovery/data/2m/2024-03-08',
      why: expect.stringMatching(/stays until/),
    })
    const dry = await barkeep('purge', '--older-than', '0', '--dry-run', '--json')
    const planned = JSON.parse(dry.stdout)
    // 3 bars, 3 events, 3 day files of events.
    expect(planned.files).toBe(9)
    expect(planned.removed[0]).toMatchObject({
      path: expect.stringMatching(/^\.barkeep\/recovery\/data\/2m\/2024-03-08\/part-/),
      bytes: expect.any(Number),
      why: expect.stringMatching(/its rows are in data\/2m\/2024-03-08\.parquet$/),
    })
    expect(JSON.parse((await barkeep('purge', '--older-than', '0', '--json')).stdout)).toEqual(planned)
    const text = await barkeep('purge', '--older-than', '0')
    expect([text.code, text.stdout]).toEqual([0, 'Nothing to remove.\n'])
    const recovery = path.join(folder, 'storage/.barkeep/recovery')
    const left = await readdir(recovery, { recursive: true, withFileTypes: true })
    expect(left.filter((entry) => entry.isFile())).toEqual([])
    const bad = await barkeep('purge', '--older-than', 'x')
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringMatching(/whole number/)])
  })
})
