import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import type { Generation } from '../compact/generation.ts'
import { type LeftOfFile, leftOfFile } from '../compact/left-of-file.ts'
import { digestOf } from '../compact/staged-file.ts'
import type { StoreContext } from '../context.ts'
import { dayfilePath, partFolder } from '../layout/file-names.ts'
import { candleSeries } from '../read/listing.ts'
import { readFiles } from '../read/table-files.ts'
import { candleKey } from './candle-rows.ts'
import { asPart } from './part-rows.ts'
import { type CandlePart, compareBars, resolveDay } from './resolve.ts'

/** What answers in place of a damaged dayfile (SPEC R17). */
export interface StandIn {
  /** Rows that win over any part as the dayfile's would: all of its own, or the generation's before; null for neither. */
  readonly standing: readonly CandleRow[] | null
  /** Proven, by the digest that was recorded of it, to be all rows of the damaged file. */
  readonly isComplete: boolean
  /** Parts in recovery that fill what `standing` doesn't hold. By name; none when it is complete. */
  readonly recovered: readonly CandlePart[]
  /** What is shown instead, for whoever sees it; and parts in recovery that are damaged themselves. */
  readonly shown: string
  readonly problems: readonly Problem[]
}

/**
 * Finds what is left of a damaged dayfile: the parts it was made of when they are proven to be all, also together with
 * the generation before; else that generation, filled up with parts; else parts alone.
 * @param parts those that stand in the day's folder: after a crash some may not have been moved yet
 * @returns null when a file vanished on the way: look again
 */
export async function standInFor(
  context: StoreContext,
  timeframe: Timeframe,
  day: UtcDay,
  parts: readonly CandlePart[],
  signal?: AbortSignal,
): Promise<StandIn | null> {
  const series = candleSeries(timeframe)
  const kept = await leftOfFile(context, CANDLES, dayfilePath(series, day), partFolder(series, day))
  const files = kept.previous === null ? kept.recovered : [...kept.recovered, kept.previous]
  const read = await readFiles(context, CANDLES, files, { signal })
  if (read.vanished.length > 0) return null
  const columns = new Map(read.files.map((found) => [found.file, found]))
  const partOf = (file: StorePath): CandlePart => asPart(file, columns.get(file), undefined, timeframe, day)
  const recovered = kept.recovered.filter((file) => columns.has(file)).map(partOf)
  const previous = kept.previous === null ? null : partOf(kept.previous).rows
  const { generation, problems } = kept
  const all = generation === null ? null : provenRows(generation, previous, recovered, parts)
  if (all !== null) {
    const shown = `the ${all.length} rows that it was made of are shown instead, and are all there`
    return { standing: all, isComplete: true, recovered: [], shown, problems }
  }
  const shown = toldOf(kept, previous, recovered)
  return { standing: previous, isComplete: false, recovered, shown, problems }
}

/** The damaged file's rows, when some of what is left has the digest that was recorded of it. */
function provenRows(
  generation: Generation,
  previous: readonly CandleRow[] | null,
  recovered: readonly CandlePart[],
  parts: readonly CandlePart[],
): readonly CandleRow[] | null {
  const numbers = new Map(
    generation.numbers.map(([symbol, ts, number]) => [candleKey({ symbol, ts }), number]),
  )
  for (const standing of previous === null ? [null] : [null, previous]) {
    for (const candidates of [recovered, [...recovered, ...parts]]) {
      const { rows } = resolveDay({ standing, parts: candidates })
      if (rows.length !== generation.rows) continue
      const restored = rows
        .map((row) => ({ ...row, global_x: numbers.get(candleKey(row)) ?? null }))
        .sort(compareBars)
      const asRows = restored.map((row) => ({ ...row }))
      if (digestOf(CANDLES, asRows) === generation.digest) return restored
    }
  }
  return null
}

function toldOf(
  { previous, generation }: LeftOfFile,
  rows: readonly CandleRow[] | null,
  recovered: readonly CandlePart[],
): string {
  const parts = recovered.length === 0 ? '' : `, with ${recovered.length} parts in recovery`
  if (rows !== null) {
    const what = generation?.origin === 'backfill' ? 'rows of the backfill' : 'rows that were merged later'
    const when = generation === null ? '' : ` of ${generation.writtenAt}`
    return `the ${rows.length} rows of the generation before it (${previous}) are shown instead${parts}: ${what}${when} may be missing`
  }
  if (recovered.length > 0)
    return `${recovered.length} parts in recovery are shown instead, which may not be all that it was made of`
  return 'nothing is left to be shown in its place but parts that came since'
}
