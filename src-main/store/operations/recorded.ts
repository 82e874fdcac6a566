import { BarkeepError, type ErrorCode, type ErrorReport, reportOf } from '../../../schemas/contract/errors.ts'
import type { OperationRow } from '../../../schemas/generated/rows.ts'
import type { StoreContext } from '../context.ts'
import { OPERATIONS_LOG } from '../layout/file-names.ts'
import { logOperation } from './operation-log.ts'
import type { Told } from './summaries.ts'

type Tell = (problem: ErrorReport) => void

/** Asked wrongly, or kept out by another writer: nothing was begun, and nothing is logged. */
const NOT_BEGUN: readonly ErrorCode[] = ['BAD_REQUEST', 'BAD_SETTINGS', 'LOCKED', 'NOT_FOUND', 'NO_STORE']

/** What an operation is before it begins. */
export interface Beginning {
  readonly kind: OperationRow['kind']
  readonly origin?: OperationRow['origin']
  /** Of a run after the close: its trading day. */
  readonly session?: string | null
}

/**
 * Runs an operation and adds its row to the log, whatever its end. The log never decides what becomes of the operation: a row that
 * can't be written is told and nothing else (SPEC F33).
 * @param told what the log says of its answer; null when it changed nothing
 * @throws what the work throws
 */
export async function recorded<T>(
  context: StoreContext,
  tell: Tell,
  beginning: Beginning,
  work: () => Promise<T>,
  told: (answer: T) => Told | null,
): Promise<T> {
  const startedAt = context.env.now()
  let answer: T
  try {
    answer = await work()
  } catch (thrown) {
    const { code, message } = reportOf(thrown)
    if (!NOT_BEGUN.includes(code)) {
      const state = code === 'CANCELLED' ? 'cancelled' : 'failed'
      await note(context, tell, beginning, startedAt, {
        state,
        summary: message,
        receipt: null,
        error: { code, message },
      })
    }
    throw thrown
  }
  const end = told(answer)
  if (end !== null) await note(context, tell, beginning, startedAt, end)
  return answer
}

/** Adds a row for an operation that has ended. Never fails. */
export async function note(
  context: StoreContext,
  tell: Tell,
  { kind, origin = 'manual', session = null }: Beginning,
  startedAt: number,
  { state, summary, receipt, error }: Told,
): Promise<void> {
  const failed = (problem: ErrorReport): void => tell({ ...problem, file: problem.file ?? OPERATIONS_LOG })
  try {
    await logOperation(
      context,
      {
        started_ts: startedAt,
        kind,
        origin,
        program: context.program,
        state,
        summary,
        session,
        error_code: error?.code ?? null,
        error_message: error?.message ?? null,
        receipt: receipt as OperationRow['receipt'],
      },
      failed,
    )
  } catch (thrown) {
    const { code, message } = reportOf(thrown)
    const told = `${message} What was done (${kind}) is done; ${OPERATIONS_LOG} doesn't tell of it.`
    failed(new BarkeepError(code, told, { file: OPERATIONS_LOG }).toReport())
  }
}
