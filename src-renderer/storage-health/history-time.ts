import { MarketZone } from '../../schemas/contract/market-time.ts'
import { ZoneOffsets } from '../chart/zone-offsets.ts'

const zones = new Map<string, ZoneOffsets>()

/** `2024-03-08 15:15:04` by the zone's clock; in the hour that comes twice with CDT or CST. */
export function historyTime(instant: number, zoneName: string): string {
  let offsets = zones.get(zoneName)
  if (offsets === undefined) {
    offsets = new ZoneOffsets(new MarketZone(zoneName))
    zones.set(zoneName, offsets)
  }
  const text = new Date(offsets.wallMillis(instant)).toISOString().slice(0, 19).replace('T', ' ')
  return offsets.isAmbiguous(instant) ? `${text} ${offsets.zone.abbreviation(instant)}` : text
}
