import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import type { DayMerge, DayResolver } from '../compact/resolver.ts'
import type { StoreContext } from '../context.ts'
import { candleSeries, listDays } from '../read/listing.ts'
import { type ReadDayfile, readDay } from './day-files.ts'
import { type BarNumbers, NUMBERED } from './numbering.ts'
import { compareBars, resolveDay } from './resolve.ts'

/**
 * Candles of one timeframe for the day compaction.
 * @param numbers for 15m; one for the whole run
 */
export function candleResolver(
  context: StoreContext,
  timeframe: Timeframe,
  numbers: BarNumbers,
): DayResolver {
  return {
    table: CANDLES,
    series: candleSeries(timeframe),
    async waiting() {
      const days = await listDays(context, timeframe)
      return days.filter(({ parts }) => parts.length > 0).map(({ day }) => day)
    },
    merge: ({ day }, signal) => mergeDay(context, timeframe, day, numbers, signal),
  }
}

async function mergeDay(
  context: StoreContext,
  timeframe: Timeframe,
  day: UtcDay,
  numbers: BarNumbers,
  signal: AbortSignal | undefined,
): Promise<DayMerge> {
  const { dayfile, parts } = await readDay(context, timeframe, day, signal)
  if (dayfile?.damage == null && dayfile?.blemish != null) throw refused(dayfile)
  const rebuilt = dayfile?.damage == null ? null : rebuiltRows(dayfile)
  const standing = rebuilt ?? dayfile?.rows ?? null
  const resolved = resolveDay({ standing, parts })
  const rows =
    timeframe === NUMBERED && resolved.added.length > 0
      ? await numbers.numbered(day, standing ?? [], resolved.rows)
      : [...resolved.rows].sort(compareBars)
  return {
    day,
    standing: rebuilt === null ? (dayfile?.rows.map(asRow) ?? null) : null,
    damaged: rebuilt === null ? null : (dayfile?.damage ?? null),
    rows: rows.map(asRow),
    // The bars as writers gave them: a number is compaction's own (V9).
    inputs: resolved.inputs.map((row) => asRow({ ...row, global_x: null })),
    merged: resolved.merged,
    lost: resolved.lost,
    left: resolved.left,
    conflicts: resolved.conflicts,
  }
}

function asRow(row: CandleRow): Readonly<Record<string, unknown>> {
  return { ...row }
}

/** Merging would drop what the file holds beside its bars; it is another program's, and only that can mend it. */
function refused({ file, blemish }: ReadDayfile): BarkeepError {
  const { code, detail } = blemish ?? { code: 'BAD_ROW' as const, detail: '' }
  return new BarkeepError(
    code,
    `${file}: ${detail}. Merging parts would drop it; mend or move the file, then compact again.`,
    { file },
  )
}

/**
 * A damaged dayfile's rows from what is kept of it, when they are proven to be all: their digest must be the one recorded
 * of the file.
 * @throws BAD_CHECKSUM, UNREADABLE when that can't be shown: merging over the file would lose rows
 */
export function rebuiltRows({ file, damage, standIn }: ReadDayfile): readonly CandleRow[] {
  if (standIn?.isComplete === true && standIn.standing !== null) return standIn.standing
  throw new BarkeepError(
    damage?.code ?? 'UNREADABLE',
    `${file} is damaged (${damage?.detail ?? 'it could not be read'}) and the parts it was made of are not all there any more. Put the file back from a backup, or backfill the day.`,
    { file },
  )
}
