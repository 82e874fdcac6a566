import { at, type StoreContext } from '../context.ts'
import { dayOfName, partFolder, seriesFolder } from '../layout/file-names.ts'
import { candleSeries, listTimeframes } from '../read/listing.ts'

/**
 * How long an empty part folder stays after it changed last: a bot that made it may go on writing without looking, and
 * must not find it gone.
 */
const KEPT_MILLIS = 86_400_000

/**
 * Takes away the part folders that compaction emptied a day ago or earlier (SPEC C30): five years of three timeframes
 * would leave 3,780 of them for every listing to walk through.
 * @throws Node's own errors of the file system
 */
export async function removeEmptyPartFolders(context: StoreContext): Promise<void> {
  const { env } = context
  for (const timeframe of await listTimeframes(context)) {
    const series = candleSeries(timeframe)
    for (const { name, isDirectory } of await env.readDir(at(context, seriesFolder(series)))) {
      const day = isDirectory ? dayOfName(name) : null
      if (day === null) continue
      const folder = at(context, partFolder(series, day))
      const stat = env.statNow(folder)
      if (stat !== null && stat.mtimeMs + KEPT_MILLIS <= env.now()) await removeIfEmpty(context, folder)
    }
  }
}

async function removeIfEmpty({ env }: StoreContext, folder: string): Promise<void> {
  try {
    if ((await env.readDir(folder)).length === 0) await env.removeDir(folder)
  } catch (error) {
    // A part came meanwhile, or what is no entry of ours (a link, a socket) lies in it.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY')) throw error
  }
}
