import { summaryOf } from '../../../schemas/contract/close-receipt-text.ts'
import { BarkeepError, type ErrorReport, reportOf } from '../../../schemas/contract/errors.ts'
import type { AfterCloseReceipt } from '../../../schemas/contract/live.ts'
import type { OperationRow } from '../../../schemas/generated/rows.ts'
import type { StoreContext } from '../context.ts'
import { type EndedOperation, logOperation } from '../operations/operation-log.ts'
import { operationsOf } from '../operations/read-operations.ts'

/** Runs looked through: the last session's are the newest, with all their tries. */
const RUNS_LOOKED_AT = 50

/**
 * The row that proves that a session's run was done, or else that of the last session of which one does; null when there
 * is none. A log that can't be read proves nothing.
 */
export async function doneRun(context: StoreContext, session?: string): Promise<OperationRow | null> {
  const { operations } = await operationsOf(context, { kinds: ['after-close'], limit: RUNS_LOOKED_AT })
  const done = operations.filter((row) => row.state === 'done' && row.session != null)
  if (session !== undefined) return done.find((row) => row.session === session) ?? null
  return done.reduce<OperationRow | null>(
    (last, row) => (last === null || String(row.session) > String(last.session) ? row : last),
    null,
  )
}

interface Told {
  readonly origin: OperationRow['origin']
  readonly session: string
  readonly startedAt: number
}

/**
 * Puts a run's end into the log of operations. Only one that is finished bears its session as done; one that put days off
 * tells what it did, and leaves the session to the next try. Of a run that put everything off there is nothing to tell.
 * @returns what kept it from being logged; the run's work stands whatever becomes of its row
 */
export async function logRun(
  context: StoreContext,
  { origin, session, startedAt }: Told,
  end: AfterCloseReceipt | ErrorReport,
): Promise<ErrorReport | null> {
  const told = { kind: 'after-close', origin, program: context.program, started_ts: startedAt } as const
  let row: EndedOperation
  if ('code' in end) {
    const { code, message } = end
    const state = code === 'CANCELLED' ? 'cancelled' : 'failed'
    row = {
      ...told,
      state,
      summary: message,
      session,
      error_code: code,
      error_message: message,
      receipt: null,
    }
  } else {
    const failed = end.days.find(({ skipped }) => skipped === 'failed')?.error
    const wasCut = end.problems?.some(({ code }) => code === 'CANCELLED') === true
    // Moving averages that could not be written are told in the receipt alone; a purge that failed is tried again.
    const error = failed ?? (end.purge === null && !wasCut ? end.problems?.at(-1) : undefined)
    const isPutOff = end.unfinished === true && error === undefined && !wasCut
    if (isPutOff && end.days.length === 0 && end.emas.length === 0) return null
    row = {
      ...told,
      state: wasCut ? 'cancelled' : error === undefined ? 'done' : 'failed',
      summary: summaryOf(end),
      session: isPutOff ? null : session,
      error_code: error?.code ?? null,
      error_message: error?.message ?? null,
      receipt: { ...end },
    }
  }
  try {
    await logOperation(context, row)
    return null
  } catch (thrown) {
    const { code, message } = reportOf(thrown)
    return new BarkeepError(code, `The log of operations could not be written: ${message}`).toReport()
  }
}
