import path from 'node:path'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { Finding } from '../../../schemas/contract/health.ts'
import type { ObjectSnapshotRow } from '../../../schemas/generated/rows.ts'
import { OBJECT_SNAPSHOT } from '../../../schemas/tables/index.ts'
import { digestOf, stageFile } from '../compact/staged-file.ts'
import { at, type StoreContext } from '../context.ts'
import { discard } from '../fs/atomic-file.ts'
import type { FileStat } from '../fs/env.ts'
import { checkFile, recordChecksum, sameFile } from '../layout/checksums.ts'
import { companion, GENERATIONS, SNAPSHOT } from '../layout/file-names.ts'
import { judgeFiles } from '../read/dayfile-check.ts'
import { readFiles, readMetadata, rowsOf } from '../read/table-files.ts'
import type { EventSet } from './event-set.ts'
import { snapshotRow } from './fold.ts'
import { compareSnapshotRows } from './snapshot-difference.ts'
import type { Timeline } from './timeline.ts'

/** What the snapshot was folded from, and which file that was: beside it, so that an open needn't read the timeline. */
const ORIGIN = companion(GENERATIONS, SNAPSHOT, '.origin')

/** Writers that race each other write again; each round takes in what the others brought. */
const ROUNDS = 20

/** A writer in another process may be between its event and its snapshot: what is found must be found again. */
const LOOKS = 3

interface Published {
  readonly stat: FileStat
  readonly digest: string
}

/**
 * Keeps `objects/current/objects.parquet` equal to the fold of the timeline (SPEC O9). Derived and never the truth: a
 * failure costs nobody an event and is mended by the next append, the next open, or a rebuild.
 */
export class Snapshot {
  readonly #context: StoreContext
  readonly #timeline: Timeline
  #published: Published | null = null
  #anew = false
  #running: Promise<number> | null = null
  #queued: Promise<number> | null = null

  constructor(context: StoreContext, timeline: Timeline) {
    this.#context = context
    this.#timeline = timeline
  }

