import { MARKET_ZONE, MarketZone } from '../../schemas/contract/market-time.ts'

const GROUPED = new Intl.NumberFormat('en-US')

/** `4,107`, or with a noun `4,107 rows` and `1 row`. */
export function formatCount(count: number, noun?: string): string {
  const figure = GROUPED.format(count)
  return noun === undefined ? figure : `${figure} ${noun}${count === 1 ? '' : 's'}`
}

/** Bytes in steps of 1,024 with three figures at most: `812 B`, `4.1 KB`, `37.2 MB`. */
export function formatBytes(bytes: number): string {
  let size = bytes
  let unit = 'B'
  for (const next of ['KB', 'MB', 'GB', 'TB']) {
    if (size < 1024) break
    size /= 1024
    unit = next
  }
  return `${unit === 'B' || size >= 100 ? Math.round(size) : size.toFixed(1)} ${unit}`
}

/** How long ago in its largest unit: `now`, `3 min`, `5 h`, `12 d`, `2.1 y`. */
export function formatAge(millis: number): string {
  const minutes = Math.floor(millis / 60_000)
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes} min`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`
  const days = Math.floor(minutes / 1440)
  return days < 730 ? `${GROUPED.format(days)} d` : `${(days / 365.25).toFixed(1)} y`
}

const zones = new Map<string, MarketZone>()

/** The zone of a name, made once: its offsets are kept with it. */
export function zoneOf(name: string): MarketZone {
  let zone = zones.get(name)
  if (zone === undefined) {
    zone = new MarketZone(name)
    zones.set(name, zone)
  }
  return zone
}

/** An instant as a clock in the market's zone shows it, the zone named: `2024-03-08 08:30 CST`. */
export function formatMarketTime(instant: number, zoneName: string = MARKET_ZONE): string {
  const zone = zoneOf(zoneName)
  const { hour, minute } = zone.wallClock(instant)
  return `${zone.dateOf(instant)} ${pad(hour)}:${pad(minute)} ${zone.abbreviation(instant)}`
}

function pad(figure: number): string {
  return String(figure).padStart(2, '0')
}
