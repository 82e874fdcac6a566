import http from 'node:http'
import { BarkeepError, ERROR_CODES, type ErrorCode } from '../../../schemas/contract/errors.ts'
import type { RejectedLine } from '../../../schemas/contract/jobs.ts'
import type { StoreTable } from '../../../schemas/tables/index.ts'
import type { LedgerOutcome } from '../../store/api.ts'
import { BATCH_TABLES, type LineOutcome } from '../endpoint/batch.ts'
import { type Exchanged, exchange } from './http-exchange.ts'
import { pause } from './pause.ts'
import type { FeedTarget } from './target.ts'

export interface EndpointOptions {
  /** Read before each try: a new token needs no restart. @throws IO */
  readonly token: () => string
  readonly signal: AbortSignal
  /** Told once for each thing that is waited for. */
  readonly onWait: (message: string) => void
  /** ms for which an endpoint that is busy or away is asked again. */
  readonly patience?: number
}

const PATIENCE = 60_000
const BATCH_CHARACTERS = 2 ** 21
const LOCAL = new Set(['127.0.0.1', 'localhost'])

/**
 * The ingest endpoint of a window or of `barkeep serve`, asked as any bot would: batches of NDJSON, sent again after 503
 * and after a connection that broke, which is safe because what is stored already is told as duplicate.
 */
export class EndpointTarget implements FeedTarget {
  readonly #base: URL
  readonly #options: EndpointOptions
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  #answered = false

  /** @throws BAD_REQUEST for a URL that can't be an endpoint's */
  constructor(url: string, options: EndpointOptions) {
    this.#base = endpointUrl(url)
    this.#options = options
  }

  /**
   * Asks whether an endpoint is there and takes the token.
   * @returns absolute path of its store; null while none is open
   * @throws as `hand`
   */
  async store(): Promise<string | null> {
    const { body } = await this.#ask('GET', '/v1/health')
    return typeof body.store === 'string' ? body.store : null
  }

  /**
   * @throws FORBIDDEN for a token that isn't good, BAD_REQUEST where something else listens, IO where nothing does; LOCKED,
   * NO_STORE, NO_SPACE as the endpoint tells; CANCELLED
   */
  async hand(table: StoreTable, documents: readonly object[]): Promise<readonly LedgerOutcome[]> {
    const outcomes: LedgerOutcome[] = []
    for (const batch of batchesOf(documents.map((document) => JSON.stringify(document))))
      outcomes.push(...(await this.#batch(table, batch)))
    return outcomes
  }

  close(): void {
    this.#agent.destroy()
  }

  async #batch(table: StoreTable, lines: readonly string[]): Promise<readonly LedgerOutcome[]> {
    const name = Object.entries(BATCH_TABLES).find(([, each]) => each === table)?.[0] ?? table
    const known: (LineOutcome | undefined)[] = []
    const { body } = await this.#ask('POST', `/v1/${name}`, lines.join('\n'), (partly) => keep(known, partly))
    keep(known, body)
    const reasons = new Map((body.rejected as readonly RejectedLine[] | undefined)?.map((r) => [r.line, r]))
    return lines.map((_, index): LedgerOutcome => {
      const outcome = known[index]
      if (outcome === undefined || outcome === 'unknown' || outcome === 'empty')
        throw new BarkeepError(
          'INTERNAL',
          `The endpoint did not tell what became of line ${index + 1} of ${name}.`,
        )
      if (outcome === 'conflict' && table !== 'candles' && table !== 'object_events')
        return { outcome, field: '', reason: 'the entry stands with other values: the first row stays' }
      if (outcome === 'completed') return { outcome }
      if (outcome !== 'rejected') return { outcome }
      const { field = null, reason = 'rejected' } = reasons.get(index + 1) ?? {}
      return { outcome, field, reason }
    })
  }

  async #ask(
    method: 'GET' | 'POST',
    path: string,
    lines?: string,
    onPart?: (body: Exchanged['body']) => void,
  ): Promise<Exchanged> {
    const { signal, onWait, patience = PATIENCE } = this.#options
    const begun = performance.now()
    for (let told = false; ; ) {
      if (signal.aborted) throw new BarkeepError('CANCELLED', 'Stopped while the endpoint was busy or away.')
      const found = await this.#try(method, path, lines)
      if (!('error' in found)) return found
      if (found.part !== null) onPart?.(found.part)
      if (found.retryAfter === null || performance.now() - begun > patience) throw found.error
      if (!told) onWait(`${found.error.message} Trying again for ${Math.round(patience / 1_000)} s.`)
      told = true
      await pause(found.retryAfter * 1_000, signal)
    }
  }

