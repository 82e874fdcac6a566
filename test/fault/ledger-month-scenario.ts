import type { CompactRequest } from '../../schemas/generated/requests.ts'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import { purgeStore } from '../../src-main/store/compact/purge.ts'
import type { StoreContext } from '../../src-main/store/context.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { compactCandles } from '../support/compaction.ts'
import { decision, foreignRows, ledgerDay, plainSeries, symbolSeries } from '../support/ledger-store.ts'

const MONTH = '2024-03'
const PLAIN = plainSeries('decisions')

/** What every store of these scenarios shows, whatever files hold it. */
export const SHOWN: readonly DecisionRow[] = [
  decision('a', '2024-03-04T14:30'),
  decision('b', '2024-03-04T15:00', { outcome_pnl: 12.5, outcome_hit: true }),
  decision('c', '2024-03-05T14:30', { key_features: { rsi_14: 70, note: 'ä"\n' } }),
  decision('d', '2024-03-06T14:30', { symbol: 'QQQ', macro_regimes: [] }),
]
const [A, B, C, D] = SHOWN as readonly [DecisionRow, DecisionRow, DecisionRow, DecisionRow]
/** Of the same key as one that stands in the month file: it loses. */
export const LOSER = { ...B, outcome_pnl: -1 }

export type LedgerWork = (context: StoreContext) => Promise<void>

export interface LedgerScenario {
  readonly prepare: LedgerWork
  readonly work: LedgerWork
  /** Whether all of it is done, by the store's files. */
  readonly isDone: (files: readonly string[]) => boolean
}

async function compact(context: StoreContext, request: CompactRequest): Promise<void> {
  const { days } = await compactCandles(context, { table: 'decisions', ...request })
  for (const { error } of days) if (error !== undefined) throw Object.assign(new Error(error.message), error)
}

async function prepareDays(context: StoreContext): Promise<void> {
  await ledgerDay(context, PLAIN, '2024-03-04', [A, B])
  await ledgerDay(context, PLAIN, '2024-03-05', [C])
  await ledgerDay(context, symbolSeries('QQQ'), '2024-03-06', [D])
}

/** A month file; beside it another program's day file with a version that loses, and a day of ours. */
async function prepareLate(context: StoreContext): Promise<void> {
  await ledgerDay(context, PLAIN, '2024-03-04', [A, B])
  await compact(context, { month: MONTH })
  await foreignRows(context, 'decisions', 'decisions/decisions_20240304.parquet', [LOSER, C])
  await ledgerDay(context, PLAIN, '2024-03-06', [D])
}

async function prepareRecovery(context: StoreContext): Promise<void> {
  await prepareLate(context)
  await compact(context, {})
}

const isOneFile = (files: readonly string[]): boolean =>
  files.filter((file) => file.startsWith('decisions/')).join() === 'decisions/decisions_202403.parquet'

export const LEDGER_SCENARIOS: Readonly<Record<string, LedgerScenario>> = {
  'first month files, plain and hive': {
    prepare: prepareDays,
    work: (context) => compact(context, { month: MONTH }),
    isDone: (files) =>
      files.filter((file) => file.startsWith('decisions/')).join() ===
      'decisions/decisions_202403.parquet,decisions/symbol=QQQ/decisions_202403.parquet',
  },
  'late days': { prepare: prepareLate, work: (context) => compact(context, {}), isDone: isOneFile },
  purge: {
    prepare: prepareRecovery,
    async work(context) {
      await purgeStore(context, { olderThanDays: 0 })
    },
    isDone: (files) => isOneFile(files) && !files.some((file) => file.startsWith('.barkeep/recovery/')),
  },
}

/** Does the work in a store of its own. */
export async function doWork(root: string, env: Env, arm: () => void, work: LedgerWork): Promise<void> {
  const context = await openContext(root, { env })
  arm()
  try {
    await work(context)
  } finally {
    await closeContext(context)
  }
}
