import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import type { LedgerOutcome } from '../../src-main/store/api.ts'
import { backfillCandles } from '../../src-main/store/write/backfill.ts'
import { appendCandles } from '../../src-main/store/write/candles.ts'
import {
  allFiles,
  compactCandles,
  fingerprints,
  globbedBars,
  plainBars,
  sha256sumCheck,
} from '../support/compaction.ts'
import { independentRows } from '../support/golden.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const DATA = path.resolve(import.meta.dirname, '../../../shared/data')
const present = existsSync(DATA)
if (!present) console.log(`skipped: ${DATA} with real SPY bars is not here`)

interface Line {
  readonly symbol: string
  readonly timeframe: string
  readonly timestamp: string
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

async function linesOf(name: string): Promise<Line[]> {
  const text = await readFile(path.join(DATA, name), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}

const asBar = ({ timestamp, ...line }: Line): Omit<CandleRow, 'global_x'> => ({
  ...line,
  ts: Date.parse(timestamp),
  ts_iso: `${new Date(timestamp).toISOString().slice(0, 23)}+00:00`,
})

function counts(outcomes: readonly LedgerOutcome[]): Record<string, number> {
  const found: Record<string, number> = {}
  for (const { outcome } of outcomes) found[outcome] = (found[outcome] ?? 0) + 1
  return found
}

describe.skipIf(!present)('SPY bars', { timeout: 180_000 }, () => {
  let store: TemporaryStore
  let lines: Line[]
  let expected: Omit<CandleRow, 'global_x'>[]
  beforeAll(async () => {
    store = await temporaryStore()
    lines = [...(await linesOf('SPY-2m.ndjson')), ...(await linesOf('SPY-15m.ndjson'))]
    expected = plainBars(lines.map((line) => ({ ...asBar(line), global_x: null })))
  })
  afterAll(() => store.close())

  it('W3: 4,107 and 1,323 bars are taken, and again none', async () => {
    const started = performance.now()
    const of = (timeframe: string): Line[] => lines.filter((line) => line.timeframe === timeframe)
    expect(counts(await appendCandles(store.context, of('2m')))).toEqual({ accepted: 4107 })
    const took = performance.now() - started
    expect(counts(await appendCandles(store.context, of('15m')))).toEqual({ accepted: 1323 })
    console.log(`4,107 bars appended in ${(took / 1000).toFixed(1)} s`)
    expect(counts(await appendCandles(store.context, lines))).toEqual({ duplicate: 5430 })
  })

  it('C1: compacted, a glob counts each bar once, and an independent reader reads every value', async () => {
    const { days } = await compactCandles(store.context)
    expect(days.filter(({ skipped }) => skipped !== null)).toEqual([])
    expect(days.reduce((sum, { rows }) => sum + rows, 0)).toBe(5430)
    const globbed = await globbedBars(store.root)
    expect(plainBars(globbed)).toEqual(expected)
    const files = await allFiles(path.join(store.root, 'data'))
    const independent = (await Promise.all(files.map(independentRows))).flat() as unknown as CandleRow[]
    expect(plainBars(independent)).toEqual(expected)
    // Numbered without a gap, from day to day.
    const numbers = globbed.filter(({ timeframe }) => timeframe === '15m').map(({ global_x }) => global_x)
    expect(numbers).toEqual(Array.from({ length: 1323 }, (_, index) => index))
  })

  it('C3: a second run changes no file', async () => {
    const before = await fingerprints(store.root)
    expect((await compactCandles(store.context)).days).toEqual([])
    expect(await fingerprints(store.root)).toEqual(before)
  })

  it('C7: sha256sum -c passes for every dayfile', async () => {
    const folder = path.join(store.root, '.barkeep/checksums')
    const files = (await allFiles(folder)).map((file) => path.relative(store.root, file))
    expect(files).toHaveLength(70)
    const said = await sha256sumCheck(store.root, files)
    expect(said.match(/: OK\n/g)).toHaveLength(70)
  })

  it('W8: a backfill of the same lines into an empty store gives the same bytes and leaves no part', async () => {
    const other = await temporaryStore()
    expect(counts((await backfillCandles(other.context, lines)).outcomes)).toEqual({ accepted: 5430 })
    const bytesOf = async (root: string): Promise<[string, string][]> => {
      const files = await allFiles(path.join(root, 'data'))
      return Promise.all(
        files.map(async (file) => [path.relative(root, file), (await readFile(file)).toString('base64')]),
      )
    }
    expect(await bytesOf(other.root)).toEqual(await bytesOf(store.root))
    await other.close()
  })
})
