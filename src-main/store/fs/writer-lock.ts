import { setTimeout } from 'node:timers/promises'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import { sha256 } from '../layout/digest.ts'
import { absolute, LOCK, lockClaim, PRIVATE, within } from '../layout/file-names.ts'
import { discard } from './atomic-file.ts'
import type { Env } from './env.ts'
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts'

/** What a lock file says. */
interface LockOwner extends ProcessIdentity {
  /** Names this very acquisition: a taker must know that it replaces the lock it looked at. */
  readonly token: string
  /** What the owner is doing, for the person who is told to wait. */
  readonly command: string
  readonly since: string
}

export interface WriterLock {
  /** Gives the lock back; harmless when it is already gone. Never fails. */
  release(): Promise<void>
}

/**
 * Runs work as the store's one writer (SPEC C11), whatever way the work ends.
 * @param command what others are told when they are turned away: `compact`, `backfill`
 * @throws LOCKED naming the owner and what to do
 */
export async function withWriterLock<T>(
  context: StoreContext,
  command: string,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await acquireWriterLock(context, command)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

/** The command of a recovery at open: over in a moment, so others wait for it instead of being turned away. */
export const RECOVER = 'recover'
const RECOVER_WAIT_MILLIS = 10_000
const LOOK_EVERY_MILLIS = 20

/**
 * Takes the lock, also from an owner that is dead. The file appears whole or not at all (a link to a written file), and
 * a dead owner's lock is replaced only by the one process that first claimed its token, so of two takers one wins.
 * Nothing is synced: after a power cut every owner is dead.
 * @param file the lock of something smaller than all writing, which has one of its own
 * @throws LOCKED
 */
export async function acquireWriterLock(
  context: StoreContext,
  command: string,
  file: StorePath = LOCK,
): Promise<WriterLock> {
  const { env } = context
  const owner: LockOwner = {
    ...(await ownIdentity(env)),
    token: `${env.randomId()}${env.randomId()}`,
    command,
    since: new Date(env.now()).toISOString(),
  }
  const own = `${context.staging}/writer-${owner.token}.lock`
  const patience = performance.now() + RECOVER_WAIT_MILLIS
  try {
    // Whoever takes the lock stages files next; somebody may have tidied the folder away since the store was opened.
    await env.makeDir(context.staging)
    await env.writeNew(own, new TextEncoder().encode(`${JSON.stringify(owner)}\n`))
    // Each turn either takes the lock, throws, or saw another process make progress.
    for (;;) {
      if (await linked(env, own, at(context, file))) return lockOf(context, file, owner)
      const claim = await claimFromDead(context, file, own)
      if (claim === null) continue
      if ('alive' in claim) {
        const waits = claim.alive.command === RECOVER && command !== RECOVER && performance.now() < patience
        if (!waits) throw locked(file, claim.alive)
        await setTimeout(LOOK_EVERY_MILLIS)
      } else if (await replaceDead(context, file, own, claim)) return lockOf(context, file, owner)
    }
  } catch (error) {
    // A disk that fails may have made the link all the same.
    await lockOf(context, file, owner).release()
    // Nor may a claim that it would not take away keep us out, or this process's next attempt, for as long as we live.
    released.add(owner.token)
    throw error
  } finally {
    await discard(env, own)
  }
}

interface Claim {
  /** The token in the lock file when this claim was made. */
  readonly deadToken: string
  /** Claims that are ours now, or were left behind by takers that died on the way. */
  readonly claims: readonly string[]
}

/** Whether a process that is alive holds the lock, this one included. Changes nothing. */
export async function isLocked(context: StoreContext): Promise<boolean> {
  const identity = (await ownerIn(context.env, at(context, LOCK)))?.identity ?? null
  return identity !== null && (await isHeld(context.env, identity))
}

/** Claims of takers that died between taking over and tidying up. Only for who holds the lock. */
export async function sweepClaims({ env, root }: StoreContext): Promise<void> {
  for (const { name, isDirectory } of await env.readDir(absolute(root, PRIVATE))) {
    const file = within(PRIVATE, name)
    if (!isDirectory && file.startsWith(lockClaim('', LOCK))) await env.removeFile(absolute(root, file))
  }
}

/**
 * Follows the lock to its owner; a dead owner to who claims its place, a dead claimant to the next. The last one dead
 * is claimed by a link, which only one process can make. Null when someone was quicker: look again.
 */
async function claimFromDead(
  context: StoreContext,
  file: StorePath,
  own: string,
): Promise<Claim | { readonly alive: LockOwner } | null> {
  const { env } = context
  let holder = await ownerIn(env, at(context, file))
  if (holder === null) return null
  const deadToken = holder.token
  const claims: string[] = []
  for (;;) {
    if (holder.identity !== null && (await isHeld(env, holder.identity))) return { alive: holder.identity }
    const claim = at(context, lockClaim(holder.token, file))
    claims.push(claim)
    if (await linked(env, own, claim)) return { deadToken, claims }
    const next = await ownerIn(env, claim)
    if (next === null) return null
    holder = next
  }
}

/** Puts our lock in the dead one's place. False when the claim came too late: the lock already has a new owner. */
async function replaceDead(
  context: StoreContext,
  file: StorePath,
  own: string,
  claim: Claim,
): Promise<boolean> {
  const { env } = context
  const last = claim.claims.at(-1) as string
  const current = await ownerIn(env, at(context, file))
  if (current?.token !== claim.deadToken) {
    await env.removeFile(last)
    return false
  }
  // A copy, since renaming one hard link onto another of the same file does nothing.
  const replacement = `${own}.taking`
  try {
    await env.writeNew(replacement, await env.readFile(own))
    await env.rename(replacement, at(context, file))
  } catch (error) {
    await discard(env, replacement)
    // Alive but without the lock, our claim would keep everybody out.
    await discard(env, last)
    throw error
  }
  // Ours last: while it stands nobody else can claim the dead token.
  for (const path of claim.claims) await env.removeFile(path)
  return true
}

/** Locks of this process that were given back, though the disk may not have let go of the file: nobody holds them. */
const released = new Set<string>()

function lockOf(context: StoreContext, file: StorePath, owner: LockOwner): WriterLock {
  return {
    async release() {
      released.add(owner.token)
      try {
        // Only while it is ours: a person may have removed it by hand, and another process taken it since.
        const current = await ownerIn(context.env, at(context, file))
        if (current?.token === owner.token) await context.env.removeFile(at(context, file))
        released.delete(owner.token)
      } catch {
        // The work is done and its outcome counts. This process takes the file for what it is, a leftover; others do
        // so when it has ended.
      }
    },
  }
}

async function isHeld(env: Env, owner: LockOwner): Promise<boolean> {
  return !released.has(owner.token) && (await isAlive(env, owner))
}

async function linked(env: Env, from: string, to: string): Promise<boolean> {
  try {
    await env.link(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

interface Holder {
  readonly token: string
  /** Null when the file says nothing of use, as after a power cut: nobody alive wrote that. */
  readonly identity: LockOwner | null
}

async function ownerIn(env: Env, path: string): Promise<Holder | null> {
  let bytes: Uint8Array
  try {
    bytes = await env.readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
  const owner = parsedOwner(new TextDecoder().decode(bytes))
  return owner === null
    ? { token: `unreadable-${sha256(bytes).slice(0, 16)}`, identity: null }
    : { token: owner.token, identity: owner }
}

function parsedOwner(text: string): LockOwner | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (value === null || typeof value !== 'object') return null
  const { pid, host, started, token, command, since } = value as Partial<Record<keyof LockOwner, unknown>>
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null
  if (typeof host !== 'string' || typeof command !== 'string' || typeof since !== 'string') return null
  if (typeof token !== 'string' || !/^[0-9a-f]{1,64}$/.test(token)) return null
  return { pid, host, started: typeof started === 'string' ? started : null, token, command, since }
}

function locked(file: StorePath, { pid, host, command, since }: LockOwner): BarkeepError {
  return new BarkeepError(
    'LOCKED',
    `Another writer is at work: ${command} (process ${pid} on ${host}, since ${since}). Wait until it has ended, or end it, then try again. If ${host} no longer runs it, delete ${file}.`,
    { file },
  )
}
