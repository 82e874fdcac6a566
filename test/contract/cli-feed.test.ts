import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { readdir, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { EndpointTarget } from '../../src-main/ingest/feed/endpoint-target.ts'
import type { FeedReceipt } from '../../src-main/ingest/feed/feed-receipt.ts'
import { openStore } from '../../src-main/store/index.ts'
import { bundleCli, type CliBundle, resultOf } from '../support/cli-process.ts'
import { audit, decision, policy, stat } from '../support/ledger-store.ts'
import { candles, temporaryFolder, zoneEvent } from '../support/store-fixture.ts'

const DAY = '2024-03-08'
const OPEN = Date.parse(`${DAY}T14:30:00Z`)
const BARS = 40
const LAST = OPEN + BARS * 120_000

let cli: CliBundle
let base: string
let source: string
let folder: string
let running: ChildProcessWithoutNullStreams[] = []

beforeAll(async () => {
  cli = await bundleCli()
  base = await temporaryFolder('feed source')
  source = path.join(base, 'source')
  await writeSource()
})
afterAll(async () => {
  await cli.remove()
  await rm(base, { recursive: true, force: true })
})
beforeEach(async () => {
  folder = await temporaryFolder('feed')
})
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL')
  running = []
  await rm(folder, { recursive: true, force: true })
})

/** Two days: one before, of which a zone still stands, and the one that is played. */
async function writeSource(): Promise<void> {
  const store = await openStore(source, { create: true })
  try {
    const before = OPEN - 86_400_000
    await store.writer.appendCandles([
      ...candles(5, before),
      ...candles(BARS, OPEN),
      ...candles(6, OPEN, { timeframe: '15m', step: 900_000 }),
      ...candles(6, OPEN, { symbol: 'QQQ', timeframe: '15m', step: 900_000 }),
    ])
    const left = { left_ts: before }
    await store.writer.appendEvents([
      zoneEvent({ object_id: 'standing', ts: before, ...left }),
      zoneEvent({ object_id: 'over', ts: before, ...left }),
      { ...zoneEvent({ object_id: 'over', ts: before + 600_000 }), action: 'close', status: 'broken' },
      zoneEvent({ object_id: 'fresh', ts: OPEN + 600_000, left_ts: OPEN }),
      { ...zoneEvent({ object_id: 'standing', ts: OPEN + 900_000 }), action: 'update', status: 'touched' },
    ])
    const { writer } = store
    await writer.appendLedger('policies', [policy('v1', '2024-03-01'), policy('v2', '2024-03-09')])
    await writer.appendLedger('decisions', [
      decision('before', '2024-03-07T15:00'),
      ...['14:40', '14:45', '14:50'].map((time) =>
        decision(`d-${time}`, `${DAY}T${time}`, {
          outcome_pnl: 12.5,
          outcome_hit: true,
          outcome_max_drawdown: 1,
          outcome_holding_period_bars: 3,
        }),
      ),
      decision('open', `${DAY}T15:00`),
    ])
    await writer.appendLedger('audits', [audit('a#1', `${DAY}T14:41`)])
    await writer.appendLedger('stats', [stat('rsi_14', `${DAY}T21:00`)])
  } finally {
    await store.close()
  }
}

const target = () => path.join(folder, 'a target')
const words = (...more: string[]) => ['feed', '--store', source, '--from', DAY, '--json', ...more]
const receiptOf = (stdout: string) => JSON.parse(stdout) as FeedReceipt

/** Everything of the day that a person sees. */
async function seen(root: string): Promise<unknown> {
  const store = await openStore(root)
  try {
    const window = { from: OPEN, to: LAST }
    const views = [
      ['SPY', '2m'],
      ['SPY', '15m'],
      ['QQQ', '15m'],
    ].map(async ([symbol = '', timeframe = '']) => {
      const { candles, objects, problems } = await store.reader.viewport({ symbol, timeframe, ...window })
      return { candles, objects, problems }
    })
    const rows = (['decisions', 'audits', 'stats'] as const).map(async (table) => {
      const page = await store.reader.ledger.query({
        table,
        filter: { from: OPEN },
        offset: 0,
        limit: 100,
      })
      return page.entries.map(({ row }) => row)
    })
    return { views: await Promise.all(views), rows: await Promise.all(rows) }
  } finally {
    await store.close()
  }
}

const isParquet = (file: string) => file.endsWith('.parquet')

