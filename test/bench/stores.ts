import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { openStore } from '../../src-main/store/index.ts'
import { builderEnv } from './builder-env.ts'
import { writeCopiedDays } from './copied-days.ts'
import {
  GENERATION,
  LAST_DAY,
  LIVE_DAY,
  type MarketPlan,
  MONTH,
  marketDays,
  symbols,
  YEAR,
} from './market.ts'

interface StorePlan {
  /** Days that stand in dayfiles; null for none. */
  readonly history: MarketPlan | null
  /** By the engine's own backfill, or by its COPY and records alone. */
  readonly by: 'backfill' | 'copy'
  /** The parts of the live day, and how many of them are there. */
  readonly live: { readonly symbols: readonly string[]; readonly parts: number } | null
}

const SPY = symbols(1)
const history = (of: readonly string[], minutes: readonly number[], days: number): MarketPlan => ({
  symbols: of,
  minutes,
  end: LAST_DAY,
  days,
})

/** Every store of the bench, by name. */
export const STORES = {
  'five-years': { history: history(SPY, [2, 5, 15], 5 * YEAR), by: 'backfill', live: null },
  'ten-years': { history: history(SPY, [2], 10 * YEAR), by: 'copy', live: null },
  'one-month': { history: history(SPY, [2], MONTH), by: 'backfill', live: null },
  'one-month-20': { history: history(symbols(20), [2], MONTH), by: 'backfill', live: null },
  // Files and folders are what an open meets; shorter bars would only take longer to write.
  'ten-years-20': { history: history(symbols(20), [15, 30, 60], 10 * YEAR), by: 'copy', live: null },
  'live-195': { history: history(SPY, [2], 1), by: 'backfill', live: { symbols: SPY, parts: 195 } },
  'live-5000': { history: history(SPY, [2], 1), by: 'backfill', live: { symbols: symbols(26), parts: 5000 } },
} as const satisfies Record<string, StorePlan>

export type StoreName = keyof typeof STORES

/** Built by two processes at once, so that none of them waits long for the other. */
export const BUILD_LANES: readonly (readonly StoreName[])[] = [
  ['ten-years-20'],
  ['five-years', 'ten-years', 'live-5000', 'live-195', 'one-month', 'one-month-20'],
]

/** What decides over the bytes of a store: the generator, and the engine that writes it. */
const SOURCES = ['schemas', 'src-main/store', 'src-main/ingest/sample', 'test/bench']

const KEPT = 'barkeep-bench-stores-'

/** The folder that keeps built stores for the next run, named for all that decides over their bytes. */
export async function keptFolder(project: string): Promise<string> {
  const hash = createHash('sha256').update(`${GENERATION}`)
  for (const source of SOURCES) {
    const entries = await readdir(path.join(project, source), { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile() && /\.(ts|json)$/.test(entry.name))
    for (const file of files.map(({ parentPath, name }) => path.join(parentPath, name)).sort()) {
      if (source !== 'test/bench' || isBuilder(path.basename(file))) hash.update(await readFile(file))
    }
  }
  return path.join(os.tmpdir(), `${KEPT}${hash.digest('hex').slice(0, 12)}`)
}

/** Stores that an engine or generator of another day wrote, and that no run will ask for again. */
export async function removeOthersThan(kept: string): Promise<void> {
  for (const name of await readdir(os.tmpdir())) {
    const folder = path.join(os.tmpdir(), name)
    if (name.startsWith(KEPT) && folder !== kept) await rm(folder, { recursive: true, force: true })
  }
}

function isBuilder(name: string): boolean {
  return ['market.ts', 'builder-env.ts', 'copied-days.ts', 'stores.ts'].includes(name)
}

/** Builds what isn't there yet; a store that is there is whole. @returns milliseconds it took, 0 when it was there */
export async function buildStore(cache: string, name: StoreName): Promise<number> {
  const target = path.join(cache, name)
  if (existsSync(target)) return 0
  const started = performance.now()
  const building = `${target}.building`
  await rm(building, { recursive: true, force: true })
  await mkdir(building, { recursive: true })
  await fill(building, STORES[name])
  await rename(building, target)
  return performance.now() - started
}

async function fill(root: string, { history, by, live }: StorePlan): Promise<void> {
  if (history !== null && by === 'copy') await writeCopiedDays(root, history)
  const store = await openStore(root, { create: true, env: builderEnv() })
  try {
    if (history !== null && by === 'backfill') {
      const bars = [...marketDays(history)].flatMap((day) => day.bars)
      await store.writer.backfillCandles(bars)
    }
    // What a backfill derives on its way.
    if (by === 'copy') await store.writer.rebuildTiers()
    if (live !== null) await writeLiveDay(store, live)
  } finally {
    await store.close()
  }
}

async function writeLiveDay(
  store: Awaited<ReturnType<typeof openStore>>,
  live: NonNullable<StorePlan['live']>,
): Promise<void> {
  const [day] = marketDays({ symbols: live.symbols, minutes: [2], end: LIVE_DAY, days: 1 })
  if (day === undefined) throw new Error(`${LIVE_DAY} is no trading day`)
  // As bots tell it: bar by bar in time, all symbols beside each other. SPY's are whole in any number of parts.
  const told = [...day.bars].sort((a, b) => a.ts - b.ts)
  const rest = told.filter(({ symbol }) => symbol !== 'SPY')
  const chosen = new Set([
    ...told.filter(({ symbol }) => symbol === 'SPY'),
    ...rest.slice(0, live.parts - 195),
  ])
  const bars = told.filter((bar) => chosen.has(bar))
  if (bars.length !== live.parts) throw new Error(`${bars.length} bars for ${live.parts} parts`)
  for (let at = 0; at < bars.length; at += 500) {
    const outcomes = await store.writer.appendCandles(bars.slice(at, at + 500))
    const bad = outcomes.find(({ outcome }) => outcome !== 'accepted')
    if (bad !== undefined) throw new Error(`a bar was not taken: ${JSON.stringify(bad)}`)
  }
}
