import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CompactReceipt } from '../../schemas/contract/jobs.ts'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { CompactRequest } from '../../schemas/generated/requests.ts'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import { DECISIONS } from '../../schemas/tables/index.ts'
import { readLedgerRows } from '../../src-main/store/ledger/read-rows.ts'
import { allFiles, brokenChecksums, compactCandles, fingerprints } from '../support/compaction.ts'
import { envWith } from '../support/event-fixture.ts'
import { decision, foreignRows, ledgerDay, plainSeries, symbolSeries } from '../support/ledger-store.ts'
import { plainSql, type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const MONTH = '2024-03'
const PLAIN = plainSeries('decisions')
const FILE = 'decisions/decisions_202403.parquet'
const DAY = (day: number): string => `decisions/decisions_202403${String(day).padStart(2, '0')}.parquet`

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

function compact(request: CompactRequest = { month: MONTH }): Promise<CompactReceipt> {
  return compactCandles(store.context, { table: 'decisions', ...request })
}

async function rowsIn(file: string): Promise<DecisionRow[]> {
  const read = await readLedgerRows(store.context, DECISIONS, [file as StorePath])
  expect(read.problems).toEqual([])
  return read.files.flatMap(({ rows }) => rows.map(({ row }) => row as unknown as DecisionRow))
}

async function filesBelow(folder: string): Promise<string[]> {
  return (await allFiles(path.join(store.root, folder))).map((file) => path.relative(store.root, file))
}

/** What a bad disk does: no new inode. */
async function damage(file: string): Promise<void> {
  const target = path.join(store.root, file)
  const bytes = await readFile(target)
  // In the first page: the footer still parses.
  bytes.writeUInt8(bytes.readUInt8(12) ^ 1, 12)
  await writeFile(target, bytes)
}

describe('a month of decisions beside other programs', () => {
  it('E20: of a key the month file’s row counts, then the earlier day’s; what loses is kept in quarantine', async () => {
    const [first, second] = [decision('a', '2024-03-04'), decision('b', '2024-03-05')]
    await ledgerDay(store.context, PLAIN, '2024-03-04', [first])
    await compact()
    const others = [{ ...first, action: 'short' }, second]
    await foreignRows(store.context, 'decisions', DAY(5), others)
    const later = [{ ...second, outcome_pnl: 3 }, decision('c', '2024-03-06')]
    await foreignRows(store.context, 'decisions', DAY(6), later)
    const { days } = await compact()
    expect(days).toMatchObject([{ dayfiles: 2, rows: 3, conflicts: 2, skipped: null }])
    expect(await rowsIn(FILE)).toEqual([first, second, later[1]])
    expect(await rowsIn(`.barkeep/quarantine/${DAY(5)}`)).toEqual(others)
    expect(await rowsIn(`.barkeep/recovery/${DAY(6)}`)).toEqual(later)
    expect(await brokenChecksums(store.root)).toEqual([])
  })

  it('E23: without a month file, a key on two days with different values fails the month, and nothing is touched', async () => {
    await ledgerDay(store.context, PLAIN, '2024-03-04', [decision('a', '2024-03-04')])
    await ledgerDay(store.context, PLAIN, '2024-03-05', [decision('a', '2024-03-05')])
    const before = await fingerprints(path.join(store.root, 'decisions'))
    expect((await compact()).days).toMatchObject([
      { skipped: 'failed', error: { code: 'CONFLICT', file: DAY(5) } },
    ])
    expect(await fingerprints(path.join(store.root, 'decisions'))).toEqual(before)
  })

  it('E20, C20: another program’s day file stays in previous, for good', async () => {
    const row = decision('a', '2024-03-04')
    await foreignRows(store.context, 'decisions', DAY(4), [row])
    await compact()
    expect(await rowsIn(FILE)).toEqual([row])
    expect(await rowsIn(`.barkeep/previous/${DAY(4)}`)).toEqual([row])
  })

  it('E20: a month file of another program takes days in, and what stood is kept in previous', async () => {
    const [first, second] = [decision('a', '2024-03-04'), decision('b', '2024-03-05')]
    await foreignRows(store.context, 'decisions', FILE, [first])
    await ledgerDay(store.context, PLAIN, '2024-03-05', [second])
    expect((await compact({})).days).toMatchObject([{ dayfiles: 1, rows: 2, conflicts: 0, skipped: null }])
    expect(await rowsIn(FILE)).toEqual([first, second])
    expect(await rowsIn(`.barkeep/previous/${FILE}`)).toEqual([first])
    expect(await brokenChecksums(store.root)).toEqual([])
  })

  it('E20, L6: folders of values that no file name can hold have months too', async () => {
    for (const symbol of ['BTC/USD', 'BRK.B', '^GSPC'])
      await ledgerDay(store.context, symbolSeries(symbol), '2024-03-04', [
        decision('a', '2024-03-04', { symbol }),
      ])
    const regime = { table: 'decisions', partition: { column: 'session_regime', value: '' } } as const
    await ledgerDay(store.context, regime, '2024-03-05', [
      decision('b', '2024-03-05', { session_regime: '' }),
    ])
    const { days } = await compact()
    expect(days.map(({ file, skipped }) => [file, skipped])).toEqual([
      ['decisions/session_regime=__HIVE_DEFAULT_PARTITION__/decisions_202403.parquet', null],
      ['decisions/symbol=%5EGSPC/decisions_202403.parquet', null],
      ['decisions/symbol=BRK.B/decisions_202403.parquet', null],
      ['decisions/symbol=BTC%2FUSD/decisions_202403.parquet', null],
    ])
    for (const { file } of days) expect(await rowsIn(file)).toHaveLength(1)
    expect((await compact()).days.every(({ skipped }) => skipped === 'nothing to do')).toBe(true)
    expect(await brokenChecksums(store.root)).toEqual([])
  })

  const sound = decision('a', '2024-03-04')
  const select = 'SELECT * EXCLUDE (action), NULL::VARCHAR AS action'
  const B = decision('b', '2024-03-05')
  const STAYS: readonly [string, string, readonly object[], string | null][] = [
    ['a row that breaks the schema', 'BAD_ROW', [{ ...sound, decision_id: 'b', symbol: '../x' }], null],
    ['a required column that is null', 'BAD_ROW', [{ ...sound, decision_id: 'b' }], select],
    ['a row of another month', 'WRONG_PLACE', [decision('b', '2024-04-01T00:00')], null],
    ['a key twice', 'CONFLICT', [5, 6].map((size) => ({ ...B, position_size: size })), null],
    ['a column of its own', 'BAD_COLUMNS', [{ ...sound, decision_id: 'b' }], "SELECT *, 'bot-7' AS source"],
    ['a column too few', 'BAD_COLUMNS', [{ ...sound, decision_id: 'b' }], 'SELECT * EXCLUDE (symbol)'],
  ]
  it.each(STAYS)(
    'E23: a day file with %s stays beside the month, is named (%s) and nothing is lost',
    async (_, code, rows, form) => {
      await ledgerDay(store.context, PLAIN, '2024-03-04', [sound])
      await foreignRows(store.context, 'decisions', DAY(5), rows)
      if (form !== null) await rewrite(DAY(5), form)
      const before = await readFile(path.join(store.root, DAY(5)))
      const { days } = await compact()
      expect(days).toMatchObject([{ dayfiles: 1, rows: 1, skipped: null, left: [{ file: DAY(5), code }] }])
      expect(await filesBelow('decisions')).toEqual([FILE, DAY(5)])
      expect(await readFile(path.join(store.root, DAY(5)))).toEqual(before)
      const prints = await fingerprints(store.root)
      expect((await compact({})).days).toMatchObject([{ skipped: 'nothing to do', left: [{ code }] }])
      expect(await fingerprints(store.root)).toEqual(prints)
    },
  )

  it('E23: a file that was never whole stays and is named; a row of another symbol stays in its hive folder', async () => {
    const spy = symbolSeries('SPY')
    await ledgerDay(store.context, spy, '2024-03-04', [sound])
    await writeFile(path.join(store.root, 'decisions/symbol=SPY/decisions_20240305.parquet'), '')
    const stray = [{ ...sound, decision_id: 'q', symbol: 'QQQ' }]
    await foreignRows(store.context, 'decisions', 'decisions/symbol=SPY/decisions_20240306.parquet', stray)
    const { days } = await compact()
    expect(days).toMatchObject([
      { file: 'decisions/symbol=SPY/decisions_202403.parquet', rows: 1, dayfiles: 1, skipped: null },
    ])
    expect(days[0]?.left).toMatchObject([{ code: 'UNREADABLE' }, { code: 'WRONG_PLACE' }])
  })

  it('E23: a month file of another program with a row that ours could not keep is not merged into', async () => {
    await foreignRows(store.context, 'decisions', FILE, [sound])
    await rewrite(FILE, select)
    await ledgerDay(store.context, PLAIN, '2024-03-05', [decision('b', '2024-03-05')])
    const before = await fingerprints(path.join(store.root, 'decisions'))
    expect((await compact()).days).toMatchObject([
      { skipped: 'failed', error: { code: 'BAD_ROW', file: FILE } },
    ])
    expect(await fingerprints(path.join(store.root, 'decisions'))).toEqual(before)
  })

  /** The same file through another program's hands. */
  async function rewrite(file: string, form: string): Promise<void> {
    const target = path.join(store.root, file).replaceAll("'", "''")
    const glob = target.replaceAll('[', '[[]')
    await plainSql(`COPY (${form} FROM read_parquet('${glob}')) TO '${target}.new' (FORMAT parquet)`)
    await rename(path.join(store.root, `${file}.new`), path.join(store.root, file))
  }
})

describe('a damaged month of decisions', () => {
  const rows = [decision('a', '2024-03-04'), decision('b', '2024-03-05'), decision('c', '2024-03-06')]
  beforeEach(async () => {
    await ledgerDay(store.context, PLAIN, '2024-03-04', rows.slice(0, 1))
    await ledgerDay(store.context, PLAIN, '2024-03-05', rows.slice(1, 2))
  })

  it('E22: a damaged day file of ours fails a first month, and nothing is touched', async () => {
    await damage(DAY(5))
    const before = await fingerprints(path.join(store.root, 'decisions'))
    expect((await compact()).days).toMatchObject([
      { skipped: 'failed', error: { code: 'BAD_CHECKSUM', file: DAY(5) } },
    ])
    expect(await fingerprints(path.join(store.root, 'decisions'))).toEqual(before)
  })

  it('E22: beside a month file it stays and is named', async () => {
    await compact()
    await ledgerDay(store.context, PLAIN, '2024-03-06', rows.slice(2))
    await damage(DAY(6))
    expect((await compact()).days).toMatchObject([
      { skipped: 'nothing to do', left: [{ code: 'BAD_CHECKSUM' }] },
    ])
  })

  it('E22: a damaged month file is made again from what it was made of, by its first or a later generation', async () => {
    await compact()
    for (const late of [false, true]) {
      if (late) {
        await ledgerDay(store.context, PLAIN, '2024-03-06', rows.slice(2))
        await compact()
      }
      await damage(FILE)
      const { days } = await compact()
      expect(days).toMatchObject([{ rows: late ? 3 : 2, skipped: null }])
      expect(await rowsIn(FILE)).toEqual(rows.slice(0, late ? 3 : 2))
      expect((await filesBelow('.barkeep/quarantine')).length).toBe(late ? 2 : 1)
    }
  })

  it('E22: without them it fails, and stays', async () => {
    await compact()
    await damage(FILE)
    await mkdir(path.join(store.root, 'away'))
    await rename(path.join(store.root, `.barkeep/recovery/${DAY(4)}`), path.join(store.root, 'away/x'))
    expect((await compact()).days).toMatchObject([
      { skipped: 'failed', error: { code: 'BAD_CHECKSUM', file: FILE } },
    ])
  })
})

describe('when a month of decisions may be one file', () => {
  const at = async (
    now: string,
    settings: object | null,
    request: CompactRequest,
  ): Promise<CompactReceipt> => {
    await store.close()
    store = await temporaryStore({ env: envWith({ now: () => Date.parse(now) }) })
    await ledgerDay(store.context, PLAIN, '2024-03-04', [decision('a', '2024-03-04')])
    if (settings !== null)
      await writeFile(path.join(store.root, '.barkeep/settings.json'), JSON.stringify(settings))
    return compactCandles(store.context, request)
  }

  it('E21: 24 hours after its end, and not before its days are sealed', async () => {
    const month = { month: MONTH, table: 'decisions' } as const
    await expect(at('2024-04-01T23:59:59Z', null, month)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    expect((await at('2024-04-02T00:00:00Z', null, month)).days).toMatchObject([{ skipped: null }])
    expect((await at('2024-04-02T00:00:00Z', { sealHours: 1 }, month)).days).toMatchObject([
      { skipped: null },
    ])
    await expect(at('2024-04-03T23:59:59Z', { sealHours: 72 }, month)).rejects.toMatchObject({
      message: expect.stringContaining('from 2024-04-04T00:00Z on'),
    })
    await expect(at('2024-05-04T00:00:00Z', { sealHours: 'x' }, month)).rejects.toMatchObject({
      code: 'BAD_SETTINGS',
    })
  })

  it('E21: with all tables asked for, the receipt says so', async () => {
    const { days } = await at('2024-03-20T00:00:00Z', null, { month: MONTH })
    expect(days).toMatchObject([{ table: 'decisions', skipped: 'failed', error: { code: 'BAD_REQUEST' } }])
  })

  it('C10: a dry run changes nothing and tells what would be done', async () => {
    const before = await fingerprints(store.root)
    const { days } = await at('2024-04-20T00:00:00Z', null, { month: MONTH, dryRun: true })
    expect(days).toMatchObject([{ dayfiles: 1, rows: 1, skipped: 'dry run' }])
    expect(Object.keys(before).length).toBeLessThan((await allFiles(store.root)).length)
    expect(await filesBelow('decisions')).toEqual([DAY(4)])
    expect(await filesBelow('.barkeep/tombstones')).toEqual([])
  })

  it('E20: a day that can’t be read is told to stay, and fails nothing', async () => {
    await mkdir(path.join(store.root, 'decisions'))
    await writeFile(path.join(store.root, DAY(5)), '')
    expect((await compact({ day: '2024-03-05' })).days).toMatchObject([
      { day: '2024-03-05', rows: 0, skipped: 'nothing to do', left: [{ file: DAY(5), code: 'UNREADABLE' }] },
    ])
  })

  it('C3: a day asked for by name is told as it stands; a timeframe means candles', async () => {
    const day = await at('2024-04-20T00:00:00Z', null, { day: '2024-03-04' })
    expect(day.days).toMatchObject([
      { table: 'decisions', day: '2024-03-04', rows: 1, skipped: 'nothing to do' },
    ])
    expect((await compactCandles(store.context, { month: MONTH, timeframe: '5m' })).days).toEqual([])
  })
})
