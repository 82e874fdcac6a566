import { readFile, rename, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StorePath, UtcMonth } from '../../schemas/contract/units.ts'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import { LEDGER } from '../../schemas/tables/index.ts'
import type { LedgerAppend } from '../../src-main/store/api.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { acquireWriterLock } from '../../src-main/store/fs/writer-lock.ts'
import { monthfilePath } from '../../src-main/store/layout/file-names.ts'
import { appendLedger } from '../../src-main/store/ledger/append.ts'
import { backfillLedger } from '../../src-main/store/ledger/backfill.ts'
import { setPartition } from '../../src-main/store/ledger/partition.ts'
import { publishLedgerFile } from '../../src-main/store/ledger/publish-file.ts'
import { readLedgerRows } from '../../src-main/store/ledger/read-rows.ts'
import { undoBackfill } from '../../src-main/store/ledger/undo.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { allFiles, fingerprints, plainRows } from '../support/compaction.ts'
import { decisions } from '../support/ledger-fixture.ts'
import { decision, foreignRows, plainSeries } from '../support/ledger-store.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000
const FILE = 'decisions/decisions_20240308.parquet' as StorePath
const ROWS = decisions(5, TS) as [DecisionRow, DecisionRow, DecisionRow, DecisionRow, DecisionRow]

let now = TS
/** What another program does each time that a file of ours was staged. */
let meanwhile: () => Promise<void> = async () => undefined
let store: TemporaryStore
beforeEach(async () => {
  now = TS + 3_600_000
  meanwhile = async () => undefined
  const env = {
    ...nodeEnv,
    now: () => now,
    copyOut: async (target: string, run: () => Promise<void>) => {
      await nodeEnv.copyOut(target, run)
      await meanwhile()
    },
  }
  store = await temporaryStore({ env })
})
afterEach(() => store.close())

const append = async (rows: readonly object[], options: LedgerAppend = {}): Promise<string[]> =>
  (await appendLedger(store.context, 'decisions', rows, options)).map((each) =>
    each.outcome === 'rejected' ? `${each.outcome}: ${each.reason}` : each.outcome,
  )
/** As pandas leaves it: the table's columns, nothing of ours, the file written anew. */
const foreign = async (rows: readonly object[], file: string = FILE): Promise<void> => {
  const after = meanwhile
  meanwhile = async () => undefined
  await foreignRows(store.context, 'decisions', file, rows)
  meanwhile = after
}
const inStore = (...names: string[]): string => path.join(store.root, ...names)

async function idsIn(file: StorePath): Promise<unknown[]> {
  const { files, problems } = await readLedgerRows(store.context, LEDGER.decisions, [file])
  expect(problems).toEqual([])
  return (files[0]?.rows ?? []).map(({ row }) => row.decision_id)
}

const ids = (rows: readonly DecisionRow[]): string[] => rows.map(({ decision_id }) => decision_id)

