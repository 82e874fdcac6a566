import { expect, it } from 'vitest'
import { type FetchRows, PAGE_ROWS, PageCache } from '../../src-renderer/ui/paged-table-cache.ts'
import { type Random, randomFrom } from '../support/seeded.ts'

interface Numbered {
  readonly id: number
  readonly outcome?: string
}

/** An engine with rows that are answered newest first (or oldest first), at once or when the test lets it. */
function ledger(count: number, newestFirst = true) {
  let rows = Array.from({ length: count }, (_, id) => ({ id }))
  const waiting: (() => void)[] = []
  let asked = 0
  const fetch: FetchRows<Numbered> = (offset, limit) => {
    asked += 1
    const all = newestFirst ? [...rows].reverse() : rows
    const page = { total: all.length, rows: all.slice(offset, offset + limit) }
    return new Promise((resolve) => waiting.push(() => resolve(page)))
  }
  return {
    fetch,
    asked: () => asked,
    come: (count: number) => {
      rows = [...rows, ...Array.from({ length: count }, (_, at) => ({ id: rows.length + at }))]
    },
    leave: (count: number) => {
      rows = rows.slice(0, -count)
    },
    ids: () => (newestFirst ? [...rows].reverse() : rows).map(({ id }) => id),
    /** Answers what was asked, and what is asked because of the answers. */
    async settle() {
      while (waiting.length > 0) {
        for (const answer of waiting.splice(0)) answer()
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

async function opened(engine: ReturnType<typeof ledger>, first: number) {
  const cache = new PageCache<Numbered>()
  cache.ask(engine.fetch, false)
  await engine.settle()
  cache.look(first, first + 30)
  await engine.settle()
  return cache
}

const inSight = (cache: PageCache<Numbered>, first: number) =>
  Array.from({ length: 31 }, (_, at) => cache.row(first + at)?.id)

it('F58: at the first row, newest first, new rows appear', async () => {
  const engine = ledger(500)
  const cache = await opened(engine, 0)
  engine.come(3)
  void cache.follow(true)
  await engine.settle()
  expect(inSight(cache, 0)).toEqual(engine.ids().slice(0, 31))
  expect([cache.total, cache.newer, cache.moved]).toEqual([503, 0, 0])
})

it('F58: where one has scrolled to, rows stay those that they are, one question tells how many came', async () => {
  const engine = ledger(5_000)
  const cache = await opened(engine, 1_000)
  const before = inSight(cache, 1_000)
  const asked = engine.asked()
  engine.come(7)
  void cache.follow(true)
  await engine.settle()
  expect(engine.asked()).toBe(asked + 1)
  expect([cache.total, cache.newer, cache.moved]).toEqual([5_007, 7, 7])
  expect(inSight(cache, 1_007)).toEqual(before)
  // Back at the top they are there, and no longer news.
  cache.look(0, 30)
  await engine.settle()
  expect(inSight(cache, 0)).toEqual(engine.ids().slice(0, 31))
  expect(cache.newer).toBe(0)
})

it('F58: in another order nothing moves, and how many came is told', async () => {
  const engine = ledger(2_000, false)
  const cache = await opened(engine, 0)
  engine.come(2)
  void cache.follow(false)
  await engine.settle()
  engine.come(1)
  void cache.follow(false)
  await engine.settle()
  expect([cache.newer, cache.moved]).toEqual([3, 0])
  expect(inSight(cache, 0)).toEqual(engine.ids().slice(0, 31))
  cache.ask(ledger(10).fetch, false)
  expect(cache.newer).toBe(0)
})

it('F58: rows that went away, and the first of an empty table, are asked for again', async () => {
  const engine = ledger(3_000)
  const cache = await opened(engine, 600)
  engine.leave(10)
  void cache.follow(true)
  await engine.settle()
  expect(cache.total).toBe(2_990)
  expect(inSight(cache, 600)).toEqual(engine.ids().slice(600, 631))

  const none = ledger(0, false)
  const empty = await opened(none, 0)
  none.come(1)
  void empty.follow(false)
  await none.settle()
  expect([empty.total, empty.newer]).toEqual([1, 0])
})

it('F58: an outcome is put in place of the open row', async () => {
  const engine = ledger(1_000)
  const cache = await opened(engine, 300)
  const { version } = cache
  cache.replace((row) => (row.id === 690 ? { ...row, outcome: 'hit' } : undefined))
  expect(cache.row(309)).toEqual({ id: 690, outcome: 'hit' })
  expect(cache.version).toBe(version + 1)
  cache.replace((row) => (row.id === -1 ? row : undefined))
  expect(cache.version).toBe(version + 1)
})

it('F58: whatever comes while one scrolls, what is in sight is right or on its way, and stays under the eyes', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random: Random = randomFrom(seed)
    const engine = ledger(random.int(1, 3_000))
    const cache = await opened(engine, 0)
    let first = 0
    let moved = 0
    for (let step = 0; step < 40; step++) {
      if (random.chance(0.5)) engine.come(random.pick([1, 2, 5, 150, 250]))
      if (random.chance(0.5)) void cache.follow(true)
      if (random.chance(0.3)) {
        first = random.chance(0.3) ? 0 : random.int(0, (cache.total ?? 1) - 1)
        cache.look(first, Math.min((cache.total ?? 1) - 1, first + 30))
      }
      if (random.chance(0.7)) await engine.settle()
      // The table goes with its rows.
      first += cache.moved - moved
      moved = cache.moved
    }
    await engine.settle()
    void cache.follow(true)
    await engine.settle()
    first += cache.moved - moved
    const ids = engine.ids()
    const told = `seed ${seed}, first ${first}`
    expect([told, cache.total]).toEqual([told, ids.length])
    const last = Math.min(ids.length, first + 31)
    cache.look(first, last - 1)
    await engine.settle()
    for (let at = first; at < last; at++) expect([told, at, cache.row(at)?.id]).toEqual([told, at, ids[at]])
    // Pages fit together wherever one looks.
    for (let look = 0; look < ids.length; look += PAGE_ROWS / 2) {
      cache.look(look, Math.min(ids.length - 1, look + 30))
      await engine.settle()
      for (let at = look; at < Math.min(ids.length, look + 30); at++) expect(cache.row(at)?.id).toBe(ids[at])
    }
  }
})
