import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../src-main/store/index.ts'
import { bundleCli, type CliBundle, resultOf } from '../support/cli-process.ts'
import { barLine, barLines, send } from '../support/endpoint-client.ts'
import { temporaryFolder } from '../support/store-fixture.ts'

let cli: CliBundle
let folder: string
let running: ChildProcessWithoutNullStreams[]

beforeAll(async () => {
  cli = await bundleCli()
})
afterAll(async () => {
  await cli.remove()
})
beforeEach(async () => {
  folder = await temporaryFolder('serve')
  running = []
})
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

interface Told {
  readonly url: string
  readonly address: string
  readonly port: number
  readonly tokenFile: string
  readonly store: string
}

const store = () => path.join(folder, 'a store')
const token = (told: Told) => readFileSync(told.tokenFile, 'utf8').trim()
const words = (...more: string[]) => [
  'serve',
  '--store',
  store(),
  '--token-file',
  path.join(folder, 'private', 'token'),
  '--json',
  ...more,
]

/** Starts `barkeep serve` and waits for the line in which it tells where it listens. */
async function serve(...more: string[]) {
  const child = cli.start(words('--port', '0', ...more))
  running.push(child)
  const line = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (piece: Buffer) => {
      text += piece.toString()
      if (text.endsWith('\n')) resolve(text)
    })
    child.on('close', (code) => reject(new Error(`serve ended with ${code}`)))
  })
  return { child, told: JSON.parse(line) as Told }
}

const post = (told: Told, body: string, bearer = token(told)) =>
  send(told.port, '/v1/candles', {
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/x-ndjson' },
    body,
  })

describe('barkeep serve', () => {
  it('H2: tells address, token file and store, takes batches, and ends in order on SIGINT', async () => {
    const { child, told } = await serve()
    expect(told).toEqual({
      url: `http://127.0.0.1:${told.port}`,
      address: '127.0.0.1',
      port: expect.any(Number),
      tokenFile: path.join(folder, 'private', 'token'),
      store: store(),
    })
    if (process.platform !== 'win32') expect(statSync(told.tokenFile).mode & 0o777).toBe(0o600)
    expect(await post(told, barLines(3))).toMatchObject({ status: 200, body: { accepted: 3 } })
    expect((await post(told, barLine(), 'wrong')).status).toBe(401)
    const ended = resultOf(child)
    child.kill('SIGINT')
    const { code, stderr } = await ended
    expect(code).toBe(0)
    expect(stderr).toContain('3 new rows in 1 batch; 1 request refused.')
    expect(stderr).toContain('401 POST /v1/candles')
    expect(stderr).not.toContain(token(told))
    await expect(post(told, barLine())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('H9: killed right after an answer, every row of it is in the store', async () => {
    const { child, told } = await serve()
    const answer = await post(told, barLines(40))
    child.kill('SIGKILL')
    expect(answer.body.accepted).toBe(40)
    const dead = resultOf(child)
    await dead
    const opened = await openStore(store())
    try {
      const shown = await opened.reader.viewport({ symbol: 'SPY', timeframe: '2m', from: 0, to: 8e15 })
      expect(shown.candles.ts).toHaveLength(40)
      expect(shown.problems).toEqual([])
    } finally {
      await opened.close()
    }
  })

  it('H2, H3: a port that is taken ends it with 2 and a line that says what to do; a new token makes the old one stale', async () => {
    const first = await serve()
    const old = token(first.told)
    const taken = await cli.run(words('--port', String(first.told.port)))
    expect(taken).toMatchObject({ code: 2, stdout: '' })
    expect(taken.stderr).toContain(
      `Port ${first.told.port} of 127.0.0.1 is taken. Choose another, or 0 for any.`,
    )
    expect(token(first.told)).toBe(old)
    const second = await serve('--new-token')
    expect(token(second.told)).not.toBe(old)
    expect((await post(second.told, barLine(), old)).status).toBe(401)
    expect((await post(second.told, barLine())).status).toBe(200)
    // The first one runs on, and follows the file.
    expect((await post(first.told, barLine(), old)).status).toBe(401)
    expect((await post(first.told, barLine())).body.lines).toEqual(['duplicate'])
  })
})
