import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import type { DailyTable } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import { isParquet, type LedgerSeries, parseStorePath, within } from '../layout/file-names.ts'
import { parsePartitionFolder } from '../layout/partition-names.ts'

/** A file of a ledger's table, by its name. */
export interface LedgerFile {
  readonly file: StorePath
  readonly series: LedgerSeries
  /** Null for a month file. */
  readonly day: UtcDay | null
  /** The month itself, or the day's. */
  readonly month: UtcMonth
}

/** What a path of a ledger's table says; null for any other path. */
export function ledgerFileOf(file: StorePath): LedgerFile | null {
  const named = parseStorePath(file)
  if (named.kind !== 'dayfile' && named.kind !== 'monthfile') return null
  if (named.series.table === 'candles' || named.series.table === 'object_events') return null
  const day = named.kind === 'dayfile' ? named.day : null
  const month = named.kind === 'dayfile' ? (named.day.slice(0, 7) as UtcMonth) : named.month
  return { file, series: named.series, day, month }
}

/**
 * Every day file and month file of a table, plain and in hive folders, by time, as the folders stand now. Names that no
 * writer of this contract gives are left out: doctor names them.
 */
export async function listLedgerFiles(
  context: StoreContext,
  table: DailyTable,
): Promise<readonly LedgerFile[]> {
  const root = table as string as StorePath
  const found: LedgerFile[] = []
  const take = (folder: StorePath, name: string): void => {
    const file = ledgerFileOf(within(folder, name))
    if (file !== null) found.push(file)
  }
  for (const { name, isDirectory } of await context.env.readDir(at(context, root))) {
    if (!isDirectory && isParquet(name)) take(root, name)
    else if (isDirectory && table === 'decisions' && parsePartitionFolder(name) !== null) {
      const folder = within(root, name)
      for (const inside of await context.env.readDir(at(context, folder)))
        if (!inside.isDirectory && isParquet(inside.name)) take(folder, inside.name)
    }
  }
  const start = ({ day, month }: LedgerFile): string => day ?? month
  return found.sort((a, b) => (start(a) < start(b) ? -1 : start(a) > start(b) ? 1 : a.file < b.file ? -1 : 1))
}
