import type { IncomingHttpHeaders } from 'node:http'
import { Refusal } from './refusal.ts'

/** What is known of a request before anything of its body. */
export interface RequestHead {
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as they came: repeated ones too. */
  readonly rawHeaders: readonly string[]
}

/** Headers that mean something here may stand once: of two, another reader might believe the other. */
const SINGLE = ['host', 'authorization', 'content-type', 'content-length', 'origin']

/**
 * Who may speak at all, before the path is looked at (SPEC H4, H5).
 * @param port that is listened on
 * @param isToken compares in constant time
 * @returns null for a request that may go on
 */
export function refusedAtTheDoor(
  { headers, rawHeaders }: RequestHead,
  port: number,
  isToken: (given: string) => boolean,
): Refusal | null {
  const repeated = SINGLE.find((name) => timesGiven(rawHeaders, name) > 1)
  if (repeated !== undefined) return new Refusal(400, 'BAD_REQUEST', `The header ${repeated} is given twice.`)
  const host = headers.host ?? ''
  if (!isOwnHost(host, port)) {
    return new Refusal(
      421,
      'FORBIDDEN',
      `This is 127.0.0.1:${port}, not "${host.slice(0, 64)}". Address it as 127.0.0.1 or localhost.`,
    )
  }
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
    return new Refusal(403, 'FORBIDDEN', 'Requests of web pages are refused. Send yours from a program.')
  }
  const given = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(headers.authorization ?? '')?.[1]
  if (given === undefined || !isToken(given)) {
    const message =
      given === undefined
        ? 'The token is missing. Send it as "Authorization: Bearer …"; Barkeep says in which file it is.'
        : 'The token is wrong, or was replaced by a new one. Read it from the token file again.'
    return new Refusal(401, 'FORBIDDEN', message, { headers: { 'www-authenticate': 'Bearer' } })
  }
  return null
}

/** A page that was given our address under a name of its own (DNS rebinding) still says that name. */
function isOwnHost(host: string, port: number): boolean {
  const [name, given, ...more] = host.toLowerCase().split(':')
  if (more.length > 0 || (name !== '127.0.0.1' && name !== 'localhost')) return false
  return given === undefined || given === String(port)
}

function timesGiven(rawHeaders: readonly string[], name: string): number {
  return rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === name).length
}

/** How the lines of a batch are written. */
export type BatchForm = 'lines' | 'document'

const FORMS: Readonly<Record<string, BatchForm>> = {
  'application/x-ndjson': 'lines',
  'application/ndjson': 'lines',
  'application/jsonl': 'lines',
  'application/json': 'document',
}

/**
 * What a batch is written in, and whether it can be taken by what is said of it (SPEC H7).
 * @throws Refusal 413, 415; a body without a length is counted as it comes
 */
export function checkBatchHead({ headers }: RequestHead, bodyBytes: number): BatchForm {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') {
    throw new Refusal(415, 'BAD_REQUEST', 'A compressed body is not taken. Send it as it is.')
  }
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';')
  const form = Object.hasOwn(FORMS, type.trim()) ? FORMS[type.trim()] : undefined
  const isUtf8 = parameters.every((text) => /^\s*charset="?utf-8"?\s*$/.test(text))
  if (form === undefined || !isUtf8) {
    throw new Refusal(
      415,
      'BAD_REQUEST',
      'Send application/x-ndjson (one JSON document a line) or application/json (one document), in UTF-8.',
    )
  }
  if (Number(headers['content-length'] ?? 0) > bodyBytes) throw tooLarge(bodyBytes)
  return form
}

export function tooLarge(bodyBytes: number): Refusal {
  return new Refusal(
    413,
    'BAD_REQUEST',
    `A batch has ${bodyBytes.toLocaleString('en')} bytes at most. Send it in several.`,
  )
}
