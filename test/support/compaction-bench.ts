import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { StorePath } from '../../schemas/contract/units.ts'
import { compactCandles } from './compaction.ts'
import { type TemporaryStore, temporaryStore } from './store-fixture.ts'

/** The day that compaction is tried on, and its first bar. */
export const TS = Date.parse('2024-03-08T14:30:00Z')
export const DAY = 86_400_000
export const FOLDER = 'data/2m/2024-03-08'
export const DAYFILE = `${FOLDER}.parquet` as StorePath

/** A store of its own for each test of a file, and what is asked of it. Called once, at the top of the file. */
export interface CompactionBench {
  readonly store: TemporaryStore
  /** Absolute. */
  inStore(...names: string[]): string
  compact(
    request?: Parameters<typeof compactCandles>[1],
    options?: Parameters<typeof compactCandles>[2],
  ): ReturnType<typeof compactCandles>
  /** Of a folder's entries, sorted; none when it isn't there. */
  names(folder: string): Promise<string[]>
  isThere(file: string): Promise<boolean>
}

export function compactionBench(): CompactionBench {
  let store: TemporaryStore
  beforeEach(async () => {
    store = await temporaryStore()
  })
  afterEach(() => store.close())
  const inStore = (...names: string[]): string => path.join(store.root, ...names)
  return {
    get store() {
      return store
    },
    inStore,
    compact: (request = {}, options = {}) => compactCandles(store.context, request, options),
    names: async (folder) => (await readdir(inStore(folder)).catch(() => [])).sort(),
    isThere: async (file) => (await stat(inStore(file)).catch(() => null)) !== null,
  }
}
