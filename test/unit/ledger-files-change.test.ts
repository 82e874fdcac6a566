import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LedgerPage } from '../../schemas/contract/ledger.ts'
import type { LedgerQuery } from '../../schemas/generated/requests.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { askLedger, scanLedger } from '../../src-main/store/query/ledger-scan.ts'
import { queryLedger } from '../../src-main/store/query/query.ts'
import type { LedgerSources } from '../../src-main/store/query/sources.ts'
import { decision, foreignRows, ledgerDay, plainSeries, symbolSeries } from '../support/ledger-store.ts'
import { plainSql, type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

let store: TemporaryStore
let sources: LedgerSources

beforeEach(async () => {
  store = await temporaryStore()
  sources = { context: store.context, viewport: () => Promise.reject(new Error('not asked for')) }
})
afterEach(() => store.close())

const DAY = 'decisions/decisions_20240308.parquet'
const MONTH = 'decisions/decisions_202403.parquet'

async function ask(given: Partial<LedgerQuery> = {}): Promise<LedgerPage> {
  return queryLedger(sources, { table: 'decisions', filter: {}, offset: 0, limit: 100, ...given })
}

async function shown(given: Partial<LedgerQuery> = {}): Promise<string[]> {
  return (await ask(given)).entries.map(({ row }) => `${row.decision_id}:${row.action}`)
}

describe('files of one day', () => {
  it('Q3: month over day, plain over hive; rows of one alone show from there', async () => {
    const { context } = store
    const of = (ids: string, action: string) =>
      [...ids].map((id) => decision(id, `2024-03-08T14:0${ids.indexOf(id)}`, { action, symbol: 'SPY' }))
    await ledgerDay(context, symbolSeries('SPY'), '2024-03-08', of('abcd', 'hive'))
    await ledgerDay(context, plainSeries('decisions'), '2024-03-08', of('abc', 'plain'))
    expect((await shown()).sort()).toEqual(['a:plain', 'b:plain', 'c:plain', 'd:hive'])
    await foreignRows(context, 'decisions', MONTH, of('ab', 'month'))
    expect((await shown()).sort()).toEqual(['a:month', 'b:month', 'c:plain', 'd:hive'])
    expect((await ask({ filter: { actions: ['hive'] } })).total).toBe(1)
    expect((await ask()).problems).toEqual([])
    await foreignRows(context, 'decisions', MONTH, of('abcd', 'month'))
    expect((await shown()).sort()).toEqual(['a:month', 'b:month', 'c:month', 'd:month'])
  })

  it('Q3: a hive folder’s name tells what its files don’t', async () => {
    const { context } = store
    await foreignRows(context, 'decisions', 'decisions/symbol=BRK.B/decisions_20240308.parquet', [
      decision('a', '2024-03-08T14:00', { symbol: 'BRK.B' }),
    ])
    const file = path.join(store.root, 'decisions/symbol=BRK.B/decisions_20240308.parquet')
    const quoted = file.replaceAll("'", "''")
    await plainSql(
      `COPY (SELECT * EXCLUDE (symbol) FROM read_parquet('${quoted}', hive_partitioning=false)) TO '${quoted}.new' (FORMAT parquet)`,
    )
    await rename(`${file}.new`, file)
    const { entries, problems } = await ask({ filter: { symbols: ['BRK.B'] } })
    expect(entries.map(({ row, breach }) => [row.symbol, breach])).toEqual([['BRK.B', null]])
    expect(problems).toEqual([])
  })
})

describe('damaged files', () => {
  it('Q3: a damaged day of ours is left out and named', async () => {
    const { context } = store
    await ledgerDay(context, plainSeries('decisions'), '2024-03-08', [decision('a', '2024-03-08T14:00')])
    await ledgerDay(context, plainSeries('decisions'), '2024-03-07', [decision('b', '2024-03-07T14:00')])
    expect(await shown()).toEqual(['a:long', 'b:long'])
    await flipByte(DAY)
    const { entries, problems } = await ask()
    expect(entries.map(({ row }) => row.decision_id)).toEqual(['b'])
    expect(problems).toEqual([
      { file: DAY, code: 'BAD_CHECKSUM', detail: expect.stringContaining('nothing is kept of it') },
    ])
  })

  it('Q3: for a damaged month answer its days in recovery', async () => {
    const { context } = store
    await ledgerDay(context, plainSeries('decisions'), '2024-03-07', [decision('b', '2024-03-07T14:00')])
    await ledgerDay(context, plainSeries('decisions'), '2024-03-08', [decision('a', '2024-03-08T14:00')])
    const opened = await openStore(store.root)
    const { days } = await opened.compactor.compact({ table: 'decisions', month: '2024-03' })
    expect(days.map(({ file, skipped }) => [file, skipped])).toEqual([[MONTH, null]])
    const page: LedgerQuery = { table: 'decisions', filter: {}, offset: 0, limit: 10 }
    expect((await opened.reader.ledger.query(page)).total).toBe(2)
    await flipByte(MONTH)
    const { entries, problems } = await opened.reader.ledger.query(page)
    expect(entries.map(({ row, file }) => [row.decision_id, file.startsWith('.barkeep/recovery/')])).toEqual([
      ['a', true],
      ['b', true],
    ])
    expect(problems.map(({ file, code }) => [file, code])).toEqual([[MONTH, 'BAD_CHECKSUM']])
    expect(problems[0]?.detail).toContain('.barkeep/recovery/decisions/decisions_20240307.parquet')
    const one = await opened.reader.ledger.query({
      ...page,
      filter: { from: Date.parse('2024-03-08T00:00Z') },
    })
    expect(one.entries.map(({ row }) => row.decision_id)).toEqual(['a'])
    await opened.close()
  })
})

describe('files that change under a question', () => {
  it('Q3: gone or replaced between listing and reading, it is asked again', async () => {
    const { context } = store
    for (const day of ['2024-03-07', '2024-03-08'])
      await ledgerDay(context, plainSeries('decisions'), day, [decision(day, `${day}T14:00`)])
    let asked = 0
    const found = await askLedger(context, 'decisions', {}, async (scan) => {
      asked++
      if (asked === 1) await rm(path.join(store.root, DAY))
      return context.duck.rows(`SELECT decision_id FROM (${scan.sql}) ORDER BY ALL`)
    })
    expect([asked, found]).toEqual([2, [{ decision_id: '2024-03-07' }]])
    // A scan knows nothing of a file that comes later; the next one does.
    const scan = await scanLedger(context, 'decisions', {})
    await ledgerDay(context, plainSeries('decisions'), '2024-03-09', [decision('new', '2024-03-09T14:00')])
    expect(scan.files).toHaveLength(1)
    expect(await shown()).toEqual(['new:long', '2024-03-07:long'])
  })

  it('Q3: what fails for another reason is told and not tried again', async () => {
    await ledgerDay(store.context, plainSeries('decisions'), '2024-03-08', [
      decision('a', '2024-03-08T14:00'),
    ])
    let asked = 0
    const failed = askLedger(store.context, 'decisions', {}, async () => {
      asked++
      throw new Error('of its own')
    })
    await expect(failed).rejects.toThrow('of its own')
    expect(asked).toBe(1)
  })

  it('Q3: a page whose file is replaced while it is read is of one generation', async () => {
    const { context } = store
    const of = (ids: string) => [...ids].map((id) => decision(id, '2024-03-08T14:00'))
    await foreignRows(context, 'decisions', DAY, of('abcd'))
    let replaced = 0
    const { duck } = context
    const meddling = {
      ...sources,
      context: {
        ...context,
        duck: Object.assign(Object.create(duck) as typeof duck, {
          rows: async (...asked: Parameters<typeof duck.rows>) => {
            const found = await duck.rows(...asked)
            // Behind the sort, before the rows: places of the first generation now hold others.
            if (asked[0].startsWith('WITH met') && replaced++ === 0)
              await foreignRows(context, 'decisions', DAY, of('wxyzabcd'))
            return found
          },
          using: duck.using.bind(duck),
        }),
      },
    }
    const page = await queryLedger(meddling, {
      table: 'decisions',
      filter: { decisionIds: ['a', 'b'] },
      offset: 0,
      limit: 10,
    })
    expect(page.entries.map(({ row, place }) => [row.decision_id, place])).toEqual([
      ['a', 4],
      ['b', 5],
    ])
    expect(replaced).toBe(2)
  })

  it('Q8: an index of places is not used for other files than it was made of', async () => {
    const { context } = store
    const many = (count: number, action: string) =>
      Array.from({ length: count }, (_, id) =>
        decision(`d${String(id).padStart(5, '0')}`, '2024-03-08T14:00', { action }),
      )
    await foreignRows(context, 'decisions', DAY, many(12_000, 'old'))
    const deep = { offset: 11_000, limit: 2, sort: { column: 'decision_id', descending: false } }
    expect(await shown(deep)).toEqual(['d11000:old', 'd11001:old'])
    expect((await ask(deep)).total).toBe(12_000)
    await foreignRows(context, 'decisions', DAY, many(11_001, 'new'))
    expect(await shown(deep)).toEqual(['d11000:new'])
    expect((await ask({ ...deep, offset: 20_000 })).entries).toEqual([])
  })
})

async function flipByte(file: string): Promise<void> {
  const target = path.join(store.root, file)
  const bytes = await readFile(target)
  bytes[20] = (bytes[20] ?? 0) ^ 1
  await writeFile(`${target}.flipped`, bytes)
  await nodeEnv.rename(`${target}.flipped`, target)
}
