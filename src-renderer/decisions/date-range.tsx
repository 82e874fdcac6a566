import { useId, useState } from 'react'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { Button } from '../ui/button.tsx'
import { FilterButton } from '../ui/choice-filter.tsx'
import { Popover } from '../ui/popover.tsx'
import { formatClockTime, marketOffsets } from './decision-text.ts'
import type { FilterChange } from './view-filter.ts'

const DAY = 86_400_000
const MINUTE = 60_000

export interface DateRangeProps {
  readonly filter: Pick<LedgerFilter, 'from' | 'to' | 'asOf'>
  /** Newest stored decision: what "the last week" is counted from. */
  readonly newest: number | null
  readonly onChange: (change: FilterChange) => void
}

/** Which times: from, to (both by the market's clock, inclusive), and as they were known at a moment. */
export function DateRange({ filter, newest, onChange }: DateRangeProps) {
  return (
    <Popover label="Time" trigger={<FilterButton label="Time" setTo={rangeText(filter)} />}>
      <div className="bk-decisions-dates">
        <MarketTime label="From" value={filter.from} onChange={(from) => onChange({ from })} end={false} />
        <MarketTime label="To" value={filter.to} onChange={(to) => onChange({ to })} end />
        <MarketTime
          label="As known at"
          value={filter.asOf}
          onChange={(asOf) => onChange({ asOf })}
          end
          hint="Hides later decisions, and outcomes whose holding period had not passed."
        />
        <p className="muted">By the clock of {marketOffsets().zone.name}.</p>
        <div className="bk-decisions-buttons">
          {newest !== null &&
            SPANS.map(([name, days]) => (
              <Button key={name} onClick={() => onChange(lastDays(newest, days))}>
                {name}
              </Button>
            ))}
          <Button onClick={() => onChange({ from: undefined, to: undefined, asOf: undefined })}>
            All times
          </Button>
        </div>
      </div>
    </Popover>
  )
}

const SPANS = [
  ['Last day', 1],
  ['7 days', 7],
  ['30 days', 30],
  ['90 days', 90],
] as const

/** From the market's midnight that begins the first of so many days up to the newest decision. */
function lastDays(newest: number, days: number): FilterChange {
  const zone = marketOffsets()
  const midnight = Math.floor(zone.wallMillis(newest) / DAY) * DAY
  return { from: zone.zone.instantOfWallClock(midnight - (days - 1) * DAY), to: undefined }
}

interface MarketTimeProps {
  readonly label: string
  /** ms UTC */
  readonly value: number | undefined
  readonly onChange: (value: number | undefined) => void
  /** An upper bound: its whole minute counts. */
  readonly end: boolean
  readonly hint?: string
}

/** A calendar and a clock of the market zone; the hour that happens twice means its first, or as a bound its end. */
function MarketTime({ label, value, onChange, end, hint }: MarketTimeProps) {
  const id = useId()
  const [typed, setTyped] = useState<string | null>(null)
  const wall =
    value === undefined ? '' : new Date(marketOffsets().wallMillis(value)).toISOString().slice(0, 16)
  const commit = (text: string) => {
    setTyped(text)
    const at = text === '' ? null : Date.parse(`${text}:00Z`)
    if (at === null) onChange(undefined)
    else if (!Number.isNaN(at)) onChange(marketOffsets().zone.instantOfWallClock(at) + (end ? MINUTE - 1 : 0))
  }
  return (
    <div className="bk-decisions-date">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="datetime-local"
        className="bk-input"
        value={typed ?? wall}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => commit(event.target.value)}
        onBlur={() => setTyped(null)}
      />
      {hint !== undefined && (
        <p id={`${id}-hint`} className="muted">
          {hint}
        </p>
      )}
    </div>
  )
}

/** `2024-03-08 08:30 to 15:00`: the date once where both have it. */
function rangeText({ from, to, asOf }: DateRangeProps['filter']): string | null {
  const first = from === undefined ? null : formatClockTime(from)
  const last = to === undefined ? null : formatClockTime(Math.floor(to / MINUTE) * MINUTE)
  const texts: string[] = []
  if (first !== null && last !== null) {
    const sameDay = first.slice(0, 10) === last.slice(0, 10)
    texts.push(`${first} to ${sameDay ? last.slice(11) : last}`)
  } else if (first !== null) texts.push(`from ${first}`)
  else if (last !== null) texts.push(`to ${last}`)
  if (asOf !== undefined) texts.push(`as of ${formatClockTime(Math.floor(asOf / MINUTE) * MINUTE)}`)
  return texts.length === 0 ? null : texts.join(', ')
}
