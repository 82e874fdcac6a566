import { cents, type EventLog, FIVE_MINUTES, QUARTER_HOUR, shown } from './event-log.ts'
import type { Bar } from './market.ts'

interface Zone {
  readonly id: string
  readonly side: 'supply' | 'demand'
  top: number
  bottom: number
  readonly leftTs: number
  readonly session: number
  touches: number
  /** The bar that reached furthest into the zone since price came in; null while it is outside. */
  deepest: Bar | null
  /** False until price has left the swing that made the zone: its own forming is no touch. */
  left: boolean
}

interface Mark {
  readonly label: 'Rejected' | 'Broke'
  readonly left_ts: number
  readonly y: number
  readonly side: Zone['side']
}

const MINUTE = 60_000
/** Bars on either side that a swing must stand out from; it is known when the last of them has closed. */
const SWING_REACH = 2
const ATR_BARS = 14
/** Price must leave a swing by so many average ranges, or it was no reaction. */
const DISPLACEMENT = 1
const LIFE_SESSIONS = 8
const MOST_STANDING = 9

/**
 * Supply and demand zones from swings of the 15m bars, as a bot would find them: created once the swing is confirmed,
 * touched and weakened when price comes back, closed when a bar closes through. Uses nothing that isn't known yet.
 */
export class ZoneFinder {
  readonly #log: EventLog
  readonly #bars: Bar[] = []
  #zones: Zone[] = []
  #session = 0

  constructor(log: EventLog) {
    this.#log = log
  }

  /** At a session's open: zones that nobody came back to are given up. */
  onSession(index: number, open: number): void {
    this.#session = index
    for (const zone of this.#zones) {
      if (index - zone.session >= LIFE_SESSIONS)
        this.#giveUp(zone, open, `expired after ${LIFE_SESSIONS} sessions`)
    }
    this.#zones = this.#zones.filter((zone) => index - zone.session < LIFE_SESSIONS)
  }

  onFiveMinutes(bar: Bar): void {
    const range = this.#averageRange()
    for (const zone of this.#zones) {
      const supply = zone.side === 'supply'
      const inside = supply ? bar.high >= zone.bottom : bar.low <= zone.top
      const away = supply ? bar.high < zone.bottom - 0.15 * range : bar.low > zone.top + 0.15 * range
      if (!zone.left) zone.left = away
      else if (inside) this.#touch(zone, bar)
      else if (away && zone.deepest !== null) this.#reject(zone, zone.deepest, bar)
    }
  }

  onQuarterHour(bar: Bar): void {
    this.#bars.push(bar)
    const range = this.#averageRange()
    this.#zones = this.#zones.filter((zone) => !this.#broken(zone, bar, range))
    this.#confirmSwing(range)
  }

