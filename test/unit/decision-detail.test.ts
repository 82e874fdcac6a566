import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DecisionDetail } from '../../schemas/contract/ledger.ts'
import type { Store } from '../../src-main/store/api.ts'
import { openStore } from '../../src-main/store/index.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { audit, decision, foreignPolicies, ledgerDay, plainSeries, policy } from '../support/ledger-store.ts'
import { candles, foreignDayfile, foreignFile, temporaryFolder, zoneEvent } from '../support/store-fixture.ts'

const STEP = 300_000
const MOMENT = Date.parse('2024-03-08T14:42:00Z')
/** The bar that contains it. */
const BAR = Date.parse('2024-03-08T14:40:00Z')
const FALL = '2024-11-03'

let root: string
let store: Store

beforeAll(async () => {
  root = await temporaryFolder('decision-detail')
  const context = await openContext(root)
  const decisions = plainSeries('decisions')
  await ledgerDay(context, decisions, '2024-03-08', [
    decision('first', '2024-03-08T14:30'),
    decision('told', '2024-03-08T14:42', {
      timeframe: 'M5',
      policy_version: 'v2',
      outcome_pnl: 2.5,
      outcome_hit: true,
      outcome_max_drawdown: -0.5,
      outcome_holding_period_bars: 3,
    }),
    decision('unjoined', '2024-03-08T14:42', { timeframe: 'tick', policy_version: 'lost', outcome_pnl: 1 }),
    decision('hourly', '2024-03-08T15:10', {
      timeframe: 'H1',
      outcome_pnl: -1,
      outcome_holding_period_bars: 2,
    }),
  ])
  await ledgerDay(context, decisions, FALL, [
    decision('twice', `${FALL}T06:32`, { run_id: 'summer', timeframe: '5M' }),
    decision('twice', `${FALL}T07:32`, { run_id: 'winter', timeframe: '5m' }),
  ])
  await ledgerDay(context, plainSeries('audits'), '2024-03-08', [
    audit('a#0', '2024-03-08T14:35'),
    audit('b#0', '2024-03-08T16:00'),
    audit('other#0', '2024-03-08T14:35', { run_id: 'run-2' }),
  ])
  await foreignPolicies(context, [
    policy('v1', '2024-01-02T00:00'),
    policy('v2', '2024-02-01T00:00', { base_weights: { trend: 0.75, rsi_14: 0.25 } }),
    policy('v3', '2024-03-01T00:00'),
  ])
  await closeContext(context)
  // Two sessions with a night between, and the night that has an hour twice.
  for (const open of ['2024-03-07T14:30:00Z', '2024-03-08T14:30:00Z', `${FALL}T05:00:00Z`])
    await foreignDayfile(root, candles(78, Date.parse(open), { timeframe: '5m', step: STEP }))
  store = await openStore(root)
  const at = (time: string): number => Date.parse(`2024-03-08T${time}:00Z`)
  await store.writer.appendEvents([
    zoneEvent({ ts: at('14:00'), object_id: 'stood', top: 12, bottom: 10 }),
    zoneEvent({ ts: at('15:00'), object_id: 'stood', action: 'update', top: 99, status: 'tested' }),
    zoneEvent({ ts: at('14:00'), object_id: 'gone', top: 12, bottom: 10 }),
    zoneEvent({ ts: at('14:41'), object_id: 'gone', action: 'close' }),
    zoneEvent({ ts: at('14:00'), object_id: 'closed-later', top: 12, bottom: 10 }),
    zoneEvent({ ts: at('15:30'), object_id: 'closed-later', action: 'close' }),
    zoneEvent({ ts: at('14:43'), object_id: 'to-come', top: 12, bottom: 10 }),
    zoneEvent({ ts: at('14:00'), object_id: 'elsewhere', symbol: 'QQQ' }),
  ])
})
afterAll(async () => {
  await store.close()
  await rm(root, { recursive: true, force: true })
})

function detail(decisionId: string, ts: number, asOf?: number, runId = 'run-1'): Promise<DecisionDetail> {
  const request = { runId, decisionId, ts, ...(asOf === undefined ? {} : { asOf }) }
  return store.reader.ledger.decisionDetail(request)
}

