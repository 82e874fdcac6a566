import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Store } from '../../src-main/store/api.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { barFile, SecondWriter } from '../support/second-writer.ts'
import { candles, temporaryFolder, zoneEvent } from '../support/store-fixture.ts'
import { ToldBars } from '../support/told-bars.ts'

const NOW = Date.UTC(2024, 2, 8, 15, 0)
const BARS = candles(5, NOW)

let above: string
let root: string
let store: Store
const other = new SecondWriter()

beforeAll(async () => {
  above = await temporaryFolder('gone')
})
afterAll(async () => {
  await other.end()
  await rm(above, { recursive: true })
})

async function filled(name: string, env: Env = nodeEnv): Promise<void> {
  root = path.join(above, name)
  store = await openStore(root, { create: true, env })
  await store.writer.appendCandles(BARS.slice(0, 3))
  await store.writer.appendEvents([zoneEvent({ ts: NOW })])
}

async function writeAside(folder: string, bar: number): Promise<void> {
  const row = BARS[bar]
  if (row === undefined) throw new Error('no such bar')
  await other.do(await barFile(row, path.join(folder, 'data/2m/2024-03-08', `bar ${bar}.parquet`)))
}

it('F5: a folder that goes is told with a clear error; nothing is shown as empty or made in its place; it is followed once it is back', async () => {
  await filled('store')
  const told = await ToldBars.of(store, 'SPY', '2m')
  const { watch, until, problems } = told.watching
  const gone = until(({ health }) => health?.folder.state === 'gone')
  const away = `${root} away`
  await rename(root, away)
  const { health, tables } = await gone
  expect(tables).toEqual([])
  expect(health?.folder).toEqual({
    state: 'gone',
    since: expect.any(Number),
    error: { code: 'NO_STORE', message: expect.stringContaining(`The store's folder ${root} is gone.`) },
  })
  const window = { symbol: 'SPY', timeframe: '2m', from: 0, to: 8e15 } as const
  const noStore = expect.objectContaining({ code: 'NO_STORE' })
  const page = { table: 'decisions', filter: {}, offset: 0, limit: 1 } as const
  await expect(store.reader.viewport(window)).rejects.toEqual(noStore)
  await expect(store.reader.info()).rejects.toEqual(noStore)
  const { ledger } = store.reader
  await expect(ledger.query(page)).rejects.toEqual(noStore)
  await expect(ledger.summary({ filter: {} })).rejects.toEqual(noStore)
  await expect(ledger.performance({ filter: {}, groupBy: ['action'] })).rejects.toEqual(noStore)
  await expect(store.writer.appendCandles(BARS.slice(3, 4))).rejects.toEqual(noStore)
  await watch.look()
  await expect(stat(root)).rejects.toThrow('ENOENT')
  // While it is away another program goes on in it.
  await writeAside(away, 3)
  const back = until(({ health }) => health?.folder.state === 'there')
  await rename(away, root)
  expect((await back).tables).toEqual(expect.arrayContaining(['candles', 'object_events', 'decisions']))
  expect(await told.now()).toHaveLength(4)
  // By what the system tells again, and by the writer as before.
  const from = told.watching.updates.length
  await writeAside(root, 4)
  await until(({ tables }) => tables.includes('candles'), from)
  expect(await store.writer.appendCandles(candles(1, NOW + 86_400_000))).toHaveLength(1)
  expect(await told.now()).toEqual(await told.stored())
  expect(problems).toEqual([])
  await store.close()
})

