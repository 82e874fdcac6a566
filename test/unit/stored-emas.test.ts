import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CandleRow, EmaRow } from '../../schemas/generated/rows.ts'
import { brokenChecksums, fingerprints, plainRows } from '../support/compaction.ts'
import { candles, foreignFile, type OpenedStore, openedStore } from '../support/store-fixture.ts'

const DAY = 86_400_000
const OPEN = Date.parse('2024-03-04T14:30:00Z')
const DAYS = ['2024-03-04', '2024-03-05', '2024-03-06', '2024-03-07']

let store: OpenedStore
beforeEach(async () => {
  store = await openedStore()
  await store.writer.changeSettings({ set: { emaPeriods: [3, 5] } })
  await store.writer.backfillCandles(DAYS.flatMap((_, day) => bars(day)))
})
afterEach(() => store.remove())

/** Forty bars of two symbols, of which one begins on the second day. */
function bars(day: number, change = 0): CandleRow[] {
  const wave = (index: number) => 50 + Math.sin(index * 1.7 + day) * 9 + change
  return candles(40, OPEN + day * DAY).flatMap((bar, index) => {
    const close = wave(index)
    const spy = { ...bar, close, open: close, low: close - 1, high: close + 1 }
    return day === 0 ? [spy] : [spy, { ...spy, symbol: 'QQQ' }]
  })
}

async function emaFiles(): Promise<string[]> {
  return (await readdir(path.join(store.root, 'emas/2m')).catch(() => [])).sort()
}

async function storedRows(day = '*'): Promise<EmaRow[]> {
  const glob = path.join(store.root, `emas/**/${day}.parquet`).replaceAll("'", "''").replaceAll('[', '[[]')
  const rows = await plainRows(`SELECT * FROM read_parquet('${glob}') ORDER BY symbol, ts, period`)
  return rows.map((row) => ({
    ...row,
    ts: Number(row.ts),
    period: Number(row.period),
  })) as unknown as EmaRow[]
}

async function shownRows(symbol: string): Promise<Omit<EmaRow, 'ts_iso'>[]> {
  const whole = { symbol, timeframe: '2m', from: OPEN - DAY, to: OPEN + 9 * DAY, emas: [3, 5] }
  const { candles: shown, emas = [] } = await store.reader.viewport(whole)
  return [...shown.ts].flatMap((ts, index) =>
    emas.flatMap(({ period, values }) => {
      const value = values[index] as number
      return Number.isNaN(value) ? [] : [{ symbol, timeframe: '2m', ts, period, value }]
    }),
  )
}

async function findings(): Promise<string[]> {
  const found = await store.reader.doctor()
  return found.flatMap(({ code, path: file, repair }) =>
    code === 'GAP' ? [] : `${code} ${file}${repair === undefined ? '' : ' +'}`,
  )
}

