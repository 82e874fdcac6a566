import path from 'node:path'
import type { WatchState } from '../../../schemas/contract/live.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { KnownFolder } from '../layout/known-folder.ts'
import { forEachOf } from '../read/shared-work.ts'
import { type Hint, hintOf, inFolder, ROOT } from './hints.ts'
import { AT_MOST, isParent, limitBelow, placeOf } from './watched-places.ts'

/** How often everything is looked at, whatever the system told, ms. */
export const LOOK_EVERY = 5_000

/** How often folders are looked at whose changes the system doesn't tell. */
const LOOK_EVERY_UNTOLD = 1_000

/** After a change that was found and not told, the system has to tell of changes for so long to be trusted again, ms. */
const DISTRUST_LASTS = 60_000

/** Folders asked for at once: on a network each takes a millisecond or more. */
const AT_ONCE = 8

/** A folder that is watched, or looked at where the system doesn't watch it. */
interface Place {
  readonly path: StorePath
  /** Null where the system refused. */
  readonly end: (() => void) | null
  /** Of a folder in which others to watch may come. */
  readonly listing: KnownFolder | null
  stat: FileStat
  /** Something came from the system since the last check. */
  told: boolean
  /** The last check found a change that was not told yet: it may have been on its way. */
  isSuspect: boolean
  changedAt: number
}

/**
 * Asks the system to tell of changes in the folders that matter (SPEC F3), follows folders as they come and go, and finds
 * out where the system tells nothing: then their times are looked at instead.
 */
export class FolderWatch {
  readonly #context: StoreContext
  readonly #onHint: (hint: Hint) => void
  readonly #places = new Map<StorePath, Place>()
  /** Folders to be followed one after another, and whether each is to be watched anew. */
  readonly #arrived = new Map<StorePath, boolean>()
  #following: Promise<void> = Promise.resolve()
  #refusal: { readonly why: string; readonly at: number } | null = null
  #distrust: { readonly why: string; readonly at: number } | null = null
  #stopped = false

  constructor(context: StoreContext, onHint: (hint: Hint) => void) {
    this.#context = context
    this.#onHint = onHint
    this.#arrive(ROOT)
  }

  get state(): WatchState {
    const cause = this.#refusal ?? this.#distrust
    if (cause === null) return { mode: 'events' }
    return { mode: 'looks', everyMillis: LOOK_EVERY_UNTOLD, why: cause.why }
  }

