import { chmodSync, readFileSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Limits } from '../../src-main/ingest/endpoint/limits.ts'
import { TokenFile } from '../../src-main/ingest/endpoint/token-file.ts'
import {
  barLine,
  barLines,
  dataFiles,
  send,
  sendRaw,
  serveStore,
  type TestEndpoint,
} from '../support/endpoint-client.ts'
import { type OpenedStore, openedStore, temporaryFolder } from '../support/store-fixture.ts'

let store: OpenedStore
let folder: string
let served: TestEndpoint

beforeEach(async () => {
  store = await openedStore()
  folder = await temporaryFolder('endpoint')
})

afterEach(async () => {
  await served?.endpoint.close()
  await store.remove()
  await rm(folder, { recursive: true, force: true })
})

const serve = async (limits: Partial<Limits> = {}) => {
  served = await serveStore(store, folder, limits)
  return served
}

/** The endpoint goes on as if nothing had been: a bar is taken, and it alone is in the store. */
async function isUnharmed(): Promise<void> {
  expect(await dataFiles(store.root)).toEqual([])
  const taken = await served.post('candles', barLine())
  expect(taken).toMatchObject({ status: 200, body: { accepted: 1, lines: ['accepted'] } })
  expect(await dataFiles(store.root)).toHaveLength(1)
}

