import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatUtcIso } from '../../schemas/contract/market-time.ts'
import type { StorePath } from '../../schemas/contract/units.ts'
import { CANDLES, OBJECT_EVENTS, type TableSchema } from '../../schemas/tables/index.ts'
import { ownPartRow } from '../../src-main/store/read/own-part.ts'
import { readFiles, rowsOf } from '../../src-main/store/read/table-files.ts'
import { partBytes, type Row } from '../../src-main/store/write/part-writer.ts'
import { copyRows } from '../../src-main/store/write/row-copy.ts'
import { EVENTS_FROM, randomEvent } from '../support/random-events.ts'
import { type Random, seeded } from '../support/seeded.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const FOLDER = 'data/2m/2024-03-08'
const ROWS = 150

let store: TemporaryStore
beforeAll(async () => {
  store = await temporaryStore()
  await mkdir(path.join(store.root, FOLDER), { recursive: true })
})
afterAll(() => store.close())

/** Doubles of every size, with all their bits. */
function price(random: Random): number {
  return random.chance(0.1) ? 0 : (random.next() - 0.3) * 10 ** random.int(-300, 300)
}

function randomBar(random: Random): Row {
  const ts = EVENTS_FROM + random.int(-(10 ** 12), 10 ** 12)
  return {
    symbol: random.pick(['SPY', 'BTC/USD', '^GSPC', 'x'.repeat(64), 'é', '\u{1f600}', '\u0000']),
    timeframe: random.pick(['2m', '15m']),
    ts,
    ts_iso: formatUtcIso(ts),
    ...{ open: price(random), high: price(random), low: price(random), close: price(random) },
    volume: price(random),
    global_x: random.pick([null, 0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]),
  }
}

describe('a part of ours, read from its bytes', () => {
  it.each([
    ['candles', CANDLES, (random: Random): Row => randomBar(random)],
    ['events', OBJECT_EVENTS, (random: Random, index: number): Row => ({ ...randomEvent(random, index) })],
  ] as const)('S2: of %s is what DuckDB reads, and what was written', async (name, table, make) => {
    const random = seeded(`own parts of ${name}`)
    const rows = Array.from({ length: ROWS }, (_, index) => make(random, index))
    const files: StorePath[] = []
    const decoded: unknown[] = []
    for (const [index, row] of rows.entries()) {
      const bytes = await partBytes(table, row)
      const file = `${FOLDER}/${name}-${index}.parquet` as StorePath
      await writeFile(path.join(store.root, file), bytes)
      files.push(file)
      const read = ownPartRow(table, file, bytes)
      if (read === null) throw new Error(`${JSON.stringify(row)} is not understood`)
      decoded.push(...rowsOf(table, read))
    }
    const { files: byDuckDb, problems } = await readFiles(store.context, table, files)
    expect(problems).toEqual([])
    expect(decoded).toEqual(byDuckDb.flatMap((read) => rowsOf(table, read)))
    expect(decoded).toEqual(rows)
  })

  it('any other layout is left to DuckDB: a dayfile of ours, another table’s part, bytes cut anywhere', async () => {
    const row = { ...randomBar(seeded('other layouts')), symbol: 'SPY' }
    const file = `${FOLDER}/other.parquet` as StorePath
    const bytes = await partBytes(CANDLES, row)
    const refused = (table: TableSchema, given: Uint8Array): void =>
      expect(ownPartRow(table, file, given)).toBeNull()
    refused(OBJECT_EVENTS, bytes)
    refused(CANDLES, new Uint8Array())
    for (let length = 0; length < bytes.length; length += 7) refused(CANDLES, bytes.subarray(0, length))
    await copyRows(store.context, CANDLES, [row, row], path.join(store.root, file), {})
    refused(CANDLES, await store.context.env.readFile(path.join(store.root, file)))
    expect(ownPartRow(CANDLES, file, bytes)?.rows).toBe(1)
  })
})
