import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { openStore } from '../../src-main/store/index.ts'
import { allFiles, fingerprints } from '../support/compaction.ts'
import {
  candles,
  foreignDayfile,
  foreignFile,
  type OpenedStore,
  openedStore,
  zoneEvent,
} from '../support/store-fixture.ts'

const FIRST = Date.parse('2024-03-08T14:30:00Z')
const BARS = candles(5, FIRST)
const WINDOW = { symbol: 'SPY', timeframe: '2m', from: FIRST, to: FIRST + 3_600_000 }
const DAYFILE = 'data/2m/2024-03-08.parquet'
const PREVIOUS = `.barkeep/previous/${DAYFILE}`
const RECOVERY = '.barkeep/recovery/data/2m/2024-03-08'
const other = (bar: CandleRow): CandleRow => ({ ...bar, close: bar.open })

let store: OpenedStore
beforeEach(async () => {
  store = await openedStore()
})
afterEach(() => store.remove())

const inStore = (file: string): string => path.join(store.root, file)

/** One bit of the file's middle, which is a row's. */
async function damage(file: string): Promise<void> {
  const bytes = await readFile(inStore(file))
  const place = Math.floor(bytes.length / 3)
  bytes[place] = (bytes[place] ?? 0) ^ 4
  await rm(inStore(file))
  await writeFile(inStore(file), bytes)
}

async function fresh(): Promise<Viewport> {
  const reader = await openStore(store.root)
  try {
    return await reader.reader.viewport(WINDOW)
  } finally {
    await reader.close()
  }
}

async function append(bars: readonly CandleRow[]): Promise<void> {
  const outcomes = await store.writer.appendCandles(bars)
  expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['accepted']))
}

async function compact(): Promise<void> {
  const { days } = await store.compactor.compact({ table: 'candles' })
  for (const { error } of days) expect(error).toBeUndefined()
}

function shown({ candles: { ts, close } }: Viewport): (readonly [number, number])[] {
  return [...ts].map((each, index) => [each, close[index] ?? Number.NaN] as const)
}

const pairs = (bars: readonly CandleRow[]): (readonly [number, number])[] =>
  bars.map(({ ts, close }) => [ts, close] as const)

describe('a damaged dayfile', () => {
  it('R17: is shown whole from its parts of all its compactions when their digest proves them, and is made again', async () => {
    await append(BARS.slice(0, 2))
    await compact()
    await append(BARS.slice(2))
    await compact()
    await damage(DAYFILE)
    const answer = await fresh()
    expect(shown(answer)).toEqual(pairs(BARS))
    expect(answer.problems).toMatchObject([
      { file: DAYFILE, code: 'BAD_CHECKSUM', detail: expect.stringContaining('5 rows that it was made of') },
    ])
    await append([
      { ...BARS[0], ts: FIRST + 3_600_000, ts_iso: '2024-03-08T15:30:00.000+00:00' } as CandleRow,
    ])
    await compact()
    expect((await fresh()).problems).toEqual([])
    expect(shown(await fresh())).toHaveLength(BARS.length + 1)
  })

  it('R17: a part in recovery that is damaged itself is left out and named, of an earlier compaction too', async () => {
    await append(BARS.slice(0, 2))
    await compact()
    const [first = ''] = await allFiles(inStore(RECOVERY))
    await append(BARS.slice(2))
    await compact()
    await damage(DAYFILE)
    await damage(path.relative(store.root, first))
    const answer = await fresh()
    expect(shown(answer)).toEqual(pairs(BARS.slice(1)))
    expect(answer.problems).toMatchObject([
      { file: DAYFILE, code: 'BAD_CHECKSUM', detail: expect.stringContaining('4 parts in recovery') },
      { file: path.relative(store.root, first), code: 'BAD_CHECKSUM' },
    ])
  })

  it('R17: of a backfill gives way to the generation before it, which wins over parts and is never blessed', async () => {
    await append(BARS.slice(0, 3))
    await compact()
    await store.writer.backfillCandles([...BARS.slice(0, 1).map(other), ...BARS.slice(1, 4)])
    await damage(DAYFILE)
    const before = await fingerprints(store.root)
    const answer = await fresh()
    expect(shown(answer)).toEqual(pairs(BARS.slice(0, 3)))
    expect(answer.problems).toMatchObject([
      {
        file: DAYFILE,
        code: 'BAD_CHECKSUM',
        detail: expect.stringMatching(
          /the 3 rows of the generation before it .*backfill of .* may be missing/,
        ),
      },
    ])
    expect(answer.problems[0]?.detail).toContain(PREVIOUS)
    expect(await fingerprints(store.root)).toEqual(before)
    // What was refused as compacted is refused still.
    const again = await openStore(store.root)
    const [outcome] = await again.writer.appendCandles([other(BARS[1] as CandleRow)])
    await again.close()
    expect(outcome?.outcome).toBe('rejected')
  })

  it('R17: a previous generation that is damaged too is not used', async () => {
    await store.writer.backfillCandles(BARS.slice(0, 3))
    await store.writer.backfillCandles(BARS)
    await damage(DAYFILE)
    expect(shown(await fresh())).toEqual(pairs(BARS.slice(0, 3)))
    await damage(PREVIOUS)
    const answer = await fresh()
    expect(shown(answer)).toEqual([])
    expect(answer.problems).toMatchObject([
      { file: DAYFILE, code: 'BAD_CHECKSUM', detail: expect.stringContaining('nothing is left') },
    ])
  })

  it('R17, C14: another program’s generation with what was merged into it since is proven to be all', async () => {
    await foreignDayfile(store.root, BARS.slice(0, 2))
    await append(BARS.slice(2, 4))
    await compact()
    await append(BARS.slice(4))
    await compact()
    await damage(DAYFILE)
    const answer = await fresh()
    expect(shown(answer)).toEqual(pairs(BARS))
    expect(answer.problems).toMatchObject([{ detail: expect.stringContaining('are all there') }])
  })
})

describe('a damaged dayfile of events', () => {
  it('R17: gives way to the generation before it together with what is in recovery', async () => {
    const file = 'objects/timeline/2024-03/2024-03-08.parquet'
    const event = (n: number): object => zoneEvent({ ts: FIRST + n, object_id: `z${n}` })
    await store.writer.appendEvents([event(1), event(2)])
    await store.compactor.compact({ table: 'object_events', day: '2024-03-08' })
    // As another program puts it back: without our metadata, and without the parts it was made of.
    const rows = `SELECT * FROM read_parquet('${inStore(file).replaceAll("'", "''")}')`
    await foreignFile(store.root, `${file}.new`, rows)
    await rename(inStore(`${file}.new`), inStore(file))
    await rm(inStore('.barkeep/recovery'), { recursive: true })
    await store.writer.appendEvents([event(3)])
    const { days } = await store.compactor.compact({ table: 'object_events', day: '2024-03-08' })
    expect(days).toMatchObject([{ rows: 3, skipped: null }])
    await damage(file)
    const { objects, problems } = await fresh()
    expect(objects.map(({ id }) => id)).toEqual(['z1', 'z2', 'z3'])
    expect(problems).toMatchObject([
      {
        file,
        code: expect.stringMatching(/^(BAD_CHECKSUM|UNREADABLE)$/),
        detail: expect.stringContaining(`.barkeep/previous/${file}`),
      },
    ])
  })
})
