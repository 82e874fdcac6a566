import { type ErrorCode, reportOf } from '../../../schemas/contract/errors.ts'

/** A request that is answered with an error: what it says stands in the body as well (SPEC H6). */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly code: ErrorCode
  readonly headers: Readonly<Record<string, string>>
  /** What else the body tells: of a batch that failed on the way, what is stored. */
  readonly details: object

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    more: { readonly headers?: Readonly<Record<string, string>>; readonly details?: object } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.headers = more.headers ?? {}
    this.details = more.details ?? {}
  }

  get body(): object {
    return { error: { code: this.code, message: this.message }, ...this.details }
  }
}

/** Seconds after which a client may try again what is refused for the moment alone. */
const RETRY = { 'retry-after': '1' } as const

const STATUSES: Partial<Readonly<Record<ErrorCode, number>>> = {
  BAD_REQUEST: 400,
  LOCKED: 503,
  CANCELLED: 503,
  NO_STORE: 503,
  NO_SPACE: 507,
}

/** What a client is told of whatever was thrown while its batch was stored. */
export function refusalOf(thrown: unknown, details: object = {}): Refusal {
  if (thrown instanceof Refusal) return thrown
  const { code, message } = reportOf(thrown)
  const status = STATUSES[code] ?? 500
  return new Refusal(status, code, message, { details, headers: status === 503 ? RETRY : {} })
}

export function busy(message: string): Refusal {
  return new Refusal(503, 'LOCKED', message, { headers: RETRY })
}
