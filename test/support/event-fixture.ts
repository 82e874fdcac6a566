import { rm } from 'node:fs/promises'
import path from 'node:path'
import { utcDayOf } from '../../schemas/contract/market-time.ts'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { ObjectHistory } from '../../schemas/contract/viewport.ts'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { OBJECT_EVENTS, OBJECT_SNAPSHOT } from '../../schemas/tables/index.ts'
import type { AppendOptions, OpenOptions } from '../../src-main/store/api.ts'
import type { DayResolver } from '../../src-main/store/compact/resolver.ts'
import { at, type StoreContext } from '../../src-main/store/context.ts'
import {
  type ObjectsAnswer,
  type ObjectsRequest,
  objectHistory,
  objectsAt,
} from '../../src-main/store/events/as-of.ts'
import { BarNumbers } from '../../src-main/store/events/bar-numbers.ts'
import { eventDayResolver } from '../../src-main/store/events/day-resolver.ts'
import { Snapshot } from '../../src-main/store/events/snapshot.ts'
import { Timeline } from '../../src-main/store/events/timeline.ts'
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
import { type EventsAppended, EventWriter } from '../../src-main/store/write/object-events.ts'
import { copyRows } from '../../src-main/store/write/row-copy.ts'
import { temporaryFolder } from './store-fixture.ts'

export const EVENT_SERIES: Series = { table: 'object_events' }

/** The parts of the engine that object events need, put together as an open store does. */
export class Events {
  readonly timeline: Timeline
  readonly snapshot: Snapshot
  readonly days: DayResolver
  readonly writer: EventWriter
  readonly #barNumbers: BarNumbers

  constructor(context: StoreContext) {
    this.timeline = new Timeline(context)
    this.snapshot = new Snapshot(context, this.timeline)
    this.days = eventDayResolver(context, this.timeline)
    this.#barNumbers = new BarNumbers(context)
    this.writer = new EventWriter(context, this.timeline, this.#barNumbers, this.snapshot)
  }

  append(documents: readonly unknown[], options?: AppendOptions): Promise<EventsAppended> {
    return this.writer.append(documents, options)
  }

  objectsAt(request: ObjectsRequest): Promise<ObjectsAnswer> {
    return objectsAt(this.timeline, this.#barNumbers, request)
  }

  history(objectId: string): Promise<ObjectHistory> {
    return objectHistory(this.timeline, this.#barNumbers, objectId)
  }
}

export interface OpenedEvents {
  readonly root: string
  readonly context: StoreContext
  readonly events: Events
  close(): Promise<void>
}

/** Opens the events of a folder, which outlives them: a second one on it is a reopened store, or another process. */
export async function openEvents(root: string, options: OpenOptions = {}): Promise<OpenedEvents> {
  const context = await openContext(root, options)
  return { root, context, events: new Events(context), close: () => closeContext(context) }
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
