import { type EventLog, FIVE_MINUTES, shown } from './event-log.ts'
import { type Channel, channelOf, edgesAt, linesOf, type Point } from './flag-geometry.ts'
import type { Bar } from './market.ts'

interface Flag {
  readonly id: string
  readonly side: 'bull' | 'bear'
  readonly pole: readonly [Point, Point]
  readonly channel: Channel
  readonly bornAt: number
}

type Told = Partial<Parameters<EventLog['tell']>[0]>

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
    if (this.#flag !== null) this.#end(this.#flag, close, { reason: 'end of the session' })
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
    const tipBar = pole.find(({ high, low }) => tip === (bull ? high : low)) ?? end
    this.#flag = {
      id: this.#log.objectId(`${side}-flag`, start.ts),
      side,
      pole: [
        { ts: start.ts, price: start.open },
        { ts: tipBar.ts, price: tip },
      ],
      channel: channelOf(channel),
      bornAt: this.#bars.length,
    }
    this.#tell(this.#flag, bar.ts + FIVE_MINUTES, 'create', {
      left_ts: start.ts,
      top,
      bottom,
      status: 'active',
      label: bull ? 'Bull flag' : 'Bear flag',
      reason: `pole of ${shown(height)} in ${POLE_BARS * 5} minutes`,
      payload: payloadOf(this.#flag, CHANNEL_BARS),
    })
  }

  #follow(flag: Flag, bar: Bar): void {
    const ts = bar.ts + FIVE_MINUTES
    const age = this.#bars.length - flag.bornAt
    const { upper, lower } = edgesAt(flag.channel, CHANNEL_BARS + age - 1)
    const up = bar.close > upper
    if (up || bar.close < lower) {
      const edge = up ? `above ${shown(upper)}` : `below ${shown(lower)}`
      const status = up === (flag.side === 'bull') ? 'confirmed' : 'failed'
      // The lines reach on to where price left them.
      const payload = payloadOf(flag, CHANNEL_BARS + age)
      this.#end(flag, ts, { status, payload, reason: `5m close ${shown(bar.close)} ${edge}` })
    } else if (age >= PATIENCE_BARS) {
      this.#end(flag, ts, { reason: `no break in ${PATIENCE_BARS} bars` })
    }
  }

  #end(flag: Flag, ts: number, more: Told): void {
    this.#tell(flag, ts, 'close', more)
    this.#flag = null
  }

  #tell(flag: Flag, ts: number, action: 'create' | 'close', more: Told): void {
    this.#log.tell({ ts, action, object_id: flag.id, type: 'flag', timeframe: '5m', ...more })
  }
}

function payloadOf({ side, pole, channel }: Flag, bars: number): object {
  return { side, pole, channel: linesOf(channel, bars) }
}
