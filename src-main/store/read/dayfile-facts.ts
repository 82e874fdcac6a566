import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { checkFile } from '../layout/checksums.ts'
import { dayfilePath } from '../layout/file-names.ts'
import { judgeFiles } from './dayfile-check.ts'
import { candleSeries, type ListedDay, sameLook } from './listing.ts'
import { type FileColumns, readFiles } from './table-files.ts'

/** Files a query. */
const AT_ONCE = 400
const DAY = 86_400_000

/** The first and last bar of a symbol in some files. */
export interface Span {
  readonly symbol: string
  readonly firstTs: number
  readonly lastTs: number
}

/** What is told of a dayfile without showing its bars. */
export interface DayfileFacts {
  readonly stat: FileStat
  /** Null when it can't be read. */
  readonly rows: number | null
  readonly sha256: string | null
  readonly spans: readonly Span[]
  /** Why it is left out of answers. */
  readonly problem: Problem | null
}

/**
 * Facts of dayfiles, read once a file: symbols are looked up in every one of them, for a symbol may trade only in the
 * middle. Some hundred bytes a file stay in memory.
 */
export class DayfileFactsCache {
  readonly #context: StoreContext
  readonly #known = new Map<StorePath, DayfileFacts>()

  constructor(context: StoreContext) {
    this.#context = context
  }

  /**
   * The facts of those of the days that have a dayfile; a file that vanished since the listing is left out.
   * @throws CANCELLED, and Node's own errors of the file system
   */
  async of(days: readonly ListedDay[], signal?: AbortSignal): Promise<ReadonlyMap<UtcDay, DayfileFacts>> {
    const wanted = days.filter(({ dayfile }) => dayfile !== null)
    const unknown = wanted.filter((day) => {
      const known = this.#known.get(fileOf(day))
      return known === undefined || !sameLook(known.stat, day.dayfile)
    })
    for (let start = 0; start < unknown.length; start += AT_ONCE)
      await this.#read(unknown.slice(start, start + AT_ONCE), signal)
    const facts = new Map<UtcDay, DayfileFacts>()
    for (const day of wanted) {
      const known = this.#known.get(fileOf(day))
      if (known !== undefined && sameLook(known.stat, day.dayfile)) facts.set(day.day, known)
    }
    return facts
  }

  async #read(days: readonly ListedDay[], signal: AbortSignal | undefined): Promise<void> {
    const context = this.#context
    const byFile = new Map(days.map((day) => [fileOf(day), day]))
    const verdicts = await judgeFiles(context, CANDLES, [...byFile.keys()], signal)
    const problems = new Map<string, Problem>()
    const usable: StorePath[] = []
    for (const [file, verdict] of verdicts) {
      if (verdict === 'missing') byFile.delete(file)
      else if (verdict.use) usable.push(file)
      else problems.set(file, verdict.problem)
    }
    const columns = ['symbol', 'timeframe', 'ts']
    const read = await readFiles(context, CANDLES, usable, { columns, signal })
    for (const problem of read.problems) problems.set(problem.file, problem)
    for (const file of read.vanished) byFile.delete(file)
    const found = new Map(read.files.map((file) => [file.file, file]))
    for (const [file, { timeframe, day, dayfile: stat }] of byFile) {
      if (stat === null) continue
      const rows = found.get(file)
      const check = await checkFile(context, file)
      this.#known.set(file, {
        stat,
        rows: rows?.rows ?? null,
        sha256: check.state === 'missing' ? null : check.sha256,
        spans: rows === undefined ? [] : spansOf(rows, timeframe, day),
        problem: problems.get(file) ?? null,
      })
    }
  }
}

function fileOf({ timeframe, day }: ListedDay): StorePath {
  return dayfilePath(candleSeries(timeframe), day)
}

/** Of the rows that belong in the file. */
function spansOf(read: FileColumns, timeframe: Timeframe, day: UtcDay): readonly Span[] {
  const symbols = read.columns.get('symbol') ?? []
  const frames = read.columns.get('timeframe') ?? []
  const times = read.columns.get('ts') ?? []
  const start = Date.parse(`${day}T00:00:00Z`)
  const spans = new Map<string, { firstTs: number; lastTs: number }>()
  for (let row = 0; row < read.rows; row++) {
    const [symbol, frame, ts] = [symbols[row], frames[row] ?? timeframe, times[row] as number]
    if (typeof symbol !== 'string' || symbol === '' || !(ts >= start && ts < start + DAY)) continue
    if (frame !== timeframe && String(frame).toLowerCase() !== timeframe) continue
    const span = spans.get(symbol)
    if (span === undefined) spans.set(symbol, { firstTs: ts, lastTs: ts })
    else {
      span.firstTs = Math.min(span.firstTs, ts)
      span.lastTs = Math.max(span.lastTs, ts)
    }
  }
  return [...spans].map(([symbol, span]) => ({ symbol, ...span }))
}