  /**
   * Brings the file up to date with every event that is durable now. Calls that come while one is at work share the
   * next. A file that already holds the fold is not written again.
   * @returns the number of objects
   * @throws VERIFY_FAILED, and Node's own errors of the file system
   */
  follow(): Promise<number> {
    if (this.#running === null) {
      this.#running = this.#bringUpToDate().finally(() => {
        this.#running = null
      })
      return this.#running
    }
    this.#queued ??= this.#running
      .catch(() => 0)
      .then(() => {
        this.#queued = null
        return this.follow()
      })
    return this.#queued
  }

  /** Writes the file anew whatever stands there: the same timeline gives the same bytes. */
  rebuild(): Promise<number> {
    this.#anew = true
    return this.follow()
  }

  /**
   * Follows only when the files of the timeline, or the snapshot itself, are not those it was last written from: after
   * a crash between an event and its snapshot, or another program's parts. Reads no event otherwise.
   */
  async mend(): Promise<void> {
    const timeline = await this.#timeline.fingerprintOnDisk()
    const stat = await this.#context.env.stat(at(this.#context, SNAPSHOT))
    const origin = await this.#origin()
    const known = origin !== null && stat !== null && sameFile(origin.snapshot, stat)
    if (!known || timeline === null || origin.timeline !== timeline) await this.follow()
  }

  /** How the file differs from the fold of the timeline; changes nothing. */
  async compare(): Promise<readonly Finding[]> {
    let findings: readonly Finding[] = []
    for (let look = 0; look < LOOKS; look++) {
      findings = await this.#compareOnce()
      if (findings.length === 0) break
    }
    return findings
  }

  async #compareOnce(): Promise<readonly Finding[]> {
    const finding = (code: Finding['code'], detail: string): Finding => {
      return { code, path: SNAPSHOT, detail, repaired: false }
    }
    const judged = (await judgeFiles(this.#context, OBJECT_SNAPSHOT, [SNAPSHOT])).get(SNAPSHOT)
    const read = await readFiles(this.#context, OBJECT_SNAPSHOT, judged === 'missing' ? [] : [SNAPSHOT])
    const expected = rowsBySnapshotOrder(await this.#timeline.current())
    const [problem] = read.problems
    if (problem !== undefined) return [finding(problem.code, problem.detail)]
    const [file] = read.files
    if (file === undefined && expected.length === 0) return []
    const stored = file === undefined ? null : rowsOf(OBJECT_SNAPSHOT, file)
    const stale = compareSnapshotRows(expected, stored as ObjectSnapshotRow[] | null)
    const damage = typeof judged === 'object' && !judged.use ? judged.problem : null
    return [
      ...(damage === null ? [] : [finding(damage.code, damage.detail)]),
      ...(stale === null ? [] : [finding('SNAPSHOT_STALE', stale)]),
    ]
  }

  async #bringUpToDate(): Promise<number> {
    let anew = this.#anew
    this.#anew = false
    const target = at(this.#context, SNAPSHOT)
    for (let round = 0; round < ROUNDS; round++) {
      const rows = rowsBySnapshotOrder(await this.#timeline.current())
      const { version, fingerprint } = this.#timeline
      const digest = digestOf(
        OBJECT_SNAPSHOT,
        rows.map((row) => ({ ...row })),
      )
      const standing = await this.#context.env.stat(target)
      if (standing === null && rows.length === 0) return 0
      if (anew || standing === null || !(await this.#holds(standing, digest))) {
        this.#published = { stat: await this.#publish(rows, digest), digest }
        anew = false
      }
      // Another process may have put an older fold in place of ours, or brought an event that ours lacks.
      await this.#timeline.current()
      const now = await this.#context.env.stat(target)
      const published = this.#published
      if (now === null || published === null || !sameFile(now, published.stat)) continue
      if (this.#timeline.version !== version) continue
      await this.#recordOrigin(fingerprint, published.stat)
      return rows.length
    }
    throw new BarkeepError(
      'IO',
      `${SNAPSHOT} was replaced or outrun ${ROUNDS} times while it was written. Run: barkeep rebuild snapshot`,
      { file: SNAPSHOT },
    )
  }

  /** Whether the file that stands is whole and already holds the fold with this digest. */
  async #holds(standing: FileStat, digest: string): Promise<boolean> {
    const known = this.#published
    if (known !== null && sameFile(known.stat, standing)) return known.digest === digest
    const check = await checkFile(this.#context, SNAPSHOT)
    if (check.state !== 'same' || !sameFile(check.stat, standing)) return false
    const metadata = await readMetadata(this.#context, [SNAPSHOT])
    if (metadata.get(SNAPSHOT)?.get('barkeep.digest') !== digest) return false
    this.#published = { stat: standing, digest }
    return true
  }

  /** Staged, synced, read back, renamed, folder synced, SHA-256 recorded. */
  async #publish(rows: readonly ObjectSnapshotRow[], digest: string): Promise<FileStat> {
    const { env } = this.#context
    const target = at(this.#context, SNAPSHOT)
    const asRows = rows.map((row) => ({ ...row }))
    // What goes in is the fold itself: its digest stands for the inputs too.
    const staged = await stageFile(this.#context, OBJECT_SNAPSHOT, SNAPSHOT, asRows, digest, {
      onStep: () => {},
    })
    let stat: FileStat | null = null
    try {
      // Before the rename, which keeps it: after it another process's file may stand there already.
      stat = await env.stat(staged.path)
      await env.makeDir(path.dirname(target))
      await env.rename(staged.path, target)
    } catch (error) {
      await discard(env, staged.path)
      throw error
    }
    await env.syncDir(path.dirname(target))
    await recordChecksum(this.#context, SNAPSHOT, staged.sha256)
    if (stat === null) throw new BarkeepError('INTERNAL', 'A staged file was renamed that was not there.')
    return stat
  }

  async #origin(): Promise<{ readonly timeline: string; readonly snapshot: FileStat } | null> {
    try {
      const text = new TextDecoder().decode(await this.#context.env.readFile(at(this.#context, ORIGIN)))
      return JSON.parse(text) as { timeline: string; snapshot: FileStat }
    } catch {
      // Not there, or torn by a power cut (it is not synced): the snapshot is then looked at again.
      return null
    }
  }

  /** Not synced: lost, it costs a look at the timeline. */
  async #recordOrigin(timeline: string | null, snapshot: FileStat): Promise<void> {
    const { env, staging } = this.#context
    const target = at(this.#context, ORIGIN)
    const known = await this.#origin()
    if (known !== null && known.timeline === timeline && sameFile(known.snapshot, snapshot)) return
    await env.makeDir(path.dirname(target))
    const staged = path.join(staging, `origin.${env.randomId()}.tmp`)
    await env.writeNew(staged, new TextEncoder().encode(JSON.stringify({ timeline, snapshot })))
    await env.rename(staged, target)
  }
}

/** The fold of all events, one row an object, by id. */
export function rowsBySnapshotOrder(set: EventSet): ObjectSnapshotRow[] {
  return set.objectIds.flatMap((id) => {
    const state = set.stateOf(id)
    return state === null ? [] : [snapshotRow(state)]
  })
}