describe("another program's files", () => {
  it('E7: its rows and ours are merged, and what stood is kept', async () => {
    await foreign([ROWS[2], ROWS[0]])
    const stood = await readFile(inStore(FILE))
    expect(await append([ROWS[0], ROWS[1]])).toEqual(['duplicate', 'accepted'])
    expect(await idsIn(FILE)).toEqual(ids(ROWS.slice(0, 3)))
    expect(await readFile(inStore('.barkeep/previous', FILE))).toEqual(stood)
  })

  it('E7: a bot that writes the day anew while we ingest loses nothing, and neither do we', async () => {
    await foreign([ROWS[0]])
    const left = [ROWS[3], ROWS[4]]
    meanwhile = async () => {
      const next = left.shift()
      // Read, added to, written: by a program that knows of no lock.
      if (next !== undefined)
        await foreign([ROWS[0], ...[ROWS[3], ROWS[4]].filter((row) => !left.includes(row))])
    }
    expect(await append([ROWS[1], ROWS[2]])).toEqual(['accepted', 'accepted'])
    expect(left).toEqual([])
    expect(await idsIn(FILE)).toEqual(ids(ROWS))
  })

  it('E7: what was acknowledged comes back when a bot writes an open day from what it has in memory', async () => {
    await foreign([ROWS[0]])
    expect(await append([ROWS[1], { ...ROWS[0], outcome_pnl: 1.5 }])).toEqual(['accepted', 'completed'])
    await foreign([ROWS[0], ROWS[3]])
    expect(await append([ROWS[1], ROWS[4]])).toEqual(['duplicate', 'accepted'])
    expect(await idsIn(FILE)).toEqual(ids([ROWS[0], ROWS[1], ROWS[3], ROWS[4]]))
    // By a repetition too; what the bot says otherwise is its own, and what it never was told of us is not undone.
    await foreign([{ ...ROWS[1], action: 'short' }, ROWS[3]])
    expect(await append([ROWS[4]])).toEqual(['duplicate'])
    const { files } = await readLedgerRows(store.context, LEDGER.decisions, [FILE])
    expect(files[0]?.rows.map(({ row }) => [row.decision_id, row.action, row.outcome_pnl])).toEqual([
      [ROWS[0].decision_id, 'long', 1.5],
      [ROWS[1].decision_id, 'short', null],
      [ROWS[3].decision_id, 'long', null],
      [ROWS[4].decision_id, 'long', null],
    ])
    // A backfill of the day decides anew; a sealed day is left as it is.
    now = TS + DAY
    await backfillLedger(store.context, 'decisions', [ROWS[2]])
    await foreign([ROWS[3]])
    expect(await append([ROWS[2]])).toEqual(['accepted'])
    expect(await idsIn(FILE)).toEqual(ids([ROWS[2], ROWS[3]]))
    now = TS + 3 * DAY
    await foreign([ROWS[3]])
    expect(await append([ROWS[3], ...decisions(1, now)])).toEqual(['duplicate', 'accepted'])
    expect(await idsIn(FILE)).toEqual(ids([ROWS[3]]))
    expect((await allFiles(inStore('.barkeep/acknowledged'))).map((file) => path.basename(file))).toEqual([
      '2024-03-11.ndjson',
    ])
  })

  it('E7: a file that never stands still is told as such, and nothing of it is lost', async () => {
    meanwhile = () => foreign([ROWS[0]])
    await expect(append([ROWS[1]])).rejects.toMatchObject({ code: 'CONFLICT' })
    meanwhile = async () => undefined
    expect(await idsIn(FILE)).toEqual(ids([ROWS[0]]))
    expect(await append([ROWS[1]])).toEqual(['accepted'])
  })

  it('E7: rows and columns that ours has no place for keep it as it is, and say why', async () => {
    const cases: readonly [object[], string, RegExp][] = [
      [[ROWS[0], { ...ROWS[1], symbol: '../../x' }], '', /BAD_ROW: .*symbol/],
      [[ROWS[0], decision('other day', '2024-03-07T00:00:00.000+00:00')], '', /WRONG_PLACE: .*2024-03-07/],
      [[ROWS[0], { ...ROWS[0], action: 'short' }], '', /CONFLICT: .*repeats a key/],
      [[ROWS[0]], ', 1 AS mood', /BAD_COLUMNS: .*mood/],
    ]
    for (const [rows, extra, reason] of cases) {
      await foreign(rows)
      if (extra !== '') await withColumn(extra)
      const before = await fingerprints(inStore('decisions'))
      const [known, added] = await append([ROWS[0], ROWS[4]])
      expect(known).toBe('duplicate')
      expect(added).toMatch(reason)
      expect(await fingerprints(inStore('decisions'))).toEqual(before)
    }
    // A day can still be replaced as a whole: what stood is kept.
    now = TS + 3 * DAY
    await backfillLedger(store.context, 'decisions', ROWS)
    expect(await idsIn(FILE)).toEqual(ids(ROWS))
  })

  it('E7: what pandas keeps of an index is no column', async () => {
    await foreign([ROWS[0]])
    await withColumn(', 7 AS __index_level_0__')
    expect(await append([ROWS[1]])).toEqual(['accepted'])
  })

  async function withColumn(extra: string): Promise<void> {
    const quoted = (file: string): string => `'${file.replaceAll("'", "''")}'`
    const target = inStore(FILE)
    await plainRows(
      `COPY (SELECT *${extra} FROM read_parquet([${quoted(target)}])) TO ${quoted(`${store.root}/extra.parquet`)} (FORMAT parquet)`,
    )
    await rename(inStore('extra.parquet'), target)
  }
})

