import path from 'node:path'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import type { OpenOptions } from './api.ts'
import type { StoreContext } from './context.ts'
import { nodeEnv } from './fs/node-env.ts'
import { withOnDemandFolder } from './fs/on-demand-folder.ts'
import { withinRoot } from './fs/root-folder.ts'
import { absolute, STAGING, TEMP, within } from './layout/file-names.ts'
import { Duck } from './read/duckdb.ts'
import { PartWriter } from './write/part-writer.ts'

/** Two workers and a bounded memory: the engine shares the machine with a window and a bot. */
const DUCK_OPTIONS = { threads: 2, memory: '1GB' } as const

/** One for all stores of the process: what is worked out of its clock, some ms for five years, is kept by zone. */
const DEFAULT_ZONE = new MarketZone()

/**
 * Opens what the parts of a store share; nothing is read yet, and nothing written: the staging folder
 * of this process comes with the first file in it.
 * @throws NO_STORE, NO_SPACE, IO
 */
export async function openContext(root: string, options: OpenOptions = {}): Promise<StoreContext> {
  const base = options.env ?? nodeEnv
  const folder = path.resolve(root)
  const found = await base.stat(folder)
  if (found !== null && !found.isDirectory) {
    throw new BarkeepError('NO_STORE', `${folder} is a file, not a folder. Name the folder of a store.`)
  }
  if (found === null && options.create !== true) {
    throw new BarkeepError(
      'NO_STORE',
      `There is no folder ${folder}. Name the folder of a store, or make one with: barkeep sample --store ${folder}`,
    )
  }
  if (found === null) await base.makeDir(folder)
  const staging = absolute(folder, within(STAGING, `${process.pid}-${base.randomId()}`))
  const env = withOnDemandFolder(withinRoot(base, folder, found), staging)
  const duck = await Duck.open(folder, absolute(folder, TEMP), DUCK_OPTIONS)
  return {
    root: folder,
    env,
    zone: options.zone ?? DEFAULT_ZONE,
    duck,
    partWriter: new PartWriter(env, staging, folder),
    staging,
    recoveryDays: options.recoveryDays ?? null,
    program: options.program ?? 'other',
  }
}

/** Gives the staging folder back, if there is one; what isn't empty is swept by the next open once this process is gone. */
export async function closeContext(context: StoreContext): Promise<void> {
  context.duck.close()
  try {
    await context.env.removeDir(context.staging)
  } catch {
    // Never made, or an orphan inside: that is a finding of doctor's, and is cleared at the next open.
  }
}
