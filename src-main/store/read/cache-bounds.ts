import { type ErrorReport, reportOf } from '../../../schemas/contract/errors.ts'
import type { StoreContext } from '../context.ts'
import { readStoreSettings } from '../integrity/store-settings.ts'

const MEGABYTE = 1024 * 1024
/** Unless settings or caller say otherwise. */
export const DEFAULT_MEGABYTES = 352

/** How much the reader may keep in memory, in bytes. */
export interface CacheBounds {
  readonly blocks: number
  readonly tiers: number
}

/**
 * The bounds of a store's caches (SPEC R21): as the caller says, else as its settings do. Settings that can't be read are
 * told and cost nothing else.
 */
export async function cacheBounds(
  context: StoreContext,
  asked: number | undefined,
  tell: (problem: ErrorReport) => void,
): Promise<CacheBounds> {
  const bytes = asked ?? (await settingOf(context, tell)) * MEGABYTE
  const tiers = Math.floor(bytes / 5)
  return { blocks: bytes - tiers, tiers }
}

async function settingOf(context: StoreContext, tell: (problem: ErrorReport) => void): Promise<number> {
  try {
    return (await readStoreSettings(context)).cacheMegabytes ?? DEFAULT_MEGABYTES
  } catch (error) {
    tell(reportOf(error))
    return DEFAULT_MEGABYTES
  }
}
