import { cp, rm } from 'node:fs/promises'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect } from 'vitest'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import { modelStates } from '../support/brute-force-objects.ts'
import { allFiles } from '../support/compaction.ts'
import { type OpenedEvents, openEvents, snapshotOnDisk } from '../support/event-fixture.ts'
import { memoryFolder } from '../support/store-fixture.ts'
import { CALLS, documents, isTaken, PREPARED, prepare } from './event-scenario.ts'

const SENT = [...PREPARED, ...CALLS.flat()]
/** Every event, each id in its last version. */
const FINAL = [...new Map(SENT.map((row) => [row.event_id, row])).values()]

/** Copies of one prepared store, and what must hold of each of them after a fault. */
export class EventBench {
  readonly #template: string
  /** Another program's DuckDB: one for all, as opening it is most of what a look costs. */
  readonly #plain: DuckDBInstance

  private constructor(template: string, plain: DuckDBInstance) {
    this.#template = template
    this.#plain = plain
  }

  /** @param made fills the folder with the events that are prepared, in whatever files */
  static async make(made: (root: string) => Promise<void> = prepare): Promise<EventBench> {
    const template = await memoryFolder('events template')
    await made(template)
    return new EventBench(template, await DuckDBInstance.create(':memory:', { threads: '1' }))
  }

  async inCopy(work: (root: string) => Promise<void>, from = this.#template): Promise<void> {
    const root = await memoryFolder('event faults')
    try {
      await cp(from, root, { recursive: true, preserveTimestamps: true })
      await work(root)
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  }

  /** Opens as an open store does. */
  async reopened(root: string): Promise<OpenedEvents> {
    const store = await openEvents(root)
    expect((await finishInterrupted(store.context)).problems).toEqual([])
    await store.events.snapshot.mend()
    return store
  }

  /** Holds a store against what was acknowledged: all of that, each once, and nothing that was never sent. */
  async verify(store: OpenedEvents, acknowledged: readonly ObjectEventRow[]): Promise<void> {
    const set = await store.events.timeline.current()
    expect(store.events.timeline.problems).toEqual([])
    const log = set.objectIds.flatMap((id) => set.eventsOf(id))
    const byId = new Map(log.map((row) => [row.event_id, row]))
    expect(byId.size).toBe(log.length)
    const latest = new Map([...PREPARED, ...acknowledged].map((row) => [row.event_id, row]))
    for (const [id, row] of latest) {
      // A later version may be there though its call was told as failed (W2).
      const later = SENT.slice(SENT.lastIndexOf(row) + 1).filter(({ event_id }) => event_id === id)
      expect([row, ...later]).toContainEqual(byId.get(id))
    }
    for (const row of log) expect(SENT).toContainEqual(row)
    const folded = modelStates(log).map(({ closed_ts: _, ...row }) => row)
    expect(await snapshotOnDisk(store.context)).toEqual(folded)
    await this.#eachOnceInFiles(store.root, log)
  }

  /** The bot sends all again: then all of it is there, each once. */
  async sendAll(store: OpenedEvents): Promise<void> {
    const { outcomes, snapshot } = await store.events.append(documents(CALLS.flat()))
    expect(outcomes.every(isTaken)).toBe(true)
    expect(snapshot).toBeNull()
    await this.verify(store, FINAL)
  }

  async remove(): Promise<void> {
    this.#plain.closeSync()
    await rm(this.#template, { recursive: true })
  }

  /** A plain reader's count: each event in one file, but for versions that a later one superseded. */
  async #eachOnceInFiles(root: string, log: readonly ObjectEventRow[]): Promise<void> {
    const files = (await allFiles(path.join(root, 'objects'))).map((file) => path.relative(root, file))
    for (const file of files) expect(file).toMatch(/^objects\/(current\/objects|timeline\/.*)\.parquet$/)
    const list = (await allFiles(path.join(root, 'objects/timeline'))).map(
      (file) => `'${file.replaceAll("'", "''")}'`,
    )
    const connection = await this.#plain.connect()
    const counted = await connection.run(
      `SELECT event_id, label, count(*) AS n FROM read_parquet([${list.join(', ')}], union_by_name = true) GROUP BY ALL`,
    )
    const rows = await counted.getRowObjects()
    connection.closeSync()
    expect(rows.filter(({ n }) => Number(n) !== 1)).toEqual([])
    expect(new Set(rows.map(({ event_id }) => event_id)).size).toBe(log.length)
  }
}
