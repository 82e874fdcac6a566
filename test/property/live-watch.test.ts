import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { rounds } from '../support/fault-plan.ts'
import { barFile, type FileOrder, SecondWriter } from '../support/second-writer.ts'
import { type Random, seeded } from '../support/seeded.ts'
import { candle, temporaryFolder } from '../support/store-fixture.ts'
import { ToldBars } from '../support/told-bars.ts'

const STEPS = rounds(24, 1_000)
const FIRST = Date.UTC(2024, 2, 4, 15, 0)
const DAY = 86_400_000
const DAYS = 5
/** Past this a change was found by the look of every five seconds, not by what the system told. */
const TOLD_WITHIN = 4_000

const other = new SecondWriter()
afterAll(() => other.end())

/** What stands in the folder: by path, the bar's open and close. */
type Files = Map<string, readonly [open: number, close: number]>

/** Draws what another program does next, and does it to the model. */
class Plan {
  readonly #root: string
  readonly #random: Random
  readonly files: Files = new Map()
  /** Files that are whole, but not in the tree. */
  readonly #aside = new Map<string, Files>()
  #serial = 0

  constructor(root: string, random: Random) {
    this.#root = root
    this.#random = random
  }

  async next(): Promise<readonly [kind: string, orders: readonly FileOrder[]]> {
    const random = this.#random
    const file = this.files.size === 0 ? null : random.pick([...this.files.keys()])
    const day = this.#folder(random.int(0, DAYS - 1))
    switch (file === null ? 0 : random.int(0, 7)) {
      case 0:
      case 1:
        return ['rename', await this.#renamed(this.#newFile())]
      case 2:
        return ['slow', [await this.#bar(this.#newFile(), { pieces: random.int(2, 6), pause: 5 })]]
      case 3:
        return ['in place', [await this.#bar(file ?? '', { pieces: random.int(1, 4), pause: 5 })]]
      case 4: {
        const orders: FileOrder[] = []
        for (let count = random.int(20, 60); count > 0; count--)
          orders.push(...(await this.#renamed(this.#newFile())))
        return ['burst', orders]
      }
      case 5:
        this.files.delete(file ?? '')
        return ['remove', [{ do: 'remove', path: file ?? '' }]]
      case 6: {
        for (const each of this.#in(day).keys()) this.files.delete(each)
        return ['remove day', [{ do: 'remove', path: day }]]
      }
      default:
        return this.#moved(day)
    }
  }

  /** A whole folder of a day out of the tree, or back into it. */
  #moved(day: string): readonly [string, readonly FileOrder[]] {
    const aside = path.join(this.#root, path.basename(day))
    const kept = this.#aside.get(day)
    const standing = this.#in(day)
    if (kept === undefined) {
      if (standing.size === 0) return ['nothing', []]
      this.#aside.set(day, standing)
      for (const each of standing.keys()) this.files.delete(each)
      return ['move out', [{ do: 'rename', from: day, to: aside }]]
    }
    this.#aside.delete(day)
    for (const each of standing.keys()) this.files.delete(each)
    for (const [each, bar] of kept) this.files.set(each, bar)
    return [
      'move in',
      [
        { do: 'remove', path: day },
        { do: 'rename', from: aside, to: day },
      ],
    ]
  }

  #in(day: string): Files {
    return new Map([...this.files].filter(([file]) => path.dirname(file) === day))
  }

  #folder(day: number): string {
    const name = new Date(FIRST + day * DAY).toISOString().slice(0, 10)
    return path.join(this.#root, 'data/2m', name)
  }

  #newFile(): string {
    const serial = this.#serial++
    return path.join(this.#folder(serial % DAYS), `bar ${String(serial).padStart(5, '0')}.parquet`)
  }

  async #renamed(file: string): Promise<readonly FileOrder[]> {
    const staged = path.join(this.#root, 'staged')
    return [await this.#bar(file, {}, staged), { do: 'rename', from: staged, to: file }]
  }

  /** Each file has an open of its own, and each time it is written another close. */
  async #bar(file: string, how: { pieces?: number; pause?: number }, to = file): Promise<FileOrder> {
    const serial = Number(/(\d+)\.parquet$/.exec(file)?.[1])
    const ts = FIRST + (serial % DAYS) * DAY + Math.floor(serial / DAYS) * 1_000
    const close = 10 + this.#random.int(0, 199) / 100
    this.files.set(file, [ts, close])
    return barFile(candle({ ts, close }), to, how)
  }
}

async function run(name: string, env: Env, steps: number, told: (bars: ToldBars) => Promise<unknown>) {
  const random = seeded(`live watch, ${name}`)
  const root = await temporaryFolder('live watch')
  const store = await openStore(root, { env })
  const bars = await ToldBars.of(store, 'SPY', '2m')
  const plan = new Plan(root, random)
  const counts = new Map<string, number>()
  const waits: number[] = []
  for (let step = 0; step < steps; step++) {
    const [kind, orders] = await plan.next()
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    await other.do(...orders)
    const done = performance.now()
    const standing = [...plan.files.values()].sort(([a], [b]) => a - b)
    const { updates, until } = bars.watching
    let heard = await bars.heard()
    while (JSON.stringify(heard) !== JSON.stringify(standing)) {
      const from = updates.length
      const news = until(() => true, from)
      await told(bars)
      heard = await bars.heard()
      if (JSON.stringify(heard) === JSON.stringify(standing)) {
        news.catch(() => {})
        break
      }
      expect(await news, `nothing told after ${kind} (step ${step})`).toBeDefined()
      heard = await bars.heard()
    }
    waits.push(performance.now() - done)
  }
  await bars.watching.watch.look()
  expect(bars.watching.watch.health().unreadable).toEqual([])
  expect(bars.watching.problems).toEqual([])
  waits.sort((a, b) => a - b)
  const at = (share: number) => Math.round(waits[Math.floor(waits.length * share)] ?? Number.NaN)
  console.log(
    `${name}: ${steps} steps, ${JSON.stringify([...counts])}; told after ms p50 ${at(0.5)}, p95 ${at(0.95)}`,
  )
  await store.close()
  await rm(root, { recursive: true })
  return waits
}

it('F1, F3: whatever another process does to the files, what the system tells of it makes what stands', async () => {
  const waits = await run('events', nodeEnv, STEPS, async () => {})
  const late = waits.filter((wait) => wait > TOLD_WITHIN).length
  expect(late, `found by the look of every five seconds only: ${late}`).toBeLessThanOrEqual(STEPS / 20)
})

it('F4: where the system tells nothing, looks alone make what stands', async () => {
  await run('looks', { ...nodeEnv, watchDir: () => () => {} }, STEPS, ({ watching }) => watching.watch.look())
})
