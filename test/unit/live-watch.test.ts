import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { FolderWatch } from '../../src-main/store/live/folder-watch.ts'
import { type Hint, hintKey, hintOf } from '../../src-main/store/live/hints.ts'
import { placeOf } from '../../src-main/store/live/watched-places.ts'
import { watched } from '../support/live-fixture.ts'
import { barFile, SecondWriter } from '../support/second-writer.ts'
import { candle, openedStore, temporaryStore } from '../support/store-fixture.ts'
import { ToldBars } from '../support/told-bars.ts'

const NOW = Date.UTC(2024, 2, 8, 15, 0)
const DAY = 86_400_000

const other = new SecondWriter()
afterAll(() => other.end())

it('F1: a part that another process renames into place is told within moments', async () => {
  const store = await openedStore()
  const { watch, until, updates } = watched(store)
  await watch.look()
  const times: number[] = []
  for (let bar = 0; bar < 25; bar++) {
    const from = updates.length
    const ts = NOW + bar * 120_000
    const staged = path.join(store.root, 'staged')
    const file = path.join(store.root, 'data/2m/2024-03-08', `bar ${bar}.parquet`)
    await other.do(await barFile(candle({ ts }), staged))
    const told = until(({ info }) => info?.lastBar?.ts === ts, from).then(() => Date.now())
    const renamed = await other.do({ do: 'rename', from: staged, to: file })
    times.push((await told) - renamed)
  }
  times.sort((a, b) => a - b)
  console.log(
    `rename to told over ${times.length} bars, ms: p50 ${times[12]}, p95 ${times[23]}, most ${times[24]}`,
  )
  expect(times[23]).toBeLessThan(1_000)
  expect(watch.health().watching).toEqual({ mode: 'events' })
  await store.remove()
})

it('F2: names say where to look, whatever their case; what no reader takes says nothing', () => {
  const hints: Readonly<Record<string, Hint | null>> = {
    '': { kind: 'all' },
    data: { kind: 'all' },
    'data/2m': { kind: 'candles', timeframe: '2m', day: null } as Hint,
    'data/2m/2024-03-08': { kind: 'candles', timeframe: '2m', day: '2024-03-08' } as Hint,
    'data/2m/2024-03-08.parquet': { kind: 'candles', timeframe: '2m', day: '2024-03-08' } as Hint,
    'DATA/2M/2024-03-08/Any Name.PARQUET': { kind: 'candles', timeframe: '2m', day: '2024-03-08' } as Hint,
    'data/2m/2024-03-08/part.tmp': null,
    'data/2m/2024-02-31': null,
    'data/sub': null,
    objects: { kind: 'events', month: null },
    'objects/timeline/2024-03/2024-03-08.parquet': { kind: 'events', month: '2024-03' } as Hint,
    'objects/current/objects.parquet': null,
    'decisions/symbol=SPY/decisions_20240308.parquet': { kind: 'ledger', table: 'decisions' },
    'decisions/symbol=SPY': { kind: 'ledger', table: 'decisions' },
    'decisions/decisions_20240308.parquet.tmp': null,
    'policies/policies.parquet': { kind: 'ledger', table: 'policies' },
    '.barkeep/settings.json': { kind: 'settings' },
    '.barkeep/staging/1-2/part': null,
    '.barkeep/writer.lock': null,
    'Icon\r': null,
  }
  for (const [name, hint] of Object.entries(hints))
    expect([name, hintOf(name as StorePath)]).toEqual([name, hint])
  const places = [
    '',
    'DATA',
    'Data/2M',
    'data/2m/2024-03-08',
    'OBJECTS/TimeLine',
    'decisions/symbol=SPY',
  ] as const
  expect(places.map((name) => placeOf(name as StorePath))).toEqual([
    '',
    'data',
    'data/2m',
    'data/2m/2024-03-08',
    'objects/timeline',
    'decisions/symbol=SPY',
  ])
  for (const name of [
    '.barkeep/staging',
    'images',
    'data/2m/2024-03-08.parquet',
    'data/2m/x',
    'objects/current',
  ])
    expect([name, placeOf(name as StorePath)]).toEqual([name, null])
})

/** What a watch of a store hinted, and a way to wait for more. */
async function hinted(env: Env = nodeEnv) {
  const store = await temporaryStore({ env })
  const hints: string[] = []
  let wake = (): void => {}
  const watch = new FolderWatch(store.context, (hint) => {
    hints.push(hintKey(hint))
    wake()
  })
  await watch.settled()
  const until = async (hint: Hint): Promise<void> => {
    while (!hints.includes(hintKey(hint)))
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    hints.length = 0
  }
  return { store, watch, hints, until }
}

it('F2: names in other letters, or none at all, as some systems tell them, are as good', async () => {
  let count = 0
  const { store, watch, until } = await hinted({
    ...nodeEnv,
    watchDir: (target, onChange, onError) =>
      nodeEnv.watchDir(
        target,
        (name) => onChange(count++ % 2 === 0 ? null : (name?.toUpperCase() ?? null)),
        onError,
      ),
  })
  for (const day of ['2024-03-07', '2024-03-08'])
    for (const timeframe of ['2m', '15m', '1h']) {
      const folder = path.join(store.root, 'data', timeframe, day)
      await other.do(await barFile(candle({ ts: NOW, timeframe }), path.join(folder, 'bar.parquet')))
      await until({ kind: 'candles', timeframe, day } as Hint)
    }
  await watch.settled()
  expect(watch.state).toEqual({ mode: 'events' })
  // Root, data, three timeframes, two days each.
  expect(watch.watching).toBe(11)
  watch.stop()
  await store.close()
})

