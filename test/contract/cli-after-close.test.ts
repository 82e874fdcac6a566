import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../src-main/store/index.ts'
import { bundleCli, type CliBundle } from '../support/cli-process.ts'
import { candles, temporaryFolder } from '../support/store-fixture.ts'

const OPEN = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000

let cli: CliBundle
let folder: string
const barkeep = (...args: string[]) => cli.run([...args, '--store', folder])
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await barkeep(...args, '--json')
  return { code, stderr, answer: stdout === '' ? null : JSON.parse(stdout) }
}

/** Bars as parts that were written an hour and more ago. */
async function append(open: number, timeframe = '2m'): Promise<void> {
  const store = await openStore(folder)
  await store.writer.appendCandles(
    candles(2, open, { timeframe }).map(({ ts_iso: _, global_x: __, ...bar }) => bar),
  )
  await store.close()
  const parts = path.join(folder, 'data', timeframe, new Date(open).toISOString().slice(0, 10))
  for (const name of await readdir(parts)) await age(path.join(parts, name))
}

async function age(file: string): Promise<void> {
  const then = Date.now() / 1000 - 7_200
  await utimes(file, then, then)
}

beforeAll(async () => {
  cli = await bundleCli()
  folder = await temporaryFolder('cli after close')
})
afterAll(async () => {
  await cli.remove()
  await rm(folder, { recursive: true, force: true })
})

describe('barkeep compact', () => {
  it('F29: --from and --to take the days of a range, both included; half of one and other choices beside it are bad use', async () => {
    for (const day of [0, 3, 4]) await append(OPEN + day * DAY)
    const { code, answer } = await json('compact', '--from', '2024-03-08', '--to', '2024-03-11')
    expect([code, answer.days.map(({ day }: { day: string }) => day)]).toEqual([
      0,
      ['2024-03-08', '2024-03-11'],
    ])
    for (const [args, why] of [
      [['--from', '2024-03-08'], /first and a last one: give both/],
      [['--from', '2024-03-08', '--to', '2024-03-08', '--all'], /one of --day .*--from and --to.* and --all/],
    ] as const) {
      const refused = await barkeep('compact', ...args)
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(why)])
    }
  })

  it('F28: --after-close is the run of the schedule, once a session, with a receipt in JSON and in words', async () => {
    const first = await json('compact', '--after-close')
    expect(first).toMatchObject({
      code: 0,
      stderr: '',
      answer: { days: [{ day: '2024-03-12', rows: 2, skipped: null }], left: [], purge: { files: 0 } },
    })
    expect(first.answer.session).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    await append(OPEN + 5 * DAY)
    const second = await barkeep('compact', '--after-close')
    expect([second.code, second.stdout]).toEqual([0, expect.stringMatching(/was done already/)])
    // The next close isn't far: the log of operations is what tells.
    await rm(path.join(folder, '.barkeep/operations'), { recursive: true })
    const dayfile = path.join(folder, 'data/2m/2024-03-13.parquet')
    await writeFile(dayfile, 'no Parquet')
    const failed = await json('compact', '--after-close')
    expect(failed).toMatchObject({ code: 2, answer: { days: [{ skipped: 'failed' }], unfinished: true } })
    await rm(dayfile)
    // Something came just now: it is put off.
    const parts = path.join(folder, 'data/2m/2024-03-13')
    const [part = ''] = await readdir(parts)
    await utimes(path.join(parts, part), new Date(), new Date())
    await utimes(parts, new Date(), new Date())
    const late = await json('compact', '--after-close')
    expect(late).toMatchObject({ code: 1, answer: { days: [], unfinished: true } })
    expect(late.answer.left[0].why).toMatch(/^a file was written \d+ s ago; tried again within the hour$/)
    expect(late.stderr).toMatch(/put off; run it again in a few minutes/)
  })
})

describe('barkeep settings', () => {
  it('F28: shows all with their defaults, sets and resets them, and says what may stand there', async () => {
    expect(await json('settings')).toMatchObject({
      code: 0,
      answer: {
        set: [],
        settings: {
          afterClose: { on: true, time: '15:15' },
          recoveryDays: 7,
          previousDays: null,
          emaPeriods: [13, 48, 200],
          defaultCalendar: 'us-equities',
          calendars: {},
        },
      },
    })
    for (const words of [
      ['afterClose.time', '16:30'],
      ['emaPeriods', '9', '21'],
      ['calendars', 'BTC*=24x7', 'ES=none'],
    ])
      expect((await barkeep('settings', 'set', ...words)).code).toBe(0)
    const { answer } = await json('settings', 'set', 'calendars', 'ES=default')
    expect(answer.settings).toMatchObject({
      afterClose: { on: true, time: '16:30' },
      emaPeriods: [9, 21],
      calendars: { 'BTC*': '24x7' },
    })
    expect(JSON.parse(await readFile(path.join(folder, '.barkeep/settings.json'), 'utf8'))).toEqual({
      afterClose: { on: true, time: '16:30' },
      emaPeriods: [9, 21],
      calendars: { 'BTC*': '24x7' },
    })
    const text = (await barkeep('settings', 'reset', 'emaPeriods', 'calendars')).stdout
    expect(text).toMatch(/^afterClose.time +16:30$/m)
    expect(text).toMatch(/^recoveryDays +7 +default$/m)
    for (const [words, why] of [
      [['set', 'afterClose.time', '14:00'], /14:00.*15:00 or later/],
      [['set', 'recoveryDays', 'seven'], /takes a whole number of days, not "seven"/],
    ] as const) {
      const refused = await barkeep('settings', ...words)
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(why)])
    }
  })
})
