import type { DirEntry, Env, FileStat } from '../fs/env.ts'
import { sameFile } from './checksums.ts'

/** A folder changed less than this ago may change again at the same time of a coarse clock, unseen. */
const RESTLESS_MILLIS = 2_000

/** A folder at rest is listed anew this often all the same: a clock that was set back hides a change. */
const LISTING_LASTS_MILLIS = 60_000

/** A folder that changed within this time is likely to change next: it is looked at on every question. */
const CALM_MILLIS = 600_000

/** How long a look at a calm folder may stand for the next one, where a question is over hundreds of them. */
export const LOOK_LASTS_MILLIS = 1_000

/**
 * The entries of one folder, listed again only when its time has changed: every file of the store comes and goes by
 * rename, which its folder's time tells. What is written into a file in place is not seen here.
 */
export class KnownFolder {
  readonly #env: Env
  readonly #path: string
  #stat: FileStat | null = null
  #entries: readonly DirEntry[] = []
  /** When it was listed last; null before the first time. */
  #listedAt: number | null = null
  #lookedAt = 0
  /** Listings begun, and the last begun of those that have ended: an older one that ends later is not the truth. */
  #begun = 0
  #ended = 0

  /** @param path absolute */
  constructor(env: Env, path: string) {
    this.#env = env
    this.#path = path
  }

  /** As of the last listing; the same array for as long as the names are the same. */
  get entries(): readonly DirEntry[] {
    return this.#entries
  }

  /** Whether the entries are those on disk now. One look, without leaving the thread. */
  isCurrent(): boolean {
    if (this.#listedAt === null) return false
    const now = this.#env.now()
    const stat = this.#env.statNow(this.#path)
    this.#lookedAt = now
    if (stat === null || this.#stat === null) return stat === this.#stat
    if (!sameFile(stat, this.#stat)) return false
    const age = now - this.#listedAt
    return stat.mtimeMs < this.#listedAt - RESTLESS_MILLIS && age >= 0 && age < LISTING_LASTS_MILLIS
  }

  /** The same for one of hundreds: a calm folder is looked at once a second. */
  isLikelyCurrent(): boolean {
    const age = this.#env.now() - this.#lookedAt
    const isCalm = this.#stat === null || this.#lookedAt - this.#stat.mtimeMs > CALM_MILLIS
    if (this.#listedAt !== null && isCalm && age >= 0 && age < LOOK_LASTS_MILLIS) return true
    return this.isCurrent()
  }

  /**
   * Lists it. Complete even while files come and go: a listing takes more than one call to the file system, and one
   * that runs across a compaction can miss the new file and the vanished one alike. What a second listing sees on top
   * stood all along.
   * @returns whether other names are there than before
   */
  async list(): Promise<boolean> {
    const env = this.#env
    const turn = ++this.#begun
    const listedAt = env.now()
    // Of before the listing: a change during it shows at the next look.
    const stat = env.statNow(this.#path)
    let entries = stat === null ? [] : await env.readDir(this.#path)
    const after = stat === null ? null : env.statNow(this.#path)
    if (after !== null && after.mtimeMs >= listedAt - RESTLESS_MILLIS)
      entries = union(entries, await env.readDir(this.#path))
    if (turn < this.#ended) return false
    this.#ended = turn
    this.#stat = stat
    this.#listedAt = listedAt
    this.#lookedAt = listedAt
    if (sameEntries(entries, this.#entries)) return false
    this.#entries = entries
    return true
  }
}

/** In name order. */
function union(first: readonly DirEntry[], second: readonly DirEntry[]): readonly DirEntry[] {
  if (sameEntries(first, second)) return first
  const byName = new Map([...first, ...second].map((entry) => [entry.name, entry]))
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function sameEntries(a: readonly DirEntry[], b: readonly DirEntry[]): boolean {
  if (a.length !== b.length) return false
  return a.every(({ name, isDirectory }, index) => {
    const other = b[index]
    return other?.name === name && other.isDirectory === isDirectory
  })
}
