import type { MarketZone } from '../../schemas/contract/market-time.ts'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { OperationRow } from '../../schemas/generated/rows.ts'
import type { Env } from './fs/env.ts'
import { absolute } from './layout/file-names.ts'
import type { Duck } from './read/duckdb.ts'
import type { PartWriter } from './write/part-writer.ts'

/** What the parts of one open store share. Built in index.ts alone. */
export interface StoreContext {
  readonly root: string
  readonly env: Env
  readonly zone: MarketZone
  readonly duck: Duck
  readonly partWriter: PartWriter
  /** This process's own folder below `.barkeep/staging/`, absolute; comes with the first file in it. */
  readonly staging: string
  /** Given when it was opened; null: as its settings say at the time (see `recoveryDaysOf`). */
  readonly recoveryDays: number | null
  /** Who opened it, for the log of operations. */
  readonly program: OperationRow['program']
}

/** A store path for the file system. */
export function at(context: StoreContext, file: StorePath): string {
  return absolute(context.root, file)
}