  async #try(method: 'GET' | 'POST', path: string, lines: string | undefined): Promise<Exchanged | Failed> {
    const type: Record<string, string> = lines === undefined ? {} : { 'content-type': 'application/x-ndjson' }
    const headers = { authorization: `Bearer ${this.#options.token()}`, ...type }
    let answer: Exchanged
    try {
      answer = await exchange(this.#agent, new URL(path, this.#base), method, headers, lines)
    } catch (cause) {
      // One that was never there is a wrong address or a switch that is off; one that has answered may come back.
      return { error: this.#away(cause), retryAfter: this.#answered ? 1 : null, part: null }
    }
    const error = this.#errorOf(answer, path)
    if (error === null) {
      this.#answered = true
      return answer
    }
    const retryAfter = answer.status === 503 ? wholeSeconds(answer.headers['retry-after']) : null
    return { error, retryAfter, part: answer.body }
  }

  #away(cause: unknown): BarkeepError {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
    const what =
      code === 'ECONNREFUSED'
        ? `Nothing listens at ${this.#base.origin}`
        : `The connection to ${this.#base.origin} broke (${code})`
    return new BarkeepError(
      'IO',
      `${what}. Switch the endpoint on in the window (Storage, Ingest Endpoint…) or run: barkeep serve`,
      { cause },
    )
  }

  /** Null for a batch that was taken, and for one of which every line was rejected: its lines tell. */
  #errorOf({ status, body }: Exchanged, path: string): BarkeepError | null {
    if (status === 200 || (status === 422 && Array.isArray(body.lines))) return null
    const told = body.error as { readonly code?: unknown; readonly message?: unknown } | undefined
    if (status === 401)
      return new BarkeepError(
        'FORBIDDEN',
        'The endpoint does not know this token (401). Name the file it told with --token-file.',
      )
    if (typeof told?.message !== 'string')
      return new BarkeepError(
        'BAD_REQUEST',
        `${this.#base.origin} is no ingest endpoint of Barkeep: it answered ${path} with ${status}.`,
      )
    return new BarkeepError(codeOf(told.code), `The endpoint answered ${status}: ${told.message}`)
  }
}

/** Lines in turn, so many at once as the endpoint takes with room to spare (16 MiB; a character has 4 bytes at most). */
function* batchesOf(lines: readonly string[]): Generator<readonly string[]> {
  let batch: string[] = []
  let characters = 0
  for (const line of lines) {
    if (batch.length > 0 && characters + line.length > BATCH_CHARACTERS) {
      yield batch
      batch = []
      characters = 0
    }
    batch.push(line)
    characters += line.length + 1
  }
  if (batch.length > 0) yield batch
}

interface Failed {
  readonly error: BarkeepError
  /** Seconds until it is worth another try; null when it never is. */
  readonly retryAfter: number | null
  /** What it told of a batch that it took a part of. */
  readonly part: Exchanged['body'] | null
}

/** @throws BAD_REQUEST */
function endpointUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol === 'http:' && LOCAL.has(url.hostname) && url.pathname === '/' && url.search === '')
    return url
  throw new BarkeepError(
    'BAD_REQUEST',
    `"${text}" is not the address of an ingest endpoint. It is on this machine: --endpoint http://127.0.0.1:17311`,
  )
}

/** Of a line that was taken in an earlier try the first outcome counts: then it is told as a duplicate. */
function keep(known: (LineOutcome | undefined)[], { lines }: Exchanged['body']): void {
  if (!Array.isArray(lines)) return
  for (const [index, outcome] of (lines as readonly LineOutcome[]).entries())
    if (known[index] === undefined || known[index] === 'unknown') known[index] = outcome
}

function codeOf(code: unknown): ErrorCode {
  return ERROR_CODES.find((each) => each === code) ?? 'IO'
}

function wholeSeconds(header: string | undefined): number {
  const value = Number(header ?? 1)
  return Number.isInteger(value) && value >= 0 && value <= 60 ? value : 1
}
