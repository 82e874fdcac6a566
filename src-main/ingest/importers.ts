import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import type { RejectedLine } from '../../schemas/contract/jobs.ts'
import type { StoreTable } from '../../schemas/tables/index.ts'
import type { LedgerOutcome, Outcome, RejectedText, Store, WorkOptions } from '../store/api.ts'
import { backfillLines } from './backfill.ts'
import { type ImportReceipt, ImportTally, type RejectionSinks } from './import-tally.ts'
import { type Line, readLines } from './ndjson.ts'
import { untilAborted } from './until-aborted.ts'

export interface ImportOptions {
  readonly table: StoreTable
  /** Whole past days of candles straight into dayfiles, replacing the days that the input holds (SPEC W8). */
  readonly backfill?: boolean | undefined
  /** Tell what would become of each line and write nothing. */
  readonly dryRun?: boolean | undefined
}

export interface ImportWork extends WorkOptions {
  /** All rejected lines, in order, as they are found; waited for. */
  readonly onRejected?: ((lines: readonly RejectedLine[]) => Promise<void> | void) | undefined
  /**
   * What became of each line, in order; of a rejected one before `onRejected` tells why.
   * @param isDocument false where the line is no JSON at all
   */
  readonly onOutcome?:
    | ((line: number, outcome: LedgerOutcome['outcome'], isDocument: boolean) => void)
    | undefined
  /** To be read while the import runs, or after it threw. */
  readonly tally?: ImportTally | undefined
  /** Bytes to come, when they are known: for the progress. */
  readonly totalBytes?: number | undefined
}

/** So many documents are handed to the writer at once: a failure or a cancel is at most this far away. */
const BATCH = 256

/**
 * Whether an import can begin: to be asked before a store is made for it.
 * @param file null for a stream
 * @returns bytes to come, where they are known: a named pipe has no size
 * @throws BAD_REQUEST for a backfill of events, or a file that can't be read
 */
export async function checkImport(options: ImportOptions, file: string | null): Promise<number | undefined> {
  if (options.backfill === true && options.table !== 'candles') {
    throw new BarkeepError('BAD_REQUEST', 'Only candles have a backfill. Import events without it.')
  }
  if (file === null) return undefined
  const found = await stat(file).catch((cause: unknown) => {
    throw new BarkeepError('BAD_REQUEST', `The file ${file} can't be read. Check its name and permissions.`, {
      cause,
    })
  })
  if (found.isDirectory()) {
    throw new BarkeepError('BAD_REQUEST', `${file} is a folder. Name a file with one JSON document a line.`)
  }
  return found.isFile() ? found.size : undefined
}

/**
 * Imports an NDJSON file.
 * @throws BAD_REQUEST when there is no such file, and what `importStream` throws.
 */
export async function importFile(
  store: Store,
  request: ImportOptions & { readonly file: string },
  work: ImportWork = {},
): Promise<ImportReceipt> {
  const { file, ...options } = request
  const totalBytes = await checkImport(options, file)
  return importStream(store, createReadStream(file), options, { ...work, totalBytes })
}

/**
 * Imports NDJSON from a stream of bytes, in memory that doesn't grow with it (SPEC X4). Each piece of input is stored
 * before the next is asked for, so a bot that keeps the stream open sees its bars at once.
 *
 * Cancelling an append ends it with a receipt of what was stored; cancelling a backfill throws CANCELLED.
 * @throws BAD_REQUEST for a backfill of events; NO_SPACE, IO, and for a backfill LOCKED, VERIFY_FAILED
 */
export async function importStream(
  store: Store,
  source: AsyncIterable<Uint8Array>,
  options: ImportOptions,
  work: ImportWork = {},
): Promise<ImportReceipt> {
  await checkImport(options, null)
  const tally = work.tally ?? new ImportTally()
  const kept = options.dryRun === true ? null : store.writer.rejects(options.table)
  const sinks: RejectionSinks = {
    keep:
      kept === null
        ? undefined
        : async (lines) => {
            await kept.keep(lines)
            tally.rejectsFile = kept.file
          },
    tell: work.onRejected,
  }
  const lines = readLines(measured(untilAborted(source, work.signal), tally, work))
  if (options.backfill === true) await backfillLines(store, lines, options, { work, tally, sinks })
  else {
    const append = appender(store, options)
    for await (const batch of lines) {
      for (let at = 0; at < batch.length && work.signal?.aborted !== true; at += BATCH) {
        await appendBatch(batch.slice(at, at + BATCH), append, tally, sinks, work.onOutcome)
      }
      if (work.signal?.aborted === true) break
    }
    tally.cancelled = work.signal?.aborted === true
  }
  return tally.receipt()
}

type Append = (documents: readonly unknown[]) => Promise<readonly Outcome[]>

function appender({ writer }: Store, { table, dryRun }: ImportOptions): Append {
  return table === 'candles'
    ? (documents) => writer.appendCandles(documents, { dryRun })
    : (documents) => writer.appendEvents(documents, { dryRun })
}

async function appendBatch(
  lines: readonly Line[],
  append: Append,
  tally: ImportTally,
  sinks: RejectionSinks,
  onOutcome: ImportWork['onOutcome'],
): Promise<void> {
  const documents = lines.filter(({ fault }) => fault === null).map(({ document }) => document)
  const outcomes = documents.length === 0 ? [] : await append(documents)
  const rejected: RejectedText[] = []
  let next = 0
  for (const { line, text, fault } of lines) {
    const outcome = fault === null ? outcomes[next++] : { outcome: 'rejected' as const, ...fault }
    if (outcome === undefined) throw new BarkeepError('INTERNAL', `Line ${line} was given no outcome.`)
    if (outcome.outcome !== 'rejected') tally.count(outcome.outcome)
    else rejected.push({ line, field: outcome.field, reason: outcome.reason, text })
    tally.lastLine = line
    onOutcome?.(line, outcome.outcome, fault === null)
  }
  await tally.reject(rejected, sinks)
}

/** Reports how far the input was taken: in bytes when its size is known, which is what a bar can be drawn from. */
async function* measured(
  source: AsyncIterable<Uint8Array>,
  tally: ImportTally,
  { onProgress, totalBytes }: ImportWork,
): AsyncGenerator<Uint8Array> {
  let done = 0
  for await (const piece of source) {
    yield piece
    done += piece.length
    onProgress?.({ done, total: totalBytes ?? null, step: `line ${tally.lastLine}` })
  }
}