describe('files that can not be used', () => {
  it('E8: a file that another program is just writing in place is waited for', async () => {
    await foreign([ROWS[0]])
    const whole = await readFile(inStore(FILE))
    now = Date.now()
    await writeFile(inStore(FILE), whole.subarray(0, 200))
    const waiting = append([ROWS[1]])
    await writeFile(inStore(FILE), whole)
    expect(await waiting).toEqual([expect.stringContaining('sealed')])
    expect(await append([ROWS[0]])).toEqual(['duplicate'])
  })

  it('E8: nothing is merged over a damaged or unreadable file', async () => {
    await append([ROWS[0]])
    const bytes = await readFile(inStore(FILE))
    bytes[bytes.length >> 2] = (bytes[bytes.length >> 2] ?? 0) ^ 1
    await writeFile(inStore(FILE), bytes)
    const before = await fingerprints(inStore('decisions'))
    expect(await append([ROWS[0], ROWS[1]])).toEqual([
      expect.stringContaining('BAD_CHECKSUM'),
      expect.stringContaining('BAD_CHECKSUM'),
    ])
    expect(await fingerprints(inStore('decisions'))).toEqual(before)
    await writeFile(inStore('decisions/decisions_20240307.parquet'), '')
    expect(await append(decisions(1, TS - DAY))).toEqual([expect.stringContaining('UNREADABLE')])
    // A backfill replaces both, and keeps them.
    now = TS + 3 * DAY
    await backfillLedger(store.context, 'decisions', [...ROWS, ...decisions(2, TS - DAY)])
    expect(await idsIn(FILE)).toEqual(ids(ROWS))
    const kept = (await allFiles(inStore('.barkeep/quarantine'))).map((file) => path.basename(file))
    expect(kept).toEqual(['decisions_20240307.parquet', 'decisions_20240308.parquet'])
  })

  it('E8: a torn file of ours rejects its day alone', async () => {
    await append([ROWS[0], ...decisions(1, TS - DAY)])
    await truncate(inStore(FILE), 100)
    expect(await append([ROWS[1], ...decisions(2, TS - DAY)])).toEqual([
      expect.stringContaining('UNREADABLE'),
      'duplicate',
      'accepted',
    ])
  })
})

