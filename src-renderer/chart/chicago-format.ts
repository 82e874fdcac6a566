import type { ZoneOffsets } from './zone-offsets.ts'

const DAY = 86_400_000

export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
export const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

const twoDigits = (value: number): string => String(value).padStart(2, '0')

/** `08:30`, or with seconds `08:30:15`; takes wall-clock ms. */
export function formatClock(wall: number, seconds = false): string {
  const date = new Date(wall)
  const clock = `${twoDigits(date.getUTCHours())}:${twoDigits(date.getUTCMinutes())}`
  return seconds ? `${clock}:${twoDigits(date.getUTCSeconds())}` : clock
}

/** `Fri 8 Mar 2024`; takes wall-clock ms. */
export function formatDate(wall: number): string {
  const date = new Date(wall)
  return `${WEEKDAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`
}

/**
 * How bars stand on the axis: by the clock; or, from a day on, by date alone. Stored day bars carry the UTC date of
 * their open (SPEC R10), days gathered from shorter bars the zone's.
 */
export type BarKind = 'intraday' | 'utc-days' | 'zone-days'

/** Goes by the label of the level (`1d`, `1w`, `1mo`, `2y`) and the stored timeframe. */
export function barKind(timeframe: string, levelLabel: string): BarKind {
  if (/d$/i.test(timeframe)) return 'utc-days'
  return /(d|w|mo|y)$/.test(levelLabel) ? 'zone-days' : 'intraday'
}

/** The trading date of a bar of a day or longer, as its midnight in wall-clock ms. */
export function tradingDate(instant: number, kind: BarKind, offsets: ZoneOffsets): number {
  return Math.floor((kind === 'utc-days' ? instant : offsets.wallMillis(instant)) / DAY) * DAY
}

/** What the crosshair says of a bar: date and clock, and CDT or CST only in the hour that happens twice. */
export function formatBarTime(instant: number, kind: BarKind, offsets: ZoneOffsets): string {
  return kind === 'intraday'
    ? formatInstant(instant, offsets)
    : formatDate(tradingDate(instant, kind, offsets))
}

/** `Fri 8 Mar 2024 08:30`, in the zone; seconds only where there are any. */
export function formatInstant(instant: number, offsets: ZoneOffsets): string {
  const wall = offsets.wallMillis(instant)
  const text = `${formatDate(wall)} ${formatClock(wall, wall % 60_000 !== 0)}`
  return offsets.isAmbiguous(instant) ? `${text} ${offsets.zone.abbreviation(instant)}` : text
}

/** `8 Mar 2024 08:30`: for lists and tables, where the weekday only takes room. */
export function formatShort(instant: number, offsets: ZoneOffsets): string {
  const text = formatInstant(instant, offsets)
  return text.slice(4)
}

/** `Chicago (CST)`, or `Chicago (CST/CDT)` where a range crosses a change: said once on the view. */
export function zoneLabel(from: number, to: number, offsets: ZoneOffsets): string {
  const city = offsets.zone.name.split('/').at(-1)?.replaceAll('_', ' ') ?? offsets.zone.name
  const [first, last] = [offsets.zone.abbreviation(from), offsets.zone.abbreviation(to)]
  return first === last ? `${city} (${first})` : `${city} (${first}/${last})`
}
