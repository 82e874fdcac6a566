import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatUtcIso } from '../../schemas/contract/market-time.ts'
import type { StorePath } from '../../schemas/contract/units.ts'
import { CANDLES, OBJECT_EVENTS, type TableSchema } from '../../schemas/tables/index.ts'
import { ownDayfileColumns } from '../../src-main/store/read/own-dayfile.ts'
import { readFiles } from '../../src-main/store/read/table-files.ts'
import type { Row } from '../../src-main/store/write/part-writer.ts'
import { copyRows } from '../../src-main/store/write/row-copy.ts'
import { EVENTS_FROM, randomEvent } from '../support/random-events.ts'
import { type Random, seeded } from '../support/seeded.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const FILES = 30

let store: TemporaryStore
let rows = 0
beforeAll(async () => {
  store = await temporaryStore()
  await mkdir(path.join(store.root, 'data/2m'), { recursive: true })
})
afterAll(async () => {
  console.log(`own dayfiles: ${FILES} files, ${rows} rows read twice`)
  await store.close()
})

/** Few different values, many, or none at all: what a dictionary is made of, and what it isn't. */
function bars(random: Random, count: number): Row[] {
  const kinds = random.pick([1, 3, 200, 100_000])
  const price = (): number => (random.int(0, kinds) - 2) * random.pick([0.25, 1e-300, 1e300])
  const numbered = random.pick([0, 0.5, 1])
  const symbols = random.pick([['SPY'], ['BTC/USD', 'SPY', '^GSPC'], ['é', '\u{1f600}', 'x'.repeat(64)]])
  return Array.from({ length: count }, (_, index) => {
    const ts = EVENTS_FROM + index * random.int(1, 120_000)
    return {
      symbol: random.pick(symbols),
      timeframe: '2m',
      ts,
      ts_iso: formatUtcIso(ts),
      ...{ open: price(), high: price(), low: price(), close: price(), volume: price() },
      global_x: random.chance(numbered) ? index : null,
    }
  })
}

async function bothReadings(
  table: TableSchema,
  given: readonly Row[],
  names: readonly string[],
): Promise<void> {
  const file = `data/2m/${store.context.env.randomId()}.parquet` as StorePath
  const target = path.join(store.root, file)
  await copyRows(store.context, table, given, target, { 'barkeep.table': table.name })
  const own = ownDayfileColumns(table, names, file, await store.context.env.readFile(target))
  const { files } = await readFiles(store.context, table, [file], { columns: names })
  expect(own).not.toBeNull()
  expect(own).toEqual(files[0])
  rows += given.length
}

describe('a dayfile of ours, read from its bytes', () => {
  it('S2: holds what DuckDB reads of it, of any size and kind of values', async () => {
    const random = seeded('own dayfiles')
    for (let file = 0; file < FILES; file++) {
      const count = random.pick([1, 2, 7, 8, 9, 31, 195, 195, 1_000, 4_000])
      const names = random.chance(0.5) ? CANDLES.columns.map(({ name }) => name) : ['symbol', 'ts', 'close']
      if (random.chance(0.7)) await bothReadings(CANDLES, bars(random, count), names)
      else {
        const events = Array.from({ length: Math.min(count, 400) }, (_, index) => ({
          ...randomEvent(random, index),
        }))
        await bothReadings(
          OBJECT_EVENTS,
          events,
          OBJECT_EVENTS.columns.map(({ name }) => name),
        )
      }
    }
  })

  it('S2: a file of several row groups is read whole', async () => {
    const file = 'data/2m/one.parquet' as StorePath
    const [one, many] = [file, 'data/2m/many.parquet' as StorePath].map((each) => path.join(store.root, each))
    await copyRows(store.context, CANDLES, bars(seeded('row groups'), 5_000), one as string, {})
    const literal = (text = ''): string => `'${text.replaceAll("'", "''")}'`
    await store.context.duck.rows(
      `COPY (FROM read_parquet(${literal(one)})) TO ${literal(many)} (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
    )
    const names = ['symbol', 'ts', 'global_x']
    const [whole, cut] = await Promise.all(
      [one, many].map(async (each) =>
        ownDayfileColumns(CANDLES, names, file, await store.context.env.readFile(each ?? '')),
      ),
    )
    expect(whole?.rows).toBe(5_000)
    expect(cut).toEqual(whole)
  })

  it('any other layout is left to DuckDB: another table, another compression, bytes cut anywhere', async () => {
    const random = seeded('other layouts')
    const file = 'data/2m/other.parquet' as StorePath
    const target = path.join(store.root, file)
    await copyRows(store.context, CANDLES, bars(random, 50), target, {})
    const bytes = await store.context.env.readFile(target)
    const read = (table: TableSchema, given: Uint8Array): unknown =>
      ownDayfileColumns(table, ['ts'], file, given)
    expect(read(CANDLES, bytes)).not.toBeNull()
    expect(read(OBJECT_EVENTS, bytes)).toBeNull()
    for (let length = 0; length < bytes.length; length += 13)
      expect(read(CANDLES, bytes.subarray(0, length))).toBeNull()
    const zstd = `COPY (SELECT * FROM read_parquet('${target.replaceAll("'", "''")}')) TO '${target.replaceAll("'", "''")}.z' (FORMAT parquet, COMPRESSION zstd)`
    await store.context.duck.rows(zstd)
    expect(read(CANDLES, await store.context.env.readFile(`${target}.z`))).toBeNull()
  })
})