it('F5: another folder in its place is looked at anew, an empty one is taken for a drive that is gone', async () => {
  root = path.join(above, 'drive')
  store = await openStore(root, { create: true })
  const told = await ToldBars.of(store, 'SPY', '2m')
  const { watch } = told.watching
  await store.writer.appendCandles(BARS.slice(0, 3))
  expect(await told.now()).toHaveLength(3)
  const copy = `${root} copy`
  await cp(root, copy, { recursive: true, preserveTimestamps: true })
  await writeAside(copy, 3)
  await rename(root, `${root} old`)
  await rename(copy, root)
  expect(await told.now()).toHaveLength(4)
  expect(await told.now()).toEqual(await told.stored())
  await rename(root, copy)
  await mkdir(root)
  await watch.look()
  const message = expect.stringContaining('is another one now, and empty')
  expect(watch.health().folder).toMatchObject({ state: 'gone', error: { code: 'NO_STORE', message } })
  await expect(store.reader.info()).rejects.toMatchObject({ code: 'NO_STORE' })
  await expect(store.writer.appendCandles(BARS.slice(3, 4))).rejects.toMatchObject({ code: 'NO_STORE' })
  expect(await readdir(root)).toEqual([])
  await rm(root, { recursive: true })
  await rename(copy, root)
  await writeAside(root, 4)
  expect(await told.now()).toHaveLength(5)
  expect(watch.health().folder).toEqual({ state: 'there' })
  // The folder of this process's staging was left in the other one.
  await rm(path.join(root, '.barkeep/staging'), { recursive: true })
  expect(await store.writer.appendCandles(candles(1, NOW + 86_400_000))).toHaveLength(1)
  expect(await told.now()).toEqual(await told.stored())
  await store.close()
})

it('F5: a look that fails is told once, tried again by itself, and nothing is lost by it', async () => {
  let failing: string | null = null
  const fail = (): void => {
    if (failing !== null) throw Object.assign(new Error(`${failing}: input/output error`), { code: failing })
  }
  await filled('failing', {
    ...nodeEnv,
    readDir: async (target) => {
      if (target !== root) fail()
      return nodeEnv.readDir(target)
    },
  })
  const told = await ToldBars.of(store, 'SPY', '2m')
  const { watch, problems, until, updates } = told.watching
  failing = 'EIO'
  await writeAside(root, 3)
  for (let look = 0; look < 4; look++) await watch.look()
  expect(problems).toEqual([expect.objectContaining({ code: 'IO' })])
  const from = updates.length
  failing = null
  await until(({ tables }) => tables.includes('candles'), from)
  expect(await told.now()).toEqual(await told.stored())
  expect(await told.now()).toHaveLength(4)
  failing = 'EIO'
  await writeAside(root, 4)
  await watch.look()
  expect(problems).toHaveLength(2)
  failing = null
  expect(await told.now()).toHaveLength(5)
  await store.close()
})

it('F5: where a part of the store can’t be looked at, it is told once, and the rest is followed as soon as ever', async () => {
  await filled('part failing', {
    ...nodeEnv,
    readDir: async (target) => {
      if (target === path.join(root, 'decisions'))
        throw Object.assign(new Error('EACCES'), { code: 'EACCES' })
      return nodeEnv.readDir(target)
    },
  })
  const told = await ToldBars.of(store, 'SPY', '2m')
  const { problems, until, updates } = told.watching
  await mkdir(path.join(root, 'decisions'))
  const waits: number[] = []
  for (const row of candles(20, NOW + 3_600_000)) {
    const from = updates.length
    await other.do(await barFile(row, path.join(root, 'data/2m/2024-03-08', `bar ${row.ts}.parquet`)))
    const written = performance.now()
    await until(({ bars }) => bars?.candles.ts.includes(row.ts) === true, from)
    waits.push(performance.now() - written)
  }
  waits.sort((a, b) => a - b)
  console.log(
    `beside a part that fails, ms: p50 ${Math.round(waits[10] ?? 0)}, most ${Math.round(waits[19] ?? 0)}`,
  )
  expect(waits[10]).toBeLessThan(1_000)
  expect(problems).toEqual([expect.objectContaining({ code: 'IO' })])
  await store.close()
})

it('F7: a clock that is set back or forward an hour hides nothing', async () => {
  let ahead = 0
  await filled('clock', { ...nodeEnv, now: () => Date.now() + ahead })
  const told = await ToldBars.of(store, 'SPY', '2m')
  for (const [bar, hours] of [
    [3, -1],
    [4, 2],
  ] as const) {
    ahead += hours * 3_600_000
    const from = told.watching.updates.length
    await writeAside(root, bar)
    await told.watching.until(({ tables }) => tables.includes('candles'), from)
    expect(await told.now()).toHaveLength(bar + 1)
    expect(await told.now()).toEqual(await told.stored())
  }
  await store.close()
})