describe('a decision in detail', () => {
  it('Q20: its row, its bar, forty bars before across the night and twenty after', async () => {
    const found = await detail('told', MOMENT)
    expect(found.entry.row.outcome_pnl).toBe(2.5)
    expect(found.timeframe).toBe('5m')
    expect(found.barTs).toBe(BAR)
    const { ts } = found.candles
    expect(ts.indexOf(BAR)).toBe(40)
    expect(ts.length).toBe(61)
    expect(ts[0]).toBe(Date.parse('2024-03-07T14:30:00Z') + 40 * STEP)
    expect(found.problems).toEqual([])
  })

  it('Q20: without a timeframe of the chart there are no bars, and the rest is there', async () => {
    const found = await detail('unjoined', MOMENT)
    expect(found.timeframe).toBeNull()
    expect(found.candles.ts.length).toBe(0)
    expect(found.barTs).toBeNull()
    expect(found.outcomeKnownAt).toBeNull()
    expect(found.objects.map(({ id }) => id)).toContain('stood')
  })

  it('Q20: H1 is 1h; a moment without bars has none', async () => {
    const at = Date.parse('2024-03-08T15:10:00Z')
    const found = await detail('hourly', at)
    expect(found.timeframe).toBe('1h')
    expect(found.outcomeKnownAt).toBe(at + 2 * 3_600_000)
    expect(found.candles.ts.length).toBe(0)
  })

  it('Q21: objects as they were known then, not as later events made them', async () => {
    const { objects } = await detail('told', MOMENT)
    expect(objects.map(({ id }) => id)).toEqual(['closed-later', 'stood'])
    const stood = objects.find(({ id }) => id === 'stood')
    expect(stood?.top).toBe(12)
    expect(stood?.status).toBe('active')
    expect(objects.find(({ id }) => id === 'closed-later')?.closed_ts).toBeNull()
  })

  it('Q22: the policy of its own version, not the latest; none when policies lack it', async () => {
    expect((await detail('told', MOMENT)).policy?.base_weights).toEqual({ trend: 0.75, rsi_14: 0.25 })
    expect((await detail('unjoined', MOMENT)).policy).toBeNull()
  })

  it('Q23: where it stands: file, row group, and the SHA-256 that was recorded', async () => {
    const { origin, entry } = await detail('told', MOMENT)
    expect(origin.file).toBe('decisions/decisions_20240308.parquet')
    expect(entry.file).toBe(origin.file)
    expect(origin.rowGroup).toBe(0)
    expect(origin.checksum).toBe('verified')
    expect(origin.sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  it('Q23: a row of another program’s file, in its second row group', async () => {
    await foreignFile(
      root,
      'decisions/decisions_20240401.parquet',
      `SELECT 'run-9' AS run_id, 'd' || i AS decision_id,
        strftime(TIMESTAMP '2024-04-01' + INTERVAL (i) MILLISECOND, '%Y-%m-%dT%H:%M:%S.%g+00:00') AS timestamp_utc,
        'SPY' AS symbol, '5m' AS timeframe, 'NY' AS session_regime, ['a'] AS macro_regimes,
        MAP {'x': 1.5} AS key_features, 0.5 AS evaluation_score, 'long' AS action, 'v1' AS policy_version,
        'e1' AS engine_version FROM range(130000) AS numbers(i)`,
    )
    const ts = Date.parse('2024-04-01T00:00:00Z') + 125_000
    const { origin, entry } = await detail('d125000', ts, undefined, 'run-9')
    expect(entry.place).toBe(125_000)
    // DuckDB's row groups have 122,880 rows.
    expect(origin).toEqual({ file: entry.file, rowGroup: 1, checksum: 'foreign', sha256: expect.any(String) })
  })

  it('Q24: the run’s audits, newest first, those known by then where it is asked as of then', async () => {
    const all = await detail('told', MOMENT)
    expect(all.audits.map((each) => each.audit_id)).toEqual(['b#0', 'a#0'])
    expect(all.auditsTotal).toBe(2)
    const then = await detail('told', MOMENT, MOMENT)
    expect(then.audits.map((each) => each.audit_id)).toEqual(['a#0'])
    expect(then.auditsTotal).toBe(1)
  })

  it('Q4: an outcome shows only once its holding period has passed', async () => {
    const known = MOMENT + 3 * STEP
    const before = await detail('told', MOMENT, known - 1)
    expect(before.entry.row.outcome_pnl).toBeNull()
    expect(before.entry.row.outcome_hit).toBeNull()
    expect(before.entry.row.outcome_max_drawdown).toBeNull()
    expect(before.entry.row.outcome_holding_period_bars).toBeNull()
    expect(before.outcomeKnownAt).toBeNull()
    const after = await detail('told', MOMENT, known)
    expect(after.entry.row.outcome_pnl).toBe(2.5)
    expect(after.outcomeKnownAt).toBe(known)
    // Without holding period it is never known when.
    const never = await detail('unjoined', MOMENT, Date.parse('2025-01-01T00:00:00Z'))
    expect(never.entry.row.outcome_pnl).toBeNull()
  })

  it('Q20: as of the moment itself, the bar that contains it has not closed and is not shown', async () => {
    const then = await detail('told', MOMENT, MOMENT)
    expect(Math.max(...then.candles.ts)).toBe(BAR - STEP)
    expect(then.barTs).toBeNull()
    await expect(detail('told', MOMENT, MOMENT - 1)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('Q20: in the hour that happens twice each is at its own bar', async () => {
    const [summer, winter] = [Date.parse(`${FALL}T06:32:00Z`), Date.parse(`${FALL}T07:32:00Z`)]
    expect((await detail('twice', summer, undefined, 'summer')).barTs).toBe(summer - 120_000)
    expect((await detail('twice', winter, undefined, 'winter')).barTs).toBe(winter - 120_000)
    await expect(detail('twice', winter, undefined, 'summer')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('Q24: what could not be read is named, once', async () => {
    await writeFile(path.join(root, 'audits', 'audits_20240309.parquet'), '')
    const { problems, audits } = await detail('told', MOMENT)
    expect(audits.length).toBe(2)
    expect(problems.map(({ file }) => file)).toEqual(['audits/audits_20240309.parquet'])
    await rm(path.join(root, 'audits', 'audits_20240309.parquet'))
  })
})

describe('decisions as marks on the chart', () => {
  const markers = (
    from: string,
    to: string,
    given: { limit?: number; asOf?: number; timeframe?: string } = {},
  ) =>
    store.reader.ledger.decisionMarkers({
      symbol: 'SPY',
      from: Date.parse(from),
      to: Date.parse(to),
      limit: 100,
      ...given,
    })

  it('Q25: those of a window by time, the hour that happens twice in order', async () => {
    const night = await markers(`${FALL}T05:00:00Z`, `${FALL}T08:00:00Z`)
    expect(night.markers.map(({ runId }) => runId)).toEqual(['summer', 'winter'])
    const day = await markers('2024-03-08T14:30:00Z', '2024-03-08T14:42:00Z')
    expect(day.markers.map(({ decisionId }) => decisionId)).toContain('told')
    expect(day.total).toBe(3)
    expect(day.markers.find(({ decisionId }) => decisionId === 'told')).toEqual({
      runId: 'run-1',
      decisionId: 'told',
      ts: MOMENT,
      symbol: 'SPY',
      timeframe: 'M5',
      action: 'long',
      score: 0.5,
      policyVersion: 'v2',
      hit: true,
      pnl: 2.5,
    })
  })

  it('Q25: of more than the limit the latest, and how many there are', async () => {
    const few = await markers('2024-03-08T00:00:00Z', '2024-03-08T23:59:59Z', { limit: 1 })
    expect(few.markers.map(({ decisionId }) => decisionId)).toEqual(['hourly'])
    expect(few.total).toBe(4)
    const hourly = await markers('2024-03-08T00:00:00Z', '2024-03-08T23:59:59Z', { timeframe: '1h' })
    expect(hourly.total).toBe(1)
  })

  it('Q4: as of then, later decisions and outcomes not known yet are not in them', async () => {
    const then = await markers('2024-03-08T00:00:00Z', '2024-03-08T23:59:59Z', { asOf: MOMENT })
    expect(then.total).toBe(3)
    expect(then.markers.map(({ hit, pnl }) => [hit, pnl])).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ])
    const later = await markers('2024-03-08T00:00:00Z', '2024-03-08T23:59:59Z', { asOf: MOMENT + 3 * STEP })
    expect(later.markers.find(({ decisionId }) => decisionId === 'told')?.hit).toBe(true)
  })
})
