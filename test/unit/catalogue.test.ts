import { mkdir, rename, rm, rmdir, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Timeframe } from '../../schemas/contract/units.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { Catalogue } from '../../src-main/store/read/catalogue.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const TWO = '2m' as Timeframe
const YEARS_AGO = new Date('2020-01-01T00:00:00Z')

let store: TemporaryStore
let catalogue: Catalogue
let now: number
/** Paths that the catalogue looked at or listed since the last question to `looks`. */
let asked: string[] = []

beforeEach(async () => {
  now = Date.now()
  const env = {
    ...nodeEnv,
    now: () => now,
    statNow: (target: string) => {
      asked.push(`look ${path.relative(store.root, target)}`)
      return nodeEnv.statNow(target)
    },
    readDir: (target: string) => {
      asked.push(`list ${path.relative(store.root, target)}`)
      return nodeEnv.readDir(target)
    },
  }
  store = await temporaryStore({ env })
  catalogue = new Catalogue(store.context)
})
afterEach(() => store.close())

async function put(file: string, content = 'x'): Promise<void> {
  const target = path.join(store.root, file)
  await mkdir(path.dirname(target), { recursive: true })
  const staged = `${target}.tmp`
  await writeFile(staged, content)
  await rename(staged, target)
}

/** Gives the folders a time long ago: what is at rest is not listed again and again. */
async function calm(...folders: string[]): Promise<void> {
  for (const folder of folders) await utimes(path.join(store.root, folder), YEARS_AGO, YEARS_AGO)
}

function looks(): string[] {
  const made = asked
  asked = []
  return made
}

const told = async (first?: string, last?: string): Promise<string[]> =>
  (await catalogue.days(TWO, first, last)).map(
    ({ day, parts, dayfile }) => `${day} ${dayfile === null ? '-' : dayfile.size} ${parts.join(' ')}`,
  )

