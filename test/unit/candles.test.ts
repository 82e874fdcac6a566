import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import type { Outcome } from '../../src-main/store/api.ts'
import { readDay } from '../../src-main/store/candles/day-files.ts'
import { shownBars } from '../../src-main/store/candles/resolve.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { parsePartName } from '../../src-main/store/layout/file-names.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { appendCandles } from '../../src-main/store/write/candles.ts'
import { onChange } from '../../src-main/store/write/change-news.ts'
import { compactCandles, globbedBars, plainBars } from '../support/compaction.ts'
import {
  candle,
  candles,
  foreignBars,
  type TemporaryStore,
  temporaryStore,
  writePart,
} from '../support/store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')
const FOLDER = 'data/2m/2024-03-08'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

const kinds = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ outcome }) => outcome)
const append = (...rows: readonly unknown[]): Promise<readonly Outcome[]> =>
  appendCandles(store.context, rows)
const parts = (): Promise<string[]> => readdir(path.join(store.root, FOLDER))

async function shown(): Promise<CandleRow[]> {
  const { dayfile, parts } = await readDay(store.context, '2m' as never, '2024-03-08' as never)
  return [...shownBars({ standing: dayfile?.rows ?? null, parts }).values()]
}

/** The real file system, with every effect on files written down. */
function recording(): { readonly env: Env; readonly calls: string[] } {
  const calls: string[] = []
  const env: Env = { ...nodeEnv }
  for (const name of [
    'makeDir',
    'writeNew',
    'syncFile',
    'syncDir',
    'rename',
    'removeFile',
    'readDir',
    'stat',
  ] as const) {
    const real = nodeEnv[name] as (...given: unknown[]) => Promise<unknown>
    Object.assign(env, {
      [name]: (...given: unknown[]) => {
        calls.push(name)
        return real(...given)
      },
    })
  }
  return { env, calls }
}

