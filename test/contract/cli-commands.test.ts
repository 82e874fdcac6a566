import { closeSync, existsSync, openSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { sessionOf, tradingDaysUpTo } from '../../schemas/contract/trading-calendar.ts'
import { withWriterLock } from '../../src-main/store/fs/writer-lock.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { bundleCli, type CliBundle, resultOf } from '../support/cli-process.ts'

let cli: CliBundle
let folder: string
let sample: { bars: number; events: number; from: number; to: number }
const store = () => path.join(folder, 'storage')
const barkeep = (...args: string[]) => cli.run(args, { cwd: folder })

const window = (from: string, to: string, ...more: string[]) =>
  barkeep('viewport', '--json', '--symbol', 'SPY', '--timeframe', '2m', '--from', from, '--to', to, ...more)

/** 2m bars of the sample's two sessions; some sessions are short. */
function barsOf(): [number, number] {
  const [first = 0, second = 0] = tradingDaysUpTo(day(sample.to), 2)
    .map((date) => sessionOf(date, new MarketZone()))
    .map(({ open, close }) => (close - open) / 120_000)
  return [first, second]
}

const day = (ts: number) => new Date(ts).toISOString().slice(0, 10)

beforeAll(async () => {
  cli = await bundleCli()
  folder = await mkdtemp(path.join(os.tmpdir(), 'barkeep cli '))
  const { code, stdout, stderr } = await barkeep('sample', '--days', '2', '--seed', '5', '--json')
  if (code !== 0) throw new Error(stderr)
  sample = JSON.parse(stdout)
})
afterAll(async () => {
  await cli.remove()
  await rm(folder, { recursive: true, force: true })
})

describe('barkeep', () => {
  it('lists its commands, and a word of help for each', async () => {
    const { code, stdout, stderr } = await barkeep('--help')
    expect([code, stderr]).toEqual([0, ''])
    for (const command of ['sample', 'ingest', 'viewport', 'compact', 'doctor', 'rebuild']) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
      const help = await barkeep(command, '--help')
      expect([help.code, help.stderr]).toEqual([0, ''])
      expect(help.stdout).toContain('--store <dir>')
      expect(help.stdout).toContain('--json')
    }
    const { version } = JSON.parse(
      await readFile(path.resolve(import.meta.dirname, '../../package.json'), 'utf8'),
    )
    expect((await barkeep('--version')).stdout).toBe(`${version}\n`)
  })

  it('X5: bad use is one line that says what to do, and exit 2', async () => {
    const bound = ['viewport', '--symbol', 'SPY', '--timeframe', '2m', '--from', '2024-03-08', '--to']
    const cases: readonly [string[], RegExp][] = [
      [['frob'], /unknown command 'frob'/],
      [['viewport', '--symbol', 'SPY'], /required option '--timeframe/],
      [[...bound, 'yesterday'], /--to: "yesterday" is not a time/],
      [[...bound, '2024-03-07'], /--from 2024-03-08 is later than --to/],
      [[...bound, '2024-03-08', '--price-min', '2', '--price-max', '1'], /--price-min 2 is above/],
      [[...bound, '2024-03-08', '--max-bars', '1.5'], /whole number/],
      [['compact'], /one of --day .* --month .* and --all/],
      [['compact', '--all', '--day', '2024-03-08'], /one of --day/],
      [['compact', '--day', '2024-02-30'], /not a day/],
      [['compact', '--month', '2024-13'], /not a month/],
      [['compact', '--all', '--table', 'trades'], /candles, events, decisions, audits or stats/],
      [['compact', '--all', '--table', 'events', '--timeframe', '2m'], /no timeframe/],
      [['ingest', 'trades', '-'], /candles, events/],
      [['rebuild', 'everything'], /snapshot/],
      [['sample', '--days', '0'], /at least 1/],
      [['compact', '--all', '--store', ''], /name of a folder/],
    ]
    const results = await Promise.all(cases.map(([args]) => barkeep(...args)))
    for (const [index, { code, stdout, stderr }] of results.entries()) {
      expect([code, stdout], cases[index]?.[0].join(' ')).toEqual([2, ''])
      expect(stderr).toMatch(cases[index]?.[1] ?? /./)
      expect(stderr).toMatch(/^barkeep: .*\n$/)
    }
  })

  it('X5: an unknown store is refused by what reads, with nothing made', async () => {
    const nowhere = path.join(folder, 'nowhere')
    const commands = [
      ['viewport', '--symbol', 'SPY', '--timeframe', '2m', '--from', '2024-03-08', '--to', '2024-03-08'],
      ['compact', '--all'],
      ['doctor'],
      ['rebuild', 'snapshot'],
    ]
    for (const args of commands) {
      const { code, stdout, stderr } = await barkeep(...args, '--json', '--store', nowhere)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain(nowhere)
    }
    expect(readdirSync(folder)).not.toContain('nowhere')
  })
})

describe('barkeep viewport', () => {
  it('X6: has the promised shape, with numbers in full', async () => {
    const { code, stdout, stderr } = await window(day(sample.from), day(sample.to))
    expect([code, stderr]).toEqual([0, ''])
    const answer = JSON.parse(stdout)
    expect(Object.keys(answer)).toEqual([
      'symbol',
      'timeframe',
      'candles',
      'objects',
      'barsPerCandle',
      'problems',
    ])
    expect(Object.keys(answer.candles)).toEqual(['ts', 'open', 'high', 'low', 'close', 'volume'])
    expect(answer).toMatchObject({ symbol: 'SPY', timeframe: '2m', barsPerCandle: 1, problems: [] })
    for (const column of Object.values(answer.candles)) {
      expect(column).toHaveLength(barsOf()[0] + barsOf()[1])
      expect((column as unknown[]).every(Number.isFinite)).toBe(true)
    }
    expect(answer.candles.ts[0]).toBe(sample.from)
    expect(answer.objects.length).toBeGreaterThan(5)
    for (const object of answer.objects) {
      for (const key of ['id', 'type', 'top', 'bottom', 'y', 'left_ts', 'status'])
        expect(object).toHaveProperty(key)
    }
  })

  it('T2, T4: a bound without offset is Chicago time, with one it is what it says, and both are inclusive', async () => {
    const date = day(sample.from)
    const local = JSON.parse((await window(`${date}T08:30:00`, `${date}T08:34:00`)).stdout)
    expect(local.candles.ts).toEqual([0, 2, 4].map((at) => sample.from + at * 60_000))
    const iso = new Date(sample.from).toISOString()
    const exact = JSON.parse((await window(iso, iso)).stdout)
    expect(exact.candles.ts).toEqual([sample.from])
  })

  it('R4, R6: takes a price band from one edge alone, and joins bars', async () => {
    const all = JSON.parse((await window(day(sample.from), day(sample.to))).stdout)
    const prices = all.objects.flatMap(
      ({ top, bottom, y }: Record<string, number | null>) => top ?? bottom ?? y ?? [],
    )
    const middle = prices.sort((a: number, b: number) => a - b)[Math.floor(prices.length / 2)]
    const above = JSON.parse(
      (await window(day(sample.from), day(sample.to), '--price-min', String(middle), '--max-bars', '20'))
        .stdout,
    )
    expect(above.objects.length).toBeGreaterThan(0)
    expect(above.objects.length).toBeLessThan(all.objects.length)
    expect(above.candles.ts.length).toBeLessThanOrEqual(20)
    expect(above.barsPerCandle).toBeGreaterThan(1)
  })

  it('R5: as of a time shows no later bar', async () => {
    const until = new Date(sample.from + 600_000).toISOString()
    const answer = JSON.parse((await window(day(sample.from), day(sample.to), '--as-of', until)).stdout)
    expect(answer.candles.ts).toHaveLength(5)
  })

  it('tells a person in Chicago time, with the zone, and what there is when the window is empty', async () => {
    const args = ['viewport', '--symbol', 'SPY', '--timeframe', '2m', '--to', day(sample.to), '--from']
    const { stdout } = await barkeep(...args, day(sample.from))
    expect(stdout).toContain(`${barsOf()[0] + barsOf()[1]} bars`)
    expect(stdout).toContain('America/Chicago')
    expect(stdout).toMatch(new RegExp(`${day(sample.from)} 08:30 C[SD]T +\\d+`))
    const empty = await barkeep('viewport', '--symbol', 'DIA', ...args.slice(3), day(sample.from))
    expect(empty).toMatchObject({ code: 0 })
    expect(empty.stdout).toContain('The store holds:')
    expect(empty.stdout).toMatch(/QQQ +15m/)
  })

  it('X5: a reader that goes away ends the output, not the program with a stack', async () => {
    const child = cli.start(
      [
        'viewport',
        '--json',
        '--symbol',
        'SPY',
        '--timeframe',
        '2m',
        '--from',
        '2000-01-01',
        '--to',
        '2100-01-01',
      ],
      { cwd: folder },
    )
    child.stdin.end()
    child.stdout.destroy()
    const { code, stderr } = await resultOf(child)
    expect([code, stderr]).toEqual([0, ''])
  })

  it.skipIf(!existsSync('/dev/full'))('X5: an answer that finds no room is none', async () => {
    const full = openSync('/dev/full', 'w')
    try {
      const child = cli.start(['doctor', '--json'], { cwd: folder, stdout: full })
      child.stdin?.end()
      const { code, stderr } = await resultOf(child)
      expect(code).toBe(2)
      expect(stderr).toMatch(/^barkeep: The disk is full .*\n$/)
    } finally {
      closeSync(full)
    }
  })
})

describe('barkeep compact, doctor, rebuild, sample', () => {
  it('C3, C10: plans, compacts and then has nothing to do', async () => {
    const before = await window(day(sample.from), day(sample.to))
    const plan = await barkeep('compact', '--all', '--dry-run', '--json')
    expect(plan.code).toBe(0)
    const planned = JSON.parse(plan.stdout).days
    expect(planned.length).toBeGreaterThanOrEqual(4)
    expect(planned.every(({ skipped }: { skipped: string }) => skipped === 'dry run')).toBe(true)

    const month = day(sample.to).slice(0, 7)
    const done = await barkeep('compact', '--month', month, '--timeframe', '2m', '--json')
    expect(done).toMatchObject({ code: 0, stderr: '' })
    const [only, ...others] = JSON.parse(done.stdout).days.filter((one: { parts: number }) => one.parts > 0)
    expect(others).toEqual([])
    expect(only).toMatchObject({
      timeframe: '2m',
      day: day(sample.to),
      parts: 2 * barsOf()[1],
      rows: 2 * barsOf()[1],
      conflicts: 0,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      file: `data/2m/${day(sample.to)}.parquet`,
      skipped: null,
    })
    const inode = (await stat(path.join(store(), only.file))).ino

    const rest = await barkeep('compact', '--all', '--json')
    expect(rest.code).toBe(0)
    const again = JSON.parse((await barkeep('compact', '--all', '--json')).stdout).days
    expect(again.every(({ skipped }: { skipped: string | null }) => skipped === 'nothing to do')).toBe(true)
    expect((await stat(path.join(store(), only.file))).ino).toBe(inode)
    expect((await window(day(sample.from), day(sample.to))).stdout).toBe(before.stdout)
  })

  it('D2, X5: doctor names a damaged file and exits 1; a viewport answers all the same', async () => {
    const damaged = `data/2m/${day(sample.from)}/zero.parquet`
    await mkdir(path.dirname(path.join(store(), damaged)), { recursive: true })
    await writeFile(path.join(store(), damaged), '')
    const { code, stdout } = await barkeep('doctor', '--json')
    expect(code).toBe(1)
    const { findings } = JSON.parse(stdout)
    expect(findings).toContainEqual({
      code: 'UNREADABLE',
      path: damaged,
      detail: expect.any(String),
      repaired: false,
    })
    const text = await barkeep('doctor')
    expect(text.stdout).toContain(damaged)
    const viewport = await window(day(sample.from), day(sample.to))
    expect(viewport.code).toBe(0)
    expect(JSON.parse(viewport.stdout).problems).toMatchObject([{ file: damaged, code: 'UNREADABLE' }])
    await rm(path.join(store(), damaged))
  })

  it('C11: is turned away by a lock that is held, with its owner', async () => {
    const context = await openContext(store())
    try {
      await withWriterLock(context, 'backfill', async () => {
        for (const args of [
          ['compact', '--all'],
          ['ingest', 'candles', '-', '--backfill'],
        ]) {
          const { code, stdout, stderr } = await barkeep(...args, '--json')
          expect([code, stdout]).toEqual([2, ''])
          expect(stderr).toMatch(
            new RegExp(`^barkeep: .*backfill.*${process.pid}|^barkeep: .*${process.pid}.*backfill`),
          )
        }
      })
    } finally {
      await closeContext(context)
    }
  })

  it('O9: rebuild snapshot tells how many objects there are', async () => {
    const { code, stdout } = await barkeep('rebuild', 'snapshot', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout).objects).toBeGreaterThan(5)
    expect((await barkeep('rebuild', 'snapshot')).stdout).toMatch(/^Snapshot of \d+ objects rebuilt/)
  })

  it('F37 X5: rebuild emas writes the averages of compacted days, once; a second run finds them right', async () => {
    const { code, stdout, stderr } = await barkeep('rebuild', 'emas', '--timeframe', '15m', '--json')
    expect([code, stderr]).toEqual([0, ''])
    const receipt = JSON.parse(stdout) as { files: string[]; rows: number }
    expect(receipt.files.length).toBeGreaterThan(0)
    for (const file of receipt.files) expect(file).toMatch(/^emas\/15m\/\d{4}-\d\d-\d\d\.parquet$/)
    expect(receipt.rows).toBeGreaterThan(10)
    expect((await barkeep('rebuild', 'emas', '--timeframe', '15m')).stdout).toBe(
      `0 files of averages written with 0 values, ${receipt.files.length} right already.\n`,
    )
    expect(await barkeep('rebuild', 'tiers', '--from', '2024-03-08')).toMatchObject({ code: 2, stdout: '' })
    await rm(path.join(store(), 'emas'), { recursive: true })
  })

  it('F32 F33: operations tells what was done, newest first', async () => {
    const { code, stdout } = await barkeep('operations', '--limit', '3', '--json')
    const { operations, total } = JSON.parse(stdout) as {
      operations: { kind: string; program: string }[]
      total: number
    }
    expect([code, operations.length]).toEqual([0, 3])
    expect(operations[0]).toMatchObject({ kind: 'rebuild', program: 'cli' })
    expect(total).toBeGreaterThan(3)
    const text = (await barkeep('operations', '--limit', '1')).stdout
    expect(text).toMatch(
      /^ENDED +WHAT +BY +END +RECEIPT\n.*rebuild +cli +done +\d+ files? of moving averages written/,
    )
    expect(text).toMatch(/\n1 operation of \d+ operations\.\n$/)
  })

  it('R15: rebuild tiers tells the years of each timeframe', async () => {
    const { code, stdout, stderr } = await barkeep('rebuild', 'tiers', '--json')
    expect([code, stderr]).toEqual([0, ''])
    const { tiers, leftOut } = JSON.parse(stdout)
    expect(leftOut).toEqual([])
    const year = day(sample.to).slice(0, 4)
    expect(tiers).toContainEqual({
      timeframe: '2m',
      year,
      days: expect.any(Number),
      bytes: (await stat(path.join(store(), `.barkeep/derived/candles/2m/${year}.tier`))).size,
    })
    expect((await barkeep('rebuild', 'tiers')).stdout).toMatch(
      /^\d+ tiers? of \d+ days? rebuilt, [\d,]+ bytes\.$/m,
    )
  })

  it('X9: a sample goes on top of itself and of nothing else', async () => {
    const again = await barkeep('sample', '--days', '2', '--seed', '5', '--json')
    expect(JSON.parse(again.stdout)).toMatchObject({ bars: 0, events: 0 })
    const other = await barkeep('sample', '--days', '2', '--seed', '6', '--json')
    expect([other.code, other.stdout]).toEqual([2, ''])
    expect(other.stderr).toMatch(/holds other data/)
  })
})
