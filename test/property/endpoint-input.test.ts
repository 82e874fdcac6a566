import { readdir, rm } from 'node:fs/promises'
import net from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { barLine, dataFiles, serveStore, type TestEndpoint } from '../support/endpoint-client.ts'
import { type Random, seeded } from '../support/seeded.ts'
import { type OpenedStore, openedStore, temporaryFolder } from '../support/store-fixture.ts'

const REQUESTS = process.env.BARKEEP_SOAK === '1' ? 20_000 : 400
/** So many connections at once. */
const ABREAST = 100
/** What never becomes a request is ended soon, and so is a connection that rests. */
const SOON = { headPatience: 400, requestPatience: 800, restPatience: 300, batches: 200, strangers: 1_000 }

let store: OpenedStore
let folder: string
let served: TestEndpoint

beforeEach(async () => {
  store = await openedStore()
  folder = await temporaryFolder('endpoint')
  served = await serveStore(store, folder, SOON)
})

afterEach(async () => {
  await served.endpoint.close()
  await store.remove()
  await rm(folder, { recursive: true, force: true })
})

const PIECES = [
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\0',
  ': ',
  ' ',
  '%00',
  '%2e%2e%2f',
  '../',
  '/v1/policies',
  'Transfer-Encoding: chunked\r\n',
  'Content-Length: 3\r\n',
  'Content-Length: -1\r\n',
  'Content-Length: 99999999999999999999\r\n',
  'Expect: 100-continue\r\n',
  'Expect: nothing\r\n',
  'Upgrade: websocket\r\nConnection: Upgrade\r\n',
  'Host: evil.example\r\n',
  'Origin: null\r\n',
  'HTTP/1.0',
  'HTTP/2.0',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'ü',
  '{"symbol":"../../x"}\n',
  `${'x'.repeat(9_000)}`,
] as const

/** A whole request of one bar, then cut, doubled, overwritten or torn anywhere, once or more. */
function brokenRequest(random: Random, at: number): Buffer {
  const body = barLine(at)
  const head = [
    'POST /v1/candles HTTP/1.1',
    `Host: 127.0.0.1:${served.port}`,
    `Authorization: Bearer ${served.token.token}`,
    'Content-Type: application/x-ndjson',
    random.chance(0.2) ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`,
  ]
  const sent = head.includes('Transfer-Encoding: chunked')
    ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    : body
  let bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n${sent}`)
  for (let times = random.int(0, 3); times > 0; times--) {
    const from = random.int(0, bytes.length - 1)
    const to = random.int(from, Math.min(bytes.length, from + 40))
    const piece = Buffer.from(random.pick(PIECES))
    bytes = random.pick([
      () => Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]),
      () => Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]),
      () => Buffer.concat([bytes.subarray(0, from), piece, bytes.subarray(from)]),
      () =>
        Buffer.concat([bytes.subarray(0, from), Buffer.from([random.int(0, 255)]), bytes.subarray(from + 1)]),
      () => bytes.subarray(0, Math.max(1, from)),
    ])()
    if (bytes.length === 0) return Buffer.from('\r\n')
  }
  return bytes
}

/** All that comes back until the other side ends. */
function exchange(bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let back = ''
    const socket = net.connect(served.port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (piece) => {
      back += piece.toString('latin1')
    })
    // A reset after the answer, which we may still be sending to.
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(back))
  })
}

const KNOWN = new Set([100, 200, 400, 401, 403, 404, 405, 408, 413, 415, 417, 421, 422, 431, 503, 505])

it('H6, H7: whatever is sent, each answer is one that is known, what was accepted is stored, and the next bar is taken', async () => {
  const random = seeded('endpoint input')
  const statuses = new Map<number, number>()
  let accepted = 0
  for (let done = 0; done < REQUESTS; done += ABREAST) {
    const requests = Array.from({ length: ABREAST }, (_, at) => brokenRequest(random, done + at))
    const answers = await Promise.all(requests.map(exchange))
    for (const [at, answer] of answers.entries()) {
      for (const [, code] of answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)) {
        const status = Number(code)
        expect(KNOWN, `${status} for ${requests[at]?.toString('latin1')}`).toContain(status)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
      for (const [, rows] of answer.matchAll(/"accepted":(\d+)/g)) accepted += Number(rows)
    }
  }
  const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`)
  console.log(`${REQUESTS} requests, ${accepted} bars taken; ${counts.join(', ')}`)
  const stored = await dataFiles(store.root)
  // What broke behind a whole request may have cost it its answer; what was answered is there.
  expect(stored.length).toBeGreaterThanOrEqual(accepted)
  expect(stored.filter((file) => !/^data.\d+[mhd].\d{4}-\d\d-\d\d.part-[\w.-]+$/.test(file))).toEqual([])
  expect((await readdir(store.root)).sort()).toEqual(['.barkeep', 'data'])
  expect(statuses.get(200)).toBeGreaterThan(0)
  expect(statuses.get(400)).toBeGreaterThan(0)
  expect((await served.post('candles', barLine(REQUESTS))).body.lines).toEqual(['accepted'])
  expect(served.refused.filter(({ status }) => status >= 500 && status !== 503)).toEqual([])
})
