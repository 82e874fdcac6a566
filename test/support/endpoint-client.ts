import { readdir } from 'node:fs/promises'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import { type BatchAnswer, takeBatch } from '../../src-main/ingest/endpoint/batch.ts'
import { LIMITS, type Limits } from '../../src-main/ingest/endpoint/limits.ts'
import { type Endpoint, type Refused, startEndpoint } from '../../src-main/ingest/endpoint/server.ts'
import { TokenFile } from '../../src-main/ingest/endpoint/token-file.ts'
import type { Store } from '../../src-main/store/api.ts'

export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: AnswerBody
}

/** What any answer may hold; a test says what it expects. */
export interface AnswerBody extends Partial<BatchAnswer> {
  readonly error?: { readonly code: string; readonly message: string }
  readonly [more: string]: unknown
}

export interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body?: string | Uint8Array
  readonly agent?: http.Agent
}

/** One request over a real socket. A header given as undefined is left out. */
export function send(
  port: number,
  target: string,
  { method, headers, body, agent }: Sent = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1',
      port,
      path: target,
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      agent: agent ?? false,
      headers: Object.fromEntries(
        Object.entries(headers ?? {}).filter(([, value]) => value !== undefined),
      ) as http.OutgoingHttpHeaders,
    })
    request.on('error', reject)
    request.on('response', (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8')
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: JSON.parse(text === '' ? '{}' : text) as AnswerBody,
        })
      })
    })
    request.end(body)
  })
}

/** Bytes as they are, and all that comes back until the other side ends. */
export function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let back = ''
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text))
    socket.on('data', (piece) => {
      back += piece.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(back))
  })
}

/** The endpoint over an open store, as app and command line run it. */
export interface TestEndpoint {
  readonly endpoint: Endpoint
  readonly port: number
  readonly token: TokenFile
  readonly refused: Refused[]
  /** With the token and as NDJSON, unless the headers say otherwise. */
  post(name: string, body: string | Uint8Array, more?: Sent): Promise<Answer>
  get(target: string, more?: Sent): Promise<Answer>
}

export async function serveStore(
  store: Store,
  folder: string,
  limits: Partial<Limits> = {},
): Promise<TestEndpoint> {
  const token = new TokenFile(path.join(folder, 'secret', 'token'))
  const refused: Refused[] = []
  const endpoint = await startEndpoint(
    {
      version: '1.2.3',
      token,
      store: () => store.root,
      take: (batch) => takeBatch(store, batch),
      onRefused: (what) => refused.push(what),
    },
    0,
    { ...LIMITS, ...limits },
  )
  const { port } = endpoint
  const withToken = (more: Sent, headers: Sent['headers']): Sent => ({
    ...more,
    headers: {
      ...(more.headers?.authorization === undefined ? { authorization: `Bearer ${token.token}` } : {}),
      ...headers,
      ...more.headers,
    },
  })
  return {
    endpoint,
    port,
    token,
    refused,
    post: (name, body, more = {}) =>
      send(port, `/v1/${name}`, { ...withToken(more, { 'content-type': 'application/x-ndjson' }), body }),
    get: (target, more = {}) => send(port, target, withToken(more, {})),
  }
}

/** Every file that a bot's data is in: what must not change when a request is refused. */
export async function dataFiles(root: string): Promise<readonly string[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true })
  return found
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('.barkeep'))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort()
}

const BAR = {
  symbol: 'SPY',
  timeframe: '2m',
  open: 510.5,
  high: 511,
  low: 510.25,
  close: 510.75,
  volume: 1000,
}
const FIRST = Date.UTC(2024, 2, 8, 14, 30)

/** A bar's line: so many bars after the first. */
export function barLine(at = 0, changes: object = {}): string {
  return `${JSON.stringify({ ...BAR, ts: FIRST + at * 120_000, ...changes })}\n`
}

export function barLines(count: number, from = 0): string {
  return Array.from({ length: count }, (_, at) => barLine(from + at)).join('')
}
