import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleCli, type CliBundle } from '../support/cli-process.ts'

let cli: CliBundle
let store: string

/** Half-hourly bars over both daylight-saving changes of 2024, 00:00 to 12:00 UTC. */
const DAYS = ['2024-03-10', '2024-11-03']
const BARS = DAYS.flatMap((day) =>
  Array.from({ length: 24 }, (_, at) => {
    const ts = Date.parse(`${day}T00:00:00Z`) + at * 1_800_000
    return { symbol: 'ES=F', timeframe: '30M', ts, open: 1, high: 2, low: 1, close: 2, volume: at }
  }),
)

beforeAll(async () => {
  cli = await bundleCli()
  store = await mkdtemp(path.join(os.tmpdir(), 'barkeep cli '))
  const input = BARS.map((bar) => `${JSON.stringify(bar)}\n`).join('')
  const { code, stdout } = await cli.run(['ingest', 'candles', '-', '--store', store, '--json'], { input })
  if (code !== 0) throw new Error(stdout)
})
afterAll(async () => {
  await cli.remove()
  await rm(store, { recursive: true, force: true })
})

async function barsBetween(from: string, to: string): Promise<readonly string[]> {
  const bounds = ['--from', from, '--to', to]
  const { code, stdout, stderr } = await cli.run([
    ...['viewport', '--store', store, '--json', '--symbol', 'ES=F', '--timeframe', '30m'],
    ...bounds,
  ])
  expect([code, stderr]).toEqual([0, ''])
  const { candles } = JSON.parse(stdout) as { candles: { ts: number[] } }
  return candles.ts.map((ts) => new Date(ts).toISOString().slice(11, 16))
}

describe('bounds without an offset on the days when clocks change', () => {
  it.each([
    // 02:00–03:00 does not exist: 02:30 moves on to 03:30 CDT.
    ['2024-03-10T01:30:00', '2024-03-10T02:30:00', ['07:30', '08:00', '08:30']],
    ['2024-03-10T02:30:00', '2024-03-10T03:30:00', ['08:30']],
    // 01:00–02:00 happens twice: its first occurrence is meant, and the second lies between 01:59 and 02:00.
    ['2024-11-03T01:00:00', '2024-11-03T01:30:00', ['06:00', '06:30']],
    ['2024-11-03T01:30:00', '2024-11-03T02:00:00', ['06:30', '07:00', '07:30', '08:00']],
    // With an offset each occurrence can be named.
    ['2024-11-03T01:30:00-06:00', '2024-11-03T01:30:00-06:00', ['07:30']],
    ['2024-11-03T01:30:00-05:00', '2024-11-03T06:30:00Z', ['06:30']],
  ])('T2, T4: %s to %s', async (from, to, wanted) => {
    expect(await barsBetween(from, to)).toEqual(wanted)
  })

  it('T3: a date alone is the whole Chicago day, of 23 hours or 25', async () => {
    // From 06:00 UTC in winter, 05:00 in summer.
    expect((await barsBetween('2024-03-10', '2024-03-10'))[0]).toBe('06:00')
    expect((await barsBetween('2024-11-03', '2024-11-03'))[0]).toBe('05:00')
  })

  it('names the zone of each time for a person, which tells the two hours apart', async () => {
    const { stdout } = await cli.run([
      ...['viewport', '--store', store, '--symbol', 'ES=F', '--timeframe', '30m'],
      ...['--from', '2024-11-03T01:30:00', '--to', '2024-11-03T02:00:00'],
    ])
    expect(stdout).toContain('2024-11-03 01:30 CDT')
    expect(stdout).toContain('2024-11-03 01:30 CST')
  })
})
