import { rm } from 'node:fs/promises'
import net from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Limits } from '../../src-main/ingest/endpoint/limits.ts'
import { barLine, dataFiles, serveStore, type TestEndpoint } from '../support/endpoint-client.ts'
import { type OpenedStore, openedStore, temporaryFolder } from '../support/store-fixture.ts'

let store: OpenedStore
let folder: string
let served: TestEndpoint

beforeEach(async () => {
  store = await openedStore()
  folder = await temporaryFolder('endpoint')
})

afterEach(async () => {
  await served.endpoint.close()
  await store.remove()
  await rm(folder, { recursive: true, force: true })
})

const serve = async (limits: Partial<Limits>) => {
  served = await serveStore(store, folder, limits)
  return served
}

describe('200 slow connections', () => {
  /** Opens connections that say `text` and then nothing; counts how many the other side has ended. */
  async function silent(port: number, count: number, text: string) {
    const ended: Promise<string>[] = []
    let over = 0
    const opened = Array.from({ length: count }, () => {
      const socket = net.connect(port, '127.0.0.1')
      let back = ''
      socket.on('data', (piece) => {
        back += piece.toString('latin1')
      })
      socket.on('error', () => undefined)
      socket.on('close', () => {
        over += 1
      })
      ended.push(new Promise((resolve) => socket.on('close', () => resolve(back))))
      return new Promise<net.Socket>((resolve) =>
        socket.on('connect', () => socket.write(text, () => resolve(socket))),
      )
    })
    return { sockets: await Promise.all(opened), ended: Promise.all(ended), over: () => over }
  }

  it('H8: starve nobody: batches are taken beside them, and each slow one is answered 408 and let go', async () => {
    const { port, token, post } = await serve({ headPatience: 2_500, requestPatience: 3_000 })
    const authorized = `Host: localhost\r\nAuthorization: Bearer ${token.token}\r\n`
    const half = await silent(port, 70, 'POST /v1/candles HTTP/1.1\r\nHost: loc')
    const mute = await silent(port, 60, '')
    const body = await silent(
      port,
      70,
      `POST /v1/candles HTTP/1.1\r\n${authorized}Content-Type: application/x-ndjson\r\nContent-Length: 500\r\n\r\n${barLine(9)}`,
    )
    const times: number[] = []
    for (let at = 0; at < 5; at++) {
      const started = performance.now()
      const answer = await post('candles', barLine(at))
      times.push(performance.now() - started)
      expect(answer.status).toBe(200)
    }
    // All of it while every slow one is still there.
    expect(half.over() + mute.over() + body.over()).toBe(0)
    const answers = [...(await half.ended), ...(await mute.ended), ...(await body.ended)]
    expect(answers).toHaveLength(200)
    expect((await body.ended).map((text) => text.slice(0, 12))).toEqual(Array(70).fill('HTTP/1.1 408'))
    expect((await half.ended).map((text) => text.slice(0, 12))).toEqual(Array(70).fill('HTTP/1.1 408'))
    expect(await dataFiles(store.root)).toHaveLength(5)
    const calm = await post('candles', barLine(5))
    expect(calm.status).toBe(200)
    console.log(
      `200 slow connections: batches beside them took ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`,
    )
  })

  it('H8: beyond 256 that show no token the oldest goes, so that a bot always gets in', async () => {
    const { port, post } = await serve({ strangers: 50 })
    const mute = await silent(port, 120, '')
    expect((await post('candles', barLine())).status).toBe(200)
    for (const socket of mute.sockets) socket.destroy()
    await mute.ended
  })

  it('H8: one that asks and never reads its answers is let go, and holds nobody up', async () => {
    const { port, token, post } = await serve({ headPatience: 2_000, requestPatience: 2_000 })
    const ask = `GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token.token}\r\n\r\n`
    const socket = net.connect(port, '127.0.0.1')
    const gone = new Promise((resolve) => socket.on('close', resolve))
    socket.on('error', () => undefined)
    socket.pause()
    // Some 40 MB of answers: more than the system keeps for a connection.
    socket.write(ask.repeat(2_000))
    expect((await post('candles', barLine())).status).toBe(200)
    // A side that reads nothing learns that the other has gone when it writes.
    const knocking = setInterval(() => socket.write(ask), 100)
    await gone
    clearInterval(knocking)
    expect((await post('candles', barLine(1))).status).toBe(200)
  })

  it('H8: two hundred that came and went, in order or not, leave no handle behind', async () => {
    const { port, post } = await serve({})
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    await post('candles', barLine())
    const before = { sockets: sockets(), timers: timers() }
    for (let round = 0; round < 5; round++) {
      const half = await silent(port, 20, 'POST /v1/candles HTTP/1.1\r\nHost: loc')
      for (const socket of half.sockets) socket.destroy()
      await half.ended
      await Promise.all(Array.from({ length: 10 }, (_, at) => post('candles', barLine(at))))
      await Promise.all(
        Array.from({ length: 10 }, () => post('nothing', 'x', { headers: { authorization: 'Bearer x' } })),
      )
    }
    await expect.poll(sockets, { timeout: 20_000 }).toBeLessThanOrEqual(before.sockets)
    await expect.poll(timers, { timeout: 20_000 }).toBeLessThanOrEqual(before.timers + 1)
  })
})
