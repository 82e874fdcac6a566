import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { tradingDaysUpTo } from '../../schemas/contract/trading-calendar.ts'
import type { DecisionLogLine } from '../../schemas/generated/documents.ts'
import { LEDGER_TABLES } from '../../schemas/tables/index.ts'
import { type SampleBar, type SampleDay, sampleDays } from '../../src-main/ingest/sample/days.ts'
import { scoreOf } from '../../src-main/ingest/sample/decisions.ts'
import { type SignalName, signalOf } from '../../src-main/ingest/sample/features.ts'
import { type SampleLedger, sampleLedger } from '../../src-main/ingest/sample/ledger.ts'
import { sessionRegime } from '../../src-main/ingest/sample/regimes.ts'
import { ledgerDocuments } from '../../src-main/store/ledger/documents.ts'

const zone = new MarketZone()
const DAYS = 24
const HISTORY = 18
const dates = tradingDaysUpTo('2024-03-22', DAYS)
const days = sampleDays(dates, 7, zone, HISTORY)
const ledger = sampleLedger(days, 0, 7)
const minutesOf = ({ timeframe }: { readonly timeframe: string }): number => Number.parseInt(timeframe, 10)

/** The bars of a decision's series, by their open. */
function barsOf(line: DecisionLogLine, among: readonly SampleDay[] = days): readonly SampleBar[] {
  return among.flatMap(({ bars }) =>
    bars.filter(({ symbol, timeframe }) => symbol === line.symbol && timeframe === line.timeframe),
  )
}

