import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { candles, foreignFile, type OpenedStore, openedStore, zoneEvent } from '../support/store-fixture.ts'

const OPEN = Date.parse('2024-03-08T14:30:00Z')
const FOLDER = 'data/2m/2024-03-08'
/** Every bar of the day: ours at even places, another program's at odd ones. */
const DAY = candles(20, OPEN)

let store: OpenedStore
beforeEach(async () => {
  store = await openedStore()
})
afterEach(() => store.remove())

/** One bar in one file, its columns as the program that wrote it has them. */
async function file(
  name: string,
  row: CandleRow | undefined,
  columns: (bar: CandleRow) => string,
): Promise<void> {
  if (row === undefined) throw new Error('there are bars enough')
  await foreignFile(store.root, `${FOLDER}/${name}.parquet`, `SELECT ${columns(row)}`)
}

const PRICES = ({ open, high, low, close, volume }: CandleRow): string =>
  `${open}::DOUBLE AS open, ${high}::DOUBLE AS high, ${low}::DOUBLE AS low, ${close}::DOUBLE AS close, ${volume}::DOUBLE AS volume`
/** In Chicago: as a bot there that never thought of offsets writes it. */
const local = ({ ts }: CandleRow): string =>
  `${new Date(ts - 6 * 3_600_000).toISOString().slice(0, 19)}-06:00`
const KEY = "'SPY' AS symbol, '2m' AS timeframe"

/** The forms that pandas and pyarrow give a table, by what is unlike ours in each. */
const FORMS: Readonly<Record<string, (bar: CandleRow) => string>> = {
  'int64 ts, and an index column': (bar) =>
    `${KEY}, ${bar.ts}::BIGINT AS ts, '${bar.ts_iso}' AS ts_iso, ${PRICES(bar)}, 0::BIGINT AS __index_level_0__`,
  'no ts, a local offset in ts_iso': (bar) => `${KEY}, '${local(bar)}' AS ts_iso, ${PRICES(bar)}`,
  'no ts, another local offset in ts_iso': (bar) =>
    `${KEY}, '${new Date(bar.ts - 5 * 3_600_000).toISOString().slice(0, 19)}-05:00' AS ts_iso, ${PRICES(bar)}`,
  'upper-case timeframe': (bar) =>
    `'SPY' AS symbol, '2M' AS timeframe, ${bar.ts}::BIGINT AS ts, ${PRICES(bar)}`,
  'columns of its own': (bar) =>
    `${KEY}, ${bar.ts}::BIGINT AS ts, ${PRICES(bar)}, 'bot-7' AS source, [1, 2] AS tags, {'rsi': 3} AS features`,
  'all-null columns as INT32': (bar) =>
    `${KEY}, ${bar.ts}::BIGINT AS ts, NULL::INTEGER AS ts_iso, ${PRICES(bar)}, NULL::INTEGER AS global_x`,
  'nanoseconds in UTC': (bar) => `${KEY}, make_timestamp_ns(${bar.ts}000000) AS ts, ${PRICES(bar)}`,
  'a time with a zone': (bar) => `${KEY}, to_timestamp(${bar.ts / 1_000}) AS ts, ${PRICES(bar)}`,
  'whole volumes, prices as decimals, columns in another order': ({ ts, open, high, low, close, volume }) =>
    `${volume}::UBIGINT AS volume, ${close}::DECIMAL(12,4) AS close, ${low}::DECIMAL(12,4) AS low, ${high}::DECIMAL(12,4) AS high,
     ${open}::DECIMAL(12,4) AS open, ${ts}::BIGINT AS ts, ${KEY}`,
  'global_x as a double': (bar) =>
    `${KEY}, ${bar.ts}::BIGINT AS ts, ${PRICES(bar)}, 'nan'::DOUBLE AS global_x`,
}

