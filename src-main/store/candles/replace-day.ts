import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import { readGeneration } from '../compact/generation.ts'
import { previousOf, quarantineOf } from '../compact/publish.ts'
import { type DayPlan, type DayStep, moveHeldParts, publishDay, type Turn } from '../compact/publish-day.ts'
import type { StoreContext } from '../context.ts'
import { type ChecksumState, checkFile } from '../layout/checksums.ts'
import { dayfilePath } from '../layout/file-names.ts'
import { candleSeries } from '../read/listing.ts'
import { inTurn } from '../write/turns.ts'
import { candleKey, candleLine } from './candle-rows.ts'
import { type DayFiles, type ReadDayfile, readDay } from './day-files.ts'
import { type BarNumbers, NUMBERED, type NumberedBar } from './numbering.ts'
import { compareBars, shownBars } from './resolve.ts'

/** A whole day as it shall be. */
export interface NewDay {
  readonly timeframe: Timeframe
  readonly day: UtcDay
  /** Each bar once, by its key; no numbers. */
  readonly bars: ReadonlyMap<string, CandleRow>
  /** Canonical lines of all rows that were given, losers included (C6). */
  readonly lines: ReadonlySet<string>
}

/** Against what a viewport showed of the day before. */
export interface DayDifference {
  readonly added: number
  readonly changed: number
  readonly removed: number
  /** Keys of the bars that were there with the same values. */
  readonly same: ReadonlySet<string>
}

export interface ReplaceOptions {
  readonly dryRun: boolean
  readonly numbers: BarNumbers
  readonly signal?: AbortSignal | undefined
  readonly onStep: (step: DayStep) => void
}

const ATTEMPTS = 3

/**
 * Makes a day hold these bars and no others, through the path of compaction (SPEC W8). Bars keep their numbers. The file
 * that is replaced stays in `.barkeep/previous/`, a damaged one in quarantine; the day's parts go to recovery.
 * @returns the difference, and the file when one was written
 * @throws VERIFY_FAILED, NO_SPACE, IO, CANCELLED, CONFLICT
 */
export async function replaceDay(
  context: StoreContext,
  wanted: NewDay,
  options: ReplaceOptions,
): Promise<{ readonly difference: DayDifference; readonly file: StorePath | null }> {
  const { timeframe, day, bars, lines } = wanted
  const { signal, onStep, dryRun, numbers } = options
  const file = dayfilePath(candleSeries(timeframe), day)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    onStep('read')
    const before = await checkFile(context, file)
    const files = await readDay(context, timeframe, day, signal)
    const difference = differenceOf(files, bars)
    if (dryRun) return { difference, file: null }
    const keeps = holdsExactly(files.dayfile, bars)
    const parts = partsOf(files)
    if (keeps && parts.merged.length + parts.lost.length === 0) return { difference, file: null }
    const sorted = [...bars.values()].sort(compareBars)
    const rows =
      timeframe === NUMBERED && !keeps
        ? await numbers.numbered(day, await numberedRows(context, files.dayfile), sorted)
        : sorted
    const plan: DayPlan = {
      series: candleSeries(timeframe),
      table: CANDLES,
      day,
      file,
      before,
      origin: 'backfill',
      rows: rows.map((row) => ({ ...row })),
      inputLines: [...lines],
      ...parts,
      keepParts: false,
      keptAs: keeps ? null : await keptAs(context, file, files.dayfile, before),
    }
    const turn: Turn = (work) => inTurn(context, plan.series, day, work)
    const hooks = { signal, onStep, isCurrent: async () => true, turn }
    const done = keeps ? await moveHeldParts(context, plan, hooks) : await publishDay(context, plan, hooks)
    if (done) return { difference, file: keeps ? null : file }
  }
  throw new BarkeepError(
    'CONFLICT',
    `${file} was replaced by another program each of the ${ATTEMPTS} times that it was about to be backfilled. Stop that program, then try again.`,
    { file },
  )
}

function differenceOf({ dayfile, parts }: DayFiles, bars: ReadonlyMap<string, CandleRow>): DayDifference {
  const { standing, recovered } = dayfile?.standIn ?? { standing: dayfile?.rows ?? null, recovered: [] }
  const shown = shownBars({ standing, parts: [...recovered, ...parts] })
  const same = new Set<string>()
  let added = 0
  let changed = 0
  for (const [key, row] of bars) {
    const before = shown.get(key)
    if (before === undefined) added += 1
    else if (candleLine(before) === candleLine(row)) same.add(key)
    else changed += 1
  }
  const removed = [...shown.keys()].filter((key) => !bars.has(key)).length
  return { added, changed, removed, same }
}

function holdsExactly(dayfile: ReadDayfile | null, bars: ReadonlyMap<string, CandleRow>): boolean {
  if (dayfile === null || dayfile.damage !== null || dayfile.blemish !== null) return false
  if (dayfile.rows.length !== bars.size) return false
  return dayfile.rows.every((row) => {
    const wanted = bars.get(candleKey(row))
    return wanted !== undefined && candleLine(wanted) === candleLine(row)
  })
}

/** A part with a row that can't be used is kept for good; one that can't be read at all stays where it is. */
function partsOf({ parts }: DayFiles): {
  readonly merged: readonly StorePath[]
  readonly lost: readonly StorePath[]
} {
  const readable = parts.filter(({ rows, blemish }) => blemish === null || rows.length > 0)
  return {
    merged: readable.filter(({ blemish }) => blemish === null).map(({ file }) => file),
    lost: readable.filter(({ blemish }) => blemish !== null).map(({ file }) => file),
  }
}

/** The bars whose numbers must not change, from the record when the file can't tell. */
async function numberedRows(
  context: StoreContext,
  dayfile: ReadDayfile | null,
): Promise<readonly NumberedBar[]> {
  if (dayfile?.damage == null) return dayfile?.rows ?? []
  const generation = await readGeneration(context, dayfile.file)
  // Only key and number are asked of these.
  return (generation?.numbers ?? []).map(([symbol, ts, number]) => ({ symbol, ts, global_x: number }))
}

async function keptAs(
  context: StoreContext,
  file: StorePath,
  dayfile: ReadDayfile | null,
  before: ChecksumState,
): Promise<StorePath | null> {
  if (before.state === 'missing') return null
  return dayfile?.damage == null ? previousOf(file) : quarantineOf(context, file)
}
