import type { ErrorReport } from '../../../schemas/contract/errors.ts'
import type { OperationRow } from '../../../schemas/generated/rows.ts'

/** What was done by several calls, for the log of operations. */
export interface NotedOperation {
  readonly kind: OperationRow['kind']
  readonly state: OperationRow['state']
  /** ms UTC */
  readonly startedAt: number
  /** One line for a person, with numbers. */
  readonly summary: string
  readonly receipt: object | null
  readonly error?: ErrorReport | undefined
}