describe('barkeep feed', () => {
  it('F70, F72: plays the day into another store, whose day is the same; a second run changes no file', async () => {
    const first = await cli.run(words('--speed', '1000000', '--to-store', target()))
    expect([first.code, first.stderr]).toEqual([0, ''])
    const receipt = receiptOf(first.stdout)
    const documents = BARS + 12 + 3 + 4 + 3 + 1 + 1 + 1
    expect(receipt).toMatchObject({
      day: DAY,
      from: OPEN,
      planned: documents,
      played: documents,
      accepted: documents - 3,
      completed: 3,
      duplicates: 0,
      rejected: [],
      cancelled: false,
    })
    expect(await seen(target())).toEqual(await seen(source))
    const files = async () =>
      (await readdir(target(), { recursive: true })).filter((file) => !file.includes('.barkeep'))
    const before = await files()
    const again = receiptOf((await cli.run(words('--speed', '1000000', '--to-store', target()))).stdout)
    expect(again).toMatchObject({ accepted: 0, completed: 0, duplicates: documents, conflicts: 0 })
    expect((await files()).sort()).toEqual(before.sort())
    const narrow = await cli.run(
      words(
        '--speed',
        '1e6',
        '--to-store',
        path.join(folder, 'narrow'),
        '--symbol',
        'QQQ',
        '--timeframe',
        '15m',
      ),
    )
    // The policy in force, the bars of the one series, and what belongs to no symbol.
    expect(receiptOf(narrow.stdout)).toMatchObject({ accepted: 6 + 1 + 1 + 1, planned: 9 })
  })

  it('F73: through the endpoint the same, in batches; a wrong token, a closed port and no target are told', async () => {
    const tokenFile = path.join(folder, 'token')
    const serve = cli.start([
      'serve',
      '--port',
      '0',
      '--store',
      target(),
      '--token-file',
      tokenFile,
      '--json',
    ])
    running.push(serve)
    const line = await new Promise<string>((resolve) =>
      serve.stdout.once('data', (b: Buffer) => resolve(String(b))),
    )
    const { url } = JSON.parse(line) as { readonly url: string }
    const fed = await cli.run(words('--speed', '1000000', '--endpoint', url, '--token-file', tokenFile))
    expect([fed.code, fed.stderr]).toEqual([0, ''])
    expect(receiptOf(fed.stdout)).toMatchObject({ rejected: [], duplicates: 0, completed: 3 })
    const other = path.join(folder, 'other')
    await writeFile(other, 'x'.repeat(43), { mode: 0o600 })
    const refused = await cli.run(words('--endpoint', url, '--token-file', other))
    expect([refused.code, refused.stdout]).toEqual([2, ''])
    expect(refused.stderr).toContain('does not know this token (401)')
    const ended = resultOf(serve)
    serve.kill('SIGINT')
    expect((await ended).code).toBe(0)
    expect(await seen(target())).toEqual(await seen(source))
    const closed = await cli.run(words('--endpoint', url, '--token-file', tokenFile))
    expect([closed.code, closed.stdout]).toEqual([2, ''])
    expect(closed.stderr).toContain(`Nothing listens at ${url}`)
  })

  it('F74: a stop ends with a receipt of what is stored, and the next run brings the rest', async () => {
    // A bar of 2m every 20 ms.
    const child = cli.start(words('--speed', '6000', '--to-store', target()))
    running.push(child)
    const ended = resultOf(child)
    // The day of decisions is sealed by then; what a replay began stays open to the next one.
    while (!(await readdir(path.join(target(), 'decisions')).catch(() => [])).some(isParquet))
      await setImmediate()
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    expect(code).toBe(2)
    expect(stderr).toContain('Stopped; what is counted here is stored.')
    const stopped = receiptOf(stdout)
    expect(stopped.cancelled).toBe(true)
    expect(stopped.played).toBeGreaterThan(0)
    expect(stopped.played).toBeLessThan(stopped.planned)
    const rest = receiptOf((await cli.run(words('--speed', '1000000', '--to-store', target()))).stdout)
    expect(rest).toMatchObject({ rejected: [], played: rest.planned, conflicts: 0 })
    expect(rest.accepted + stopped.accepted).toBe(rest.planned - 3)
    expect(rest.completed + stopped.completed).toBe(3)
    expect(await seen(target())).toEqual(await seen(source))
  })

  it('F74: bad use is told in one line, and nothing is made', async () => {
    const runs = [
      words(),
      words('--to-store', target(), '--endpoint', 'http://127.0.0.1:1'),
      words('--to-store', source),
      words('--endpoint', 'https://example.com/'),
      ['feed', '--store', source, '--from', '2024-04-01', '--to-store', target()],
      words('--to-store', target(), '--speed', '0'),
    ]
    const told = [
      '--to-store DIR or --endpoint URL, one of them',
      '--to-store DIR or --endpoint URL, one of them',
      'is the store that is played from',
      'is not the address of an ingest endpoint',
      'The store holds no bar at or after 2024-04-01T05:00:00.000+00:00',
      'Give a number above 0',
    ]
    const results = await Promise.all(runs.map((run) => cli.run(run)))
    for (const [index, { code, stdout, stderr }] of results.entries()) {
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain(told[index])
      expect(stderr.trim().split('\n')).toHaveLength(1)
    }
    expect(await readdir(folder)).toEqual([])
  })
})

it('F73: a busy endpoint is asked again, and what it took in the first try is told as new', async () => {
  const bodies: string[] = []
  const server = http.createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      bodies.push(Buffer.concat(pieces).toString())
      response.setHeader('retry-after', '0')
      if (bodies.length === 1) {
        response.statusCode = 503
        const error = { code: 'LOCKED', message: 'Busy.' }
        response.end(JSON.stringify({ error, lines: ['accepted', 'unknown'] }))
      } else response.end(JSON.stringify({ rejected: [], lines: ['duplicate', 'accepted'] }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const waits: string[] = []
  const endpoint = new EndpointTarget(`http://127.0.0.1:${port}`, {
    token: () => 'token',
    signal: new AbortController().signal,
    onWait: (message) => waits.push(message),
  })
  try {
    const outcomes = await endpoint.hand('candles', [{ a: 1 }, { a: 2 }])
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted'])
    expect(bodies).toEqual(['{"a":1}\n{"a":2}', '{"a":1}\n{"a":2}'])
    expect(waits).toEqual([expect.stringContaining('503: Busy.')])
    // What is too much for one batch goes in several.
    bodies.length = 1
    await endpoint.hand('candles', [{ a: 'x'.repeat(1_500_000) }, { a: 'y'.repeat(1_500_000) }])
    expect(bodies.slice(1).map((body) => body.length)).toEqual([1_500_008, 1_500_008])
  } finally {
    endpoint.close()
    server.close()
  }
})
