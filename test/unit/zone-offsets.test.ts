import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { ZoneOffsets } from '../../src-main/store/read/zone-offsets.ts'
import { seeded } from '../support/seeded.ts'

const MINUTE = 60_000
const FIRST = Date.UTC(1973, 2, 3)
const LAST = Date.UTC(2045, 0, 1)

/** Ordinary, half-hour, odd and frequent changes, one that dropped a day, one whose midnight is missing at times. */
const ZONES = [
  'America/Chicago',
  'UTC',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Pacific/Apia',
  'America/Sao_Paulo',
]

describe('ZoneOffsets', () => {
  it.each(ZONES)('R6: %s as Intl tells it, at random instants and around each change', (name) => {
    const random = seeded(name)
    const zone = new MarketZone(name)
    const offsets = ZoneOffsets.of(zone)
    const changes = [2011, 2012, 2023, 2024, 2025].flatMap((year) =>
      offsets.ofYear(year).flatMap(({ start }) => [start - 1, start, start + 1, start + 90 * MINUTE]),
    )
    const instants = [...changes, ...Array.from({ length: 1_500 }, () => random.int(FIRST, LAST))]
    for (const instant of instants) {
      const told = `seed ${random.seed}: ${new Date(instant).toISOString()}`
      expect(offsets.at(instant), told).toBe(zone.offsetMinutes(instant) * MINUTE)
      expect(offsets.instantOfWallClock(instant), told).toBe(zone.instantOfWallClock(instant))
    }
    expect(changes.length).toBeGreaterThan(15)
  })

  it('R6: also in years that nobody stores bars in', () => {
    const zone = new MarketZone()
    for (const year of [1900, 1972, 9999]) {
      const instant = Date.UTC(year, 6, 1)
      expect(ZoneOffsets.of(zone).at(instant)).toBe(zone.offsetMinutes(instant) * MINUTE)
    }
  })
})