describe('the sample’s ledger', () => {
  it('X9: the same days and seed give the same ledger, another seed another one, and every line is sound', () => {
    expect(sampleLedger(sampleDays(dates, 7, zone, HISTORY), 0, 7)).toEqual(ledger)
    expect(sampleLedger(sampleDays(dates, 8, zone, HISTORY), 0, 8).decisions).not.toEqual(ledger.decisions)
    for (const table of LEDGER_TABLES) {
      const documents = ledgerDocuments(table, zone)
      const lines: readonly unknown[] = ledger[table]
      for (const line of lines) expect(documents.check(line)).not.toHaveProperty('rejection')
      expect(lines.length).toBeGreaterThan(table === 'policies' ? 2 : 15)
    }
    const ids = ledger.decisions.map(({ run_id, decision_id }) => `${run_id}/${decision_id}`)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('N14: decides at the open of a stored bar, by the session regime of its UTC hour and the policy in force', () => {
    const published = ledger.policies.map(({ version, timestamp_utc }) => ({
      version,
      ts: Date.parse(timestamp_utc),
    }))
    for (const line of ledger.decisions) {
      const ts = Date.parse(line.timestamp_utc)
      const next = barsOf(line).find((bar) => bar.ts === ts)
      expect(next, line.decision_id).toBeDefined()
      expect(line.session_regime).toBe(sessionRegime(ts))
      const inForce = published.filter((policy) => policy.ts <= ts).at(-1)
      expect(line.provenance.policy_version).toBe(inForce?.version)
      expect(line.evaluation_score).toBe(scoreOf(line.effective_weights, line.feature_vector))
      const acts = line.action !== 'HOLD'
      expect((line.position_size ?? 0) > 0).toBe(acts)
      if (!acts) expect(line.outcome).toBeNull()
    }
    const used = new Set(ledger.decisions.map(({ provenance }) => provenance.policy_version))
    expect([...used].sort()).toEqual(ledger.policies.map(({ version }) => version).sort())
    expect(new Set(ledger.decisions.map(({ action }) => action)).size).toBe(3)
    expect(new Set(ledger.decisions.map(({ provenance }) => provenance.engine_version)).size).toBe(2)
  })

  it.each([
    ['2024-03-07T00:00Z', 'ASIA'],
    ['2024-03-07T06:59:59.999Z', 'ASIA'],
    ['2024-03-07T07:00Z', 'PRE_SESSION'],
    ['2024-03-07T08:00Z', 'LONDON'],
    ['2024-03-07T12:00Z', 'LONDON_NY_OVERLAP'],
    ['2024-03-07T17:00Z', 'NY'],
    ['2024-03-07T22:00Z', 'POST_SESSION'],
    ['2024-03-09T15:00Z', 'NONE'],
    ['2024-03-10T23:59Z', 'NONE'],
  ])('the session regime of %s is %s', (time, regime) => expect(sessionRegime(Date.parse(time))).toBe(regime))

  it('N14: outcomes are those that the bars after the decision had, and the last hour’s are open', () => {
    let told = 0
    let open = 0
    const end = days.at(-1)?.session.close ?? 0
    for (const line of ledger.decisions) {
      if (line.action === 'HOLD') continue
      const ts = Date.parse(line.timestamp_utc)
      const { outcome } = line
      if (outcome === null || outcome === undefined) {
        open++
        expect(ts).toBeGreaterThan(end - 3_600_000 - 8 * minutesOf(line) * 60_000)
        continue
      }
      told++
      const held = outcome.holding_period_bars ?? 0
      expect(ts + held * minutesOf(line) * 60_000).toBeLessThanOrEqual(end - 3_600_000)
      expect(outcome).toEqual(byHand(line, held))
    }
    expect(told).toBeGreaterThan(300)
    expect(open).toBeGreaterThan(0)
    console.log(`${told} outcomes worked out again, ${open} open`)
  })

  it('N14: nothing that was known later is in a feature: a market that ends there gives the same decision', () => {
    // The market as it was when each of these days ended half way through.
    for (const last of [3, HISTORY + 1, DAYS - 1]) {
      const day = days[last]
      if (day === undefined) throw new Error('no such day')
      const until = day.session.open + 3 * 3_600_000
      const cut = cutAt(days.slice(0, last + 1), until)
      const before = (lines: SampleLedger): ReadonlyMap<string, DecisionLogLine> =>
        new Map(
          lines.decisions
            .filter(({ timestamp_utc }) => Date.parse(timestamp_utc) < until)
            .map((line) => [line.decision_id, line]),
        )
      // Policies and engines come by share of the days: compared is what was seen.
      const known = before(sampleLedger(cut, 0, 7))
      let compared = 0
      for (const [id, line] of before(ledger)) {
        const then = known.get(id)
        if (then === undefined) continue
        compared++
        expect(then.feature_vector, id).toEqual(line.feature_vector)
        expect(then.macro_regimes, id).toEqual(line.macro_regimes)
      }
      expect(compared).toBeGreaterThan(last * 8)
    }
  })

  it('N14: audits have clean ones and each type of issue, stats both forms, and no report knows a later outcome', () => {
    const issues = new Set(ledger.audits.flatMap((row) => row.issues))
    expect(ledger.audits.filter((row) => row.issues.length === 0).length).toBeGreaterThan(10)
    expect(issues.size).toBeGreaterThan(2)
    const runs = new Set(ledger.decisions.map(({ run_id }) => run_id))
    for (const { run_id } of [...ledger.audits, ...ledger.stats]) expect(runs.has(run_id)).toBe(true)
    const weekly = ledger.stats.filter((each) => each.feature_performance_by_regime !== undefined)
    expect(weekly.length).toBeGreaterThan(2)
    const daily = ledger.stats.filter((each) => each.feature_importance !== undefined)
    expect(daily.length).toBeGreaterThan(11)
    expect(daily.length).toBeLessThan(dates.length)
    for (const report of weekly) {
      const reported = Date.parse(report.timestamp_utc)
      for (const [feature, regimes] of Object.entries(report.feature_performance_by_regime ?? {})) {
        for (const [regime, figures] of Object.entries(regimes)) {
          const known = ledger.decisions.filter((line) => {
            const ts = Date.parse(line.timestamp_utc)
            const bars = line.outcome?.holding_period_bars ?? Number.NaN
            const side = line.action === 'LONG' ? 1 : -1
            return (
              ts >= Date.parse(figures.window_start ?? '') &&
              ts + bars * minutesOf(line) * 60_000 <= reported &&
              line.session_regime === regime &&
              signalOf(feature as SignalName, line.feature_vector) * side > 0.1
            )
          })
          const hits = known.filter(({ outcome }) => outcome?.hit === true).length
          expect(figures.hit_rate).toBeCloseTo(hits / known.length, 6)
        }
      }
    }
  })
})

/** Entered at the decision's own bar, as the sample's bot says: stop at 1.5 ranges, target at 2.25, else the last close. */
function byHand(line: DecisionLogLine, held: number): unknown {
  const ts = Date.parse(line.timestamp_utc)
  const bars = barsOf(line).filter((bar) => bar.ts >= ts && bar.ts < ts + held * minutesOf(line) * 60_000)
  const entry = bars[0]?.open ?? Number.NaN
  const range = Number(line.feature_vector.atr_14)
  const [stop, target] = [Math.round(150 * range) / 100, Math.round(225 * range) / 100]
  const side = line.action === 'LONG' ? 1 : -1
  const last = bars.at(-1)
  const worstOf = (bar: SampleBar | undefined): number =>
    bar === undefined ? 0 : side === 1 ? entry - bar.low : bar.high - entry
  const bestOf = (bar: SampleBar | undefined): number =>
    bar === undefined ? 0 : side === 1 ? bar.high - entry : entry - bar.low
  // No bar before the last touched either.
  for (const bar of bars.slice(0, -1)) {
    expect(worstOf(bar)).toBeLessThan(stop)
    expect(bestOf(bar)).toBeLessThan(target)
  }
  const move =
    worstOf(last) >= stop ? -stop : bestOf(last) >= target ? target : side * ((last?.close ?? 0) - entry)
  const size = line.position_size ?? 0
  const cents = (value: number): number => Math.round(value * 100) / 100 + 0
  const drawdown = Math.max(0, ...bars.map((bar) => Math.min(stop, worstOf(bar))))
  return {
    pnl: cents(move * size),
    hit: cents(move * size) > 0,
    max_drawdown: cents(drawdown * size),
    holding_period_bars: held,
  }
}

/** The same days without what closed or was told after an instant. */
function cutAt(all: readonly SampleDay[], until: number): readonly SampleDay[] {
  return all.map((day) => ({
    ...day,
    bars: day.bars.filter((bar) => bar.ts + minutesOf(bar) * 60_000 <= until),
    events: day.events.filter(({ ts }) => ts <= until),
  }))
}