describe('the catalogue', () => {
  it('R2: knows timeframes, days, parts and dayfiles, and takes nothing else for one', async () => {
    await put('data/2m/2024-03-08.parquet', 'abc')
    await put('data/2m/2024-03-08/late.parquet')
    await put('data/2m/2024-03-11/a.parquet')
    await put('data/2m/2024-03-11/b.txt')
    await put('data/2m/2024-02-31.parquet')
    await put('data/2m/notes.parquet')
    await put('data/15m/2024-03-08.parquet')
    await put('data/15M/2024-03-08.parquet')
    await catalogue.open()
    expect(await catalogue.timeframes()).toEqual(['2m', '15m'])
    expect(await told()).toEqual(['2024-03-08 3 late.parquet', '2024-03-11 - a.parquet'])
    expect(await told('2024-03-09', '2024-03-11')).toEqual(['2024-03-11 - a.parquet'])
    expect(await told('2024-03-12')).toEqual([])
    expect(await catalogue.days('5m' as Timeframe)).toEqual([])
  })

  it('R2: at rest, a day costs a look at its folders, once a second one at its dayfile, and is the same object', async () => {
    await put('data/2m/2024-03-08.parquet')
    await put('data/2m/2024-03-08/late.parquet')
    await put('data/2m/2024-03-11.parquet')
    await calm('data/2m/2024-03-08', 'data/2m', 'data')
    const [first] = await catalogue.days(TWO, '2024-03-08', '2024-03-08')
    looks()
    const again = catalogue.daysNow(TWO, '2024-03-08', '2024-03-08')
    expect(again).toHaveLength(1)
    expect(again?.[0]).toBe(first)
    expect(looks()).toEqual(['look data/2m', 'look data/2m/2024-03-08'])
    now += 1_001
    expect(catalogue.daysNow(TWO, '2024-03-08', '2024-03-08')?.[0]).toBe(first)
    expect(looks()).toEqual(['look data/2m', 'look data/2m/2024-03-08', 'look data/2m/2024-03-08.parquet'])
  })

  it('R3: what another program brings, replaces, writes in place or takes away shows with the next question', async () => {
    const settle = () => calm('data/2m/2024-03-08', 'data/2m')
    await put('data/2m/2024-03-08/a.parquet')
    await settle()
    const steps: [() => Promise<void>, string[]][] = [
      [() => put('data/2m/2024-03-08/b.parquet'), ['2024-03-08 - a.parquet b.parquet']],
      [() => put('data/2m/2024-03-08.parquet', 'day'), ['2024-03-08 3 a.parquet b.parquet']],
      [() => rm(path.join(store.root, 'data/2m/2024-03-08/a.parquet')), ['2024-03-08 3 b.parquet']],
      [() => put('data/2m/2024-03-08.parquet', 'longer'), ['2024-03-08 6 b.parquet']],
      [
        () => writeFile(path.join(store.root, 'data/2m/2024-03-08.parquet'), 'in place'),
        ['2024-03-08 8 b.parquet'],
      ],
      [() => put('data/2m/2024-03-09/c.parquet'), ['2024-03-08 8 b.parquet', '2024-03-09 - c.parquet']],
    ]
    for (const [step, expected] of steps) {
      await told()
      await settle()
      await catalogue.days(TWO)
      await step()
      // What is written into a file in place may take a second.
      now += 1_001
      expect(await told()).toEqual(expected)
    }
    await rm(path.join(store.root, 'data/2m/2024-03-08/b.parquet'))
    await rmdir(path.join(store.root, 'data/2m/2024-03-08'))
    expect(await told()).toEqual(['2024-03-08 8 ', '2024-03-09 - c.parquet'])
  })

  it('R3: a change within the same tick of the file system’s clock is not missed', async () => {
    await put('data/2m/2024-03-08/a.parquet')
    const folder = path.join(store.root, 'data/2m/2024-03-08')
    const tick = new Date(now - 500)
    await utimes(folder, tick, tick)
    expect(await told()).toEqual(['2024-03-08 - a.parquet'])
    await put('data/2m/2024-03-08/b.parquet')
    await utimes(folder, tick, tick)
    expect(await told()).toEqual(['2024-03-08 - a.parquet b.parquet'])
  })

  it('R3: over years, files at rest are looked at once a second, and what was renamed at once', async () => {
    const days = Array.from({ length: 28 }, (_, n) => `2024-02-${String(n + 1).padStart(2, '0')}`)
    for (const day of days) await put(`data/2m/${day}.parquet`)
    await put('data/2m/2024-02-28/live.parquet')
    await calm('data/2m/2024-02-28', 'data/2m')
    await told()
    looks()
    const before = await catalogue.days(TWO)
    expect(looks()).toEqual(['look data/2m', 'look data/2m/2024-02-28'])

    await put('data/2m/2024-02-28/live-2.parquet')
    expect((await catalogue.days(TWO)).at(-1)?.parts).toEqual(['live-2.parquet', 'live.parquet'])
    await calm('data/2m/2024-02-28')
    await put('data/2m/2024-02-03.parquet', 'other')
    const after = await catalogue.days(TWO)
    expect(after[2]?.dayfile?.size).toBe(5)
    expect(after[1]).toBe(before[1])

    await calm('data/2m')
    await catalogue.days(TWO)
    await writeFile(path.join(store.root, 'data/2m/2024-02-04.parquet'), 'in place')
    now += 1_001
    expect((await catalogue.days(TWO))[3]?.dayfile?.size).toBe(8)
  })

  it('R3: a folder that is gone, and comes back, is what it is', async () => {
    await put('data/2m/2024-03-08.parquet')
    expect(await told()).toEqual(['2024-03-08 1 '])
    const away = path.join(store.root, 'away')
    await rename(path.join(store.root, 'data/2m'), away)
    expect(await told()).toEqual([])
    expect(await catalogue.timeframes()).toEqual([])
    await rename(away, path.join(store.root, 'data/2m'))
    expect(await told()).toEqual(['2024-03-08 1 '])
  })
})
