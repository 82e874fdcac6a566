import { cp, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import { modelStates } from '../support/brute-force-objects.ts'
import { allFiles } from '../support/compaction.ts'
import { type OpenedEvents, openEvents, snapshotOnDisk } from '../support/event-fixture.ts'
import { type Fault, failuresOf, faultEnv, killsOf, type StepTaken, told } from '../support/fault-env.ts'
import { atOnce, type KillRunner, killRunner } from '../support/kill-runner.ts'
import { temporaryFolder } from '../support/store-fixture.ts'
import { CALLS, documents, isTaken, PREPARED, prepare, write } from './event-scenario.ts'

const SENT = [...PREPARED, ...CALLS.flat()]
/** Every event, each id in its last version. */
const FINAL = [...new Map(SENT.map((row) => [row.event_id, row])).values()]

let template: string
let steps: readonly StepTaken[]
let runner: KillRunner
/** Another program's DuckDB: one for all, as opening it is most of what a look costs. */
let plain: DuckDBInstance

beforeAll(async () => {
  plain = await DuckDBInstance.create(':memory:', { threads: '1' })
  template = await temporaryFolder('events template')
  await prepare(template)
  runner = await killRunner('test/fault/event-kill-child.ts')
  const counted = faultEnv()
  await inCopy(async (root) => write(root, counted.env, counted.arm, () => {}))
  steps = counted.taken
})
afterAll(async () => {
  plain.closeSync()
  await runner.remove()
  await rm(template, { recursive: true })
})

async function inCopy(work: (root: string) => Promise<void>): Promise<void> {
  const root = await temporaryFolder('event faults')
  try {
    await cp(template, root, { recursive: true })
    await work(root)
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

/** Opens as an open store does. */
async function reopened(root: string): Promise<OpenedEvents> {
  const store = await openEvents(root)
  expect((await finishInterrupted(store.context)).problems).toEqual([])
  await store.events.snapshot.mend()
  return store
}

/** Holds a store against what was acknowledged: all of that, each once, and nothing that was never sent. */
async function verify(store: OpenedEvents, acknowledged: readonly ObjectEventRow[]): Promise<void> {
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
  expect(await snapshotOnDisk(store.context)).toEqual(modelStates(log).map(({ closed_ts: _, ...row }) => row))
  await eachOnceInFiles(store.root, log)
}

/** A plain reader's count: each event in one file, but for versions that a later one superseded. */
async function eachOnceInFiles(root: string, log: readonly ObjectEventRow[]): Promise<void> {
  const files = (await allFiles(path.join(root, 'objects'))).map((file) => path.relative(root, file))
  for (const file of files) expect(file).toMatch(/^objects\/(current\/objects|timeline\/.*)\.parquet$/)
  const list = (await allFiles(path.join(root, 'objects/timeline'))).map(
    (file) => `'${file.replaceAll("'", "''")}'`,
  )
  const connection = await plain.connect()
  const counted = await connection.run(
    `SELECT event_id, label, count(*) AS n FROM read_parquet([${list.join(', ')}], union_by_name = true) GROUP BY ALL`,
  )
  const rows = await counted.getRowObjects()
  connection.closeSync()
  expect(rows.filter(({ n }) => Number(n) !== 1)).toEqual([])
  expect(new Set(rows.map(({ event_id }) => event_id)).size).toBe(log.length)
}

async function sendAll(store: OpenedEvents): Promise<void> {
  const { outcomes, snapshot } = await store.events.append(documents(CALLS.flat()))
  expect(outcomes.every(isTaken)).toBe(true)
  expect(snapshot).toBeNull()
  await verify(store, FINAL)
}

async function tryFailure(fault: Fault): Promise<void> {
  await inCopy(async (root) => {
    const faulty = faultEnv(fault)
    const store = await openEvents(root, { env: faulty.env })
    const acknowledged: ObjectEventRow[] = []
    faulty.arm()
    for (const rows of CALLS) {
      try {
        const { outcomes } = await store.events.append(documents(rows))
        for (const [index, row] of rows.entries()) if (isTaken(outcomes[index])) acknowledged.push(row)
      } catch (error) {
        expect(error).toMatchObject({ code: fault.how === 'ENOSPC' ? 'NO_SPACE' : 'IO' })
      }
    }
    const other = await reopened(root)
    await verify(other, acknowledged)
    await other.close()
    // The app that met the fault stays open; the disk is well again.
    faulty.mend()
    await sendAll(store)
    await store.close()
  })
}

async function tryKill(fault: Fault): Promise<void> {
  await inCopy(async (root) => {
    const { acknowledged, signal } = await runner.run({ scenario: 'events', root, fault })
    expect(signal).toBe('SIGKILL')
    const store = await reopened(root)
    await verify(store, acknowledged as ObjectEventRow[])
    await sendAll(store)
    await store.close()
    // What a killed process left in staging went with the open.
    expect(await readdir(path.join(root, '.barkeep/staging'))).toEqual([])
  })
}

async function tryEach(what: string, faults: readonly Fault[], work: (fault: Fault) => Promise<void>) {
  const failed: Error[] = []
  await atOnce(faults, 2, async (fault) => {
    await work(fault).catch((cause: unknown) => {
      failed.push(new Error(told(fault, steps), { cause }))
    })
  })
  console.log(
    `event write, ${what}: ${steps.length} file steps, ${faults.length} faults tried, ${failed.length} failed`,
  )
  if (failed.length > 0) throw new AggregateError(failed, failed.map(({ message }) => message).join('\n'))
}

describe('an event write whose disk fails', () => {
  it('W1, W2, O12: at each file step of part and snapshot, every acknowledged event is there exactly once', async () => {
    await tryEach('failing', failuresOf(steps), tryFailure)
  }, 480_000)

  it('W1, W2, O12: killed at each file step of part and snapshot, the same holds after reopening', async () => {
    await tryEach('killed', killsOf(steps), tryKill)
  }, 480_000)
})
