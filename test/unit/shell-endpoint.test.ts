import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EndpointState } from '../../schemas/contract/endpoint.ts'
import { reportOf } from '../../schemas/contract/errors.ts'
import { EndpointSwitch } from '../../src-main/shell/endpoint.ts'
import { EngineHost } from '../../src-main/shell/engine-host.ts'
import { Settings } from '../../src-main/shell/settings.ts'
import { barLine, barLines, send } from '../support/endpoint-client.ts'

/** Waits for what must come; a busy machine may take its time. */
const PATIENT = { timeout: 30_000, interval: 5 }

let folder: string
let open: (() => Promise<unknown>)[]

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'barkeep-endpoint-'))
  open = []
})

afterEach(async () => {
  for (const close of open.reverse()) await close()
  rmSync(folder, { recursive: true, force: true })
})

/** The app's endpoint without Electron: the real engine, settings and log, as the composition root wires them. */
function app() {
  const log: string[] = []
  const states: EndpointState[] = []
  const stored: (readonly string[])[] = []
  const engine = new EngineHost({
    onProblem: ({ message }) => {
      throw new Error(message)
    },
    onLive: ({ tables }) => {
      if (tables.length > 0) stored.push(tables)
    },
  })
  const settings = new Settings(path.join(folder, 'settings.json'), { onNote: (note) => log.push(note) })
  const endpoint = new EndpointSwitch({
    engine,
    settings,
    tokenFile: path.join(folder, 'endpoint-token'),
    version: '1.2.3',
    logger: pino({ level: 'trace' }, { write: (line: string) => log.push(line) }),
    onState: (state) => states.push(state),
  })
  const quit = async () => {
    await endpoint.stop()
    await engine.close()
    settings.flush()
  }
  open.push(quit)
  return { endpoint, engine, settings, log, states, stored, quit }
}

const storeFolder = async (name: string) => {
  const made = path.join(folder, name)
  await mkdir(made)
  return made
}

const post = async ({ url }: EndpointState, token: string, body: string) =>
  send(Number(new URL(url ?? 'none:').port), '/v1/candles', {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    body,
  })

describe('the endpoint of the app', () => {
  it('H1: is off, listens nowhere and has no token until it is switched on; off again, it is gone', async () => {
    const { endpoint } = app()
    await endpoint.begin()
    expect(endpoint.state).toMatchObject({ on: false, url: null, error: null, store: null })
    expect(reportOf(await endpoint.token().catch((thrown: unknown) => thrown)).code).toBe('BAD_REQUEST')
    expect(() => statSync(endpoint.state.tokenFile)).toThrow('ENOENT')
    const on = await endpoint.set({ on: true, port: 0 })
    expect(on.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const token = await endpoint.token()
    expect(readFileSync(on.tokenFile, 'utf8').trim()).toBe(token)
    const off = await endpoint.set({ on: false, port: 0 })
    expect(off.url).toBeNull()
    await expect(post(on, token, barLine())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('H2: batches go to the store that is open then; without one they are told so', async () => {
    const { endpoint, engine, stored, states } = app()
    const on = await endpoint.set({ on: true, port: 0 })
    const token = await endpoint.token()
    expect(await post(on, token, barLine())).toMatchObject({
      status: 503,
      body: { error: { code: 'NO_STORE' } },
    })
    for (const name of ['first', 'second']) {
      await engine.open(await storeFolder(name))
      expect((await post(on, token, barLines(2))).body.lines).toEqual(['accepted', 'accepted'])
      const { candles } = await engine.viewport({ symbol: 'SPY', timeframe: '2m', from: 0, to: 8e15 })
      expect(candles.ts).toHaveLength(2)
    }
    expect(endpoint.state).toMatchObject({ batches: 2, accepted: 4, refused: 1, store: engine.path })
    await expect.poll(() => states.at(-1)?.batches, PATIENT).toBe(2)
    await engine.look()
    expect(stored.flat()).toContain('candles')
    const before = stored.length
    expect((await post(on, token, barLines(2))).body.duplicates).toBe(2)
    expect(endpoint.state.batches).toBe(3)
    await engine.look()
    expect(stored).toHaveLength(before)
  })

  it('H2: it is on again after a restart, at its port; a port that is taken stands in its state', async () => {
    const first = app()
    const { url } = await first.endpoint.set({ on: true, port: 0 })
    const port = Number(new URL(url ?? '').port)
    const taken = app()
    expect((await taken.endpoint.set({ on: true, port })).error).toMatchObject({
      code: 'IO',
      message: expect.stringContaining(`Port ${port} of 127.0.0.1 is taken`),
    })
    expect(taken.endpoint.state).toMatchObject({ on: true, url: null })
    await first.endpoint.set({ on: false, port })
    expect((await taken.endpoint.set({ on: true, port })).url).toBe(url)
    await taken.quit()
    const next = app()
    await next.endpoint.begin()
    expect(next.endpoint.state).toMatchObject({ on: true, port, url, error: null })
  })

  it('H3: a new token shuts out the old one at once; refusals are counted and logged, the token never', async () => {
    const { endpoint, engine, log, states } = app()
    await engine.open(await storeFolder('store'))
    const on = await endpoint.set({ on: true, port: 0 })
    const old = await endpoint.token()
    await endpoint.renewToken()
    const token = await endpoint.token()
    expect((await post(on, old, barLine())).status).toBe(401)
    expect((await post(on, token, barLine())).status).toBe(200)
    expect(endpoint.state).toMatchObject({
      refused: 1,
      refusals: [{ status: 401, method: 'POST', path: '/v1/candles' }],
    })
    const said = JSON.stringify([log, states, endpoint.state])
    expect(said).toContain('refused a request')
    expect(said).not.toContain(token)
    expect(said).not.toContain(old)
  })

  it('H2: when the app ends, a batch under way is finished before its store is closed', async () => {
    const { endpoint, engine, quit } = app()
    await engine.open(await storeFolder('store'))
    const on = await endpoint.set({ on: true, port: 0 })
    const batch = post(on, await endpoint.token(), barLines(60))
    await expect
      .poll(
        async () =>
          (await engine.viewport({ symbol: 'SPY', timeframe: '2m', from: 0, to: 8e15 })).candles.ts.length,
        PATIENT,
      )
      .toBeGreaterThan(0)
    await quit()
    expect(await batch).toMatchObject({ status: 200, body: { accepted: 60 } })
  })
})
