import { readdir, readFile, rm } from 'node:fs/promises'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import type { StoreTable } from '../../schemas/tables/index.ts'
import { BATCH_TABLES, type BatchName } from '../../src-main/ingest/endpoint/batch.ts'
import { EXAMPLES } from '../../src-main/ingest/endpoint/openapi-examples.ts'
import { refusalOf } from '../../src-main/ingest/endpoint/refusal.ts'
import { openStore } from '../../src-main/store/index.ts'
import {
  barLine,
  barLines,
  dataFiles,
  send,
  serveStore,
  type TestEndpoint,
} from '../support/endpoint-client.ts'
import { faultEnv } from '../support/fault-env.ts'
import { decision } from '../support/ledger-store.ts'
import { memoryFolder, type OpenedStore, openedStore, temporaryFolder } from '../support/store-fixture.ts'

/** Waits for what must come; a busy machine may take its time. */
const PATIENT = { timeout: 30_000, interval: 5 }

let store: OpenedStore
let folder: string
let served: TestEndpoint

beforeEach(async () => {
  store = await openedStore()
  folder = await temporaryFolder('endpoint')
  served = await serveStore(store, folder)
})

afterEach(async () => {
  await served.endpoint.close()
  await store.remove()
  await rm(folder, { recursive: true, force: true })
})

const ndjson = (documents: readonly object[]) => documents.map((each) => `${JSON.stringify(each)}\n`).join('')
const NAMES = Object.entries(BATCH_TABLES) as [BatchName, StoreTable][]

