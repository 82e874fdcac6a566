import { rm } from 'node:fs/promises'
import path from 'node:path'
import { utcDayOf } from '../../schemas/contract/market-time.ts'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { OBJECT_EVENTS, OBJECT_SNAPSHOT } from '../../schemas/tables/index.ts'
import type { OpenOptions } from '../../src-main/store/api.ts'
import { at, type StoreContext } from '../../src-main/store/context.ts'
import { EventStore } from '../../src-main/store/events/event-store.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import {
  companion,
  dayfilePath,
  partFolder,
  RECOVERY,
  type Series,
  SNAPSHOT,
  within,
} from '../../src-main/store/layout/file-names.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { readFiles, rowsOf } from '../../src-main/store/read/table-files.ts'
import { copyRows } from '../../src-main/store/write/row-copy.ts'
import { temporaryFolder } from './store-fixture.ts'

export const EVENT_SERIES: Series = { table: 'object_events' }

export interface OpenedEvents {
  readonly root: string
  readonly context: StoreContext
  readonly events: EventStore
  close(): Promise<void>
}

/** Opens the events of a folder, which outlives them: a second one on it is a reopened store, or another process. */
export async function openEvents(root: string, options: OpenOptions = {}): Promise<OpenedEvents> {
  const context = await openContext(root, options)
  return { root, context, events: new EventStore(context), close: () => closeContext(context) }
}

export async function temporaryEvents(options: OpenOptions = {}): Promise<OpenedEvents> {
  const root = await temporaryFolder('events')
  const opened = await openEvents(root, options)
  return {
    ...opened,
    async close() {
      await opened.close()
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** The real file system but for what is given. */
export function envWith(given: Partial<Env>): Env {
  return { ...nodeEnv, ...given }
}

export async function snapshotOnDisk(context: StoreContext): Promise<Record<string, unknown>[]> {
  const read = await readFiles(context, OBJECT_SNAPSHOT, [SNAPSHOT])
  if (read.problems[0] !== undefined) throw new Error(read.problems[0].detail)
  return read.files.flatMap((file) => rowsOf(OBJECT_SNAPSHOT, file))
}

/** Writes an event as a part by the part writer alone, as another process would. */
export async function eventPart(context: StoreContext, row: ObjectEventRow): Promise<StorePath> {
  const folder = partFolder(EVENT_SERIES, utcDayOf(row.ts))
  return within(folder, await context.partWriter.write(at(context, folder), OBJECT_EVENTS, { ...row }))
}

/** Makes a dayfile of rows, and moves parts to recovery: the outcome of a compaction, without its machinery. */
export async function eventDayfile(
  context: StoreContext,
  rows: readonly ObjectEventRow[],
  parts: readonly StorePath[] = [],
): Promise<StorePath> {
  const { env, staging } = context
  const [first] = rows
  if (first === undefined) throw new Error('a dayfile needs a row')
  const file = dayfilePath(EVENT_SERIES, utcDayOf(first.ts))
  const staged = path.join(staging, `day-${env.randomId()}.parquet`)
  await copyRows(
    context,
    OBJECT_EVENTS,
    rows.map((row) => ({ ...row })),
    staged,
    {},
  )
  await env.makeDir(path.dirname(at(context, file)))
  await env.rename(staged, at(context, file))
  for (const part of parts) {
    const recovered = at(context, companion(RECOVERY, part))
    await env.makeDir(path.dirname(recovered))
    await env.rename(at(context, part), recovered)
  }
  return file
}
