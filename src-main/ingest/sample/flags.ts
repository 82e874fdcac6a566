import { cents, type EventLog, FIVE_MINUTES, shown } from './event-log.ts'
import type { Bar } from './market.ts'

interface Flag {
  readonly id: string
  readonly side: 'bull' | 'bear'
  readonly upper: number
  readonly lower: number
  readonly bornAt: number
}

const POLE_BARS = 4
const CHANNEL_BARS = 5
const RANGE_BARS = 24
/** A pole is a move of so many average ranges; its channel may give back half of it. */
const POLE_RANGES = 3
const PATIENCE_BARS = 10

/**
 * Flags on 5m bars: a steep pole, then a tight channel that gives little back. Known when the channel has lasted;
 * closed when price leaves the channel to either side, or given up when it doesn't.
 */
export class FlagFinder {
  readonly #log: EventLog
  readonly #bars: Bar[] = []
  #flag: Flag | null = null

  constructor(log: EventLog) {
    this.#log = log
  }

  onFiveMinutes(bar: Bar): void {
    this.#bars.push(bar)
    if (this.#flag !== null) this.#follow(this.#flag, bar)
    else this.#find(bar)
  }

  /** A flag doesn't live overnight. */
  onSessionEnd(close: number): void {
    if (this.#flag !== null) this.#end(this.#flag, close, null, 'end of the session')
    this.#bars.length = 0
  }

  #find(bar: Bar): void {
    const channel = this.#bars.slice(-CHANNEL_BARS)
    const pole = this.#bars.slice(-CHANNEL_BARS - POLE_BARS, -CHANNEL_BARS)
    const before = this.#bars.slice(0, -CHANNEL_BARS - POLE_BARS).slice(-RANGE_BARS)
    const [start] = pole
    const end = pole.at(-1)
    const [first] = channel
    if (start === undefined || end === undefined || first === undefined || before.length < 6) return
    const range = before.reduce((sum, { high, low }) => sum + high - low, 0) / before.length
    const move = end.close - start.open
    const top = Math.max(...channel.map(({ high }) => high))
    const bottom = Math.min(...channel.map(({ low }) => low))
    const bull = move > 0
    const tip = bull ? Math.max(...pole.map(({ high }) => high)) : Math.min(...pole.map(({ low }) => low))
    const beyond = bull ? top - tip : tip - bottom
    const givenBack = bull ? tip - bottom : top - tip
    const height = Math.abs(move)
    if (height < POLE_RANGES * range || beyond > 0.25 * range || givenBack > 0.5 * height) return
    const side = bull ? 'bull' : 'bear'
    const id = this.#log.objectId(`${side}-flag`, start.ts)
    this.#flag = { id, side, upper: top, lower: bottom, bornAt: this.#bars.length }
    const slope = cents((bar.close - first.open) / (CHANNEL_BARS - 1))
    this.#tell(this.#flag, bar.ts + FIVE_MINUTES, 'create', {
      left_ts: start.ts,
      top,
      bottom,
      status: 'active',
      label: bull ? 'Bull flag' : 'Bear flag',
      reason: `pole of ${shown(height)} in ${POLE_BARS * 5} minutes`,
      payload: {
        side,
        pole: { from_ts: start.ts, from: start.open, to_ts: end.ts, to: tip },
        channel: { from_ts: first.ts, to_ts: bar.ts, upper: top, lower: bottom, slope_per_bar: slope },
      },
    })
  }

  #follow(flag: Flag, bar: Bar): void {
    const ts = bar.ts + FIVE_MINUTES
    const up = bar.close > flag.upper
    if (up || bar.close < flag.lower) {
      const edge = up ? `above ${shown(flag.upper)}` : `below ${shown(flag.lower)}`
      const status = up === (flag.side === 'bull') ? 'confirmed' : 'failed'
      this.#end(flag, ts, status, `5m close ${shown(bar.close)} ${edge}`)
    } else if (this.#bars.length - flag.bornAt >= PATIENCE_BARS) {
      this.#end(flag, ts, null, `no break in ${PATIENCE_BARS} bars`)
    }
  }

  #end(flag: Flag, ts: number, status: string | null, reason: string): void {
    this.#tell(flag, ts, 'close', { status, reason })
    this.#flag = null
  }

  #tell(
    flag: Flag,
    ts: number,
    action: 'create' | 'close',
    more: Partial<Parameters<EventLog['tell']>[0]>,
  ): void {
    this.#log.tell({ ts, action, object_id: flag.id, type: 'flag', timeframe: '5m', ...more })
  }
}