describe('H9: a batch and its answer', () => {
  it.each(NAMES)(
    'H9: %s are taken, and the same batch again is duplicates and changes no file',
    async (name) => {
      const batch = ndjson(EXAMPLES[name])
      const lines = EXAMPLES[name].map(() => 'accepted')
      const first = await served.post(name, batch)
      expect(first).toMatchObject({ status: 200, body: { accepted: lines.length, rejected: [], lines } })
      const files = await dataFiles(store.root)
      expect(files.length).toBeGreaterThan(0)
      const bytes = await Promise.all(files.map((file) => readFile(path.join(store.root, file))))
      const again = await served.post(name, batch)
      expect(again).toMatchObject({
        status: 200,
        body: { accepted: 0, duplicates: lines.length, lines: lines.map(() => 'duplicate') },
      })
      expect(await dataFiles(store.root)).toEqual(files)
      expect(await Promise.all(files.map((file) => readFile(path.join(store.root, file))))).toEqual(bytes)
    },
  )

  it('E5: an old day of the ledger that a batch made stays open to the batches after it; another one does not', async () => {
    await store.writer.appendLedger('decisions', [decision('standing', '2024-03-07T15:00')])
    const batch = (id: string, day: string) => ndjson([decision(id, `${day}T15:30`)])
    for (const id of ['d1', 'd2', 'd3'])
      expect((await served.post('decisions', batch(id, '2024-03-08'))).body).toMatchObject({ accepted: 1 })
    const { status, body } = await served.post('decisions', batch('d4', '2024-03-07'))
    expect(status).toBe(422)
    expect(body.rejected).toMatchObject([{ reason: expect.stringContaining('is sealed') }])
  })

  it('H9: each line is told, rejected ones with field and reason, and those are kept', async () => {
    await served.post('candles', barLine(0))
    const batch = `${barLine(0)}\n${barLine(0, { close: 510.8 })}{"torn\n${barLine(1, { high: 1 })}${barLine(2)}\n\n`
    const { status, body } = await served.post('candles', batch)
    expect(status).toBe(200)
    expect(body).toEqual({
      accepted: 1,
      duplicates: 1,
      conflicts: 1,
      completed: 0,
      rejected: [
        { line: 4, field: null, reason: expect.stringContaining('not JSON') },
        { line: 5, field: 'high', reason: expect.stringContaining('high') },
      ],
      lines: ['duplicate', 'empty', 'conflict', 'rejected', 'rejected', 'accepted', 'empty', 'empty'],
    })
    const [kept = ''] = await readdir(path.join(store.root, '.barkeep/rejects'))
    const rejects = (await readFile(path.join(store.root, '.barkeep/rejects', kept), 'utf8'))
      .trim()
      .split('\n')
    expect(rejects).toHaveLength(2)
    expect(rejects[0]).toContain('{\\"torn')
  })

  it('H9: one document may come as application/json, over several lines, too', async () => {
    // Of today: an outcome of a sealed day is a backfill's.
    const decision = { ...EXAMPLES.decisions[0], timestamp_utc: new Date().toISOString() }
    const body = JSON.stringify(decision, null, 2)
    const headers = { 'content-type': 'application/json' }
    const answer = await served.post('decisions', body, { headers })
    expect(answer).toMatchObject({ status: 200, body: { accepted: 1, lines: ['accepted'] } })
    const ended = { ...decision, outcome: { pnl: 1.5, hit: true } }
    const completed = await served.post('decisions', JSON.stringify(ended), { headers })
    expect(completed).toMatchObject({ status: 200, body: { completed: 1, lines: ['completed'] } })
    expect(await served.post('candles', '', {})).toMatchObject({
      status: 200,
      body: { accepted: 0, lines: [] },
    })
  })

  it('H9: what is read by a viewport at once is what was sent, by any number of clients side by side', async () => {
    const clients = Array.from({ length: 8 }, (_, client) => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
      return { agent, symbol: `C${client}` }
    })
    await Promise.all(
      clients.map(async ({ agent, symbol }) => {
        for (let batch = 0; batch < 5; batch++) {
          const body = Array.from({ length: 6 }, (_, at) => barLine(batch * 6 + at, { symbol })).join('')
          const answer = await served.post('candles', body, { agent })
          expect(answer.body).toMatchObject({ accepted: 6, rejected: [] })
        }
      }),
    )
    for (const { agent, symbol } of clients) {
      agent.destroy()
      const shown = await store.reader.viewport({ symbol, timeframe: '2m', from: 0, to: 8e15 })
      expect(shown.candles.ts).toHaveLength(30)
      expect(shown.problems).toEqual([])
    }
  })

  it('H11: requests of one connection that come without waiting go in order: the last version of a bar wins', async () => {
    const { port, token } = served
    const versions = Array.from({ length: 12 }, (_, at) => barLine(0, { close: 510.3 + at / 100 }))
    const requests = versions.map(
      (body) =>
        `POST /v1/candles HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token.token}\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    const answers = await new Promise<string>((resolve) => {
      let back = ''
      const socket = net.connect(port, '127.0.0.1', () => socket.write(requests.join('')))
      socket.on('data', (piece) => {
        back += piece.toString('latin1')
        if (back.split('HTTP/1.1 200').length > 12) socket.end()
      })
      socket.on('close', () => resolve(back))
    })
    expect(answers.match(/"lines":\["\w+"\]/g)).toEqual([
      '"lines":["accepted"]',
      ...Array(11).fill('"lines":["conflict"]'),
    ])
    const shown = await store.reader.viewport({ symbol: 'SPY', timeframe: '2m', from: 0, to: 8e15 })
    expect([...shown.candles.close]).toEqual([510.3 + 11 / 100])
  })
})

describe('H10: what goes wrong while it is stored', () => {
  it('H10: a full disk is 507 and tells each line; sent again once there is room, all of it is there', async () => {
    const body = barLines(300)
    const counted = await onDisk(faultEnv(), async (disk, post) => {
      disk.arm()
      expect((await post(body)).status).toBe(200)
      return disk.taken.length
    })
    const full = faultEnv({ at: Math.floor(counted * 0.95), extent: 'nothing', how: 'ENOSPC', lasting: true })
    await onDisk(full, async (disk, post, stored) => {
      disk.arm()
      const failed = await post(body)
      expect(failed).toMatchObject({ status: 507, body: { error: { code: 'NO_SPACE' }, accepted: 256 } })
      const lines = failed.body.lines ?? []
      expect(lines.slice(0, 256)).toEqual(Array(256).fill('accepted'))
      expect(lines.slice(256)).toEqual(Array(44).fill('unknown'))
      disk.mend()
      const again = await post(body)
      expect(again.status).toBe(200)
      expect(again.body.lines?.slice(0, 256)).toEqual(Array(256).fill('duplicate'))
      expect((again.body.accepted ?? 0) + (again.body.duplicates ?? 0)).toBe(300)
      expect(await stored()).toBe(300)
    })
  })

  it('H10: each code has its status, and says when to come again', () => {
    const told = (code: ConstructorParameters<typeof BarkeepError>[0]) => {
      const { status, headers, body } = refusalOf(new BarkeepError(code, 'why'), { accepted: 3 })
      expect(body).toEqual({ error: { code, message: 'why' }, accepted: 3 })
      return [status, headers['retry-after']]
    }
    expect(told('LOCKED')).toEqual([503, '1'])
    expect(told('NO_STORE')).toEqual([503, '1'])
    expect(told('CANCELLED')).toEqual([503, '1'])
    expect(told('NO_SPACE')).toEqual([507, undefined])
    expect(told('IO')).toEqual([500, undefined])
    expect(told('VERIFY_FAILED')).toEqual([500, undefined])
    expect(refusalOf(new TypeError('x')).status).toBe(500)
  })

  it('H2: a batch under way when the endpoint closes is finished and told; the next finds nobody', async () => {
    await served.endpoint.close()
    served = await serveStore(store, folder, { closePatience: 120_000 })
    const batch = served.post('candles', barLines(200))
    await expect.poll(async () => (await dataFiles(store.root)).length, PATIENT).toBeGreaterThan(0)
    const closing = served.endpoint.close()
    expect(await batch).toMatchObject({ status: 200, body: { accepted: 200 } })
    await closing
    await expect(send(served.port, '/v1/health')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(await dataFiles(store.root)).toHaveLength(200)
  })

  it('H2: so is one whose client has gone: its store may be closed once the endpoint is', async () => {
    await served.endpoint.close()
    served = await serveStore(store, folder, { closePatience: 120_000 })
    const body = barLines(200)
    const socket = net.connect(served.port, '127.0.0.1', () =>
      socket.write(
        `POST /v1/candles HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${served.token.token}\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
    )
    socket.on('error', () => undefined)
    await expect.poll(async () => (await dataFiles(store.root)).length, PATIENT).toBeGreaterThan(0)
    socket.destroy()
    await served.endpoint.close()
    expect(await dataFiles(store.root)).toHaveLength(200)
  })

  it('H2: one that takes longer than it is given stops at a safe point, and is told what is stored', async () => {
    await served.endpoint.close()
    served = await serveStore(store, folder, { closePatience: 1 })
    const batch = served.post('candles', barLines(3_000))
    await expect.poll(async () => (await dataFiles(store.root)).length, PATIENT).toBeGreaterThan(0)
    await served.endpoint.close()
    const { status, headers, body } = await batch
    expect({ status, code: body.error?.code, again: headers['retry-after'] }).toEqual({
      status: 503,
      code: 'CANCELLED',
      again: '1',
    })
    const stored = await dataFiles(store.root)
    expect(body.accepted).toBe(stored.length)
    expect(body.lines?.filter((line) => line === 'accepted')).toHaveLength(stored.length)
    expect(body.lines?.filter((line) => line === 'unknown')).toHaveLength(3_000 - stored.length)
    console.log(`closed after ${stored.length} of 3,000 bars`)
  })
})

type Disk = ReturnType<typeof faultEnv>
type Post = (body: string) => ReturnType<TestEndpoint['post']>

/** A store of its own on a disk that may fail, behind an endpoint. */
async function onDisk<T>(
  disk: Disk,
  work: (disk: Disk, post: Post, stored: () => Promise<number>) => Promise<T>,
): Promise<T> {
  const root = await memoryFolder('full')
  const own = await openStore(root, { env: disk.env })
  const ownServed = await serveStore(own, path.join(folder, 'full'))
  try {
    return await work(
      disk,
      (body) => ownServed.post('candles', body),
      async () =>
        (await own.reader.viewport({ symbol: 'SPY', timeframe: '2m', from: 0, to: 8e15 })).candles.ts.length,
    )
  } finally {
    await ownServed.endpoint.close()
    await own.close()
    await rm(root, { recursive: true, force: true })
  }
}
