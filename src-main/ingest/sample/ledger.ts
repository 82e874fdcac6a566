import type { DecisionLogLine, PolicyDocument, StatsDocument } from '../../../schemas/generated/documents.ts'
import type { AuditRow } from '../../../schemas/generated/rows.ts'
import { sampleAudits } from './audits.ts'
import type { SampleDay } from './days.ts'
import { type DecidedSeries, sampleDecisions } from './decisions.ts'
import type { FeatureSession } from './features.ts'
import { samplePolicies } from './policies.ts'
import { sampleStats } from './stats.ts'

/** What the sample's bot hands in besides bars and objects, each kind in order of time. */
export interface SampleLedger {
  readonly policies: readonly PolicyDocument[]
  readonly decisions: readonly DecisionLogLine[]
  readonly audits: readonly AuditRow[]
  readonly stats: readonly StatsDocument[]
}

/** Outcomes of the last hour are still open when the bot stops telling. */
const UNTOLD = 3_600_000
const ENGINES = ['4.2.0', '4.3.1'] as const
/** Bars that a position is held at most, by the bar's minutes: two hours, and forty minutes. */
const HOLD: Readonly<Record<number, number>> = { 15: 8, 5: 8 }

/**
 * The ledger of the last days of a sample: decisions at its own bars, outcomes that those bars had.
 * @param days all days of the sample, with their bars and events
 * @param since index of the first day of the ledger; earlier ones warm features up
 */
export function sampleLedger(days: readonly SampleDay[], since: number, seed: number): SampleLedger {
  const told = days.slice(since)
  const opens = told.map(({ session }) => session.open)
  const policies = samplePolicies(opens)
  const engineOn = (day: number): string => (day < Math.floor(told.length / 2) ? ENGINES[0] : ENGINES[1])
  const end = told.at(-1)?.session.close ?? 0
  const bot = { policies, engineOn, toldUntil: end - UNTOLD }
  const decisions = seriesOf(days, since)
    .flatMap((series) => sampleDecisions(series, bot))
    .sort((a, b) => a.ts - b.ts)
  const dates = told.map(({ date }) => date)
  return {
    policies: policies.map(({ document }) => document),
    decisions: decisions.map(({ line }) => line),
    audits: sampleAudits(decisions, dates, seed),
    stats: sampleStats(
      told.map(({ date, session }) => ({ date, close: session.close })),
      decisions,
    ),
  }
}

/** 15m bars of every symbol; 5m bars where the bot writes them, for decisions to act alone. */
function seriesOf(days: readonly SampleDay[], since: number): readonly DecidedSeries[] {
  const symbols = [...new Set(days.flatMap(({ bars }) => bars.map(({ symbol }) => symbol)))].sort()
  return symbols.flatMap((symbol) =>
    [15, 5].flatMap((minutes) => {
      const sessions = days.flatMap((day, index) => sessionOf(day, index, symbol, minutes))
      const first = sessions.findIndex(({ index }) => index >= since)
      if (first === -1) return []
      return [
        {
          symbol,
          minutes,
          hold: HOLD[minutes] ?? 1,
          actsOnly: minutes !== 15,
          sessions: sessions.map(({ session }) => session),
          since: first,
          firstDay: (sessions[first]?.index ?? since) - since,
        },
      ]
    }),
  )
}

/** Nothing for a day on which the symbol has no such bars. */
function sessionOf(
  day: SampleDay,
  index: number,
  symbol: string,
  minutes: number,
): readonly { readonly index: number; readonly session: FeatureSession }[] {
  const bars = day.bars.filter((bar) => bar.symbol === symbol && bar.timeframe === `${minutes}m`)
  if (bars.length === 0) return []
  const events = day.events.filter((event) => event.symbol === symbol)
  return [{ index, session: { date: day.date, open: day.session.open, bars, events } }]
}