describe('H1–H5: who may speak', () => {
  it('H1: nothing listens before it is started, nor after it is closed', async () => {
    const { port, endpoint } = await serve()
    await endpoint.close()
    await expect(send(port, '/v1/health')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('H1: it listens on 127.0.0.1 alone', async () => {
    const { port } = await serve()
    const others = Object.values(os.networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ address }) => address !== '127.0.0.1')
      .map(({ address, family }) => ({ host: address, family: family === 'IPv6' ? 6 : 4 }))
    for (const { host } of [...others, { host: '::1' }, { host: '127.0.0.2' }]) {
      const connected = await new Promise<boolean>((resolve) => {
        const socket = net.connect(port, host, () => {
          socket.destroy()
          resolve(true)
        })
        socket.on('error', () => resolve(false))
      })
      expect({ host, connected }).toEqual({ host, connected: false })
    }
  })

  it('H3: a missing, wrong, misplaced or stale token is 401, whatever is asked for', async () => {
    const { port, token, get } = await serve()
    const stale = token.token
    token.renew()
    expect(token.token).not.toBe(stale)
    const given = [
      undefined,
      '',
      'Bearer ',
      `Bearer ${stale}`,
      `Bearer ${token.token}x`,
      `Bearer ${token.token.slice(0, -1)}`,
      `Basic ${token.token}`,
      token.token,
    ]
    for (const authorization of given) {
      for (const [method, target] of [
        ['GET', '/v1/health'],
        ['POST', '/v1/candles'],
        ['GET', '/nowhere'],
        ['OPTIONS', '/v1/candles'],
        ['POST', `/v1/candles?token=${token.token}`],
      ] as const) {
        const headers = { authorization, 'content-type': 'application/x-ndjson' }
        const body = method === 'POST' ? barLine() : undefined
        const answer = await send(port, target, { method, headers, ...(body === undefined ? {} : { body }) })
        expect({ authorization, target, status: answer.status }).toEqual({
          authorization,
          target,
          status: 401,
        })
        expect(answer.headers['www-authenticate']).toBe('Bearer')
        expect(JSON.stringify(answer.body)).not.toContain(token.token)
      }
    }
    expect((await get('/v1/health')).status).toBe(200)
    expect(served.refused).toHaveLength(given.length * 5)
    expect(JSON.stringify(served.refused)).not.toContain(token.token)
    await isUnharmed()
  })

  it("H3: the token's file is the user's alone; one that others may read is written anew", () => {
    const file = path.join(folder, 'deep', 'token')
    const first = new TokenFile(file)
    expect(Buffer.from(first.token, 'base64url')).toHaveLength(32)
    expect(readFileSync(file, 'utf8').trim()).toBe(first.token)
    expect(new TokenFile(file).token).toBe(first.token)
    if (process.platform === 'win32') return
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const known = first.token
    chmodSync(file, 0o644)
    const second = new TokenFile(file)
    expect(second.token).not.toBe(known)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('H3: what the file holds now is the token: changed by another hand, readable by others, or gone, the old one is 401', async () => {
    const { token, post } = await serve()
    const old = token.token
    const asked = async (bearer: string) =>
      (await post('candles', barLine(), { headers: { authorization: `Bearer ${bearer}` } })).status
    new TokenFile(token.file).renew()
    const next = readFileSync(token.file, 'utf8').trim()
    expect([await asked(old), await asked(next)]).toEqual([401, 200])
    if (process.platform !== 'win32') {
      chmodSync(token.file, 0o640)
      expect(await asked(next)).toBe(401)
      chmodSync(token.file, 0o600)
      expect(await asked(next)).toBe(200)
    }
    await rm(token.file)
    expect([await asked(next), await asked('')]).toEqual([401, 401])
    expect(() => token.token).toThrow('Make a new token')
    token.renew()
    expect([await asked(next), await asked(token.token)]).toEqual([401, 200])
  })

  it('H4: another Host is 421: a name that was pointed at this machine reaches nothing', async () => {
    const { port, get } = await serve()
    const foreign = [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      `127.0.0.1:${port + 1}`,
      '0.0.0.0',
      `[::1]:${port}`,
      'localhost@evil.example',
    ]
    for (const host of foreign) {
      const answer = await get('/v1/health', { headers: { host } })
      expect({ host, status: answer.status }).toEqual({ host, status: 421 })
    }
    for (const host of ['localhost', `LOCALHOST:${port}`, '127.0.0.1', `127.0.0.1:${port}`]) {
      expect((await get('/v1/health', { headers: { host } })).status).toBe(200)
    }
    const twice = await sendRaw(
      port,
      `GET /v1/health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: evil.example\r\nAuthorization: Bearer ${served.token.token}\r\nConnection: close\r\n\r\n`,
    )
    expect(twice).toContain('HTTP/1.1 400')
    expect(await sendRaw(port, 'GET /v1/health HTTP/1.1\r\n\r\n')).toContain('HTTP/1.1 400')
    expect(await sendRaw(port, 'GET /v1/health HTTP/1.0\r\n\r\n')).toContain('HTTP/1.1 421')
    const absolute = await sendRaw(
      port,
      `GET http://evil.example/v1/health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
    )
    expect(absolute).toContain('HTTP/1.1 401')
    await isUnharmed()
  })

  it('H5: any Origin is 403, and no answer opens the door to pages', async () => {
    const { port, post } = await serve()
    for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${port}`, 'app://bundle']) {
      const answer = await post('candles', barLine(), { headers: { origin } })
      expect({ origin, status: answer.status }).toEqual({ origin, status: 403 })
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
    const image = await post('candles', barLine(), { headers: { 'sec-fetch-site': 'cross-site' } })
    expect(image.status).toBe(403)
    await isUnharmed()
  })
})

describe('H6–H8: what is taken', () => {
  it('H6: unknown paths are 404, known ones by another method 405, broken ones 400', async () => {
    const { get, post } = await serve()
    const asked = async (target: string, method: string) => (await get(target, { method })).status
    for (const target of [
      '/',
      '/v1',
      '/v1/candles/',
      '/v1/Candles',
      '/v1/candles/../policies',
      '/v2/candles',
      '/v1/__proto__',
    ])
      expect({ target, status: await asked(target, 'POST') }).toEqual({ target, status: 404 })
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'PROPFIND'])
      expect({ method, status: await asked('/v1/candles', method) }).toEqual({ method, status: 405 })
    const allowed = await get('/v1/health', { method: 'DELETE' })
    expect(allowed).toMatchObject({ status: 405, headers: { allow: 'GET' } })
    expect(await asked('/v1/%zz', 'GET')).toBe(400)
    expect((await post('health', barLine())).status).toBe(405)
    expect(allowed.headers.server).toBeUndefined()
    expect(allowed.headers['x-powered-by']).toBeUndefined()
    await isUnharmed()
  })

  it('H7: another type, charset or a compressed body is 415', async () => {
    const { post } = await serve()
    const heads = [
      { 'content-type': undefined },
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'content-type': 'multipart/form-data; boundary=x' },
      { 'content-type': 'application/x-ndjson\t; a' },
      { 'content-type': 'application/x-ndjson; charset=utf-16' },
      { 'content-type': '__proto__' },
      { 'content-encoding': 'gzip' },
    ]
    for (const headers of heads) {
      const { status } = await post('candles', barLine(), { headers })
      expect({ headers, status }).toEqual({ headers, status: 415 })
    }
    await isUnharmed()
    const named = await post('candles', barLine(), {
      headers: { 'content-type': 'Application/X-NDJSON; charset=UTF-8' },
    })
    expect(named).toMatchObject({ status: 200, body: { lines: ['duplicate'] } })
  })

  it('H7: too many bytes or lines are 413, announced or not, and nothing of them is written', async () => {
    const { port, post, token } = await serve({ bodyBytes: 4_096, lines: 20 })
    const large = barLines(60)
    expect((await post('candles', large)).status).toBe(413)
    const chunked = { headers: { 'transfer-encoding': 'chunked' } }
    expect((await post('candles', large, chunked)).status).toBe(413)
    expect((await post('candles', '\n'.repeat(21))).status).toBe(413)
    const promised = await sendRaw(
      port,
      `POST /v1/candles HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token.token}\r\nContent-Type: application/x-ndjson\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n`,
    )
    expect(promised).toContain('HTTP/1.1 413')
    expect(promised).not.toContain('100 Continue')
    const headers = await sendRaw(port, `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)
    expect(headers).toContain('HTTP/1.1 431')
    await isUnharmed()
  })

  it('H7: what is not JSON is 400, what breaks its schema in every line 422, with field and reason', async () => {
    const { post } = await serve()
    for (const body of ['not json\n{"half":', '\u0000\u0001', '{"symbol":"SPY"'])
      expect({ body, status: (await post('candles', body)).status }).toEqual({ body, status: 400 })
    const asJson = { headers: { 'content-type': 'application/json' } }
    for (const body of ['', 'x', `${barLine()}${barLine(1)}`, '{"a":NaN}'])
      expect({ body, status: (await post('candles', body, asJson)).status }).toEqual({ body, status: 400 })
    const breaches = await post('candles', `${barLine(0, { high: 1 })}${barLine(1, { colour: 'red' })}[]\n`)
    expect(breaches).toMatchObject({
      status: 422,
      body: {
        error: { code: 'BAD_ROW' },
        accepted: 0,
        rejected: [
          { line: 1, field: 'high' },
          { line: 2, field: 'colour' },
          { line: 3, field: null },
        ],
        lines: ['rejected', 'rejected', 'rejected'],
      },
    })
    await isUnharmed()
  })

  it('H7: path tricks in symbol and timeframe reach no path', async () => {
    const { post } = await serve()
    const symbols = [
      '../../x',
      '..',
      '/etc/passwd',
      'C:\\x',
      'a/../b',
      'x\u0000y',
      'x\n',
      '.',
      '',
      'SPY/',
      '%2e%2e%2f',
    ]
    const timeframes = [
      '../2m',
      '2m/..',
      '/2m',
      '2m\u0000',
      '..',
      '',
      '0m',
      '2m/2024-03-08',
      'CON',
      '2\u006d\\x',
    ]
    const lines = [
      ...symbols.map((symbol, at) => barLine(at, { symbol })),
      ...timeframes.map((timeframe, at) => barLine(at, { timeframe })),
    ]
    const answer = await post('candles', lines.join(''))
    expect(answer.status).toBe(422)
    expect(answer.body.lines).toEqual(lines.map(() => 'rejected'))
    expect(answer.body.rejected?.map(({ field }) => field)).toEqual([
      ...symbols.map(() => 'symbol'),
      ...timeframes.map(() => 'timeframe'),
    ])
    const event = {
      ts: 1709908440000,
      action: 'create',
      object_id: '../../z',
      type: 'zone',
      symbol: '../x',
      timeframe: '2m',
    }
    expect((await post('events', JSON.stringify(event))).status).toBe(422)
    await isUnharmed()
  })

  it('H7: a body that breaks off leaves no trace', async () => {
    const { port, token } = await serve()
    const head = `POST /v1/candles HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token.token}\r\nContent-Type: application/x-ndjson\r\nContent-Length: 9999\r\n\r\n`
    await new Promise<void>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () =>
        socket.write(head + barLines(5), () => socket.end()),
      )
      socket.on('error', () => undefined)
      socket.on('close', () => resolve())
      socket.resume()
    })
    await isUnharmed()
  })

  it('H8: more batches, or bytes of them, at once than there is room for are told to come again', async () => {
    for (const limits of [{ batches: 0 }, { heldBytes: 100 }]) {
      const { post, endpoint } = await serve(limits)
      const answer = await post('candles', barLine())
      expect(answer).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        body: { error: { code: 'LOCKED' } },
      })
      await endpoint.close()
    }
    await serve()
    await isUnharmed()
  })
})
