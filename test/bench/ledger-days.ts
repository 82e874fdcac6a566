import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DECISIONS } from '../../schemas/tables/index.ts'
import { type PlainDuckDB, quoted } from './plain-duckdb.ts'

export interface LedgerPlan {
  readonly days: number
  readonly rowsPerDay: number
}

/** Weekdays up to the last one, ascending. */
export function weekdays(count: number, last = Date.UTC(2025, 11, 31)): readonly string[] {
  const days: string[] = []
  for (let day = last; days.length < count; day -= 86_400_000) {
    const weekday = new Date(day).getUTCDay()
    if (weekday !== 0 && weekday !== 6) days.unshift(new Date(day).toISOString().slice(0, 10))
  }
  return days
}

/**
 * Day files of decisions as the engine writes them (types, order, metadata, recorded SHA-256), made by DuckDB alone: a
 * million rows through validation would take the bench minutes.
 */
export async function writeLedgerDays(plain: PlainDuckDB, root: string, plan: LedgerPlan): Promise<void> {
  const folder = path.join(root, 'decisions')
  const checksums = path.join(root, '.barkeep/checksums/decisions')
  await mkdir(folder, { recursive: true })
  await mkdir(checksums, { recursive: true })
  const types = new Map(DECISIONS.columns.map(({ name, type }) => [name, type]))
  for (const [index, day] of weekdays(plan.days).entries()) {
    const columns = Object.entries(rowSql(index, day, plan.rowsPerDay)).map(
      ([name, sql]) => `CAST(${sql} AS ${types.get(name)}) AS ${name}`,
    )
    const name = `decisions_${day.replaceAll('-', '')}.parquet`
    const file = path.join(folder, name)
    await plain.connection.run(
      `COPY (SELECT ${columns.join(', ')} FROM range(${plan.rowsPerDay}) t(i)
          ORDER BY timestamp_utc, run_id, decision_id)
        TO ${quoted(file)} (FORMAT parquet, COMPRESSION snappy, KV_METADATA {'barkeep.table': 'decisions',
          'barkeep.schema': '${DECISIONS.version}', 'barkeep.rows': '${plan.rowsPerDay}', 'barkeep.digest': 'none', 'barkeep.inputs': 'none'})`,
    )
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
    await writeFile(path.join(checksums, `${name}.sha256`), `${sha256}  decisions/${name}\n`)
  }
}

/** Columns over `i`, the row of the day; spread by a hash, so that a filter hits a part of every file. */
function rowSql(dayIndex: number, day: string, rows: number): Readonly<Record<string, string>> {
  const chance = (salt: number): string =>
    `(hash(i * 7919 + ${dayIndex * 104_729 + salt}) % 10000 / 10000.0)::DOUBLE`
  const oneOf = (salt: number, values: readonly string[]): string =>
    `[${values.map(quoted).join(', ')}][1 + (hash(i * 31 + ${dayIndex * 17 + salt}) % ${values.length})::INTEGER]`
  const millis = Math.floor(86_400_000 / rows)
  const features = ['rsi_14', 'adx', ...Array.from({ length: 12 }, (_, place) => `feature_${place}`)].map(
    (name, place) => `struct_pack(key := '${name}', value := to_json(round(${chance(50 + place)} * 100, 4)))`,
  )
  return {
    run_id: `'run-${Math.floor(dayIndex / 5)}'`,
    decision_id: `'${day}-' || lpad(i::VARCHAR, 5, '0')`,
    timestamp_utc: `strftime(make_timestamp((${Date.parse(day)} + i * ${millis}) * 1000), '%Y-%m-%dT%H:%M:%S.%g+00:00')`,
    symbol: oneOf(1, ['SPY', 'QQQ', 'IWM', 'DIA', 'TLT', 'GLD', 'AAPL', 'MSFT', 'NVDA', 'AMZN']),
    timeframe: oneOf(2, ['5m', '15m', '1h']),
    session_regime: oneOf(3, ['ASIA', 'LONDON', 'LONDON_NY_OVERLAP', 'NY', 'POST_SESSION']),
    macro_regimes: `list_distinct([${oneOf(4, ['risk_on', 'risk_off'])}, ${oneOf(5, ['trend', 'range', 'volatile'])}])`,
    key_features: `map_from_entries([${features.join(', ')}])`,
    evaluation_score: `${chance(6)} * 2 - 1`,
    action: oneOf(7, ['long', 'short', 'hold']),
    outcome_pnl: `CASE WHEN ${chance(8)} < 0.9 THEN (${chance(9)} - 0.48) * 10 END`,
    outcome_hit: 'NULL',
    outcome_max_drawdown: `${chance(10)}`,
    outcome_holding_period_bars: `(hash(i) % 24)::BIGINT`,
    policy_version: `'v${1 + Math.floor(dayIndex / 60)}'`,
    engine_version: "'2.4.0'",
    provenance: `MAP {'policy_version': '"v1"', 'engine_version': '"2.4.0"', 'feature_spec_version': '"3"'}`,
    position_size: `${chance(11)}`,
    effective_weights: `MAP {'rsi_14': ${chance(12)}, 'adx': ${chance(13)}, 'trend': 0.25}`,
    policy_components: `'{"base_weights":{"adx":0.5,"rsi_14":0.5},"regime_multipliers":{},"trust":{"adx":1.0}}'`,
  }
}
