import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import { readStoreSettings } from '../integrity/store-settings.ts'
import { recordedChecksum } from '../layout/checksums.ts'
import { sha256OfFile } from '../layout/digest.ts'
import { RECOVERY } from '../layout/file-names.ts'
import { type PutAside, putInRecovery } from './put-aside.ts'

export const DAY_MILLIS = 86_400_000
/** Unless a store's settings say otherwise. */
export const RECOVERY_DAYS = 7

/**
 * Days that files stay in recovery. Read at each question: settings take effect without opening the store again.
 * @throws BAD_SETTINGS
 */
export async function recoveryDaysOf(context: StoreContext): Promise<number> {
  return context.recoveryDays ?? (await readStoreSettings(context)).recoveryDays ?? RECOVERY_DAYS
}

/** The same for what goes by itself: with settings that can't be read nothing is old enough to go. */
async function daysUnasked(context: StoreContext): Promise<number> {
  try {
    return await recoveryDaysOf(context)
  } catch (error) {
    if (error instanceof BarkeepError && error.code === 'BAD_SETTINGS') return Number.POSITIVE_INFINITY
    throw error
  }
}

/** Whether what is merged goes to recovery only to be removed at once. */
export async function isUnretained(context: StoreContext): Promise<boolean> {
  return (await daysUnasked(context)) === 0
}

/** Recovery files older than the retention (SPEC C9), whether what holds their rows is whole or not. */
export async function expiredRecovery(context: StoreContext): Promise<readonly PutAside[]> {
  const limit = context.env.now() - (await daysUnasked(context)) * DAY_MILLIS
  return (await putInRecovery(context)).filter(({ since }) => since <= limit)
}

/** Removes expired recovery files, but none whose rows aren't held by a whole file. Under the writer lock. @returns files removed */
export async function purgeRecovery(context: StoreContext): Promise<number> {
  let removed = 0
  const wholeness = new Wholeness(context)
  for (const kept of await expiredRecovery(context)) {
    if ((await wholeness.firstBroken(kept.holders)) !== null) continue
    for (const file of kept.files) await context.env.removeFile(at(context, file))
    removed += kept.files.length
    await removeEmptied(context, kept.folder)
  }
  return removed
}

/** A day's folder in recovery goes with its last part. */
export async function removeEmptied(context: StoreContext, folder: StorePath): Promise<void> {
  if (!folder.startsWith(`${RECOVERY}/`)) return
  if ((await context.env.readDir(at(context, folder))).length > 0) return
  if ((await context.env.stat(at(context, folder))) !== null) await context.env.removeDir(at(context, folder))
}

/** Whether files have the bytes that are recorded of them, read anew: on it hangs what is removed for good. */
export class Wholeness {
  readonly #context: StoreContext
  readonly #known = new Map<StorePath, boolean>()

  constructor(context: StoreContext) {
    this.#context = context
  }

  /** The first of the files that is gone, differs from its SHA-256 or has none; null when all are whole. */
  async firstBroken(files: readonly StorePath[]): Promise<StorePath | null> {
    for (const file of files) {
      const known = this.#known.get(file) ?? (await this.#isWhole(file))
      this.#known.set(file, known)
      if (!known) return file
    }
    return null
  }

  async #isWhole(file: StorePath): Promise<boolean> {
    const { env } = this.#context
    const recorded = await recordedChecksum(this.#context, file)
    if (recorded === null || (await env.stat(at(this.#context, file))) === null) return false
    return (await sha256OfFile(env, at(this.#context, file))) === recorded
  }
}
