import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StorePath } from '../../schemas/contract/units.ts'
import { CANDLES, OBJECT_EVENTS } from '../../schemas/tables/index.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { parsePartName, parseStorePath, partName } from '../../src-main/store/layout/file-names.ts'
import { PartWriter, partBytes } from '../../src-main/store/write/part-writer.ts'

const candle = {
  symbol: 'SPY',
  timeframe: '15m',
  ts: 1_709_908_200_000,
  ts_iso: '2024-03-08T14:30:00.000+00:00',
  open: 0.1 + 0.2,
  high: 1.7976931348623157e308,
  low: 5e-324,
  close: 484.63,
  volume: 0,
  global_x: null,
}

async function read(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  const file = new Uint8Array(bytes).buffer
  return await parquetReadObjects({ file })
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'barkeep-parts-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('partBytes', () => {
  it('S2: hyparquet reads every value back, bit for bit', async () => {
    const [row] = await read(await partBytes(CANDLES, candle))
    expect(row).toEqual({ ...candle, ts: BigInt(candle.ts) })
    expect(Object.keys(row ?? {})).toEqual(CANDLES.columns.map(({ name }) => name))
  })

  it('S2: integers to ±(2^53−1), unicode text and JSON come back', async () => {
    for (const value of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -1, 0, 2 ** 32, -(2 ** 31)]) {
      const [row] = await read(await partBytes(CANDLES, { ...candle, global_x: value }))
      expect(row?.global_x).toBe(BigInt(value))
    }
    const event = {
      event_id: 'é-😀-\u0000',
      ts: candle.ts,
      ts_iso: candle.ts_iso,
      action: 'create',
      object_id: 'z',
      type: 'zone',
      symbol: 'SPY',
      timeframe: '15m',
      label: '',
      payload: { a: [1, 'x', null], é: '😀' },
    }
    const [row] = await read(await partBytes(OBJECT_EVENTS, event))
    expect(row).toMatchObject({ ...event, ts: BigInt(event.ts), reason: null })
  })

  it('S2: statistics stand on ts only', async () => {
    const bytes = await partBytes(CANDLES, candle)
    const columns = parquetMetadata(new Uint8Array(bytes).buffer).row_groups[0]?.columns ?? []
    const withStatistics = columns.filter(({ meta_data }) => meta_data?.statistics?.min_value !== undefined)
    expect(withStatistics.map(({ meta_data }) => meta_data?.path_in_schema.join('.'))).toEqual(['ts'])
  })

  it('V3: refuses what its column cannot hold exactly', async () => {
    for (const change of [
      { open: Number.NaN },
      { open: '1.5abc' },
      { ts: 1.5 },
      { ts: 2 ** 53 },
      { symbol: 5 },
      { close: null },
    ]) {
      await expect(partBytes(CANDLES, { ...candle, ...change })).rejects.toMatchObject({ code: 'BAD_ROW' })
    }
  })
})

describe('PartWriter', () => {
  it('W6: names rise strictly, with the clock standing still and running back', async () => {
    let now = 1_709_908_200_000
    const writer = new PartWriter({ ...nodeEnv, now: () => now }, folder, folder)
    const target = path.join(folder, 'rising')
    const names: string[] = []
    for (let index = 0; index < 20; index++) {
      if (index === 10) now -= 3_600_000
      names.push(await writer.write(target, CANDLES, candle))
    }
    expect([...names].sort()).toEqual(names)
    const after = await writer.write(
      target,
      CANDLES,
      candle,
      (parsePartName(names.at(-1) ?? '')?.writtenMicros ?? 0) + 5e9,
    )
    expect(after > (names.at(-1) ?? '')).toBe(true)
    expect((await readdir(target)).length).toBe(21)
  })

  it('S2: the same row gives the same bytes', async () => {
    const target = path.join(folder, 'same')
    const writer = new PartWriter(nodeEnv, folder, folder)
    const names = [await writer.write(target, CANDLES, candle), await writer.write(target, CANDLES, candle)]
    const [first, second] = await Promise.all(names.map((name) => readFile(path.join(target, name))))
    expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true)
  })
})

describe('file names', () => {
  it('L1: a part’s name tells when it was written, to the microsecond', () => {
    const name = partName(1_709_908_200_123_456, '0a1b2c3d')
    expect(name).toBe('part-20240308_143000.123456-0a1b2c3d.parquet')
    expect(parsePartName(name)).toEqual({ writtenMicros: 1_709_908_200_123_456, id: '0a1b2c3d' })
    for (const bad of ['part-20240308_143000.123456-0A1B2C3D.parquet', 'part.parquet', `${name}.tmp`]) {
      expect(parsePartName(bad)).toBeNull()
    }
  })

  it.each([
    ['data/2m/2024-03-08/part-20240308_143000.123456-0a1b2c3d.parquet', 'part'],
    ['data/2m/2024-03-08/anything.parquet', 'part'],
    ['data/2m/2024-03-08.parquet', 'dayfile'],
    ['objects/timeline/2024-03/x.parquet', 'part'],
    ['objects/timeline/2024-03/2024-03-08.parquet', 'dayfile'],
    ['objects/timeline/2024-03/2024-03.parquet', 'monthfile'],
    ['objects/current/objects.parquet', 'snapshot'],
    ['data/2M/2024-03-08.parquet', 'unknown'],
    ['data/2m/2024-02-31.parquet', 'unknown'],
    ['data/2m/2024-03-08/deeper/x.parquet', 'unknown'],
    ['data/2m/2024-03-08/x.parquet.tmp', 'unknown'],
  ])('L6: %s is a %s', (file, kind) => {
    expect(parseStorePath(file as StorePath).kind).toBe(kind)
  })
})
