import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import type { ExportReceipt } from '../../schemas/contract/jobs.ts'
import type { ExportRequest } from '../../schemas/generated/requests.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { audit, decision, ledgerDay, plainSeries } from '../support/ledger-store.ts'
import { candles, temporaryFolder, zoneEvent } from '../support/store-fixture.ts'

let root: string
let out: string

beforeEach(async () => {
  root = await temporaryFolder('export')
  out = await temporaryFolder('out')
})
afterEach(async () => {
  await rm(root, { recursive: true })
  await rm(out, { recursive: true })
})

const DECISIONS = [
  decision('a', '2024-03-10T07:30', {
    symbol: 'ES=F',
    macro_regimes: ['risk_on', 'a "b", c'],
    key_features: { rsi_14: 61.5, side: 'up', flag: true, none: null, 'ключ ✓': 1e-7 },
    outcome_pnl: -0.1,
    outcome_hit: false,
    outcome_holding_period_bars: 9_007_199_254_740_991,
  }),
  // An hour later by the clock in Chicago than it seems: 02:00 became 03:00.
  decision('=HYPERLINK("x")', '2024-03-10T08:30', { macro_regimes: [], action: '', provenance: null }),
  decision('line\nbreak', '2024-03-10T08:31', {
    key_features: {},
    effective_weights: {},
    policy_components: null,
  }),
]

async function fill(): Promise<void> {
  const context = await openContext(root)
  await ledgerDay(context, plainSeries('decisions'), '2024-03-10', DECISIONS)
  await ledgerDay(context, plainSeries('audits'), '2024-03-10', [
    audit('x#1', '2024-03-10T08:00', { raw_value: 5, normalized_value: 'n/a' }),
    audit('y', '2024-03-10T09:00', { feature_name: null, issues: [], raw_value: null }),
  ])
  await closeContext(context)
}

async function exported(
  given: Partial<ExportRequest> & Pick<ExportRequest, 'table' | 'format'>,
  name = `rows.${given.format}`,
): Promise<ExportReceipt> {
  const store = await openStore(root)
  try {
    return await store.writer.exportTable({ filter: {}, ...given }, path.join(out, name))
  } finally {
    await store.close()
  }
}

/** A reader of RFC 4180 of the test's own; an unquoted empty cell is null. */
function parseCsv(text: string): (string | null)[][] {
  const rows: (string | null)[][] = []
  let row: (string | null)[] = []
  let at = 0
  while (at < text.length) {
    let cell: string | null = null
    if (text[at] === '"') {
      cell = ''
      for (at++; ; at++) {
        if (text[at] === '"' && text[at + 1] === '"') cell += text[at++]
        else if (text[at] === '"') break
        else cell += text[at]
      }
      at++
    } else {
      const end = text.slice(at).search(/,|\r\n/)
      cell = text.slice(at, at + end) || null
      at += end
    }
    row.push(cell)
    if (text[at] === ',') at++
    else {
      expect(text.slice(at, at + 2)).toBe('\r\n')
      at += 2
      rows.push(row)
      row = []
    }
  }
  return rows
}

