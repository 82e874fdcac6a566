import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { barkeepJson, type TestStores } from './stores.ts'

const MINUTE = 60_000
const STEP = 5 * MINUTE
/** 08:30 to 15:00 in Chicago, on the Friday before the change to summer time. */
export const OPEN = Date.parse('2024-03-08T14:30:00Z')
const BARS = 78

/** Decisions at every second bar: one of five has no outcome, rsi_14 rises by one each. */
export const DECISIONS = Array.from({ length: 39 }, (_, at) => {
  const isOpen = at % 5 === 4
  return {
    run_id: at < 20 ? 'run-morning' : 'run-noon',
    decision_id: `d-${String(at).padStart(2, '0')}`,
    timestamp_utc: new Date(OPEN + 2 * at * STEP + 2 * MINUTE).toISOString(),
    symbol: 'WAVE',
    timeframe: at % 2 === 0 ? 'M5' : '5m',
    session_regime: at < 30 ? 'LONDON_NY_OVERLAP' : 'NY',
    macro_regimes: at % 3 === 0 ? ['RISK_ON'] : [],
    key_features: { rsi_14: 40 + at, trend: at % 2 === 0 ? 'up' : 'down' },
    evaluation_score: Math.round(Math.sin(at) * 1000) / 1000,
    action: at % 2 === 0 ? 'LONG' : 'SHORT',
    outcome_pnl: isOpen ? null : at % 3 === 0 ? 2.5 : -1.5,
    outcome_hit: isOpen ? null : at % 3 === 0,
    outcome_holding_period_bars: isOpen ? null : 3,
    policy_version: at < 20 ? 'v1' : 'v2',
    engine_version: 'e1',
    effective_weights: { rsi_14: 0.75 },
  }
})

const bars = Array.from({ length: BARS }, (_, at) => {
  const price = (place: number) => Number((500 + 4 * Math.sin(place / 9)).toFixed(2))
  const [open, close] = [price(at), price(at + 1)]
  return {
    symbol: 'WAVE',
    timeframe: '5m',
    ts: OPEN + at * STEP,
    open,
    high: Math.max(open, close) + 0.3,
    low: Math.min(open, close) - 0.3,
    close,
    volume: 1_000 + at,
  }
})

const zone = { symbol: 'WAVE', timeframe: '15m', object_id: 'stood', type: 'zone', bottom: 505 }
/** Stands as a demand zone up to 506 until noon, then is moved up to 508. */
const events = [
  { ...zone, ts: OPEN, action: 'create', status: 'active', top: 506, label: 'Upper band' },
  { ...zone, ts: OPEN + 40 * STEP, action: 'update', status: 'tested', top: 508 },
]

const policies = [
  { policy_version: 'v1', timestamp_utc: '2024-01-02T00:00:00Z', base_weights: { rsi_14: 0.5 } },
  { policy_version: 'v2', timestamp_utc: '2024-03-08T00:00:00Z', base_weights: { rsi_14: 0.9 } },
].map((one) => ({
  ...one,
  trust: { rsi_14: 1 },
  regime_multipliers: { NY: { rsi_14: 1.2 } },
  metadata: null,
}))

const audits = [
  {
    run_id: 'run-morning',
    audit_id: 'a1',
    timestamp_utc: '2024-03-08T14:00:00Z',
    issues: [{ feature: 'trend', issue: 'missing_value', message: 'no trend yet' }],
  },
]

/** Writes 39 decisions with their bars, a zone, two policies and an audit. */
export async function writeDecisionStore(stores: TestStores): Promise<string> {
  const store = await stores.empty()
  const inbox = await stores.empty()
  const take = async (table: string, documents: readonly object[], ...flags: string[]) => {
    const file = join(inbox, `${table}.ndjson`)
    await writeFile(file, documents.map((one) => JSON.stringify(one)).join('\n'))
    await barkeepJson('ingest', table, file, '--store', store, ...flags)
  }
  await take('candles', bars, '--backfill')
  await take('events', events)
  await take('policies', policies)
  await take('decisions', DECISIONS)
  await take('audits', audits)
  return store
}

/** Decisions of another program, a file a day: many, and soon written. @returns their number */
export async function writeManyDecisions(store: string, days: number, rowsPerDay: number): Promise<number> {
  const folder = join(store, 'decisions')
  await mkdir(folder, { recursive: true })
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const step = Math.floor(86_400_000 / rowsPerDay)
  for (let day = 0; day < days; day++) {
    const start = Date.UTC(2024, 0, 1) + day * 86_400_000
    const name = new Date(start).toISOString().slice(0, 10).replaceAll('-', '')
    await connection.run(`COPY (
      SELECT 'run-${day}' AS run_id, 'd-${name}-' || lpad(i::VARCHAR, 6, '0') AS decision_id,
        strftime(make_timestamp((${start} + i * ${step}) * 1000), '%Y-%m-%dT%H:%M:%S.%g+00:00') AS timestamp_utc,
        'WAVE' AS symbol, '5m' AS timeframe, 'NY' AS session_regime, ['RISK_ON'] AS macro_regimes,
        map_from_entries([struct_pack(k := 'rsi_14', v := to_json(i % 100))]) AS key_features,
        i / ${rowsPerDay} AS evaluation_score, 'LONG' AS action, (i % 7 - 3)::DOUBLE AS outcome_pnl,
        'v1' AS policy_version, 'e1' AS engine_version
      FROM range(${rowsPerDay}) rows(i)
    ) TO '${join(folder, `decisions_${name}.parquet`).replaceAll("'", "''")}' (FORMAT parquet)`)
  }
  connection.closeSync()
  instance.closeSync()
  return days * rowsPerDay
}