  #averageRange(): number {
    const recent = this.#bars.slice(-ATR_BARS)
    return recent.reduce((sum, { high, low }) => sum + high - low, 0) / Math.max(1, recent.length)
  }

  #confirmSwing(range: number): void {
    const at = this.#bars.length - 1 - SWING_REACH
    const swing = this.#bars[at]
    const last = this.#bars.at(-1)
    if (swing === undefined || last === undefined || at < SWING_REACH) return
    const around = this.#bars.slice(at - SWING_REACH).filter((bar) => bar !== swing)
    if (around.every(({ high }) => high < swing.high) && swing.high - last.close > DISPLACEMENT * range) {
      const depth = Math.min(
        Math.max(swing.high - Math.max(swing.open, swing.close), 0.35 * range),
        0.8 * range,
      )
      this.#create('supply', swing, swing.high, cents(swing.high - depth), last)
    }
    if (around.every(({ low }) => low > swing.low) && last.close - swing.low > DISPLACEMENT * range) {
      const depth = Math.min(
        Math.max(Math.min(swing.open, swing.close) - swing.low, 0.35 * range),
        0.8 * range,
      )
      this.#create('demand', swing, cents(swing.low + depth), swing.low, last)
    }
  }

  #create(side: Zone['side'], swing: Bar, top: number, bottom: number, last: Bar): void {
    const ts = last.ts + QUARTER_HOUR
    const same = this.#zones.find((zone) => zone.side === side && zone.bottom <= top && bottom <= zone.top)
    if (same !== undefined) {
      same.top = Math.max(same.top, top)
      same.bottom = Math.min(same.bottom, bottom)
      const reason = `widened by a second swing at ${shown(side === 'supply' ? top : bottom)}`
      this.#tell(same, ts, 'update', { top: same.top, bottom: same.bottom, reason })
      return
    }
    const id = this.#log.objectId(side, swing.ts)
    const zone: Zone = {
      id,
      side,
      top,
      bottom,
      leftTs: swing.ts,
      session: this.#session,
      touches: 0,
      deepest: null,
      left: false,
    }
    this.#zones.push(zone)
    const reason = `swing ${side === 'supply' ? 'high' : 'low'} ${shown(side === 'supply' ? top : bottom)} confirmed`
    this.#tell(zone, ts, 'create', {
      left_ts: swing.ts,
      top,
      bottom,
      status: 'active',
      label: side === 'supply' ? 'Supply' : 'Demand',
      reason,
      payload: { side, touches: 0 },
    })
    const [oldest] = this.#zones
    if (this.#zones.length > MOST_STANDING && oldest !== undefined) {
      this.#giveUp(oldest, ts, `one of more than ${MOST_STANDING} zones, and the oldest`)
      this.#zones.shift()
    }
  }

  #touch(zone: Zone, bar: Bar): void {
    if (zone.deepest === null) {
      zone.touches++
      zone.deepest = bar
      const price = zone.side === 'supply' ? bar.high : bar.low
      this.#tell(zone, bar.ts + FIVE_MINUTES, 'update', {
        status: zone.touches === 1 ? 'touched' : 'weakened',
        reason: `touch ${zone.touches} at ${shown(price)}`,
        payload: { side: zone.side, touches: zone.touches },
      })
    } else if (zone.side === 'supply' ? bar.high > zone.deepest.high : bar.low < zone.deepest.low) {
      zone.deepest = bar
    }
  }

  /** Price has left again: the bar that reached furthest was turned away. */
  #reject(zone: Zone, deepest: Bar, now: Bar): void {
    zone.deepest = null
    const y = zone.side === 'supply' ? deepest.high : deepest.low
    this.#mark(zone, now.ts + FIVE_MINUTES, { label: 'Rejected', left_ts: deepest.ts, y, side: zone.side })
  }

  #broken(zone: Zone, bar: Bar, range: number): boolean {
    const through = zone.side === 'supply' ? bar.close - zone.top : zone.bottom - bar.close
    if (through <= 0.1 * range) return false
    const ts = bar.ts + QUARTER_HOUR
    const beyond = zone.side === 'supply' ? `above ${shown(zone.top)}` : `below ${shown(zone.bottom)}`
    this.#tell(zone, ts, 'close', { status: 'broken', reason: `15m close ${shown(bar.close)} ${beyond}` })
    // At the close, which lies in the last minute: on shorter bars too the mark stands where price went through.
    const side = zone.side === 'supply' ? 'demand' : 'supply'
    this.#mark(zone, ts, { label: 'Broke', left_ts: ts - MINUTE, y: bar.close, side })
    return true
  }

  /** A close without status: the store hides the zone from then on. */
  #giveUp(zone: Zone, ts: number, reason: string): void {
    this.#tell(zone, ts, 'close', { reason })
  }

  /** `side` is where price went from there: up from demand, down from supply. */
  #mark(zone: Zone, ts: number, { label, left_ts, y, side }: Mark): void {
    this.#log.tell({
      ts,
      action: 'create',
      object_id: `${zone.id}-${label.toLowerCase()}-${zone.touches}`,
      type: 'marker',
      left_ts,
      y,
      status: 'active',
      label,
      reason: `${zone.side} ${shown(zone.bottom)}–${shown(zone.top)}`,
      payload: { side, zone: zone.id },
    })
  }

  #tell(
    zone: Zone,
    ts: number,
    action: 'create' | 'update' | 'close',
    more: Partial<Parameters<EventLog['tell']>[0]>,
  ): void {
    this.#log.tell({ ts, action, object_id: zone.id, type: 'zone', ...more })
  }
}
