import path from 'node:path'
import type { UtcMonth } from '../../schemas/contract/units.ts'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import { LEDGER } from '../../schemas/tables/index.ts'
import type { StoreContext } from '../../src-main/store/context.ts'
import { monthfilePath } from '../../src-main/store/layout/file-names.ts'
import { appendLedger } from '../../src-main/store/ledger/append.ts'
import { backfillLedger } from '../../src-main/store/ledger/backfill.ts'
import { setPartition } from '../../src-main/store/ledger/partition.ts'
import { publishLedgerFile } from '../../src-main/store/ledger/publish-file.ts'
import { undoBackfill } from '../../src-main/store/ledger/undo.ts'
import { decisions } from '../support/ledger-fixture.ts'
import { foreignRows, plainSeries, policy } from '../support/ledger-store.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000
/** The afternoon of the second day: both days are open. */
export const NOW = TS + DAY + 3_600_000

const [FIRST, SECOND, THIRD] = decisions(3, TS) as [DecisionRow, DecisionRow, DecisionRow]
const NEXT = decisions(2, TS + DAY) as [DecisionRow, DecisionRow]
const QQQ = decisions(2, TS + 1000, { symbol: 'QQQ' }) as [DecisionRow, DecisionRow]
const known = (row: DecisionRow): DecisionRow => ({ ...row, outcome_pnl: 1.5 })
const POLICY_DAY = '2024-03-01T00:00:00.000+00:00'

/** A row that was acknowledged: it is there from then on, with these values or what completes them. */
export type Acknowledge = (row: object) => void

/** One piece of work to be interrupted at every step, on a store that is prepared once. */
export interface LedgerScenario {
  readonly prepare: (context: StoreContext) => Promise<void>
  readonly work: (context: StoreContext, acknowledge: Acknowledge) => Promise<void>
  /** A change of whole days: before or after, and nothing between. Rows that are appended come day by day. */
  readonly whole: boolean
  /** Done twice it would be taken back: done again only where it isn't done. */
  readonly toggles?: boolean
}

async function ingest(
  context: StoreContext,
  rows: readonly DecisionRow[],
  acknowledge: Acknowledge = () => undefined,
): Promise<void> {
  const outcomes = await appendLedger(context, 'decisions', rows, { patience: 0 })
  for (const [index, { outcome }] of outcomes.entries()) {
    if (outcome === 'rejected') throw new Error(`rejected: ${JSON.stringify(outcomes[index])}`)
    acknowledge(rows[index] as DecisionRow)
  }
}

const backfill = (context: StoreContext, rows: readonly DecisionRow[]): Promise<void> =>
  backfillLedger(context, 'decisions', rows, {}).then(() => undefined)

/** A month's file as compaction leaves it. */
async function monthFile(context: StoreContext, rows: readonly DecisionRow[]): Promise<void> {
  const month = '2024-03' as UtcMonth
  const series = plainSeries('decisions')
  const target = { file: monthfilePath(month, series), series, day: null, month }
  const all = rows.map((row) => ({ ...row }))
  if (!(await publishLedgerFile(context, target, null, all, [], { origin: 'ingest' })))
    throw new Error('replaced')
}

export const LEDGER_SCENARIOS: Readonly<Record<string, LedgerScenario>> = {
  ingest: {
    prepare: (context) => ingest(context, [FIRST]),
    async work(context, acknowledge) {
      await ingest(context, [SECOND, FIRST], acknowledge)
      await ingest(context, [known(FIRST), THIRD, ...NEXT], acknowledge)
    },
    whole: false,
  },
  "ingest into another program's file": {
    // It wrote over a row that we had acknowledged.
    async prepare(context) {
      await ingest(context, [THIRD])
      await foreignRows(context, 'decisions', 'decisions/decisions_20240308.parquet', [FIRST])
    },
    work: (context, acknowledge) => ingest(context, [FIRST, SECOND], acknowledge),
    whole: true,
  },
  'ingest into hive folders and a month': {
    async prepare(context) {
      await setPartition(context, { column: 'symbol' })
      await ingest(context, [FIRST])
    },
    work: (context, acknowledge) => ingest(context, [SECOND, ...QQQ], acknowledge),
    whole: false,
  },
  policies: {
    prepare: async (context) => void (await appendLedger(context, 'policies', [policy('v1', POLICY_DAY)])),
    async work(context, acknowledge) {
      const rows = [policy('v1', POLICY_DAY), policy('v2', POLICY_DAY)]
      await appendLedger(context, 'policies', rows)
      for (const row of rows) acknowledge(row)
    },
    whole: true,
  },
  'backfill of a day': {
    prepare: (context) => ingest(context, [FIRST, SECOND]),
    work: (context) => backfill(context, [known(FIRST), THIRD]),
    whole: true,
  },
  'backfill of a day in a month file': {
    prepare: (context) => monthFile(context, [...decisions(2, TS - DAY), FIRST, SECOND]),
    work: (context) => backfill(context, [known(FIRST), THIRD]),
    whole: true,
  },
  'backfill of hive folders': {
    async prepare(context) {
      await setPartition(context, { column: 'symbol' })
      await ingest(context, [FIRST, ...QQQ])
    },
    // One file new, one written anew, one gone.
    work: (context) =>
      backfill(context, [known(FIRST), SECOND, ...decisions(1, TS + 2000, { symbol: 'IWM' })]),
    whole: true,
  },
  undo: {
    async prepare(context) {
      await ingest(context, [FIRST, SECOND])
      await backfill(context, [known(FIRST), THIRD])
    },
    work: async (context) => void (await undoBackfill(context, { table: 'decisions', day: '2024-03-08' })),
    whole: true,
    toggles: true,
  },
  'undo of hive folders': {
    async prepare(context) {
      await setPartition(context, { column: 'symbol' })
      await ingest(context, [FIRST, ...QQQ])
      await backfill(context, [known(FIRST), SECOND, ...decisions(1, TS + 2000, { symbol: 'IWM' })])
    },
    work: async (context) => void (await undoBackfill(context, { table: 'decisions', day: '2024-03-08' })),
    whole: true,
    toggles: true,
  },
}

/** Public folders that these touch, below a store. */
export function ledgerFolders(root: string): readonly string[] {
  return [LEDGER.decisions.name, LEDGER.policies.name].map((name) => path.join(root, name))
}
