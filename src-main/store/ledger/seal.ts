import { utcDayOf, utcDayStart } from '../../../schemas/contract/market-time.ts'
import type { UtcDay } from '../../../schemas/contract/units.ts'
import type { StoreSettings } from '../../../schemas/generated/requests.ts'

const HOUR_MILLIS = 3_600_000
const DAY_MILLIS = 86_400_000
/** Unless a store's settings say otherwise. */
export const SEAL_HOURS = 24

/** Which days take rows (SPEC E5, E6). */
export interface OpenDays {
  /** Over for so long that what stands of it is history: only a backfill changes it. */
  isSealed(day: UtcDay): boolean
  /** After tomorrow: no clock is that wrong, and no backfill could take the row away again. */
  isTooFar(day: UtcDay): boolean
  readonly sealHours: number
}

/** @param now ms UTC */
export function openDays({ sealHours = SEAL_HOURS }: StoreSettings, now: number): OpenDays {
  const tomorrow = utcDayOf(now + DAY_MILLIS)
  return {
    isSealed: (day) => now >= utcDayStart(day) + DAY_MILLIS + sealHours * HOUR_MILLIS,
    isTooFar: (day) => day > tomorrow,
    sealHours,
  }
}
