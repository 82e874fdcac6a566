import { readFile, rm, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { globbedBars } from '../support/compaction.ts'
import { compactionBench, DAY, TS } from '../support/compaction-bench.ts'
import { candles, foreignDayfile, writePart, writeParts } from '../support/store-fixture.ts'

const bench = compactionBench()
const { compact, inStore } = bench

describe('global_x', () => {
  const at15 = (count: number, ts: number, given: Partial<CandleRow> = {}): CandleRow[] =>
    candles(count, ts, { timeframe: '15m', step: 900_000, ...given })

  async function numbers(symbol = 'SPY'): Promise<(number | null)[]> {
    const bars = await globbedBars(bench.store.root)
    return bars.filter((bar) => bar.symbol === symbol).map(({ global_x }) => global_x)
  }

  it('C8: 15m dayfiles number their bars per symbol from day to day; other timeframes have none', async () => {
    await writeParts(bench.store.context, [
      ...at15(3, TS),
      ...at15(2, TS + DAY),
      ...at15(2, TS + DAY, { symbol: 'QQQ' }),
    ])
    await writeParts(bench.store.context, candles(2, TS))
    await compact()
    await writeParts(bench.store.context, [
      ...at15(2, TS + 40 * DAY),
      ...at15(1, TS + 40 * DAY, { symbol: 'QQQ' }),
    ])
    await compact()
    const all = await globbedBars(bench.store.root)
    const of = (symbol: string) => all.filter((bar) => bar.timeframe === '15m' && bar.symbol === symbol)
    expect(of('SPY').map(({ global_x }) => global_x)).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(of('QQQ').map(({ global_x }) => global_x)).toEqual([0, 1, 2])
    expect(all.filter(({ timeframe }) => timeframe === '2m').map(({ global_x }) => global_x)).toEqual([
      null,
      null,
    ])
  })

  it('C8: a symbol that was away for a hundred days goes on from its last number', async () => {
    await writeParts(bench.store.context, [...at15(3, TS), ...at15(1, TS, { symbol: 'QQQ' })])
    for (let day = 1; day <= 100; day++) await foreignDayfileOf15m(day)
    await compact()
    await writeParts(bench.store.context, at15(2, TS + 101 * DAY))
    await compact()
    expect(await numbers()).toEqual([0, 1, 2, 3, 4])
  })

  /** Dayfiles in between that say nothing of the symbol. */
  async function foreignDayfileOf15m(day: number): Promise<void> {
    if (day === 1) await foreignDayfile(bench.store.root, at15(1, TS + DAY, { symbol: 'IWM' }))
    const name = new Date(TS + day * DAY).toISOString().slice(0, 10)
    if (day > 1) {
      await writeFile(
        inStore(`data/15m/${name}.parquet`),
        await readFile(inStore('data/15m/2024-03-09.parquet')),
      )
    }
  }

  it('C8: a bar that joins a numbered day, or comes before numbered days, has no number; no number changes', async () => {
    const [first, second, third] = at15(3, TS) as [CandleRow, CandleRow, CandleRow]
    await writeParts(bench.store.context, [first, third, ...at15(2, TS + DAY)])
    await compact()
    await writeParts(bench.store.context, [
      second,
      ...at15(2, TS - DAY),
      ...at15(1, TS - DAY, { symbol: 'QQQ' }),
    ])
    await compact()
    expect(await numbers()).toEqual([null, null, 0, null, 1, 2, 3])
    // QQQ has no later number: it begins there.
    expect(await numbers('QQQ')).toEqual([0])
    await writeParts(bench.store.context, at15(1, TS + 2 * DAY))
    await compact()
    expect((await numbers()).at(-1)).toBe(4)
  })

  it('C8: numbers go on from the highest though another program began anew in between', async () => {
    await writeParts(bench.store.context, at15(3, TS))
    await compact()
    await foreignDayfile(
      bench.store.root,
      at15(2, TS + DAY).map((row, index) => ({ ...row, global_x: index })),
    )
    await writeParts(bench.store.context, at15(2, TS + 2 * DAY))
    await compact()
    expect(await numbers()).toEqual([0, 1, 2, 0, 1, 3, 4])
  })

  it('C8: a damaged earlier dayfile’s numbers come from its record; without one the day waits', async () => {
    await writeParts(bench.store.context, at15(3, TS))
    await compact()
    const file = 'data/15m/2024-03-08.parquet'
    await rm(inStore(file))
    await writeFile(inStore(file), 'damaged')
    await writeParts(bench.store.context, at15(2, TS + DAY))
    expect((await compact({ day: '2024-03-09' })).days).toMatchObject([{ rows: 2, skipped: null }])
    await rm(inStore(`.barkeep/generations/${file}.json`))
    await rm(inStore('.barkeep/generations/data/15m/2024-03-09.parquet.json'))
    await rm(inStore('data/15m/2024-03-09.parquet'))
    await writeParts(bench.store.context, at15(2, TS + DAY))
    expect((await compact({ day: '2024-03-09' })).days).toMatchObject([
      { skipped: 'failed', error: { code: 'UNREADABLE', file } },
    ])
    await rm(inStore(file))
  })

  it('C8: a rebuilt 15m dayfile has the numbers that it had', async () => {
    const rows = at15(4, TS)
    await writeParts(bench.store.context, [...rows.slice(0, 2), ...at15(1, TS + DAY)])
    await compact()
    await writePart(bench.store.context, rows[2] as CandleRow)
    await compact()
    const file = inStore('data/15m/2024-03-08.parquet')
    await rm(file)
    await writeFile(file, 'damaged')
    await writePart(bench.store.context, rows[3] as CandleRow)
    expect((await compact()).days).toMatchObject([{ rows: 4, skipped: null }])
    expect(await numbers()).toEqual([0, 1, null, null, 2])
  })
})
