import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import type { RejectedLine } from '../../schemas/contract/jobs.ts'
import type { StoreTable } from '../../schemas/tables/index.ts'
import type { LedgerOutcome, RejectedText, Store, WorkOptions } from '../store/api.ts'
import { backfillLines } from './backfill.ts'
import { type ImportReceipt, ImportTally, type RejectionSinks } from './import-tally.ts'
import { inBatches } from './line-batches.ts'
import { type Line, MAX_LEDGER_LINE_BYTES, MAX_LINE_BYTES, readLines } from './ndjson.ts'
import { toldImport } from './told-import.ts'
import { untilAborted } from './until-aborted.ts'

export interface ImportOptions {
  readonly table: StoreTable
  /** Whole past days straight into their files, replacing the days that the input holds (SPEC W8, E10). */
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
  /** Stem of the file that the lines come from: an audit without an id is named for it. */
  readonly source?: string | undefined
  /** Of several imports that are one to whoever sends them: the ledger's days that they made, which stay open (SPEC E5). */
  readonly begun?: Set<string> | undefined
}

/** So many documents are handed to the writer at once: a failure or a cancel is at most this far away. */
const BATCH = 256
/** A ledger's are more: each batch writes the files of its days anew. */
const LEDGER_BATCH = { lines: 10_000, characters: 8 * 2 ** 20 } as const
/** A stream is taken for silent after so long: longer than a pipe takes to fill, shorter than a bot's bar. */
const IDLE_MILLIS = 20
/** A bot's pipe outlasts a compaction: it can't hand in again what it has forgotten. */
const STREAM_PATIENCE = 60_000

/**
 * Whether an import can begin: to be asked before a store is made for it.
 * @param file null for a stream
 * @returns bytes to come, where they are known: a named pipe has no size
 * @throws BAD_REQUEST for a backfill of a table without days, or a file that can't be read
 */
export async function checkImport(options: ImportOptions, file: string | null): Promise<number | undefined> {
  const { table } = options
  if (options.backfill === true && (table === 'object_events' || table === 'policies')) {
    const name = table === 'policies' ? 'Policies' : 'Object events'
    throw new BarkeepError('BAD_REQUEST', `${name} have no backfill. Import them without it.`)
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
  const named = { source: path.parse(file).name, ...work, totalBytes }
  return toldImport(store, path.basename(file), options, named, (told) =>
    importStream(store, bytesOf(file), options, told),
  )
}

/** Opened when first asked for: an import that is cancelled before leaves no stream behind whose failure nobody hears. */
async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file)
}

/**
 * Imports NDJSON from a stream of bytes, in memory that doesn't grow with it (SPEC X4). Each piece of input is stored
 * before the next is asked for, so a bot that keeps the stream open sees its bars at once.
 *
 * Cancelling an append ends it with a receipt of what was stored; cancelling a backfill throws CANCELLED.
 * @throws BAD_REQUEST for a backfill of a table without days; NO_SPACE, IO, and for a backfill LOCKED, VERIFY_FAILED
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
  const { table } = options
  const isLedger = table !== 'candles' && table !== 'object_events'
  const pieces = measured(untilAborted(source, work.signal), tally, work)
  const lines = readLines(pieces, isLedger ? MAX_LEDGER_LINE_BYTES : MAX_LINE_BYTES)
  if (options.backfill === true) {
    await backfillLines(store, lines, options, { work, tally, sinks })
    return tally.receipt()
  }
  const append = appender(store, options, work)
  const idle = work.totalBytes === undefined ? IDLE_MILLIS : null
  for await (const batch of isLedger ? inBatches(lines, { ...LEDGER_BATCH, idle }) : lines) {
    const size = isLedger ? batch.length : BATCH
    for (let at = 0; at < batch.length && work.signal?.aborted !== true; at += size) {
      await appendBatch(batch.slice(at, at + size), append, tally, sinks, work.onOutcome)
    }
    if (work.signal?.aborted === true) break
  }
  tally.cancelled = work.signal?.aborted === true
  return tally.receipt()
}

type Append = (documents: readonly unknown[]) => Promise<readonly LedgerOutcome[]>

function appender(
  { writer }: Store,
  { table, dryRun }: ImportOptions,
  { source, totalBytes, begun = new Set() }: ImportWork,
): Append {
  if (table === 'candles') return (documents) => writer.appendCandles(documents, { dryRun })
  if (table === 'object_events') return (documents) => writer.appendEvents(documents, { dryRun })
  const patience = totalBytes === undefined ? STREAM_PATIENCE : undefined
  return (documents) => writer.appendLedger(table, documents, { dryRun, source, begun, patience })
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
  const lost: RejectedText[] = []
  let next = 0
  for (const { line, text, fault } of lines) {
    const outcome = fault === null ? outcomes[next++] : { outcome: 'rejected' as const, ...fault }
    if (outcome === undefined) throw new BarkeepError('INTERNAL', `Line ${line} was given no outcome.`)
    if (outcome.outcome !== 'rejected') tally.count(outcome.outcome)
    if ('reason' in outcome) {
      const told = { line, field: outcome.field, reason: outcome.reason, text }
      if (outcome.outcome === 'rejected') rejected.push(told)
      else lost.push(told)
    }
    tally.lastLine = line
    onOutcome?.(line, outcome.outcome, fault === null)
  }
  await tally.reject(rejected, sinks)
  // What lost to a row that stands is in no other file.
  await sinks.keep?.(lost)
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