async function shown(): Promise<{ bars: unknown[][]; named: string[] }> {
  const request = { symbol: 'SPY', timeframe: '2m', from: OPEN, to: OPEN + 86_400_000 }
  const { candles: found, problems } = await store.reader.viewport(request)
  const bars = [...found.ts].map((ts, at) => [
    ts,
    ...[found.open, found.high, found.low, found.close, found.volume].map((column) => column[at]),
  ])
  return { bars, named: problems.map(({ file: name, code }) => `${code} ${name}`) }
}

const expected = DAY.map(({ ts, open, high, low, close, volume }) => [ts, open, high, low, close, volume])

describe('files of pandas and pyarrow beside ours in one day', () => {
  it('R8: every form shows right, each bar once, before and after compaction; a zero-byte file is named', async () => {
    const forms = Object.entries(FORMS)
    expect(forms.length).toBe(DAY.length / 2)
    await store.writer.appendCandles(DAY.filter((_, place) => place % 2 === 0))
    for (const [index, [, columns]] of forms.entries())
      await file(`bot-${index}`, DAY[index * 2 + 1], columns)
    await writeFile(path.join(store.root, FOLDER, 'zero.parquet'), '')
    const zero = `UNREADABLE ${FOLDER}/zero.parquet`
    expect(await shown()).toEqual({ bars: expected, named: [zero] })
    await store.compactor.compact({})
    expect((await shown()).bars).toEqual(expected)
    expect((await shown()).named).toEqual([zero])
  })

  it.each(Object.entries(FORMS))('R8: alone, a file with %s', async (_, columns) => {
    await file('bot', DAY[0], columns)
    expect(await shown()).toEqual({ bars: expected.slice(0, 1), named: [] })
  })

  it('R8: events with all-null columns, local times, payload as struct or text, upper-case timeframe', async () => {
    const [ts, iso] = [OPEN, '2024-03-08T08:30:00-06:00']
    const event = (
      id: string,
    ): string => `'${id}' AS event_id, 'create' AS action, '${id}' AS object_id, 'zone' AS type,
      'SPY' AS symbol, '15M' AS timeframe, 12.5 AS top, 10 AS bottom`
    await store.writer.appendEvents([zoneEvent({ ts, object_id: 'ours', top: 12.5, bottom: 10 })])
    const folder = 'objects/timeline/2024-03'
    await foreignFile(
      store.root,
      `${folder}/a.parquet`,
      `SELECT ${event('nulls')}, ${ts}::BIGINT AS ts, NULL::INTEGER AS step, NULL::INTEGER AS label, NULL::INTEGER AS payload,
       NULL::INTEGER AS status, NULL::INTEGER AS y, NULL::INTEGER AS left_ts`,
    )
    await foreignFile(store.root, `${folder}/b.parquet`, `SELECT ${event('local')}, '${iso}' AS ts_iso`)
    await foreignFile(
      store.root,
      `${folder}/c.parquet`,
      `SELECT ${event('struct')}, ${ts}::BIGINT AS ts, {'side': 'bull', 'n': 3} AS payload, 'x' AS source`,
    )
    await foreignFile(
      store.root,
      `${folder}/d.parquet`,
      `SELECT ${event('text')}, make_timestamp(${ts}000) AS ts, '{"side": "bull"}' AS payload`,
    )
    await writeFile(path.join(store.root, folder, 'zero.parquet'), '')
    const request = { symbol: 'SPY', timeframe: '2m', from: OPEN, to: OPEN + 86_400_000 }
    for (const _ of ['parts', 'compacted']) {
      const { objects, problems } = await store.reader.viewport(request)
      expect(problems.map(({ file: name }) => name)).toEqual([`${folder}/zero.parquet`])
      expect(
        objects.map(({ id, created_ts, top, bottom, timeframe }) => [id, created_ts, top, bottom, timeframe]),
      ).toEqual(['local', 'nulls', 'ours', 'struct', 'text'].map((id) => [id, ts, 12.5, 10, '15m']))
      const payloads = Object.fromEntries(objects.map(({ id, payload }) => [id, payload]))
      expect(payloads).toMatchObject({ struct: { side: 'bull', n: 3 }, text: { side: 'bull' }, nulls: null })
      await store.compactor.compact({})
    }
  })
})
