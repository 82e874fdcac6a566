import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CandleColumns, ViewportObject } from '../../schemas/contract/viewport.ts'
import { openStore } from '../../src-main/store/index.ts'
import {
  DAMAGED_DAYS,
  type Damage,
  damage,
  type HealthyStore,
  healthyStore,
  kindOf,
} from '../support/damaged-store.ts'
import { SOAK } from '../support/fault-plan.ts'
import { type Random, seeded } from '../support/seeded.ts'

/** Each damages one file of every kind: six of them, so that a soak has 1,000 flips and 1,000 cuts. */
const STORES = SOAK ? 170 : 10

/** What doctor says of the store as it should be: parts wait, and there are few bars a day. */
const OF_HEALTH: readonly string[] = ['PARTS_WAITING', 'GAP']

/** What a store shows: a question for each day, so that a wrong answer can be held against the files of that day. */
interface Shown {
  readonly days: ReadonlyMap<string, { readonly candles: CandleColumns; readonly named: readonly string[] }>
  readonly objects: ReadonlyMap<string, ViewportObject>
  readonly named: readonly string[]
  readonly found: readonly string[]
}

let healthy: HealthyStore
let right: Shown
beforeAll(async () => {
  healthy = await healthyStore()
  const root = await healthy.copy()
  right = await shown(root)
  expect(right.found).toEqual([])
  expect(right.objects.size).toBe(9)
  expect(Object.keys(healthy.files).sort()).toEqual([
    'candle dayfile',
    'candle part',
    'event dayfile',
    'event part',
    'month file',
    'snapshot',
  ])
})
afterAll(() => healthy.remove())

async function shown(root: string): Promise<Shown> {
  const told: string[] = []
  const store = await openStore(root, { onProblem: ({ file }) => told.push(file ?? '') })
  try {
    const days = new Map<string, { candles: CandleColumns; named: string[] }>()
    const objects = new Map<string, ViewportObject>()
    const named = new Set(told)
    for (const timeframe of ['2m', '15m']) {
      for (const day of DAMAGED_DAYS) {
        const from = Date.parse(`${day}T00:00:00Z`)
        const request = { symbol: 'SPY', timeframe, from, to: from + 86_399_999 }
        const { candles, problems, objects: found } = await store.reader.viewport(request)
        days.set(`${timeframe}/${day}`, { candles, named: problems.map(({ file }) => file) })
        for (const object of found) objects.set(object.id, object)
        for (const { file } of problems) named.add(file)
      }
    }
    await store.reader.info()
    await store.reader.overview()
    const findings = (await store.reader.doctor()).filter(({ code }) => !OF_HEALTH.includes(code))
    const found = findings.map(({ path }) => path)
    return { days, objects, named: [...named], found }
  } finally {
    await store.close()
  }
}

/** Every bar shown is one of the day's own. */
function isPartOf(some: CandleColumns, all: CandleColumns): boolean {
  const bars = (columns: CandleColumns): string[] =>
    [...columns.ts].map((ts, at) =>
      [ts, columns.open[at], columns.high[at], columns.low[at], columns.close[at], columns.volume[at]].join(),
    )
  const known = new Set(bars(all))
  return bars(some).every((bar) => known.has(bar))
}

/** Where an object's events stand, by its name. */
const KIND_OF_OBJECT: Readonly<Record<string, string>> = {
  month: 'month file',
  day: 'event dayfile',
  part: 'event part',
}

async function tryStore(random: Random, how: Damage, counts: Map<string, number>): Promise<void> {
  const root = await healthy.copy()
  const damaged = new Map<string, Buffer>()
  const done: string[] = []
  for (const files of Object.values(healthy.files)) {
    const file = random.pick(files)
    done.push(await damage(random, root, file, how))
    damaged.set(file, await readFile(path.join(root, file)))
  }
  const told = `seed ${random.seed}\n${done.join('\n')}`
  const found = await shown(root)
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1)
  for (const [key, { candles, named }] of found.days) {
    const whole = right.days.get(key)
    if (whole === undefined) throw new Error(`no day ${key}`)
    const isWhole = JSON.stringify([...candles.ts]) === JSON.stringify([...whole.candles.ts])
    const isDamaged = [...damaged.keys()].some((file) => file.startsWith(`data/${key}`))
    expect(isPartOf(candles, whole.candles), `${told}\n${key} shows a bar that nobody wrote`).toBe(true)
    if (isDamaged) count(isWhole ? 'days whole all the same' : 'days without some bars')
    else expect(isWhole, `${told}\n${key}`).toBe(true)
    if (!isWhole)
      expect(
        named.some((file) => file.startsWith(`data/${key}`)),
        `${told}\n${key} is short of bars and names nothing`,
      ).toBe(true)
  }
  for (const [id, object] of right.objects) {
    const kind = KIND_OF_OBJECT[id.replace(/-.*/, '')] ?? ''
    const same = JSON.stringify(found.objects.get(id)) === JSON.stringify(object)
    count(same ? 'objects right all the same' : 'objects not shown or earlier')
    if (!same)
      expect(
        found.named.some((file) => damaged.has(file) && kindOf(file) === kind),
        `${told}\n${id} is not right and no ${kind} is named`,
      ).toBe(true)
  }
  for (const id of found.objects.keys())
    expect(right.objects.has(id), `${told}\n${id} is nobody's`).toBe(true)
  for (const [file, bytes] of damaged) {
    count(`${file === 'objects/current/objects.parquet' ? 'snapshot' : kindOf(file)}: ${how}`)
    // What is derived an open may have mended.
    const now = await readFile(path.join(root, file)).catch(() => null)
    if (now?.equals(bytes) === true)
      expect(found.found, `${told}\ndoctor doesn't name ${file}`).toContain(file)
    else expect(file, told).toBe('objects/current/objects.parquet')
  }
  await rm(root, { recursive: true })
}

describe('a store with damaged files', () => {
  it.each<[string, Damage]>([
    ['a flipped bit', 'flip'],
    ['files cut short', 'cut'],
  ])(
    'R7, C15, D1: with %s in a file of each kind, no answer is wrong without the file being named',
    async (_, how) => {
      const random = seeded(`damage (${how})`)
      const counts = new Map<string, number>()
      for (let round = 0; round < STORES; round++) await tryStore(random, how, counts)
      console.log(
        `damage (${how}): ${STORES} stores, ${JSON.stringify(Object.fromEntries(counts))}; 0 wrong in silence`,
      )
    },
    3_600_000,
  )
})
