import { setTimeout } from 'node:timers/promises'
import { scheduleOf } from '../../../schemas/contract/close-schedule.ts'
import { BarkeepError, reportOf } from '../../../schemas/contract/errors.ts'
import type { SettingsChange, StoreSettings } from '../../../schemas/generated/requests.ts'
import { at, type StoreContext } from '../context.ts'
import { discard, stageBytes } from '../fs/atomic-file.ts'
import { acquireWriterLock } from '../fs/writer-lock.ts'
import { readStoreSettings, settingsProblem } from '../integrity/store-settings.ts'
import { sameFile } from '../layout/checksums.ts'
import { PRIVATE, SETTINGS_LOCK, STORE_SETTINGS } from '../layout/file-names.ts'

/** A rewrite of the settings is over in a moment: others wait for it. */
const PATIENCE_MILLIS = 5_000
const LOOK_EVERY_MILLIS = 10
/** Times that the change is worked out again because a person's editor saved the file meanwhile. */
const ATTEMPTS = 10

const chains = new WeakMap<StoreContext, Promise<unknown>>()

/**
 * Changes the store's own settings (SPEC F26): those that are named, the others stay as they are; of the schedule what is
 * not named stays as well. Durable when it resolves.
 * @throws BAD_SETTINGS when the file that stands is broken: nothing is written over what a person wrote; BAD_REQUEST for
 * values that settings can't have, and for what has a command of its own; LOCKED, NO_SPACE, IO
 */
export async function changeSettings(context: StoreContext, change: SettingsChange): Promise<StoreSettings> {
  const { set, reset = [] } = change
  const twice = reset.find((key) => Object.hasOwn(set, key))
  if (twice !== undefined)
    throw new BarkeepError('BAD_REQUEST', `"${twice}" is to be set and reset at once: choose one.`)
  return rewriteSettings(context, (current) => {
    if (set.partitionDecisionsBy !== undefined && set.partitionDecisionsBy !== current.partitionDecisionsBy) {
      throw new BarkeepError(
        'BAD_REQUEST',
        'How decisions are partitioned is set by "barkeep partition", which counts first what it comes to.',
      )
    }
    const kept = Object.entries(current).filter(([key]) => !reset.some((each) => each === key))
    const afterClose =
      set.afterClose === undefined ? {} : { afterClose: { ...current.afterClose, ...set.afterClose } }
    const next: StoreSettings = { ...Object.fromEntries(kept), ...set, ...afterClose }
    checkSettings(next)
    return next
  })
}

/**
 * Works out new settings from those that stand and puts them in their place; nothing is written when they are the same. One
 * at a time over all processes, by a lock of its own: a compaction keeps nobody from changing the schedule.
 */
export async function rewriteSettings(
  context: StoreContext,
  rewrite: (current: StoreSettings) => StoreSettings,
): Promise<StoreSettings> {
  const before = chains.get(context) ?? Promise.resolve()
  const mine = before.then(() => locked(context, () => rewriteNow(context, rewrite)))
  // Whoever comes next waits for the end, whatever it is; the failure is its caller's.
  chains.set(
    context,
    mine.catch(() => undefined),
  )
  return mine
}

async function rewriteNow(
  context: StoreContext,
  rewrite: (current: StoreSettings) => StoreSettings,
): Promise<StoreSettings> {
  const { env } = context
  const target = at(context, STORE_SETTINGS)
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const seen = await env.stat(target)
    const current = await readStoreSettings(context)
    const next = rewrite(current)
    if (JSON.stringify(next) === JSON.stringify(current)) return next
    const bytes = new TextEncoder().encode(`${JSON.stringify(next, null, 2)}\n`)
    const staged = await stageBytes(env, context.staging, 'settings.json', bytes)
    try {
      const now = await env.stat(target)
      if (seen === null || now === null ? seen === now : sameFile(seen, now)) {
        await env.rename(staged, target)
        await env.syncDir(at(context, PRIVATE))
        return next
      }
    } catch (error) {
      await discard(env, staged)
      throw error
    }
    await discard(env, staged)
  }
  throw new BarkeepError(
    'CONFLICT',
    `${STORE_SETTINGS} was saved by another program each of the ${ATTEMPTS} times that it was about to be changed.`,
    { file: STORE_SETTINGS },
  )
}

/** @throws LOCKED when another process doesn't come to its end */
async function locked<T>(context: StoreContext, work: () => Promise<T>): Promise<T> {
  const until = performance.now() + PATIENCE_MILLIS
  for (;;) {
    let lock: Awaited<ReturnType<typeof acquireWriterLock>>
    try {
      lock = await acquireWriterLock(context, 'settings', SETTINGS_LOCK)
    } catch (error) {
      const isTaken = error instanceof BarkeepError && error.code === 'LOCKED'
      if (!isTaken || performance.now() >= until) throw error
      await setTimeout(LOOK_EVERY_MILLIS)
      continue
    }
    try {
      return await work()
    } finally {
      await lock.release()
    }
  }
}

/** What stood was sound: what is wrong now was asked for. */
function checkSettings(next: StoreSettings): void {
  const problem = settingsProblem(next)
  if (problem !== null) throw new BarkeepError('BAD_REQUEST', `These settings can't be kept: ${problem}.`)
  try {
    scheduleOf(next)
  } catch (error) {
    throw new BarkeepError('BAD_REQUEST', reportOf(error).message)
  }
}
