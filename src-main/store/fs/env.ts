/** A file's identity and size, enough to see that it was replaced. Times in ms, fractions kept. */
export interface FileStat {
  readonly size: number
  readonly mtimeMs: number
  readonly inode: number
  readonly isDirectory: boolean
}

/** An entry of a folder. Anything that is neither file nor folder is left out. */
export interface DirEntry {
  readonly name: string
  readonly isDirectory: boolean
}

/**
 * Every file effect of the engine goes through here: the seam where tests fail or kill each step. Paths are
 * absolute. Errors are Node's own (`code: 'ENOSPC'`, …); callers turn them into BarkeepError where they can say more.
 */
export interface Env {
  /** Entries in name order; an empty list when the folder isn't there. */
  readDir(path: string): Promise<readonly DirEntry[]>
  /** Null when nothing is there. */
  stat(path: string): Promise<FileStat | null>
  /**
   * The same without leaving the thread, in some 3 µs on a local disk against 40: for the look at a few folders that each
   * answer from memory takes first. Throws what `stat` rejects with.
   */
  statNow(path: string): FileStat | null
  /**
   * Asks the system to tell of changes in one folder, not below it. What it tells are hints: names may be missing (null),
   * come late, twice or never (network folders). A folder that is removed or replaced tells nothing more.
   * @returns ends it
   * @throws at once what the system refuses with: ENOENT, ENOSPC or EMFILE when it has no more watches
   */
  watchDir(
    path: string,
    onChange: (name: string | null) => void,
    onError: (error: unknown) => void,
  ): () => void
  readFile(path: string): Promise<Uint8Array>
  /** The file in pieces, so that a large one costs no memory. */
  readStream(path: string): AsyncIterable<Uint8Array>
  /** With missing parents; every folder that was made is durable when this resolves. */
  makeDir(path: string): Promise<void>
  /** Creates (never overwrites), writes, but doesn't sync: staging only. */
  writeNew(path: string, bytes: Uint8Array): Promise<void>
  /** Adds to the end, creating the file when needed. Not synced. */
  append(path: string, bytes: Uint8Array): Promise<void>
  /**
   * Adds whole lines to the end, creating the file when needed; they begin on a line of their own also where a writer
   * was cut off in the middle of one. Several processes may add to one file. Not synced.
   */
  appendLines(path: string, bytes: Uint8Array): Promise<void>
  syncFile(path: string): Promise<void>
  /** Makes renames and removals inside the folder durable. */
  syncDir(path: string): Promise<void>
  /** Atomic on one file system; replaces the target. */
  rename(from: string, to: string): Promise<void>
  /** Fails with EEXIST when the target is there: the atomic "first one wins". */
  link(from: string, to: string): Promise<void>
  /** Staging, locks and purged copies only. Nothing there is fine. */
  removeFile(path: string): Promise<void>
  /** An empty folder; ENOTEMPTY otherwise. */
  removeDir(path: string): Promise<void>
  /**
   * Runs DuckDB's COPY to a staging path. COPY never fsyncs, and a kill leaves the target absent, torn or whole, so
   * for faults it is one step with those outcomes.
   */
  copyOut(path: string, run: () => Promise<void>): Promise<void>
  /** Milliseconds UTC. */
  now(): number
  /** 8 hex digits. */
  randomId(): string
}