  /** Folders that the system watches for us now. */
  get watching(): number {
    return [...this.#places.values()].filter(({ end }) => end !== null).length
  }

  /** Resolves once every folder known of by now is watched. */
  settled(): Promise<void> {
    return this.#following
  }

  /**
   * Looks at the watched folders themselves: what changed without word is hinted, what was replaced is watched anew, what
   * came is watched too. Proportional to their number, not to what is in them.
   */
  async check(): Promise<void> {
    await this.#following
    const { env } = this.#context
    const now = env.now()
    if (this.#distrust !== null && !isWithin(now, this.#distrust.at, DISTRUST_LASTS)) this.#distrust = null
    if (this.#refusal !== null && !isWithin(now, this.#refusal.at, DISTRUST_LASTS)) this.#askAgain()
    if (!this.#places.has(ROOT)) this.#arrive(ROOT)
    await forEachOf([...this.#places.values()], AT_ONCE, async (place) => {
      const wasTold = place.told
      place.told = false
      // One that can't be asked for is watched anew as soon as it can.
      const stat = await env.stat(at(this.#context, place.path)).catch(() => null)
      if (this.#stopped || this.#places.get(place.path) !== place) return
      if (stat?.inode === place.stat.inode && stat.isDirectory) this.#compare(place, stat, wasTold, now)
      else this.#arrive(place.path)
    })
    await this.#following
  }

  /** Forgets all: nothing that was watched is what it was. The next check begins anew. */
  forget(): void {
    for (const place of this.#places.values()) place.end?.()
    this.#places.clear()
  }

  stop(): void {
    this.#stopped = true
    this.forget()
  }

  #compare(place: Place, stat: FileStat, wasTold: boolean, now: number): void {
    const isChanged = stat.mtimeMs !== place.stat.mtimeMs
    const isTold = wasTold || place.told || place.end === null
    if (place.isSuspect && !isTold) {
      this.#distrust = { at: now, why: `the system did not tell of a change in ${nameOf(place.path)}` }
      this.#arrive(place.path)
    }
    place.isSuspect = isChanged && !isTold
    place.stat = stat
    if (!isChanged) return
    place.changedAt = now
    if (isTold && place.end !== null) return
    this.#hint(place.path)
    // Not watched anew: what the system is about to tell of it would be lost.
    if (place.listing !== null) this.#arrive(place.path, false)
  }

  #onEvent(place: Place, name: string | null): void {
    if (this.#stopped || this.#places.get(place.path) !== place) return
    place.told = true
    place.changedAt = this.#context.env.now()
    // Without a name, or with the folder's own: it may itself be gone, or another by now.
    if (name === null || name === path.basename(at(this.#context, place.path))) {
      this.#arrive(place.path)
      this.#hint(place.path)
      return
    }
    const child = inFolder(place.path, name)
    this.#hint(child)
    const arrived = placeOf(child)
    if (arrived !== null) this.#arrive(arrived)
  }

  #hint(path: StorePath): void {
    const hint = hintOf(path)
    if (hint !== null) this.#onHint(hint)
  }

  #arrive(path: StorePath, isAnew = true): void {
    this.#arrived.set(path, isAnew || this.#arrived.get(path) === true)
    if (this.#arrived.size > 1) return
    this.#following = this.#following.then(() => this.#followAll())
  }

  async #followAll(): Promise<void> {
    for (const [folder, isAnew] of this.#arrived) {
      this.#arrived.delete(folder)
      try {
        await this.#follow(folder, isAnew)
      } catch {
        // Listing failed: the folder is looked at as part of the store, and whoever looks tells why.
        this.#drop(folder)
      }
    }
  }

  /** Watches a folder, if it is there, and those below it. */
  async #follow(folder: StorePath, isAnew = true): Promise<void> {
    if (this.#stopped) return
    const place = isAnew ? this.#watch(folder) : this.#places.get(folder)
    if (place?.listing == null) return
    await place.listing.list()
    const below = new Set<StorePath>()
    for (const { name, isDirectory } of place.listing.entries) {
      const child = isDirectory ? placeOf(inFolder(folder, name)) : null
      if (child !== null) below.add(child)
    }
    for (const child of await this.#lastChanged([...below], limitBelow(folder)))
      if (!this.#places.has(child)) await this.#follow(child)
  }

  /** Anew also where it is watched: one made in place of another may have the same inode. @returns null when it isn't there */
  #watch(folder: StorePath): Place | null {
    this.#drop(folder)
    const { env } = this.#context
    const target = at(this.#context, folder)
    if (env.statNow(target)?.isDirectory !== true || !this.#makeRoom(folder)) return null
    let place: Place | null = null
    const end = this.#ask(folder, target, (name) => place !== null && this.#onEvent(place, name))
    // Looked at once it is watched: a change in between would be one that nobody told of.
    const stat = env.statNow(target)
    if (stat === null) {
      end?.()
      return null
    }
    const listing = isParent(folder) ? new KnownFolder(env, target) : null
    place = { path: folder, end, listing, stat, told: false, isSuspect: false, changedAt: env.now() }
    this.#places.set(folder, place)
    // What came before the system was asked, it doesn't tell.
    this.#hint(folder)
    return place
  }

  #ask(folder: StorePath, target: string, onChange: (name: string | null) => void): (() => void) | null {
    try {
      return this.#context.env.watchDir(target, onChange, (error) => this.#refused(folder, error))
    } catch (error) {
      this.#refused(folder, error)
      return null
    }
  }

  #refused(folder: StorePath, error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    // Gone between looking and asking, or (on Windows, EPERM) while it was watched: the folder above tells.
    if (code === 'ENOENT' || (code === 'EPERM' && this.#places.has(folder))) {
      this.#arrive(folder)
      return
    }
    const isFull = code === 'ENOSPC' || code === 'EMFILE' || code === 'ENFILE'
    const why = isFull
      ? `the system has no watches left (${code}); on Linux raise fs.inotify.max_user_watches and max_user_instances`
      : `the system does not watch ${nameOf(folder)} (${code || String(error)})`
    this.#refusal = { why, at: this.#context.env.now() }
  }

  /** Perhaps there are watches again. */
  #askAgain(): void {
    this.#refusal = null
    for (const { path, end } of [...this.#places.values()]) if (end === null) this.#arrive(path)
  }

  /** Gives up the place that changed longest ago where there are too many. */
  #makeRoom(path: StorePath): boolean {
    const above = path.slice(0, Math.max(0, path.lastIndexOf('/'))) as StorePath
    const beside = path === ROOT ? [] : this.#below(above)
    if (beside.length >= limitBelow(above)) {
      const [oldest] = [...beside].sort((a, b) => a.changedAt - b.changedAt)
      if (oldest !== undefined) this.#drop(oldest.path)
    }
    return this.#places.size < AT_MOST
  }

  #below(path: StorePath): readonly Place[] {
    return [...this.#places.values()].filter(({ path: other }) => {
      if (other === ROOT) return false
      return other.slice(0, Math.max(0, other.lastIndexOf('/'))) === path
    })
  }

  async #lastChanged(folders: readonly StorePath[], limit: number): Promise<readonly StorePath[]> {
    if (folders.length <= limit) return folders
    const times: { readonly folder: StorePath; readonly time: number }[] = []
    await forEachOf(folders, AT_ONCE, async (folder) => {
      const stat = await this.#context.env.stat(at(this.#context, folder))
      if (stat !== null) times.push({ folder, time: stat.mtimeMs })
    })
    const newest = times.sort((a, b) => b.time - a.time || (a.folder < b.folder ? 1 : -1)).slice(0, limit)
    return newest.map(({ folder }) => folder)
  }

  #drop(path: StorePath): void {
    for (const place of [...this.#places.values()]) {
      if (place.path !== path && path !== ROOT && !place.path.startsWith(`${path}/`)) continue
      place.end?.()
      this.#places.delete(place.path)
    }
  }
}

function nameOf(path: StorePath): string {
  return path === ROOT ? "the store's folder" : path
}

/** Not so when the clock was set back meanwhile. */
function isWithin(now: number, since: number, millis: number): boolean {
  return now >= since && now - since < millis
}
