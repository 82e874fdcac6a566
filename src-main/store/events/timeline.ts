import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { ObjectEventRow } from '../../../schemas/generated/rows.ts'
import { OBJECT_EVENTS } from '../../../schemas/tables/index.ts'
import { leftOfFile } from '../compact/left-of-file.ts'
import type { StoreContext } from '../context.ts'
import { sameFile } from '../layout/checksums.ts'
import { digestOfLines } from '../layout/digest.ts'
import { companion, parsePartName, parseStorePath, RECOVERY } from '../layout/file-names.ts'
import { onChange } from '../write/change-news.ts'
import { type LoadedFile, loadFiles, ownPart } from './event-files.ts'
import { EventSet, type Held, TIER } from './event-set.ts'
import type { ObjectState } from './fold.ts'
import {
  folderOf,
  identified,
  type ListedFile,
  listFolder,
  listTimeline,
  TimelineListing,
} from './timeline-listing.ts'

/** Looks in a row during which a file vanished between listing and reading; each keeps what the last one read. */
const LOOKS = 50
const INTERNED_AT_MOST = 200_000

/**
 * Told of each object before events of it come, go, or move to another file, with its state until then, once for all
 * changes that take effect together. Must not throw.
 */
export type TouchListener = (objectId: string, before: ObjectState | null) => void

/**
 * The store's object events in memory, read when first asked for and kept current by looking at the folder before each
 * answer: new files are read, replaced ones again, and all changes of one look take effect together, so that no reader
 * ever misses an event or sees it twice. Some 600 bytes an event.
 */
export class Timeline {
  readonly #context: StoreContext
  readonly #listing: TimelineListing
  readonly #set = new EventSet((objectId) => this.#touched(objectId))
  readonly #listeners = new Set<TouchListener>()
  readonly #files = new Map<StorePath, LoadedFile>()
  /** For parts taken in when written: how many had been, so that a look that began before doesn't miss them. */
  readonly #adopted = new Map<StorePath, number>()
  #adoptions = 0
  #version = 0
  /** Objects of the changes that are being made. */
  readonly #inChange = new Set<string>()
  #isLoaded = false
  readonly #texts = new Map<string, string>()
  /** The last look came to its end, and nothing that it met may yet turn out otherwise. */
  #isSettled = false
  #isLookDue = false
  #problems: { readonly version: number; readonly found: readonly Problem[] } | null = null
  #running: Promise<EventSet> | null = null
  #queued: Promise<EventSet> | null = null

  #behind = false

  constructor(context: StoreContext) {
    this.#context = context
    this.#listing = new TimelineListing(context)
    onChange(context, (change) => {
      if (change.kind === 'day' && change.series.table === 'object_events') this.#behind = true
    })
  }

  /** For as long as the store is open. What the first look reads is not told: nobody knew anything before. */
  onTouch(listener: TouchListener): void {
    this.#listeners.add(listener)
  }

  /** This process compacted a day since the last look: the events are the same, but stand more firmly. */
  get isBehind(): boolean {
    return this.#behind
  }

