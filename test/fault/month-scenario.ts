import type { CompactRequest } from '../../schemas/generated/requests.ts'
import { purgeStore } from '../../src-main/store/compact/purge.ts'
import { compactStore } from '../../src-main/store/compact/run.ts'
import { eventDayfile, type OpenedEvents, openEvents } from '../support/event-fixture.ts'
import { documents, type EventWork, PREPARED, prepare } from './event-scenario.ts'

const FOLDER = 'objects/timeline/2024-03'

/** Work on months of events, to be interrupted at every step, and the store that it finds. */
export interface MonthScenario {
  readonly prepare: (root: string) => Promise<void>
  readonly work: EventWork
  /** Whether all of it is done: what doing it again must come to. */
  readonly isDone: (store: OpenedEvents, files: readonly string[]) => boolean
}

async function compact(store: OpenedEvents, request: CompactRequest): Promise<void> {
  const given = { table: 'object_events', ...request } as const
  const { days } = await compactStore(store.context, given, store.events.days)
  for (const { error } of days) if (error !== undefined) throw Object.assign(new Error(error.message), error)
}

/** Two day files; two parts, of which one comes late for the first day. */
async function prepareDays(root: string): Promise<void> {
  await prepare(root)
  const store = await openEvents(root)
  await compact(store, { day: '2024-03-09' })
  await store.close()
}

/** A month file made of a day file and a part; another program's day file beside it, and an event that came late. */
async function prepareMonth(root: string): Promise<void> {
  const store = await openEvents(root)
  const [one, two, three, four, late] = PREPARED
  if (three === undefined) throw new Error('no third event')
  await store.events.append(documents([one, two].flatMap((row) => row ?? [])))
  await compact(store, {})
  await store.events.append(documents([four].flatMap((row) => row ?? [])))
  await compact(store, { month: '2024-03' })
  await eventDayfile(store.context, [three])
  await store.events.append(documents([late].flatMap((row) => row ?? [])))
  await store.close()
}

/** The same once its month stands alone: recovery holds parts, day files and a month file. */
async function prepareRecovery(root: string): Promise<void> {
  await prepareMonth(root)
  const store = await openEvents(root)
  await compact(store, {})
  await store.close()
}

const standsAlone = (_: OpenedEvents, files: readonly string[]): boolean =>
  files.filter((file) => file.startsWith(FOLDER)).join() === `${FOLDER}/2024-03.parquet`

export const MONTH_SCENARIOS: Readonly<Record<string, MonthScenario>> = {
  'first month file': {
    prepare: prepareDays,
    work: (store) => compact(store, { month: '2024-03' }),
    isDone: standsAlone,
  },
  'late events': { prepare: prepareMonth, work: (store) => compact(store, {}), isDone: standsAlone },
  purge: {
    prepare: prepareRecovery,
    async work(store) {
      await purgeStore(store.context, { olderThanDays: 0 })
    },
    isDone: (store, files) =>
      standsAlone(store, files) && !files.some((file) => file.startsWith('.barkeep/recovery/')),
  },
}