it('F2: a burst of 500 files ends in a few looks, and all of it is told', async () => {
  const store = await openedStore()
  const told = await ToldBars.of(store, 'SPY', '2m')
  const { updates, until } = told.watching
  const rows = Array.from({ length: 500 }, (_, bar) => candle({ ts: NOW + bar * 2_000 }))
  const from = updates.length
  const bot = await openStore(store.root)
  const began = performance.now()
  await bot.writer.appendCandles(rows)
  const ended = performance.now()
  let known = from
  while ((await told.heard()).length < rows.length) {
    await until(() => true, known)
    known = updates.length
  }
  const looks = updates.length - from
  const [took, after] = [ended - began, performance.now() - ended].map(Math.round)
  console.log(`500 files in ${took} ms: told ${after} ms after the last, in ${looks} updates`)
  await bot.close()
  expect(looks).toBeLessThan(100)
  await store.remove()
})

it('F3: folders are followed as they come, go, come again and are moved in whole', async () => {
  const { store, watch, until } = await hinted()
  const folder = path.join(store.root, 'data/2m/2024-03-08')
  const hint = { kind: 'candles', timeframe: '2m', day: '2024-03-08' } as Hint
  const file = path.join(folder, 'bar.parquet')
  await other.do(await barFile(candle({ ts: NOW }), file))
  await until(hint)
  for (let turn = 0; turn < 5; turn++) {
    await watch.settled()
    await other.do({ do: 'remove', path: turn % 2 === 0 ? folder : path.join(store.root, 'data') })
    await until(turn % 2 === 0 ? hint : { kind: 'all' })
    await other.do(await barFile(candle({ ts: NOW }), file))
    await until(hint)
    await watch.settled()
    await other.do(await barFile(candle({ ts: NOW }), path.join(folder, 'another.parquet')))
    await until(hint)
  }
  const away = path.join(store.root, 'away')
  await other.do({ do: 'rename', from: path.join(store.root, 'data'), to: away })
  await until({ kind: 'all' })
  await other.do({ do: 'rename', from: away, to: path.join(store.root, 'data') })
  await until(hint)
  // Root, .barkeep is not there yet, data, its timeframe and day.
  expect(watch.watching).toBe(4)
  watch.stop()
  expect(watch.watching).toBe(0)
  await store.close()
})

it('F3: after a simulated year of days no more is watched than after a month, and nothing once it stops', async () => {
  let open = 0
  let made = 0
  const env: Env = {
    ...nodeEnv,
    watchDir(target, onChange, onError) {
      const end = nodeEnv.watchDir(target, onChange, onError)
      open += 1
      made += 1
      return () => {
        open -= 1
        end()
      }
    },
  }
  const { store, watch, until } = await hinted(env)
  const counts: number[] = []
  for (let day = 0; day < 250; day++) {
    const name = new Date(NOW + day * DAY).toISOString().slice(0, 10)
    const folder = path.join(store.root, 'data/2m', name)
    await mkdir(folder, { recursive: true })
    await until({ kind: 'candles', timeframe: '2m', day: name } as Hint)
    // Compacted at night, most of them.
    if (day % 3 > 0) await rm(folder, { recursive: true })
    if (day % 10 === 0) await watch.check()
    counts.push(open)
  }
  await watch.check()
  console.log(`${made} folders watched over ${counts.length} days, ${Math.max(...counts)} at most at a time`)
  expect(Math.max(...counts)).toBeLessThanOrEqual(3 + 24)
  expect(watch.watching).toBe(open)
  watch.stop()
  expect(open).toBe(0)
  await store.close()
})

it('F4: where the system has no watches left, folders are looked at each second, and it is said why', async () => {
  const watchDir = (): never => {
    throw Object.assign(new Error('ENOSPC: no space left on device, watch'), { code: 'ENOSPC' })
  }
  const store = await openedStore({ env: { ...nodeEnv, watchDir } })
  const { watch, until } = watched(store)
  await watch.look()
  await other.do(await barFile(candle({ ts: NOW }), path.join(store.root, 'data/2m/2024-03-08/bar.parquet')))
  await until(({ info }) => info?.lastBar?.ts === NOW, 0)
  const why = expect.stringContaining('no watches left (ENOSPC)')
  expect(watch.health().watching).toEqual({ mode: 'looks', everyMillis: 1_000, why })
  await store.remove()
})

it('F4: a folder that tells nothing, as on a network, is found out by looks, which find all that changes', async () => {
  const { store, watch, hints } = await hinted({ ...nodeEnv, watchDir: () => () => {} })
  const bar = async (day: string) => {
    const file = path.join(store.root, 'data/2m', day, `${day}.parquet`)
    await other.do(await barFile(candle({ ts: NOW }), file))
  }
  const hint = (day: string) => hintKey({ kind: 'candles', timeframe: '2m', day } as Hint)
  await bar('2024-03-07')
  await watch.check()
  expect(hints).toContain(hint('2024-03-07'))
  // It may have been on its way.
  expect(watch.state).toEqual({ mode: 'events' })
  await watch.check()
  const why = expect.stringContaining('did not tell of a change')
  expect(watch.state).toEqual({ mode: 'looks', everyMillis: 1_000, why })
  await bar('2024-03-08')
  await watch.check()
  expect(hints).toContain(hint('2024-03-08'))
  watch.stop()
  await store.close()
})
