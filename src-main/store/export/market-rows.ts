import path from 'node:path'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StoreInfo } from '../../../schemas/contract/health.ts'
import { formatUtcIso } from '../../../schemas/contract/market-time.ts'
import { compareTimeframes, parseTimeframe } from '../../../schemas/contract/timeframe.ts'
import type { Timeframe } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { ExportRequest } from '../../../schemas/generated/requests.ts'
import type { ObjectEventRow } from '../../../schemas/generated/rows.ts'
import { CANDLES, OBJECT_EVENTS } from '../../../schemas/tables/index.ts'
import { compareEvents } from '../events/event-order.ts'
import { discard } from '../fs/atomic-file.ts'
import type { LedgerSources } from '../query/sources.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import type { Row } from '../write/part-writer.ts'
import { copyRows } from '../write/row-copy.ts'
import { barNumbersOf } from './bar-numbers-of.ts'

/** What exports are made from. Built in index.ts alone. */
export interface ExportSources extends LedgerSources {
  readonly info: () => Promise<StoreInfo>
  /** All events of the timeline, each id once. */
  readonly events: () => Promise<{
    readonly rows: readonly ObjectEventRow[]
    readonly problems: readonly Problem[]
  }>
}

export interface StagedRows {
  /** Absolute paths in staging, in the order of their rows; to be discarded. */
  readonly files: readonly string[]
  readonly rows: number
  readonly problems: readonly Problem[]
}

/** Fields of a filter that candles and events have columns for. */
const FIELDS = ['from', 'to', 'asOf', 'symbols', 'timeframes']
/** Bars asked for at once: a month of them costs a few megabytes. */
const STEP_MILLIS = 31 * 86_400_000

/**
 * Candles or object events of a request as files of the table's schema in staging: each bar and event once, by the rules
 * of the viewport and the timeline.
 * @throws BAD_REQUEST for a filter that they have no column for, CANCELLED, NO_SPACE, IO
 */
export async function stageMarketRows(
  sources: ExportSources,
  request: ExportRequest,
  signal: AbortSignal | undefined,
): Promise<StagedRows> {
  const unknown = Object.keys(request.filter).find((name) => !FIELDS.includes(name))
  if (unknown !== undefined)
    throw new BarkeepError(
      'BAD_REQUEST',
      `${request.table} can't be filtered by ${unknown}: they have no such column.`,
    )
  return request.table === 'candles'
    ? stageCandles(sources, request, signal)
    : stageEvents(sources, request, signal)
}

async function stageCandles(
  sources: ExportSources,
  { filter, symbol, timeframe }: ExportRequest,
  signal: AbortSignal | undefined,
): Promise<StagedRows> {
  const { context } = sources
  const symbols = symbol === undefined ? filter.symbols : [symbol]
  const timeframes = (timeframe === undefined ? filter.timeframes : [timeframe])?.map(parseTimeframe)
  const chosen = [...(await sources.info()).series]
    .filter((each) => symbols === undefined || symbols.includes(each.symbol))
    .filter((each) => timeframes === undefined || timeframes.includes(each.timeframe as Timeframe))
    .sort(
      (a, b) =>
        (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0) ||
        compareTimeframes(a.timeframe as Timeframe, b.timeframe as Timeframe),
    )
  const stage = new Stage(sources, CANDLES)
  const problems = new Map<string, Problem>()
  for (const series of chosen) {
    const last = Math.min(filter.to ?? Infinity, series.lastTs)
    const known = filter.asOf === undefined ? {} : { asOf: filter.asOf }
    for (let from = Math.max(filter.from ?? -Infinity, series.firstTs); from <= last; from += STEP_MILLIS) {
      throwIfAborted(signal)
      const to = Math.min(last, from + STEP_MILLIS - 1)
      const of = { symbol: series.symbol, timeframe: series.timeframe as Timeframe, from, to }
      const [{ candles, problems: met }, numbers] = await Promise.all([
        sources.viewport({ ...of, ...known }, signal),
        barNumbersOf(context, of, signal),
      ])
      for (const problem of met) problems.set(`${problem.file} ${problem.code}`, problem)
      const rows = Array.from(candles.ts, (ts, index): Row => {
        const at = (column: Float64Array): number => column[index] ?? 0
        return {
          symbol: of.symbol,
          timeframe: of.timeframe,
          ts,
          ts_iso: formatUtcIso(ts),
          open: at(candles.open),
          high: at(candles.high),
          low: at(candles.low),
          close: at(candles.close),
          volume: at(candles.volume),
          global_x: numbers.get(ts) ?? null,
        }
      })
      await stage.add(rows)
    }
  }
  return stage.done([...problems.values()])
}

async function stageEvents(
  sources: ExportSources,
  { filter, symbol, timeframe }: ExportRequest,
  signal: AbortSignal | undefined,
): Promise<StagedRows> {
  const symbols = symbol === undefined ? filter.symbols : [symbol]
  const timeframes = (timeframe === undefined ? filter.timeframes : [timeframe])?.map(parseTimeframe)
  const { rows, problems } = await sources.events()
  throwIfAborted(signal)
  const last = Math.min(filter.to ?? Infinity, filter.asOf ?? Infinity)
  const chosen = rows
    .filter(({ ts }) => ts >= (filter.from ?? -Infinity) && ts <= last)
    .filter((row) => symbols === undefined || symbols.includes(row.symbol))
    .filter(
      (row) => timeframes === undefined || timeframes.includes(row.timeframe.toLowerCase() as Timeframe),
    )
    .sort(compareEvents)
  const stage = new Stage(sources, OBJECT_EVENTS)
  for (let start = 0; start < chosen.length; start += ROWS_AT_ONCE)
    await stage.add(chosen.slice(start, start + ROWS_AT_ONCE).map((row) => ({ ...row })))
  return stage.done(problems)
}

const ROWS_AT_ONCE = 20_000

/** Gathers rows into files of staging, at least one, that of no rows. */
class Stage {
  readonly #sources: ExportSources
  readonly #table: typeof CANDLES
  readonly #files: string[] = []
  #rows = 0

  constructor(sources: ExportSources, table: typeof CANDLES) {
    this.#sources = sources
    this.#table = table
  }

  async add(rows: readonly Row[]): Promise<void> {
    if (rows.length > 0) await this.#write(rows)
  }

  async done(problems: readonly Problem[]): Promise<StagedRows> {
    if (this.#files.length === 0) await this.#write([])
    return { files: this.#files, rows: this.#rows, problems }
  }

  async #write(rows: readonly Row[]): Promise<void> {
    const { context } = this.#sources
    const staged = path.join(context.staging, `${context.env.randomId()}-export`)
    try {
      await copyRows(context, this.#table, rows, staged, {})
    } catch (error) {
      for (const file of [...this.#files, staged]) await discard(context.env, file)
      throw error
    }
    this.#files.push(staged)
    this.#rows += rows.length
  }
}
