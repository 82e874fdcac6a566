import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { RejectedLine } from '../../../schemas/contract/jobs.ts'
import type { StoreTable } from '../../../schemas/tables/index.ts'
import type { LedgerOutcome, Store } from '../../store/api.ts'
import { ImportTally } from '../import-tally.ts'
import { importStream } from '../importers.ts'
import type { Body } from './body.ts'
import type { BatchForm } from './guards.ts'
import { Refusal, refusalOf } from './refusal.ts'

/** Names of the tables in paths, as on the command line. */
export const BATCH_TABLES = {
  candles: 'candles',
  events: 'object_events',
  decisions: 'decisions',
  audits: 'audits',
  stats: 'stats',
  policies: 'policies',
} as const satisfies Readonly<Record<string, StoreTable>>

export type BatchName = keyof typeof BATCH_TABLES

/**
 * What became of a line. `empty`: nothing stood on it. `unknown`: the batch failed before its outcome was told; it may be
 * stored, and sending it again is safe.
 */
export type LineOutcome = LedgerOutcome['outcome'] | 'empty' | 'unknown'

/** The answer to a batch, given once everything accepted is durable. */
export interface BatchAnswer {
  readonly accepted: number
  readonly duplicates: number
  readonly conflicts: number
  readonly completed: number
  /** All of them, in order. */
  readonly rejected: readonly RejectedLine[]
  /** One for each line of the body, in order. */
  readonly lines: readonly LineOutcome[]
}

export interface Batch {
  readonly name: BatchName
  readonly form: BatchForm
  readonly body: Body
  /** Stops the work at its next safe point. */
  readonly signal: AbortSignal
}

/**
 * Stores a batch through the importer (SPEC H9, H10).
 * @throws Refusal: 400 when nothing of it is JSON, 422 when every line was rejected, 503, 507 and 500 when the store
 * could not take all of it, with what is known of each line
 */
export async function takeBatch(store: Store, { name, form, body, signal }: Batch): Promise<BatchAnswer> {
  if (form === 'document') checkDocument(body)
  const lines = new Array<LineOutcome>(form === 'document' ? 1 : body.lines).fill('unknown')
  const rejected: RejectedLine[] = []
  let documents = 0
  const tally = new ImportTally()
  const answer = (): BatchAnswer => {
    const { accepted, duplicates, conflicts, completed } = tally.receipt()
    return { accepted, duplicates, conflicts, completed, rejected, lines }
  }
  try {
    await importStream(
      store,
      asStream(form === 'document' ? [onOneLine(body)] : body.pieces),
      { table: BATCH_TABLES[name] },
      {
        signal,
        tally,
        begun: begunDays(store, name),
        // All of it is there: nothing is waited for.
        totalBytes: body.pieces.reduce((sum, { length }) => sum + length, 0),
        onOutcome: (line, outcome, isDocument) => {
          lines[line - 1] = outcome
          if (isDocument) documents += 1
        },
        onRejected: (more) => {
          for (const line of more) rejected.push(line)
        },
      },
    )
  } catch (thrown) {
    throw refusalOf(thrown, answer())
  }
  if (tally.cancelled) {
    const message =
      'Barkeep stopped before the whole batch was stored. Send it again; what is stored stays so.'
    throw refusalOf(new BarkeepError('CANCELLED', message), answer())
  }
  for (const [at, outcome] of lines.entries()) if (outcome === 'unknown') lines[at] = 'empty'
  const told = answer()
  if (rejected.length > 0 && lines.every((outcome) => outcome === 'rejected' || outcome === 'empty')) {
    if (documents === 0)
      throw new Refusal(400, 'BAD_REQUEST', 'No line of the batch is JSON.', { details: told })
    throw new Refusal(422, 'BAD_ROW', 'Every line of the batch was rejected.', { details: told })
  }
  return told
}

/**
 * Days that batches to an open store made: a bot that hands in an old day in many batches is no other import than one that
 * hands it in by a pipe (SPEC E5).
 */
const begunByStore = new WeakMap<Store, Map<BatchName, Set<string>>>()

function begunDays(store: Store, name: BatchName): Set<string> {
  const byTable = begunByStore.get(store) ?? new Map<BatchName, Set<string>>()
  const days = byTable.get(name) ?? new Set<string>()
  byTable.set(name, days)
  begunByStore.set(store, byTable)
  return days
}

/** @throws Refusal 400 for a body that is not one JSON document */
function checkDocument({ pieces }: Body): void {
  try {
    JSON.parse(Buffer.concat(pieces).toString('utf8'))
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replaceAll(/\s+/g, ' ').slice(0, 120) : String(error)
    throw new Refusal(400, 'BAD_REQUEST', `The body is not one JSON document: ${reason}`)
  }
}

/** Line feeds between the parts of a document are white space of JSON; inside its texts they can't stand. */
function onOneLine({ pieces }: Body): Uint8Array {
  const text = Buffer.concat(pieces)
  for (let at = text.indexOf(0x0a); at !== -1; at = text.indexOf(0x0a, at + 1)) text[at] = 0x20
  return text
}

async function* asStream(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}