describe('where rows go', () => {
  async function monthFile(rows: readonly DecisionRow[]): Promise<StorePath> {
    const series = plainSeries('decisions')
    const month = '2024-03' as UtcMonth
    const target = { file: monthfilePath(month, series), series, day: null, month }
    const all = rows.map((row) => ({ ...row }))
    expect(await publishLedgerFile(store.context, target, null, all, [], { origin: 'ingest' })).toBe(true)
    return target.file
  }

  it('E1, E4: into the month file where that stands, a key of it is a duplicate wherever it comes from', async () => {
    const file = await monthFile([ROWS[0], ...decisions(1, TS - DAY)])
    await foreign([ROWS[1]])
    expect(await append([ROWS[0], ROWS[1], ROWS[2], { ...ROWS[1], action: 'short' }])).toEqual([
      'duplicate',
      'duplicate',
      'accepted',
      'conflict',
    ])
    expect(await idsIn(file)).toEqual([...ids(decisions(1, TS - DAY)), ...ids([ROWS[0], ROWS[2]])])
    expect(await idsIn(FILE)).toEqual(ids([ROWS[1]]))
  })

  it('E10: days of one month file are one rewrite, and its other days stay', async () => {
    const [early] = decisions(1, TS - 3 * DAY) as [DecisionRow]
    const file = await monthFile([early, ...decisions(2, TS - DAY), ROWS[0]])
    now = TS + 40 * DAY
    const { days } = await backfillLedger(store.context, 'decisions', [ROWS[1], ...decisions(1, TS - DAY)])
    expect(days).toMatchObject([
      { day: '2024-03-07', added: 0, changed: 0, removed: 1, rows: 1, file },
      { day: '2024-03-08', added: 1, changed: 0, removed: 1, rows: 1, file },
    ])
    expect(await idsIn(file)).toEqual([
      early.decision_id,
      ...ids(decisions(1, TS - DAY)),
      ROWS[1].decision_id,
    ])
    expect(await allFiles(inStore('.barkeep/previous'))).toHaveLength(1)
    // Each day is taken back for itself, whatever became of the others since.
    const filled = await readFile(inStore(file))
    const undo = (day: string) => undoBackfill(store.context, { table: 'decisions', day })
    expect((await undo('2024-03-07')).days).toMatchObject([{ added: 1, removed: 0, rows: 2 }])
    await backfillLedger(store.context, 'decisions', decisions(1, TS - 3 * DAY, { action: 'flat' }))
    expect((await undo('2024-03-08')).days).toMatchObject([{ added: 1, removed: 1, rows: 1 }])
    await undo('2024-03-05')
    expect(await idsIn(file)).toEqual([
      early.decision_id,
      ...ids(decisions(2, TS - DAY)),
      ROWS[0].decision_id,
    ])
    await undo('2024-03-07')
    await undo('2024-03-08')
    expect(await readFile(inStore(file))).toEqual(filled)
  })

  it('E4, E12: a day keeps its form, later days follow the setting, and no key stands twice', async () => {
    await append([ROWS[0]])
    await setPartition(store.context, { column: 'symbol' })
    expect(await append([ROWS[1], { ...ROWS[2], symbol: 'QQQ' }])).toEqual(['accepted', 'accepted'])
    now = TS + DAY
    const next = decisions(2, TS + DAY)
    expect(await append([...next, ...decisions(1, TS + DAY + 1, { symbol: 'QQQ' })])).toHaveLength(3)
    await setPartition(store.context, { column: null })
    expect(await append([{ ...next[0], symbol: 'QQQ' }])).toEqual(['conflict'])
    expect(await append(decisions(1, TS + DAY + 2, { symbol: 'BRK.B' }))).toEqual(['accepted'])
    const files = (await allFiles(inStore('decisions'))).map((file) =>
      path.relative(inStore('decisions'), file),
    )
    expect(files).toEqual([
      'decisions_20240308.parquet',
      'symbol=BRK.B/decisions_20240309.parquet',
      'symbol=QQQ/decisions_20240309.parquet',
      'symbol=SPY/decisions_20240309.parquet',
    ])
  })

  it('E12: a value whose folder differs in case alone, or has no name, is rejected', async () => {
    await setPartition(store.context, { column: 'session_regime' })
    const day = (id: string, session_regime: string): DecisionRow =>
      decision(id, '2024-03-08T14:30:00.000+00:00', { session_regime })
    expect(await append([day('a', 'NY'), day('b', 'ny'), day('c', 'ö'.repeat(60)), day('d', '')])).toEqual([
      'accepted',
      expect.stringContaining("one folder where case doesn't count"),
      expect.stringContaining('more than 200 bytes'),
      'accepted',
    ])
    // One that can't be read says nothing, the others are counted.
    await writeFile(inStore('decisions/decisions_20240307.parquet'), 'torn')
    expect(await setPartition(store.context, { column: 'symbol', dryRun: true })).toMatchObject({
      refused: null,
      values: 1,
      filesAMonth: 1,
      filesAMonthNow: 3,
    })
    expect(await setPartition(store.context, { column: 'session_regime', dryRun: true })).toMatchObject({
      values: 2,
      filesAMonth: 2,
    })
  })
})

describe('writers beside each other', () => {
  it('E13: appends of one process wait for each other, and a while for another one', async () => {
    const batches = ROWS.map((row) => append([row]))
    expect((await Promise.all(batches)).flat()).toEqual(ROWS.map(() => 'accepted'))
    expect(await idsIn(FILE)).toEqual(ids(ROWS))
    const other = await openContext(store.root)
    const lock = await acquireWriterLock(other, 'compact')
    await expect(append(decisions(1, TS + 1), { patience: 0 })).rejects.toMatchObject({ code: 'LOCKED' })
    const waiting = append(decisions(1, TS + 1))
    await lock.release()
    expect(await waiting).toEqual(['accepted'])
    await closeContext(other)
  })
})
