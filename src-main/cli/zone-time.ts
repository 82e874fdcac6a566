import type { MarketZone } from '../../schemas/contract/market-time.ts'

const two = (part: number) => String(part).padStart(2, '0')

/** Times in the market zone, each with the zone's short name: the hour that happens twice differs by it alone. */
export function zoneTime(zone: MarketZone): (ts: number) => string {
  // Asking Intl for a name is slow, and a zone has two of them.
  const names = new Map<number, string>()
  return (ts) => {
    const { year, month, day, hour, minute, second, offsetMinutes } = zone.wallClock(ts)
    const name = names.get(offsetMinutes) ?? zone.abbreviation(ts)
    names.set(offsetMinutes, name)
    const clock = `${two(hour)}:${two(minute)}${second === 0 ? '' : `:${two(second)}`}`
    return `${year}-${two(month)}-${two(day)} ${clock} ${name}`
  }
}
