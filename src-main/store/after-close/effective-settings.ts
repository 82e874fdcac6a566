import { DEFAULT_TIME } from '../../../schemas/contract/close-schedule.ts'
import type { StoreSettings } from '../../../schemas/generated/requests.ts'
import { RECOVERY_DAYS } from '../compact/retention.ts'
import { DEFAULT_PERIODS } from '../emas/ema.ts'
import { FILE_LIMIT } from '../ledger/partition.ts'
import { SEAL_HOURS } from '../ledger/seal.ts'
import { DEFAULT_MEGABYTES } from '../read/cache-bounds.ts'

/** Settings as they are followed: what isn't set by its default, null where there is none. */
export type EffectiveSettings = { readonly [Name in keyof StoreSettings]-?: StoreSettings[Name] | null }

export function effectiveSettings(settings: StoreSettings): EffectiveSettings {
  const { on = true, time = DEFAULT_TIME } = settings.afterClose ?? {}
  return {
    afterClose: { on, time },
    recoveryDays: settings.recoveryDays ?? RECOVERY_DAYS,
    previousDays: settings.previousDays ?? null,
    emaPeriods: settings.emaPeriods ?? [...DEFAULT_PERIODS],
    defaultCalendar: settings.defaultCalendar ?? 'us-equities',
    calendars: settings.calendars ?? {},
    sealHours: settings.sealHours ?? SEAL_HOURS,
    cacheMegabytes: settings.cacheMegabytes ?? DEFAULT_MEGABYTES,
    partitionDecisionsBy: settings.partitionDecisionsBy ?? null,
    partitionFileLimit: settings.partitionFileLimit ?? FILE_LIMIT,
  }
}
