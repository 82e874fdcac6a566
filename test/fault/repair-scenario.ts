import { copyFile, cp, mkdir, open, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import type { Store } from '../../src-main/store/api.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { candles, temporaryFolder, writePart, zoneEvent } from '../support/store-fixture.ts'

const FRIDAY = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000

/** A store with one of each thing that repair mends, in a folder that is copied for each try. */
export interface DamagedStore {
  copy(of?: string): Promise<string>
  /** Contents of the files that are damaged, or nothing but bytes: each must be somewhere ever after. */
  readonly damaged: readonly string[]
  remove(): Promise<void>
}

export async function damagedStore(): Promise<DamagedStore> {
  const folder = await temporaryFolder('repair')
  const template = path.join(folder, 'template')
  await mkdir(template)
  await prepare(template)
  const damaged = await damage(template)
  let copies = 0
  return {
    damaged,
    async copy(of = template) {
      copies += 1
      const root = path.join(folder, String(copies))
      await cp(of, root, { recursive: true, preserveTimestamps: true })
      return root
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** A compacted day, a backfilled one, a day of events, and parts of ours and others. */
async function prepare(root: string): Promise<void> {
  const store = await openStore(root)
  await store.writer.appendCandles(candles(4, FRIDAY))
  await store.writer.appendEvents([zoneEvent({ ts: FRIDAY }), zoneEvent({ ts: FRIDAY + 1, object_id: 'z2' })])
  await store.compactor.compact({})
  const monday = FRIDAY + 3 * DAY
  await store.writer.backfillCandles(candles(3, monday, { volume: 1 }))
  await store.writer.backfillCandles(candles(3, monday, { volume: 2 }))
  await store.writer.appendCandles(candles(2, FRIDAY + 4 * DAY))
  await store.close()
  const context = await openContext(root)
  await writePart(context, candles(1, FRIDAY)[0] as CandleRow)
  await closeContext(context)
}

async function damage(root: string): Promise<readonly string[]> {
  const tuesday = 'data/2m/2024-03-12'
  const [first = ''] = await readdir(path.join(root, tuesday))
  const flipped = [
    'data/2m/2024-03-08.parquet',
    'data/2m/2024-03-11.parquet',
    'objects/timeline/2024-03/2024-03-08.parquet',
    `${tuesday}/${first}`,
  ]
  for (const file of flipped) await flip(path.join(root, file))
  const rubbish = `${tuesday}/rubbish.parquet`
  await writeFile(path.join(root, rubbish), 'rubbish of another program')
  const all = [...flipped, rubbish]
  for (const file of all) await utimes(path.join(root, file), 1_700_000_000, 1_700_000_000)
  return Promise.all(all.map((file) => readFile(path.join(root, file), 'base64')))
}

async function flip(file: string): Promise<void> {
  const handle = await open(file, 'r+')
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, 90)
  await handle.write(Buffer.from([(buffer[0] ?? 0) ^ 0x10]), 0, 1, 90)
  await handle.close()
}

/** What an open would mend of its own accord, so that it comes after it: a snapshot, an orphan, a cut-off compaction. */
export async function disturb(root: string): Promise<void> {
  await writeFile(path.join(root, 'objects/current/objects.parquet'), 'rubbish')
  const orphan = path.join(root, '.barkeep/staging/999999998-00000000')
  await mkdir(orphan, { recursive: true })
  await writeFile(path.join(orphan, 'half.tmp'), 'half')
  const generations = path.join(root, '.barkeep/generations')
  await copyFile(
    path.join(generations, 'data/2m/2024-03-11.parquet.json'),
    path.join(generations, 'pending/data+2m+2024-03-11.parquet.json'),
  )
}

/** Opens a copy, with a fault or without. */
export function opened(root: string, env?: Env): Promise<Store> {
  return openStore(root, env === undefined ? {} : { env })
}

/** All that the store shows: repair may change no answer, neither on its way nor at its end. */
export async function answersOf(store: Store): Promise<unknown> {
  const window = { symbol: 'SPY', timeframe: '2m', from: FRIDAY - DAY, to: FRIDAY + 6 * DAY }
  const { candles: shown, objects } = await store.reader.viewport(window)
  return {
    bars: Array.from(shown.ts, (ts, index) => [
      ts,
      shown.open[index],
      shown.close[index],
      shown.volume[index],
    ]),
    objects: objects.map(({ id, top, bottom, status }) => ({ id, top, bottom, status })),
  }
}

/** Public files by path, with their content. */
export async function publicFiles(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const folder of ['data', 'objects']) {
    for (const [name, content] of await filesIn(path.join(root, folder)))
      if (name.endsWith('.parquet')) found[path.relative(root, name)] = content
  }
  return found
}

/** Contents of all files of the store. */
export async function contentsOf(root: string): Promise<ReadonlySet<string>> {
  return new Set((await filesIn(root)).map(([, content]) => content))
}

async function filesIn(folder: string): Promise<[string, string][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return Promise.all(
    files.map(async (entry) => {
      const name = path.join(entry.parentPath, entry.name)
      return [name, await readFile(name, 'base64')] as [string, string]
    }),
  )
}
