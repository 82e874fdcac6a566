import type { Session } from '../../../schemas/contract/trading-calendar.ts'
import { EventLog, QUARTER_HOUR, type SampleEvent } from './event-log.ts'
import { FlagFinder } from './flags.ts'
import { PriorDayLevels } from './levels.ts'
import { type Bar, joined } from './market.ts'
import { ZoneFinder } from './zones.ts'

/**
 * The events that a bot would have told while watching these sessions, by session and in the order of knowing: each
 * follows from bars that had closed by its `ts` alone.
 */
export function objectEvents(
  symbol: string,
  sessions: readonly Session[],
  minutes: readonly (readonly Bar[])[],
): readonly (readonly SampleEvent[])[] {
  const log = new EventLog(symbol)
  const zones = new ZoneFinder(log)
  const levels = new PriorDayLevels(log)
  const flags = new FlagFinder(log)
  let step = 0
  return sessions.map((session, index) => {
    zones.onSession(index, session.open)
    levels.onSession(session, minutes[index - 1] ?? [])
    const quarters = joined(minutes[index] ?? [], 15)
    for (const bar of joined(minutes[index] ?? [], 5)) {
      zones.onFiveMinutes(bar)
      levels.onFiveMinutes(bar)
      flags.onFiveMinutes(bar)
      const quarter = quarters.find(({ ts }) => ts + QUARTER_HOUR === bar.ts + QUARTER_HOUR / 3)
      if (quarter !== undefined) zones.onQuarterHour(quarter)
    }
    levels.onSessionEnd(session)
    flags.onSessionEnd(session.close)
    return log.events.splice(0).map((event) => ({ ...event, step: step++ }))
  })
}