describe('stored moving averages', () => {
  it('F37 S2: a file a compacted day in long form, the values those of the chart bit by bit, by DuckDB and by hyparquet', async () => {
    const receipt = await store.writer.rebuildEmas({})
    expect(receipt).toMatchObject({
      files: DAYS.map((day) => `emas/2m/${day}.parquet`),
      unchanged: 0,
      problems: [],
    })
    const rows = await storedRows()
    expect(receipt.rows).toBe(rows.length)
    expect(rows.map(({ ts_iso: _, ...row }) => row)).toEqual([
      ...(await shownRows('QQQ')),
      ...(await shownRows('SPY')),
    ])
    // The first value of each is that of the series' n-th bar.
    expect(rows.find(({ symbol, period }) => symbol === 'SPY' && period === 5)?.ts).toBe(OPEN + 4 * 120_000)
    expect(rows[0]?.ts_iso).toBe('2024-03-05T14:34:00.000+00:00')
    const file = await asyncBufferFromFile(path.join(store.root, 'emas/2m/2024-03-06.parquet'))
    const second = (await parquetReadObjects({ file })).map((row) => ({
      ...row,
      ts: Number(row.ts),
      period: Number(row.period),
    }))
    expect(second).toEqual(await storedRows('2024-03-06'))
    expect(await brokenChecksums(store.root)).toEqual([])
    expect(await findings()).toEqual([])
  })

  it('F37: the same bars give the same bytes; what is right stays as it is, inode and all', async () => {
    await store.writer.rebuildEmas({})
    const before = await fingerprints(path.join(store.root, 'emas'))
    expect(await store.writer.rebuildEmas({})).toMatchObject({ files: [], unchanged: 4 })
    expect(await fingerprints(path.join(store.root, 'emas'))).toEqual(before)
    await rm(path.join(store.root, 'emas'), { recursive: true })
    await store.writer.rebuildEmas({ from: '2024-03-05', to: '2024-03-06', timeframe: '2M' })
    expect(await emaFiles()).toEqual(['2024-03-05.parquet', '2024-03-06.parquet'])
    const bytes = await readFile(path.join(store.root, 'emas/2m/2024-03-06.parquet'))
    await rm(path.join(store.root, 'emas'), { recursive: true })
    await store.writer.rebuildEmas({})
    expect(await readFile(path.join(store.root, 'emas/2m/2024-03-06.parquet'))).toEqual(bytes)
    await expect(store.writer.rebuildEmas({ from: '2024-03-06', to: '2024-03-05' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
  })

  it('F38: a day that is compacted by hand has its file where the timeframe has some, with those that follow from its bars', async () => {
    await store.writer.appendCandles(bars(4))
    await store.compactor.compact({})
    expect(await emaFiles()).toEqual([])
    await store.writer.rebuildEmas({})
    await store.writer.appendCandles(bars(5))
    await store.compactor.compact({})
    expect(await emaFiles()).toHaveLength(6)
    // A late bar of the fourth day is in what the fifth and sixth are worked out from.
    const late = bars(3)[0] as CandleRow
    await store.writer.appendCandles([{ ...late, ts: late.ts - 120_000, close: 58 }])
    await store.compactor.compact({})
    expect((await storedRows()).map(({ ts_iso: _, ...row }) => row)).toEqual([
      ...(await shownRows('QQQ')),
      ...(await shownRows('SPY')),
    ])
    expect(await findings()).toEqual([])
  })

  it('F39 D2: missing, stale, damaged and left files are found, and repaired from the bars', async () => {
    await store.writer.rebuildEmas({})
    const before = await storedRows()
    await store.writer.backfillCandles(bars(1, 2))
    expect(await findings()).toEqual(['EMAS_STALE emas/2m +'])
    const { findings: first } = await store.compactor.repair()
    expect(first.flatMap(({ repair = [] }) => repair)).toEqual(['3 files written anew'])
    const good = await storedRows()
    expect(good).not.toEqual(before)
    await rm(path.join(store.root, 'emas/2m/2024-03-06.parquet'))
    const damaged = path.join(store.root, 'emas/2m/2024-03-07.parquet')
    const bytes = await readFile(damaged)
    bytes[60] = (bytes[60] ?? 0) ^ 4
    await writeFile(damaged, bytes)
    expect(await findings()).toEqual(['EMAS_MISSING emas/2m +', 'BAD_CHECKSUM emas/2m/2024-03-07.parquet +'])
    const { findings: mended } = await store.compactor.repair()
    expect(mended.filter(({ repaired }) => repaired).map(({ code }) => code)).toEqual([
      'EMAS_MISSING',
      'BAD_CHECKSUM',
    ])
    expect(await storedRows()).toEqual(good)
    expect(await findings()).toEqual(['QUARANTINED .barkeep/quarantine/emas/2m/2024-03-07.parquet'])
    await store.writer.changeSettings({ set: { emaPeriods: [5] } })
    expect(await findings()).toContain('EMAS_STALE emas/2m +')
    await store.compactor.repair()
    expect(await storedRows()).toEqual(good.filter(({ period }) => period === 5))
    await rm(path.join(store.root, 'data/2m/2024-03-07.parquet'))
    expect(await findings()).toContain('EMAS_STALE emas/2m +')
    await store.compactor.repair()
    expect(await emaFiles()).toHaveLength(3)
  })

  it('F37: another program’s file is told, left alone by what follows bars, and kept when it is written anew', async () => {
    await foreignFile(store.root, 'emas/2m/2024-03-05.parquet', "SELECT 'SPY' AS symbol, 1.5 AS ema")
    await mkdir(path.join(store.root, 'emas/odd'), { recursive: true })
    await writeFile(path.join(store.root, 'emas/odd/x.parquet'), 'no parquet')
    const theirs = await readFile(path.join(store.root, 'emas/2m/2024-03-05.parquet'))
    expect(await findings()).toEqual([
      'FOREIGN_FILE emas/2m/2024-03-05.parquet',
      'WRONG_PLACE emas/odd/x.parquet',
    ])
    await store.writer.appendCandles(bars(5))
    await store.compactor.compact({})
    expect(await readFile(path.join(store.root, 'emas/2m/2024-03-05.parquet'))).toEqual(theirs)
    await store.writer.rebuildEmas({})
    expect(await readFile(path.join(store.root, '.barkeep/previous/emas/2m/2024-03-05.parquet'))).toEqual(
      theirs,
    )
    expect((await stat(path.join(store.root, 'emas/2m/2024-03-05.parquet'))).size).toBeGreaterThan(0)
    await store.compactor.purge({ olderThanDays: 0 })
    expect(await readFile(path.join(store.root, '.barkeep/previous/emas/2m/2024-03-05.parquet'))).toEqual(
      theirs,
    )
  })
})
