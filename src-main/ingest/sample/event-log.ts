import type { ObjectEventRow } from '../../../schemas/generated/rows.ts'

const MINUTE = 60_000
export const FIVE_MINUTES = 5 * MINUTE
export const QUARTER_HOUR = 15 * MINUTE

/** What a bot says of an event; the store derives the rest. */
export type SampleEvent = Pick<
  ObjectEventRow,
  'ts' | 'action' | 'object_id' | 'type' | 'symbol' | 'timeframe'
> &
  Partial<Omit<ObjectEventRow, 'event_id' | 'ts_iso'>>

type Told = Pick<SampleEvent, 'ts' | 'action' | 'object_id' | 'type'> & Partial<SampleEvent>

/** Events of one symbol in the order in which its bot comes to know them. */
export class EventLog {
  readonly symbol: string
  readonly events: SampleEvent[] = []

  constructor(symbol: string) {
    this.symbol = symbol
  }

  tell(event: Told): void {
    this.events.push({ symbol: this.symbol, timeframe: '15m', ...event })
  }

  /** A name that says what and when: `SPY-supply-20261112T1545`, in UTC. */
  objectId(kind: string, ts: number): string {
    const iso = new Date(ts).toISOString()
    return `${this.symbol}-${kind}-${iso.slice(0, 16).replaceAll(/[-:]/g, '')}`
  }
}

export const cents = (price: number) => Math.round(price * 100) / 100
export const shown = (price: number) => price.toFixed(2)
