import http from 'node:http'

export interface Exchanged {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  /** Parsed; an empty object where it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>>
}

/** How long an answer may take: a batch may wait for a compaction. */
const ANSWER_MILLIS = 120_000

/**
 * One request to this machine, over a connection that stays. Not `fetch`: that names itself a browser's request
 * (`Sec-Fetch-Mode`).
 * @throws Node's errors of the connection
 */
export function exchange(
  agent: http.Agent,
  url: URL,
  method: 'GET' | 'POST',
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, agent, headers, timeout: ANSWER_MILLIS })
    request.on('timeout', () => request.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })))
    request.on('error', reject)
    request.on('response', (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: objectOf(Buffer.concat(pieces).toString('utf8')),
        }),
      )
    })
    request.end(body)
  })
}

function objectOf(text: string): Exchanged['body'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Exchanged['body']) : {}
  } catch {
    // Something else listens there: its status tells enough.
    return {}
  }
}
