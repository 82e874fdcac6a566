import { expect, it } from 'vitest'
import {
  type FetchRows,
  PAGE_ROWS,
  PageCache,
  type RowPage,
} from '../../src-renderer/ui/paged-table-cache.ts'
import { ScrollMap } from '../../src-renderer/ui/paged-table-scroll.ts'

interface Numbered {
  readonly at: number
}

/** An engine whose answers are given one by one, in any order. */
function slowEngine(total: number, from = 0) {
  const asked: { readonly page: number; answer(): Promise<void>; fail(): Promise<void> }[] = []
  const fetch: FetchRows<Numbered> = (offset, limit) =>
    new Promise<RowPage<Numbered>>((resolve, reject) => {
      const rows = Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, at) => ({
        at: from + offset + at,
      }))
      const settle = async (act: () => void) => {
        act()
        await Promise.resolve()
        await Promise.resolve()
      }
      asked.push({
        page: offset / PAGE_ROWS,
        answer: () => settle(() => resolve({ total, rows })),
        fail: () => settle(() => reject(new Error('disk'))),
      })
    })
  return { fetch, asked, pages: () => asked.map(({ page }) => page) }
}

it('N1: pages in sight are fetched one at a time, then those ahead, then the one behind', async () => {
  const { fetch, asked, pages } = slowEngine(10_000)
  const cache = new PageCache<Numbered>()
  cache.ask(fetch, false)
  cache.look(0, 30)
  expect(pages()).toEqual([0])
  await asked[0]?.answer()
  expect(cache.total).toBe(10_000)
  expect(cache.row(30)?.at).toBe(30)
  expect(cache.row(PAGE_ROWS)).toBeUndefined()
  await asked[1]?.answer()
  await asked[2]?.answer()
  expect(pages()).toEqual([0, 1, 2])
  cache.look(20 * PAGE_ROWS - 5, 20 * PAGE_ROWS + 20)
  for (let at = 3; at < 8; at++) await asked[at]?.answer()
  expect(pages().slice(3)).toEqual([19, 20, 21, 22, 18])
  cache.look(20 * PAGE_ROWS - 6, 20 * PAGE_ROWS + 19)
  expect(pages().slice(8)).toEqual([17])
})

it('N1: what was scrolled past is never asked for, and an answer nobody waits for holds nothing up', async () => {
  const { fetch, asked, pages } = slowEngine(200_000)
  const cache = new PageCache<Numbered>()
  cache.ask(fetch, false)
  await asked[0]?.answer()
  for (let page = 1; page < 900; page += 7) cache.look(page * PAGE_ROWS, page * PAGE_ROWS + 30)
  const now = Math.floor(899 / 7) * 7 + 1
  // The first that was under way, one beside it; the hundred between were never asked for.
  expect(pages().length).toBeLessThanOrEqual(3)
  cache.look(now * PAGE_ROWS, now * PAGE_ROWS + 30)
  await asked[1]?.answer()
  await asked[2]?.answer()
  expect(pages()).toContain(now)
  expect(pages().length).toBeLessThan(8)
})

it('N1: pages far from the window are let go of, those near stay', async () => {
  const { fetch, asked } = slowEngine(1_000_000)
  const cache = new PageCache<Numbered>()
  cache.ask(fetch, false)
  for (let page = 0; page < 100; page++) {
    cache.look(page * PAGE_ROWS, page * PAGE_ROWS + 30)
    for (let at = 0; at < asked.length; at++) await asked[at]?.answer()
  }
  expect(cache.row(99 * PAGE_ROWS)?.at).toBe(99 * PAGE_ROWS)
  let held = 0
  for (let page = 0; page < 110; page++) if (cache.row(page * PAGE_ROWS) !== undefined) held++
  expect(held).toBeLessThanOrEqual(24)
  expect(cache.row(0)).toBeUndefined()
})

it('N1: rows stay in sight until their successors come, and a late answer to an earlier question is dropped', async () => {
  const first = slowEngine(1_000)
  const cache = new PageCache<Numbered>()
  cache.ask(first.fetch, false)
  await first.asked[0]?.answer()
  // The same question again: the files changed.
  cache.ask(first.fetch, true)
  expect(cache.row(3)?.at).toBe(3)
  expect(cache.answered).toBe(true)
  const other = slowEngine(5, 70)
  cache.ask(other.fetch, false)
  expect(cache.answered).toBe(false)
  expect(cache.row(3)?.at).toBe(3)
  await other.asked[0]?.answer()
  await first.asked.at(-1)?.answer()
  expect(cache.total).toBe(5)
  expect(cache.row(3)?.at).toBe(73)
  expect(cache.row(300)).toBeUndefined()
})