describe('exports', () => {
  it('Q12: Parquet in the table’s own schema, read by another reader', async () => {
    await fill()
    const receipt = await exported({ table: 'decisions', format: 'parquet' })
    expect(receipt).toMatchObject({ rows: 3, problems: [], file: path.join(out, 'rows.parquet') })
    const file = await asyncBufferFromFile(receipt.file)
    expect(receipt.bytes).toBe(file.byteLength)
    const rows = await parquetReadObjects({ file })
    expect(rows.map(({ decision_id }) => decision_id)).toEqual(DECISIONS.map((row) => row.decision_id))
    expect(rows[0]).toMatchObject({
      symbol: 'ES=F',
      timestamp_utc: '2024-03-10T07:30:00.000+00:00',
      macro_regimes: ['risk_on', 'a "b", c'],
      outcome_pnl: -0.1,
      outcome_hit: false,
      outcome_holding_period_bars: 9_007_199_254_740_991n,
      effective_weights: { trend: 0.25 },
    })
    expect(rows[1]).toMatchObject({ macro_regimes: [], provenance: undefined, action: '' })
    const [own] = await readdir(path.join(root, 'decisions'))
    const standing = await asyncBufferFromFile(path.join(root, 'decisions', own ?? ''))
    const types = async (buffer: typeof file): Promise<unknown> =>
      parquetSchema(await parquetMetadataAsync(buffer)).children.map(({ element }) => [
        element.name,
        element.type,
        element.converted_type,
        element.logical_type,
      ])
    expect(await types(file)).toEqual(await types(standing))
    expect(rows).toEqual(await parquetReadObjects({ file: standing }))
  })

  it('Q13: CSV by RFC 4180, times in UTC and in the display zone', async () => {
    await fill()
    const receipt = await exported({ table: 'decisions', format: 'csv' })
    const [header = [], ...rows] = parseCsv(await readFile(receipt.file, 'utf8'))
    expect(header.slice(0, 5)).toEqual([
      'run_id',
      'decision_id',
      'timestamp_utc',
      'time_america_chicago',
      'symbol',
    ])
    const cell = (row: number, name: string): string | null | undefined => rows[row]?.[header.indexOf(name)]
    expect(rows).toHaveLength(3)
    expect([0, 1, 2].map((row) => cell(row, 'time_america_chicago'))).toEqual([
      '2024-03-10T01:30:00.000-06:00',
      '2024-03-10T03:30:00.000-05:00',
      '2024-03-10T03:31:00.000-05:00',
    ])
    expect(cell(0, 'symbol')).toBe('ES=F')
    // What a spreadsheet would run is told as text.
    expect(cell(1, 'decision_id')).toBe('\'=HYPERLINK("x")')
    expect(cell(2, 'decision_id')).toBe('line\nbreak')
    expect(JSON.parse(cell(0, 'macro_regimes') ?? '')).toEqual(DECISIONS[0]?.macro_regimes)
    expect(JSON.parse(cell(0, 'key_features') ?? '')).toEqual(DECISIONS[0]?.key_features)
    expect([cell(0, 'outcome_pnl'), cell(0, 'outcome_hit')]).toEqual(['-0.1', 'false'])
    expect(cell(0, 'outcome_holding_period_bars')).toBe('9007199254740991')
    // Null is nothing, empty text is quoted.
    expect([cell(1, 'provenance'), cell(1, 'action')]).toEqual([null, ''])
    const stats = await exported({ table: 'stats', format: 'csv' }, 'stats.csv')
    expect(stats.rows).toBe(0)
    expect(await readFile(stats.file, 'utf8')).toMatch(
      /^run_id,timestamp_utc,time_america_chicago,.*window_end_america_chicago,metadata\r\n$/,
    )
  })

  it('Q12: the filter chooses, as of then hides', async () => {
    await fill()
    const one = await exported({
      table: 'audits',
      format: 'parquet',
      filter: { issues: ['type_mismatch'], to: Date.parse('2024-03-10T08:30Z') },
    })
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(one.file) })
    expect(rows).toMatchObject([{ audit_id: 'x#1', raw_value: 5, normalized_value: 'n/a' }])
    const then = await exported({
      table: 'decisions',
      format: 'parquet',
      filter: { asOf: Date.parse('2024-03-10T08:00Z') },
    })
    expect(await parquetReadObjects({ file: await asyncBufferFromFile(then.file) })).toMatchObject([
      { decision_id: 'a', outcome_pnl: null, outcome_hit: null },
    ])
    const refused = await exported({ table: 'audits', format: 'csv', filter: { symbols: ['SPY'] } }).catch(
      (error: unknown) => error,
    )
    expect(refused).toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('Q14: candles and events, each once, with the numbers of their bars', async () => {
    const store = await openStore(root)
    const start = Date.parse('2024-03-08T14:30:00Z')
    const bars = candles(4, start, { timeframe: '15m' }).map(({ ts_iso: _, global_x: __, ...bar }) => bar)
    await store.writer.appendCandles(bars)
    await store.compactor.compact({ day: '2024-03-08' })
    await store.writer.appendEvents([
      zoneEvent({ ts: start, object_id: 'z' }),
      zoneEvent({ ts: start + 1, object_id: 'y' }),
    ])
    await store.close()
    const receipt = await exported({ table: 'candles', format: 'parquet', filter: { from: start + 1 } })
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(receipt.file) })
    expect(rows.map(({ ts, global_x }) => [Number(ts) - start, Number(global_x)])).toEqual([
      [120_000, 1],
      [240_000, 2],
      [360_000, 3],
    ])
    const events = await exported({ table: 'object_events', format: 'csv' })
    const [header = [], ...lines] = parseCsv(await readFile(events.file, 'utf8'))
    expect(lines.map((line) => line[header.indexOf('object_id')])).toEqual(['z', 'y'])
    expect(lines[0]?.[header.indexOf('time_america_chicago')]).toBe('2024-03-08T08:30:00.000-06:00')
    const none = await exported({ table: 'candles', format: 'csv', symbol: 'NONE' })
    expect(none.rows).toBe(0)
  })

  it('Q15: what stood there stays until the new file is whole, and where the store’s files stand nothing is written', async () => {
    await fill()
    const target = path.join(out, 'rows.csv')
    await writeFile(target, 'old')
    const context = await openStore(root, {
      env: {
        ...nodeEnv,
        append: async (file, bytes) => {
          if (file.startsWith(out)) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
          await nodeEnv.append(file, bytes)
        },
      },
    })
    const request: ExportRequest = { table: 'decisions', format: 'csv', filter: {} }
    const full = await context.writer.exportTable(request, target).catch((error: unknown) => error)
    expect(full).toMatchObject({ code: 'ENOSPC' })
    expect(await readdir(out)).toEqual(['rows.csv'])
    expect(await readFile(target, 'utf8')).toBe('old')
    const aborted = new AbortController()
    aborted.abort()
    const cancelled = await context.writer
      .exportTable(request, target, { signal: aborted.signal })
      .catch((error: unknown) => error)
    expect(cancelled).toMatchObject({ code: 'CANCELLED' })
    await mkdir(path.join(out, 'folder.csv'))
    for (const file of [
      path.join(root, 'decisions/decisions_20240310.parquet'),
      path.join(root, 'x.csv'),
      path.join(out, 'folder.csv'),
      path.join(out, 'none/x.csv'),
    ]) {
      const refused = await context.writer.exportTable(request, file).catch((error: unknown) => error)
      expect(refused, file).toBeInstanceOf(BarkeepError)
      expect((refused as BarkeepError).code, file).toBe('BAD_REQUEST')
    }
    await context.close()
    expect((await exported({ table: 'decisions', format: 'csv' })).rows).toBe(3)
    expect(await readFile(target, 'utf8')).toMatch(/^run_id,/)
    expect(await readdir(path.join(root, '.barkeep/staging')).catch(() => [])).toEqual([])
  })
})