  /**
   * All events as they stood on disk at some moment after the call. The set is shared and goes on changing: take what
   * is needed from it before the next await.
   * @throws IO
   */
  current(): Promise<EventSet> {
    if (this.#running === null) {
      const known = this.now()
      if (known !== null) return Promise.resolve(known)
      this.#isLookDue = false
      this.#running = this.#look().finally(() => {
        this.#running = null
      })
      return this.#running
    }
    // A look on its way may have passed a folder before it changed: one more serves all who ask meanwhile.
    this.#queued ??= this.#running
      .catch(() => this.#set)
      .then(() => {
        this.#queued = null
        return this.current()
      })
    return this.#queued
  }

  /** What `current` answers, at once, when a look shows that nothing has changed; null otherwise. */
  now(): EventSet | null {
    if (this.#running !== null || !this.#isSettled || this.#behind || this.#isLookDue) return null
    return this.#listing.isCurrent() ? this.#set : null
  }

  /**
   * The same by a look at every month's folder, the older ones included, which `current` looks at once a second: for one
   * who is about to write, and must not miss what another process did a moment ago.
   * @throws IO
   */
  look(): Promise<EventSet> {
    this.#isLookDue = true
    return this.current()
  }

  /** The event in force under an id by the last look, with the file that it stands in. */
  winner(eventId: string): Held | null {
    return this.#set.winner(eventId)
  }

  /** The events of the last look, without another: shared, as `current` says. */
  get known(): EventSet {
    return this.#set
  }

  /** What was met in the files of the last look. */
  get problems(): readonly Problem[] {
    if (this.#problems?.version !== this.#version) {
      const found = [...this.#files.values()].flatMap(({ problems }) => problems)
      this.#problems = { version: this.#version, found }
    }
    return this.#problems.found
  }

  /** Files of the last look, as they were read. */
  get files(): readonly LoadedFile[] {
    return [...this.#files.values()]
  }

  /** Rises with every change of what the set was read from. */
  get version(): number {
    return this.#version
  }

  /** One text for the files that the set was read from; null while one of them can't be read and may yet change. */
  get fingerprint(): string | null {
    const files = this.files
    return files.some(({ failed }) => failed) ? null : fingerprintOf(files)
  }

  /** The same for the files as they stand now, without reading them. @returns null when they change meanwhile */
  async fingerprintOnDisk(): Promise<string | null> {
    const listed = await listTimeline(this.#context, isOwnPart)
    return listed === null ? null : fingerprintOf(listed)
  }

  fileOf(file: StorePath): LoadedFile | undefined {
    return this.#files.get(file)
  }

  /** Takes in a part that is durable, without reading it again. */
  adopt(file: StorePath, row: ObjectEventRow): void {
    this.#adopted.set(file, ++this.#adoptions)
    this.#replace([], [ownPart(file, row)])
  }

  async #look(): Promise<EventSet> {
    const begun = this.#adoptions
    this.#behind = false
    this.#isSettled = false
    const fresh = new Map<StorePath, LoadedFile>()
    for (let look = 0; look < LOOKS; look++) {
      const listed = await this.#list(fresh)
      if (listed === null) continue
      this.#settle(listed, fresh, begun)
      this.#isSettled = !this.files.some(({ failed }) => failed)
      this.#isLoaded = true
      return this.#set
    }
    throw new BarkeepError(
      'IO',
      `The files of objects/timeline changed during each of ${LOOKS} looks at them. Ask again once the other program is done.`,
    )
  }

  /** One look: lists, and reads into `fresh` what isn't known. Null when a file vanished on the way. */
  async #list(fresh: Map<StorePath, LoadedFile>): Promise<readonly ListedFile[] | null> {
    const known = (file: StorePath): LoadedFile | undefined => fresh.get(file) ?? this.#files.get(file)
    const settled = (file: StorePath): boolean => known(file)?.settled === true
    const listed = await this.#listing.list(settled)
    if (listed === null || !(await this.#read(listed, fresh, known))) return null
    const failed = listed.filter(({ file, tier }) => tier !== TIER.part && known(file)?.failed)
    const recovered: ListedFile[] = []
    for (const month of new Set(failed.map(({ file }) => folderOf(file)))) {
      // A damaged dayfile's rows: its parts wait in recovery. Those of whole dayfiles lose to them and change nothing.
      const files = await listFolder(this.#context, companion(RECOVERY, month), month)
      const found = await identified(this.#context, files, settled)
      if (found === null || !(await this.#read(found, fresh, known))) return null
      recovered.push(...found)
    }
    for (const { file, tier } of failed) {
      const { previous } = await leftOfFile(this.#context, OBJECT_EVENTS, file, folderOf(file))
      if (previous === null) continue
      const found = await identified(this.#context, [{ file: previous, tier }], settled)
      if (found === null || !(await this.#read(found, fresh, known))) return null
      recovered.push(...found)
      const told = known(file)
      if (told !== undefined && !tellsOf(told, previous)) fresh.set(file, telling(told, previous))
    }
    return [...listed, ...recovered]
  }

  async #read(
    listed: readonly ListedFile[],
    fresh: Map<StorePath, LoadedFile>,
    known: (file: StorePath) => LoadedFile | undefined,
  ): Promise<boolean> {
    const unread = listed.filter(({ file, stat }) => {
      const had = known(file)
      return (
        had === undefined ||
        !(had.settled || (stat !== null && had.stat !== null && sameFile(stat, had.stat)))
      )
    })
    if (unread.length === 0) return true
    const { files, vanished } = await loadFiles(this.#context, unread, (text) => this.#intern(text))
    for (const file of files) fresh.set(file.file, file)
    return !vanished
  }

  /** Makes the listing the truth, in one step. */
  #settle(listed: readonly ListedFile[], fresh: ReadonlyMap<StorePath, LoadedFile>, begun: number): void {
    const standing = new Set(listed.map(({ file }) => file))
    const gone: LoadedFile[] = []
    const come: LoadedFile[] = []
    for (const file of this.#files.values()) {
      const writtenSince = (this.#adopted.get(file.file) ?? 0) > begun
      if (!standing.has(file.file) && !writtenSince) gone.push(file)
    }
    for (const [path, file] of fresh) {
      const had = this.#files.get(path)
      if (!standing.has(path) || had?.settled) continue
      if (had !== undefined) gone.push(had)
      come.push(file)
    }
    this.#replace(gone, come)
    for (const [file, adoption] of this.#adopted) if (adoption <= begun) this.#adopted.delete(file)
  }

  #replace(gone: readonly LoadedFile[], come: readonly LoadedFile[]): void {
    if (gone.length + come.length > 0) this.#version++
    // New before old: an event that moves from a part to its dayfile stays in its object's log all the while.
    for (const file of come) {
      for (const row of file.rows) this.#set.add({ row, source: file })
    }
    for (const file of gone) {
      this.#files.delete(file.file)
      for (const { event_id } of file.rows) this.#set.drop(event_id, file)
    }
    for (const file of come) this.#files.set(file.file, file)
    this.#inChange.clear()
  }

  #touched(objectId: string): void {
    if (!this.#isLoaded || this.#inChange.has(objectId)) return
    this.#inChange.add(objectId)
    for (const listener of this.#listeners) listener(objectId, this.#set.stateOf(objectId))
  }

  #intern(text: string): string {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    if (this.#texts.size >= INTERNED_AT_MOST) this.#texts.clear()
    this.#texts.set(text, text)
    return text
  }
}

function tellsOf({ problems }: LoadedFile, previous: StorePath): boolean {
  return problems.some(({ detail }) => detail.includes(previous))
}

/** A damaged file whose problem says what is shown instead (SPEC R17). */
function telling(file: LoadedFile, previous: StorePath): LoadedFile {
  const shown = `the generation before it (${previous}) is shown instead, with what is in recovery: events that were merged later may be missing`
  const problems = file.problems.map((problem, index) =>
    index === 0 ? { ...problem, detail: `${problem.detail}; ${shown}` } : problem,
  )
  return { ...file, problems }
}

/** Parts under names of ours never change, so their names alone tell; of other files size and time too. */
function fingerprintOf(files: readonly ListedFile[]): string {
  const lines = files.map(({ file, stat }) =>
    isOwnPart(file) || stat === null ? file : `${file} ${stat.size} ${stat.mtimeMs}`,
  )
  return digestOfLines(lines)
}

function isOwnPart(file: StorePath): boolean {
  return parseStorePath(file).kind === 'part' && parsePartName(file.slice(file.lastIndexOf('/') + 1)) !== null
}
