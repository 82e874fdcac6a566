import { cp, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { openStore } from '../../src-main/store/index.ts'
import { event } from './random-events.ts'
import type { Random } from './seeded.ts'
import { candles, memoryFolder } from './store-fixture.ts'

export const DAMAGED_DAYS = ['2024-03-04', '2024-03-05', '2024-03-06'] as const
const OPEN = DAMAGED_DAYS.map((day) => Date.parse(`${day}T14:30:00Z`))
const BARS = 12

/** The kinds of files that we write, each with all of the store's. */
export interface FilesByKind {
  readonly [kind: string]: readonly string[]
}

/** One store with every kind of file, healthy, to be copied and damaged. */
export interface HealthyStore {
  readonly files: FilesByKind
  copy(): Promise<string>
  remove(): Promise<void>
}

/** An object for each file of events, named for its kind, so that a wrong one can be told from a right one. */
const EVENTS: Readonly<Record<string, readonly ObjectEventRow[]>> = {
  month: objectsOf('month', Date.parse('2024-01-10T15:00:00Z')),
  day: objectsOf('day', OPEN[0] ?? 0),
  part: objectsOf('part', OPEN[2] ?? 0),
}

function objectsOf(kind: string, ts: number): ObjectEventRow[] {
  return Array.from({ length: 6 }, (_, index) =>
    event({
      ts: ts + index * 60_000,
      event_id: `${kind}-${index}`,
      object_id: `${kind}-${index % 3}`,
      action: index < 3 ? 'create' : 'update',
      top: 100 + index,
      bottom: 90 + index,
      label: `${kind} number ${index}`,
    }),
  )
}

/**
 * Day one: compacted from parts, with its recovery parts; day two: backfilled, with nothing but itself; day three: parts.
 * Events in a month file, a dayfile, parts, and the snapshot.
 */
export async function healthyStore(): Promise<HealthyStore> {
  const folder = await memoryFolder('damage')
  const template = path.join(folder, 'healthy')
  await mkdir(template)
  const store = await openStore(template)
  const bars = OPEN.map((first) => [
    ...candles(BARS, first),
    ...candles(BARS, first, { timeframe: '15m', step: 900_000 }),
  ])
  const [first = [], second = [], third = []] = bars
  const sent = (rows: readonly object[] | undefined): object[] =>
    (rows ?? []).map((row) => ({ ...row, ts_iso: undefined }))
  await store.writer.appendCandles(first)
  await store.writer.appendEvents(sent(EVENTS.month))
  await store.compactor.compact({ table: 'object_events', month: '2024-01' })
  await store.writer.appendEvents(sent(EVENTS.day))
  await store.compactor.compact({})
  await store.writer.backfillCandles(second)
  await store.writer.appendCandles(third)
  await store.writer.appendEvents(sent(EVENTS.part))
  await store.close()
  let copies = 0
  return {
    files: await filesByKind(template),
    async copy() {
      const root = path.join(folder, String(++copies))
      await cp(template, root, { recursive: true, preserveTimestamps: true })
      return root
    },
    remove: () => rm(folder, { recursive: true }),
  }
}

async function filesByKind(root: string): Promise<FilesByKind> {
  const kinds: Record<string, string[]> = {}
  for (const folder of ['data', 'objects']) {
    for (const name of await readdir(path.join(root, folder), { recursive: true })) {
      const file = path.posix.join(folder, name.split(path.sep).join('/'))
      const kind = kindOf(file)
      if (kind !== null) kinds[kind] = [...(kinds[kind] ?? []), file]
    }
  }
  for (const files of Object.values(kinds)) files.sort()
  return kinds
}

export function kindOf(file: string): string | null {
  const table = file.startsWith('data/') ? 'candle' : 'event'
  if (file === 'objects/current/objects.parquet') return 'snapshot'
  if (!file.endsWith('.parquet')) return null
  if (/\/part-[^/]*$/.test(file)) return `${table} part`
  return /\/\d{4}-\d{2}\.parquet$/.test(file) ? 'month file' : `${table} dayfile`
}

export type Damage = 'flip' | 'cut'

/**
 * Flips a bit, or cuts the file short. In place: what a bad disk does changes neither inode nor, half of the time, the time
 * of change.
 * @returns what was done, for messages
 */
export async function damage(random: Random, root: string, file: string, how: Damage): Promise<string> {
  const target = path.join(root, file)
  const bytes = await readFile(target)
  const { atime, mtime } = await stat(target)
  const at = random.int(0, bytes.length - 1)
  const bit = random.int(0, 7)
  if (how === 'flip') bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at)
  await writeFile(target, how === 'flip' ? bytes : bytes.subarray(0, at))
  if (random.chance(0.5)) await utimes(target, atime, mtime)
  return how === 'flip' ? `${file}: bit ${bit} of byte ${at} flipped` : `${file}: cut off at ${at}`
}
