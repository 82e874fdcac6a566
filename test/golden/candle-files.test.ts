import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { CANDLES } from '../../schemas/tables/index.ts'
import { backfillCandles } from '../../src-main/store/write/backfill.ts'
import { appendCandles } from '../../src-main/store/write/candles.ts'
import { partBytes } from '../../src-main/store/write/part-writer.ts'
import { allFiles, compactCandles, plainRows } from '../support/compaction.ts'
import { bitsOf, golden, independentRows } from '../support/golden.ts'
import { candle, type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')

/** Doubles that betray every detour: through text, through 32 bits, through a decimal type. */
const BARS: readonly CandleRow[] = [
  { ts: TS, open: 0.1 + 0.2, high: 1.7976931348623157e308, low: 5e-324, close: 1 / 3, volume: 2 ** 53 + 2 },
  { ts: TS + 900_000, open: 485.5543, high: 485.62, low: 484.56, close: 484.63, volume: 5_139_946 },
  { ts: TS + 1_800_000, open: 0, high: 0, low: -37.63, close: -0.01, volume: 0 },
  {
    ts: TS,
    symbol: 'BRK.B',
    open: 1e21,
    high: 1e21,
    low: 123_456_789.12345679,
    close: 1e16 + 2,
    volume: 1e-7,
  },
].map((given) => candle({ timeframe: '15m', ...given }))

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

/** The build that wrote the committed dayfile. Another one may encode the same values otherwise. */
const DUCKDB = 'v1.5.5'

/** Files are read by name, not by pattern: the store's folder has brackets and a quote in its name. */
const select = (file: string, what = '*'): string =>
  `SELECT ${what} FROM read_parquet('${file.replaceAll("'", "''").replaceAll('[', '[[]')}')`

async function onlyFile(): Promise<string> {
  const [file, ...others] = await allFiles(path.join(store.root, 'data'))
  if (file === undefined || others.length > 0)
    throw new Error(`one file expected, ${others.length + 1} found`)
  return file
}

describe('files of candles', () => {
  it('S2: a part has the committed bytes', async () => {
    const bytes = await partBytes(CANDLES, { ...(BARS[0] as CandleRow) })
    expect(Buffer.from(bytes).equals(await golden('candle-part.parquet', bytes))).toBe(true)
  })

  it('C6: a dayfile has the committed bytes, from parts as from a backfill', async (context) => {
    const [version] = await plainRows('SELECT version() AS version')
    const dayfile = (root: string): Promise<Buffer> =>
      readFile(path.join(root, 'data/15m/2024-03-08.parquet'))
    await appendCandles(store.context, BARS)
    await compactCandles(store.context)
    const bytes = await dayfile(store.root)
    const other = await temporaryStore()
    await backfillCandles(other.context, [...BARS].reverse())
    expect(bytes.equals(await dayfile(other.root))).toBe(true)
    await other.close()
    if (version?.version !== DUCKDB) {
      context.skip(`the committed dayfile is of DuckDB ${DUCKDB}, this is ${version?.version}`)
    }
    expect(bytes.equals(await golden('candle-dayfile.parquet', bytes))).toBe(true)
  })

  it('S2: an independent reader and a plain DuckDB read the same values, bit for bit', async () => {
    await appendCandles(store.context, BARS)
    const parts = await allFiles(path.join(store.root, 'data'))
    const fromParts = (await Promise.all(parts.map(independentRows))).flat()
    expect(bitsOf(fromParts)).toEqual(bitsOf(BARS.map((row) => ({ ...row }))))
    await compactCandles(store.context)
    const numbered = [BARS[3], ...BARS.slice(0, 3)].map((row, index) => ({
      ...row,
      global_x: index === 0 ? 0 : index - 1,
    }))
    const file = await onlyFile()
    expect(bitsOf(await independentRows(file))).toEqual(bitsOf(numbered))
    const plain = await plainRows(select(file))
    const asNumbers = plain.map((row) => ({ ...row, ts: Number(row.ts), global_x: Number(row.global_x) }))
    expect(bitsOf(asNumbers)).toEqual(bitsOf(numbered))
  })

  it('S2: the columns’ types are the same in a part and in a dayfile, in the schema’s order', async () => {
    const types = async (): Promise<unknown[]> => {
      const rows = await plainRows(`DESCRIBE ${select(await onlyFile())}`)
      return rows.map(({ column_name, column_type }) => [column_name, column_type])
    }
    const expected = CANDLES.columns.map(({ name, type }) => [name, type])
    await appendCandles(store.context, BARS.slice(0, 1))
    expect(await types()).toEqual(expected)
    await compactCandles(store.context)
    expect(await types()).toEqual(expected)
  })
})
