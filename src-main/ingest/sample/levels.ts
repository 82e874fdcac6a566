import type { Session } from '../../../schemas/contract/trading-calendar.ts'
import { type EventLog, FIVE_MINUTES, shown } from './event-log.ts'
import type { Bar } from './market.ts'

interface Level {
  readonly id: string
  readonly side: 'high' | 'low'
  readonly y: number
  swept: boolean
}

/** The high and the low of the day before, as levels of the day: every intraday trader has them on the chart. */
export class PriorDayLevels {
  readonly #log: EventLog
  #levels: Level[] = []

  constructor(log: EventLog) {
    this.#log = log
  }

  onSession(session: Session, dayBefore: readonly Bar[]): void {
    if (dayBefore.length === 0) return
    const high = Math.max(...dayBefore.map((bar) => bar.high))
    const low = Math.min(...dayBefore.map((bar) => bar.low))
    this.#levels = [
      { id: this.#log.objectId('prior-day-high', session.open), side: 'high', y: high, swept: false },
      { id: this.#log.objectId('prior-day-low', session.open), side: 'low', y: low, swept: false },
    ]
    for (const { id, side, y } of this.#levels) {
      this.#log.tell({
        ts: session.open,
        action: 'create',
        object_id: id,
        type: 'level',
        timeframe: '1d',
        left_ts: session.open,
        y,
        status: 'active',
        label: side === 'high' ? 'Prior day high' : 'Prior day low',
        reason: `${side} of the session before`,
        payload: { side },
      })
    }
  }

  onFiveMinutes(bar: Bar): void {
    for (const level of this.#levels) {
      const beyond = level.side === 'high' ? bar.high - level.y : level.y - bar.low
      if (level.swept || beyond <= 0) continue
      level.swept = true
      this.#log.tell({
        ts: bar.ts + FIVE_MINUTES,
        action: 'update',
        object_id: level.id,
        type: 'level',
        timeframe: '1d',
        status: 'swept',
        reason: `traded ${shown(beyond)} beyond`,
      })
    }
  }

  onSessionEnd(session: Session): void {
    for (const { id, swept } of this.#levels) {
      this.#log.tell({
        ts: session.close,
        action: 'close',
        object_id: id,
        type: 'level',
        timeframe: '1d',
        status: swept ? 'swept' : 'held',
        reason: 'end of the session',
      })
    }
    this.#levels = []
  }
}
