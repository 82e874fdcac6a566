import type { StorePath, UtcDay } from '../../schemas/contract/units.ts'
import type { AuditRow, DecisionRow, PolicyRow, StatRow } from '../../schemas/generated/rows.ts'
import { type DailyTable, LEDGER, type LedgerTable, type TableSchema } from '../../schemas/tables/index.ts'
import { publishDay } from '../../src-main/store/compact/publish-day.ts'
import { at, type StoreContext } from '../../src-main/store/context.ts'
import { checkFile } from '../../src-main/store/layout/checksums.ts'
import { canonicalRow } from '../../src-main/store/layout/digest.ts'
import { dayfilePath, type LedgerSeries, POLICIES_FILE } from '../../src-main/store/layout/file-names.ts'
import { inLedgerOrder } from '../../src-main/store/ledger/row-order.ts'
import type { Row } from '../../src-main/store/write/part-writer.ts'
import { copyRows } from '../../src-main/store/write/row-copy.ts'
import { inTurn } from '../../src-main/store/write/turns.ts'

/** Days of a ledger's table in its own folder. */
export function plainSeries(table: DailyTable): LedgerSeries {
  return { table, partition: null }
}

/** Days of decisions of one symbol in their hive folder. */
export function symbolSeries(value: string): LedgerSeries {
  return { table: 'decisions', partition: { column: 'symbol', value } }
}

/** A sound decision; what isn't given is plain. @param time `2024-03-08T14:30` UTC, or longer in the stored form */
export function decision(id: string, time: string, given: Partial<DecisionRow> = {}): DecisionRow {
  return {
    run_id: 'run-1',
    decision_id: id,
    timestamp_utc: stored(time),
    symbol: 'SPY',
    timeframe: '5m',
    session_regime: 'NY',
    macro_regimes: ['risk_on'],
    key_features: { rsi_14: 61.5, trend: 'up' },
    evaluation_score: 0.5,
    action: 'long',
    outcome_pnl: null,
    outcome_hit: null,
    outcome_max_drawdown: null,
    outcome_holding_period_bars: null,
    policy_version: 'v1',
    engine_version: 'e1',
    provenance: { policy_version: 'v1', engine_version: 'e1' },
    position_size: 1,
    effective_weights: { trend: 0.25 },
    policy_components: { base_weights: { trend: 1 } },
    ...given,
  }
}

export function audit(id: string, time: string, given: Partial<AuditRow> = {}): AuditRow {
  return {
    run_id: 'run-1',
    audit_id: id,
    timestamp_utc: stored(time),
    feature_name: 'rsi_14',
    raw_value: 'n/a',
    normalized_value: null,
    session_regime: 'NY',
    macro_regimes: [],
    issues: ['type_mismatch'],
    policy_version: 'v1',
    engine_version: 'e1',
    metadata: { expected_dtype: 'float' },
    ...given,
  }
}

export function stat(feature: string, time: string, given: Partial<StatRow> = {}): StatRow {
  return {
    run_id: 'run-1',
    timestamp_utc: stored(time),
    regime: 'NY',
    feature_name: feature,
    sharpe: 1.25,
    hit_rate: 0.5,
    variance: 0.1,
    stability: 0.9,
    window_start: null,
    window_end: null,
    metadata: null,
    ...given,
  }
}

export function policy(version: string, time: string, given: Partial<PolicyRow> = {}): PolicyRow {
  return {
    policy_version: version,
    timestamp_utc: stored(time),
    base_weights: { trend: 1 },
    trust: { trend: 0.5 },
    regime_multipliers: { NY: { trend: 1.5 } },
    metadata: null,
    ...given,
  }
}

/** One sound row of each daily table, told apart by a word. */
export function rowOf(table: DailyTable, id: string, time: string): Row {
  if (table === 'decisions') return { ...decision(id, time) }
  return table === 'audits' ? { ...audit(id, time) } : { ...stat(id, time) }
}

function stored(time: string): string {
  return `${time}${'T00:00:00.000+00:00'.slice(Math.max(0, time.length - 10))}`
}

/**
 * Publishes a day file by the engine's own path: staged, verified, with record and checksum, in place of what stands
 * there. An ingest without its documents.
 */
export async function ledgerDay(
  context: StoreContext,
  series: LedgerSeries,
  day: UtcDay | string,
  rows: readonly object[],
): Promise<StorePath> {
  const file = dayfilePath(series, day as UtcDay)
  return publishRows(context, LEDGER[series.table], series, day as UtcDay, file, rows)
}

async function publishRows(
  context: StoreContext,
  table: TableSchema,
  series: LedgerSeries,
  day: UtcDay,
  file: StorePath,
  given: readonly object[],
): Promise<StorePath> {
  const rows = inLedgerOrder(
    table,
    given.map((row) => ({ ...row })),
  )
  const plan = {
    series,
    table,
    day,
    file,
    before: await checkFile(context, file),
    origin: 'ingest',
    rows,
    inputLines: rows.map((row) => canonicalRow(table.columns, row)),
    merged: [],
    lost: [],
    keepParts: true,
    keptAs: null,
  } as const
  const done = await publishDay(context, plan, {
    onStep: () => undefined,
    isCurrent: async () => true,
    turn: (work) => inTurn(context, series, day, work),
  })
  if (!done) throw new Error(`${file} was replaced meanwhile`)
  return file
}

/** Rows as another program writes them, with the table's own types and without our metadata, at any path of the store. */
export async function foreignRows(
  context: StoreContext,
  table: LedgerTable,
  file: string,
  rows: readonly object[],
): Promise<StorePath> {
  const staged = `${context.staging}/${context.env.randomId()}.parquet`
  await copyRows(
    context,
    LEDGER[table],
    rows.map((row) => ({ ...row })),
    staged,
    {},
  )
  const target = at(context, file as StorePath)
  await context.env.makeDir(target.slice(0, target.lastIndexOf('/')))
  await context.env.rename(staged, target)
  return file as StorePath
}

/** The file of policies as another program writes it. */
export function foreignPolicies(context: StoreContext, rows: readonly PolicyRow[]): Promise<StorePath> {
  return foreignRows(context, 'policies', POLICIES_FILE, rows)
}
