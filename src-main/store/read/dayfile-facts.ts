import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { checkFile } from '../layout/checksums.ts'
import { dayfilePath } from '../layout/file-names.ts'
import { judgeFiles } from './dayfile-check.ts'
import { keepFacts, recallFacts } from './facts-record.ts'
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

/** A store that is read in a moment needs no record of it. */
const WORTH_KEEPING = 200

interface Known {
  readonly facts: DayfileFacts
  /** The bytes were compared with their SHA-256 in this process. */
  readonly verified: boolean
}

/**
 * Facts of dayfiles, read once a file: symbols are looked up in every one of them, for a symbol may trade only in the
 * middle. Ten years of three timeframes take seconds to read, so they are kept from one open to the next. Some hundred
 * bytes a file stay in memory.
 */
export class DayfileFactsCache {
  readonly #context: StoreContext
  readonly #worthKeeping: number
  readonly #known = new Map<StorePath, Known>()
  #turn: Promise<unknown> | null = null
  /** Read since they were last kept. */
  #fresh = 0

  /** @param worthKeeping how many files must have been read for them to be kept */
  constructor(context: StoreContext, worthKeeping: number = WORTH_KEEPING) {
    this.#context = context
    this.#worthKeeping = worthKeeping
  }

  /**
   * The facts of those of the days that have a dayfile; a file that vanished since the listing is left out.
   * @param verify also compares files that are known from an earlier open with their SHA-256
   * @throws CANCELLED, and Node's own errors of the file system
   */
  of(
    days: readonly ListedDay[],
    verify: boolean,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<UtcDay, DayfileFacts>> {
    // One after the other: two that begin together would read every file twice.
    const before = this.#turn ?? this.#recall()
    const answer = before.then(() => this.#answer(days, verify, signal))
    this.#turn = answer.catch(() => {})
    return answer
  }

  /** Keeps what was read for the next open, where that is worth it. Best effort: all of it can be read again. */
  async keep(): Promise<void> {
    if (this.#fresh < this.#worthKeeping) return
    this.#fresh = 0
    const facts = [...this.#known].map(([file, known]) => [file, known.facts] as const)
    await keepFacts(this.#context, facts)
  }

  async #recall(): Promise<void> {
    for (const [file, facts] of await recallFacts(this.#context))
      this.#known.set(file, { facts, verified: false })
  }

  async #answer(
    days: readonly ListedDay[],
    verify: boolean,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<UtcDay, DayfileFacts>> {
    const wanted = days.filter(({ dayfile }) => dayfile !== null)
    const unknown: ListedDay[] = []
    for (const day of wanted) {
      const known = this.#known.get(fileOf(day))
      if (known === undefined || !sameLook(known.facts.stat, day.dayfile) || (verify && !known.verified))
        unknown.push(day)
    }
    for (let start = 0; start < unknown.length; start += AT_ONCE)
      await this.#read(unknown.slice(start, start + AT_ONCE), signal)
    const facts = new Map<UtcDay, DayfileFacts>()
    for (const day of wanted) {
      const known = this.#known.get(fileOf(day))?.facts
      if (known !== undefined && sameLook(known.stat, day.dayfile)) facts.set(day.day, known)
    }
    return facts
  }

  async #read(days: readonly ListedDay[], signal: AbortSignal | undefined): Promise<void> {
    const context = this.#context
    const byFile = new Map(days.map((day) => [fileOf(day), day]))
    const verdicts = await judgeFiles(context, CANDLES, [...byFile.keys()], signal)
    const problems = new Map<string, Problem>()
    const toRead: StorePath[] = []
    for (const [file, verdict] of verdicts) {
      if (verdict === 'missing') byFile.delete(file)
      else if (!verdict.use) problems.set(file, verdict.problem)
      else if (await this.#stillTrue(file, byFile.get(file)?.dayfile ?? null)) byFile.delete(file)
      else toRead.push(file)
    }
    const columns = ['symbol', 'timeframe', 'ts']
    const read = await readFiles(context, CANDLES, toRead, { columns, signal })
    for (const problem of read.problems) problems.set(problem.file, problem)
    for (const file of read.vanished) byFile.delete(file)
    const found = new Map(read.files.map((file) => [file.file, file]))
    for (const [file, { timeframe, day, dayfile: stat }] of byFile) {
      if (stat === null) continue
      const rows = found.get(file)
      const check = await checkFile(context, file)
      const facts: DayfileFacts = {
        stat,
        rows: rows?.rows ?? null,
        sha256: check.state === 'missing' ? null : check.sha256,
        spans: rows === undefined ? [] : spansOf(rows, timeframe, day),
        problem: problems.get(file) ?? null,
      }
      this.#known.set(file, { facts, verified: true })
      this.#fresh++
    }
  }

  /** Whether a file has the very bytes that its facts were read from. */
  async #stillTrue(file: StorePath, look: FileStat | null): Promise<boolean> {
    const facts = this.#known.get(file)?.facts
    if (facts === undefined || facts.sha256 === null || !sameLook(facts.stat, look)) return false
    const check = await checkFile(this.#context, file)
    if (check.state === 'missing' || check.sha256 !== facts.sha256) return false
    this.#known.set(file, { facts, verified: true })
    return true
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
