import { dayfilePath, partFolder, TIMELINE } from '../layout/file-names.ts'
import { onLedgerFacts } from '../query/file-facts.ts'
import { candleSeries } from '../read/listing.ts'
import type { LiveSources } from './live-feed.ts'
import type { UnreadableFiles } from './unreadable-files.ts'

/**
 * Lets every reading of the store's files, by whoever asked, be heard by those that can't be read.
 * @returns to be called after a look: what it met in the timeline
 */
export function hearOfFiles(
  { context, blocks, timeline }: Pick<LiveSources, 'context' | 'blocks' | 'timeline'>,
  unreadable: UnreadableFiles,
): () => void {
  blocks.onLoad(({ block: { timeframe, day, problems } }) => {
    const series = candleSeries(timeframe)
    const dayfile = dayfilePath(series, day)
    const parts = `${partFolder(series, day)}/`
    unreadable.heard((file) => file === dayfile || file.startsWith(parts), problems)
  })
  onLedgerFacts(context, (files, problems) => {
    const read = new Set(files)
    unreadable.heard((file) => read.has(file), problems)
  })
  let version: number | null = null
  return () => {
    if (timeline.version === version) return
    version = timeline.version
    unreadable.heard((file) => file.startsWith(`${TIMELINE}/`), timeline.problems)
  }
}