it('N1: a failure is kept and nothing more is asked until one tries again', async () => {
  const { fetch, asked, pages } = slowEngine(1_000)
  const cache = new PageCache<Numbered>()
  cache.ask(fetch, false)
  await asked[0]?.fail()
  expect(cache.failure).toBeInstanceOf(Error)
  cache.look(100, 130)
  expect(pages()).toEqual([0])
  cache.retry()
  await asked[1]?.answer()
  expect(cache.failure).toBeNull()
  expect(cache.row(0)?.at).toBe(0)
})

const ROW = 28

it('N2: a million rows stand at their own places, unscaled or not', () => {
  const map = new ScrollMap(ROW)
  map.resize(400_000, 700)
  expect(map.height).toBe(400_000 * ROW)
  map.scrolled(5_000_000)
  expect(map.offset).toBe(0)
  expect(map.window.first).toBe(Math.floor(5_000_000 / ROW))
  map.resize(1_000_000, 700)
  expect(map.height).toBe(16_000_000)
  expect(map.window.first).toBe(Math.floor(5_000_000 / ROW))
})

it('N2: with scaling, small moves are one to one, the bar reaches either end, and settling moves nothing', () => {
  const map = new ScrollMap(ROW)
  map.resize(3_000_000, 700)
  let bar = map.go(40_000_000)
  for (let turn = 0; turn < 50; turn++) {
    const before = map.top
    bar = map.scrolled(bar + 120) ?? bar + 120
    expect(map.top - before).toBe(120)
  }
  const place = map.top
  const settled = map.settle()
  expect(map.top).toBe(place)
  expect(Math.abs(settled / (16_000_000 - 700) - place / (3_000_000 * ROW - 700))).toBeLessThan(1e-6)
  map.scrolled(16_000_000 - 700)
  expect(map.window.last).toBe(2_999_999)
  map.scrolled(0)
  expect(map.window.first).toBe(0)
})

it('N2: the wheel alone comes to the very first and the very last row', () => {
  const map = new ScrollMap(ROW)
  map.resize(1_200_000, 700)
  let bar = map.go(20_000)
  for (let turn = 0; turn < 1_000 && map.top > 0; turn++) {
    const next = Math.max(0, bar - 100)
    bar = map.scrolled(next) ?? next
  }
  expect(map.top).toBe(0)
  const end = 1_200_000 * ROW - 700
  bar = map.go(end - 30_000)
  for (let turn = 0; turn < 1_000 && map.top < end; turn++) {
    const next = Math.min(16_000_000 - 700, bar + 100)
    bar = map.scrolled(next) ?? next
  }
  expect(map.window.last).toBe(1_199_999)
})

it('N2: a bar that is dragged to its end by a small last step shows the last row', () => {
  const map = new ScrollMap(ROW)
  map.resize(1_000_000, 700)
  const end = 16_000_000 - 700
  map.scrolled(9_000_000)
  map.scrolled(end - 900)
  expect(map.scrolled(end)).toBeNull()
  expect(map.window.last).toBe(999_999)
  expect(map.isAt(end)).toBe(true)
  expect(map.isAt(end - 50)).toBe(false)
  // Calm again, the wheel moves by rows.
  map.settle()
  map.scrolled(end - 120)
  expect(map.top).toBe(1_000_000 * ROW - 700 - 120)
})

it('N2: a row is revealed by the least move', () => {
  const map = new ScrollMap(ROW)
  map.resize(1_000, 280)
  expect(map.toReveal(5)).toBeNull()
  expect(map.toReveal(10)).toBe(28)
  map.go(2_800)
  expect(map.toReveal(99)).toBe(99 * ROW)
  expect(map.window).toEqual({ first: 100, last: 109 })
  map.go(map.middle(500))
  expect(map.window).toEqual({ first: 495, last: 505 })
  map.go(map.middle(0))
  expect(map.window.first).toBe(0)
})