describe('appendCandles', () => {
  it('W3: the same bar with the same values is a duplicate, in one call, in the next and in another process', async () => {
    const [bar] = candles(1, TS)
    expect(kinds(await append(bar, bar))).toEqual(['accepted', 'duplicate'])
    expect(kinds(await append({ ...bar, timeframe: '2M' }))).toEqual(['duplicate'])
    const other = await openContext(store.root)
    expect(kinds(await appendCandles(other, [bar]))).toEqual(['duplicate'])
    await closeContext(other)
    expect(await parts()).toHaveLength(1)
  })

  it('W3: a duplicate of a compacted bar writes nothing', async () => {
    const rows = candles(3, TS)
    await append(...rows)
    await compactCandles(store.context)
    expect(kinds(await append(...rows))).toEqual(['duplicate', 'duplicate', 'duplicate'])
    expect(await parts()).toEqual([])
  })

  it('W3: a duplicate is acknowledged only once the folder of the part that stands is synced', async () => {
    const { env, calls } = recording()
    const [bar] = candles(1, TS)
    await append(bar)
    const other = await openContext(store.root, { env })
    calls.length = 0
    await appendCandles(other, [bar])
    expect(calls.filter((call) => call === 'syncDir')).toHaveLength(1)
    calls.length = 0
    await appendCandles(other, [bar])
    expect(calls.filter((call) => call === 'syncDir')).toEqual([])
    await closeContext(other)
  })

  it('W4: other values while the day has no dayfile are a conflict; the part written last is shown', async () => {
    const [bar] = candles(1, TS)
    const better = { ...bar, close: 100.25 }
    expect(kinds(await append(bar, better, better, bar))).toEqual([
      'accepted',
      'conflict',
      'duplicate',
      'conflict',
    ])
    expect(await shown()).toEqual([bar])
    expect(kinds(await append(better))).toEqual(['conflict'])
    expect(await shown()).toEqual([better])
    expect(await parts()).toHaveLength(4)
  })

  it('W5: other values of a compacted bar are rejected; a new bar of that day is taken', async () => {
    const rows = candles(3, TS)
    await append(...rows.slice(0, 2))
    await compactCandles(store.context)
    const [first, , late] = rows
    const outcomes = await append({ ...first, close: 100.25 }, late)
    expect(kinds(outcomes)).toEqual(['rejected', 'accepted'])
    expect(outcomes[0]).toMatchObject({ field: null, reason: expect.stringContaining('backfill') })
    expect(await parts()).toHaveLength(1)
    expect(plainBars(await shown())).toEqual(plainBars(rows))
  })

  it('W5: a bar that another process compacts with other values while we write it is told as rejected', async () => {
    const [bar] = candles(1, TS)
    await append(bar)
    const other = await openContext(store.root)
    const real = nodeEnv.syncDir
    let raced = false
    const context = await openContext(store.root, {
      env: {
        ...nodeEnv,
        async syncDir(folder) {
          await real(folder)
          if (raced || !folder.endsWith(FOLDER)) return
          raced = true
          // Compacted from the older part alone, as by a process whose listing ours came too late for.
          const name = (await parts()).sort().at(-1) as string
          const aside = path.join(store.root, name)
          await nodeEnv.rename(path.join(folder, name), aside)
          await compactCandles(other)
          await nodeEnv.rename(aside, path.join(folder, name))
        },
      },
    })
    expect(kinds(await appendCandles(context, [{ ...bar, close: 100.25 }]))).toEqual(['rejected'])
    expect(raced).toBe(true)
    await closeContext(context)
    await closeContext(other)
    expect(plainBars(await shown())).toEqual(plainBars([bar as CandleRow]))
  })

  it('W6: a part’s name lies beyond that of the part it supersedes, though the clock went back', async () => {
    const [bar] = candles(1, TS)
    await append(bar)
    const back = await openContext(store.root, { env: { ...nodeEnv, now: () => 1_000_000_000_000 } })
    expect(kinds(await appendCandles(back, [{ ...bar, close: 100.25 }]))).toEqual(['conflict'])
    await closeContext(back)
    const [older, newer] = (await parts()).sort().map((name) => parsePartName(name)?.writtenMicros ?? 0)
    expect(newer).toBe((older as number) + 1)
    expect((await shown())[0]?.close).toBe(100.25)
  })

  it('W6: values that no part of ours could supersede, for the name it has, are rejected', async () => {
    const [bar] = candles(1, TS)
    await foreignBars(store.root, `${FOLDER}/zz-bot.parquet`, [bar as CandleRow])
    const [outcome] = await append({ ...bar, close: 100.25 })
    expect(outcome).toMatchObject({ outcome: 'rejected', reason: expect.stringContaining('zz-bot.parquet') })
    expect(await parts()).toEqual(['zz-bot.parquet'])
  })

  it('W7: parts of other programs are seen at the next call, and when they are written anew', async () => {
    const rows = candles(4, TS)
    await append(rows[0])
    await foreignBars(store.root, `${FOLDER}/bars.parquet`, rows.slice(1, 2), 'local')
    expect(kinds(await append(...rows.slice(0, 2)))).toEqual(['duplicate', 'duplicate'])
    await rm(path.join(store.root, FOLDER, 'bars.parquet'))
    await foreignBars(store.root, `${FOLDER}/bars.parquet`, rows.slice(1, 3), 'local')
    await utimes(path.join(store.root, FOLDER, 'bars.parquet'), 1, 1)
    expect(kinds(await append(...rows))).toEqual(['duplicate', 'duplicate', 'duplicate', 'accepted'])
  })

  it('W7: a part that can’t be read yet is tried again', async () => {
    const rows = candles(2, TS)
    await append(rows[0])
    const name = 'part-20240308_143000.000001-0a1b2c3d.parquet'
    await writeFile(path.join(store.root, FOLDER, name), '')
    expect(kinds(await append(rows[0]))).toEqual(['duplicate'])
    await rm(path.join(store.root, FOLDER, name))
    await foreignBars(store.root, `${FOLDER}/${name}`, rows.slice(1))
    expect(kinds(await append(rows[1]))).toEqual(['duplicate'])
  })

  it('W1: acknowledged after write, fsync, rename and one fsync of the folder; the folder is made once', async () => {
    const { env, calls } = recording()
    const context = await openContext(store.root, { env })
    const [first, second] = candles(2, TS)
    await appendCandles(context, [first])
    calls.length = 0
    await appendCandles(context, [second])
    // One listing and one look at the dayfile: nothing else beyond the raw write.
    const write = ['writeNew', 'syncFile', 'rename', 'syncDir']
    expect(calls).toEqual(['readDir', 'stat', ...write])
    calls.length = 0
    await appendCandles(context, [{ ...second, close: 100.25 }])
    // What supersedes a bar is looked at once more: the day may have been compacted meanwhile.
    expect(calls).toEqual(['readDir', 'stat', ...write, 'stat'])
    await closeContext(context)
  })

  it('W1: folders that somebody took away are made again', async () => {
    const rows = candles(2, TS)
    await append(rows[0])
    await rm(path.join(store.root, FOLDER), { recursive: true })
    await rm(path.join(store.root, '.barkeep'), { recursive: true })
    expect(kinds(await append(...rows))).toEqual(['accepted', 'accepted'])
    expect(plainBars(await globbedBars(store.root))).toEqual(plainBars(rows))
    const next = candles(3, TS)[2]
    await rm(path.join(store.root, '.barkeep'), { recursive: true })
    expect(kinds(await append(next))).toEqual(['accepted'])
  })

  it('W3: a bar that seemed new, and whose part was staged while the folder was listed, leaves nothing when it isn’t', async () => {
    const [first, second, third] = candles(3, TS)
    await append(first)
    await writePart(store.context, second as CandleRow)
    expect(kinds(await append(second))).toEqual(['duplicate'])
    await writePart(store.context, third as CandleRow)
    expect(kinds(await append({ ...third, close: 100.5 }))).toEqual(['conflict'])
    expect(await parts()).toHaveLength(4)
    expect((await shown()).map(({ close }) => close)).toEqual([first?.close, second?.close, 100.5])
    expect(await readdir(store.context.staging)).toEqual([])
  })

  it('W2: when the disk fails at one bar, those before it are durable and the failure says how many', async () => {
    const rows = candles(20, TS)
    let writes = 0
    const context = await openContext(store.root, {
      env: {
        ...nodeEnv,
        writeNew(target, bytes) {
          writes += 1
          return writes === 18
            ? Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
            : nodeEnv.writeNew(target, bytes)
        },
      },
    })
    await expect(appendCandles(context, rows)).rejects.toMatchObject({
      code: 'NO_SPACE',
      message: expect.stringContaining('first 17'),
    })
    const kept = plainBars(await globbedBars(store.root))
    for (const bar of plainBars(rows.slice(0, 17))) expect(kept).toContainEqual(bar)
    expect(kinds(await appendCandles(context, rows)).slice(0, 17)).toEqual(Array(17).fill('duplicate'))
    expect(plainBars(await globbedBars(store.root))).toEqual(plainBars(rows))
    await closeContext(context)
  })

  it('V9: a given global_x is not stored', async () => {
    await append({ ...candle({ ts: TS, timeframe: '15m' }), global_x: 7 })
    expect((await globbedBars(store.root))[0]?.global_x).toBeNull()
  })

  it('V1: bad documents are outcomes in their place, whatever stands around them', async () => {
    const rows = candles(2, TS)
    const outcomes = await append(rows[0], null, 'x', { ...rows[1], volume: -1 }, rows[1])
    expect(kinds(outcomes)).toEqual(['accepted', 'rejected', 'rejected', 'rejected', 'accepted'])
    expect(outcomes[3]).toMatchObject({ field: 'volume' })
  })

  it('V5: a symbol that is a path writes nothing', async () => {
    expect(await append({ ...candle({ ts: TS }), symbol: '../../x' })).toMatchObject([
      { outcome: 'rejected', field: 'symbol' },
    ])
    expect(await globbedBars(store.root)).toEqual([])
  })

  it('bars of several timeframes, symbols and days in one call, interleaved', async () => {
    const rows = [
      ...candles(5, TS),
      ...candles(5, TS, { timeframe: '15m', step: 900_000 }),
      ...candles(5, TS + 86_400_000, { symbol: 'QQQ' }),
    ].sort((a, b) => a.ts - b.ts || (a.timeframe < b.timeframe ? -1 : 1))
    expect(new Set(kinds(await append(...rows)))).toEqual(new Set(['accepted']))
    expect(plainBars(await globbedBars(store.root))).toEqual(plainBars(rows))
  })

  it('overlapping calls with the same bars take each bar once', async () => {
    const rows = candles(30, TS)
    const outcomes = await Promise.all([append(...rows), append(...rows), append(...rows)])
    expect(outcomes.flat().filter(({ outcome }) => outcome === 'accepted')).toHaveLength(30)
    expect(await parts()).toHaveLength(30)
  })

  it('a dry run tells the same outcomes and writes nothing', async () => {
    const [bar, other] = candles(2, TS)
    await append(bar)
    const documents = [bar, { ...bar, close: 100.25 }, other, other]
    const dry = await appendCandles(store.context, documents, { dryRun: true })
    expect(kinds(dry)).toEqual(['duplicate', 'conflict', 'accepted', 'duplicate'])
    expect(await parts()).toHaveLength(1)
    expect(kinds(await append(...documents))).toEqual(kinds(dry))
  })

  it('each part is told once it is durable', async () => {
    const told: string[] = []
    const end = onChange(store.context, (change) =>
      told.push(change.kind === 'part' ? change.file : change.day),
    )
    await append(...candles(3, TS))
    end()
    await append(...candles(1, TS + 3_600_000))
    expect(told.sort()).toEqual(
      (await parts())
        .sort()
        .slice(0, 3)
        .map((name) => `${FOLDER}/${name}`),
    )
  })

  it('X4: days written to long ago are forgotten, and still known from disk', async () => {
    const days = Array.from({ length: 80 }, (_, index) =>
      candle({ ts: TS + index * 86_400_000, timeframe: '1d' }),
    )
    await append(...days)
    expect(new Set(kinds(await append(...days)))).toEqual(new Set(['duplicate']))
  })

  it('a bar that stands in a foreign part folder’s file of another name order is known by C1’s rule', async () => {
    const [bar] = candles(1, TS)
    await mkdir(path.join(store.root, FOLDER), { recursive: true })
    await foreignBars(store.root, `${FOLDER}/aa.parquet`, [bar as CandleRow])
    await writePart(store.context, { ...(bar as CandleRow), close: 100.25 })
    expect(kinds(await append({ ...bar, close: 100.25 }))).toEqual(['duplicate'])
    expect(kinds(await append(bar))).toEqual(['conflict'])
  })
})
