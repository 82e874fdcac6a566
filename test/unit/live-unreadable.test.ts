import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { Problem } from '../../schemas/contract/viewport.ts'
import { CANDLES } from '../../schemas/tables/index.ts'
import { UnreadableFiles } from '../../src-main/store/live/unreadable-files.ts'
import { partBytes } from '../../src-main/store/write/part-writer.ts'
import { watched } from '../support/live-fixture.ts'
import { barFile, inTwo, SecondWriter } from '../support/second-writer.ts'
import { candle, openedStore, plainSql, temporaryStore } from '../support/store-fixture.ts'

const NOW = Date.UTC(2024, 2, 8, 15, 0)
const WINDOW = { symbol: 'SPY', timeframe: '2m', from: 0, to: 8e15 } as const
/** The two spellings: another program's own, and one of ours (SPEC L1), which it may write in place all the same. */
const NAMES = [
  'bar.parquet',
  'part-20240308_150000.000000-0a1b2c3d.parquet',
  '../2024-03-08.parquet',
] as const

const other = new SecondWriter()
afterAll(() => other.end())

for (const name of NAMES) {
  it(`F6: ${name}, written in place in pieces, is no damage while it grows, and shows once it is whole`, async () => {
    const store = await openedStore()
    const { watch, until, updates } = watched(store)
    await watch.look()
    const file = path.join(store.root, 'data/2m/2024-03-08', name)
    const waiting = until(({ health }) => health?.unreadable.some(({ trying }) => trying) === true)
    const [half, rest] = inTwo(file, await partBytes(CANDLES, { ...candle({ ts: NOW }) }))
    await other.do(half)
    await waiting
    expect((await store.reader.viewport(WINDOW)).problems).toEqual([])
    await other.do(rest)
    await until(({ info }) => info?.lastBar?.ts === NOW, 0)
    await until(({ health }) => health?.unreadable.length === 0, 0)
    const { candles, problems } = await store.reader.viewport(WINDOW)
    expect([[...candles.ts], problems]).toEqual([[NOW], []])
    expect(updates.flatMap(({ health }) => health?.unreadable ?? []).every(({ trying }) => trying)).toBe(true)
    await store.remove()
  })
}

it('F6: a ledger file written in place in pieces shows once it is whole', async () => {
  const store = await openedStore()
  const { watch, until } = watched(store)
  await watch.look()
  const staged = path.join(store.root, 'decisions.tmp')
  const file = path.join(store.root, 'decisions/decisions_20240308.parquet')
  await plainSql(
    `COPY (SELECT 'r' AS run_id, 'd' || i AS decision_id, '2024-03-08T15:00:00Z' AS timestamp_utc, 'SPY' AS symbol
       FROM range(2000) AS t(i)) TO '${staged.replaceAll("'", "''")}' (FORMAT parquet)`,
  )
  const [half, rest] = inTwo(file, await readFile(staged))
  const waiting = until(({ health }) => health?.unreadable.some(({ trying }) => trying) === true)
  await other.do(half)
  await waiting
  await other.do(rest)
  await until(({ ledger, tables }) => tables.includes('decisions') && ledger !== undefined, 0)
  await until(({ health }) => health?.unreadable.length === 0, 0)
  const { total } = await store.reader.ledger.query({
    table: 'decisions',
    filter: {},
    offset: 0,
    limit: 1,
  })
  expect(total).toBe(2000)
  await store.remove()
})

it('F6: one that was damaged long ago is told at once, and read when it is replaced', async () => {
  const store = await openedStore()
  const folder = path.join(store.root, 'data/2m/2024-03-08')
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'bar.parquet'), 'PAR1 and no more')
  const long = new Date(NOW)
  await utimes(path.join(folder, 'bar.parquet'), long, long)
  const { watch, until } = watched(store)
  await watch.look()
  const bad = { file: 'data/2m/2024-03-08/bar.parquet', code: 'UNREADABLE', trying: false }
  expect(watch.health().unreadable).toEqual([expect.objectContaining(bad)])
  expect((await store.reader.viewport(WINDOW)).problems).toEqual([
    expect.objectContaining({ code: 'UNREADABLE' }),
  ])
  const healed = until(({ health }) => health?.unreadable.length === 0)
  await other.do(await barFile(candle({ ts: NOW }), path.join(folder, 'bar.parquet')))
  expect((await healed).tables).toContain('candles')
  expect((await store.reader.viewport(WINDOW)).candles.ts).toEqual(Float64Array.of(NOW))
  await store.remove()
})

it('F6: it is looked at for as long as it changes and five seconds more, then given up until it changes', async () => {
  const store = await temporaryStore()
  const file = 'data/2m/2024-03-08/bar.parquet' as StorePath
  const target = path.join(store.root, file)
  await mkdir(path.dirname(target), { recursive: true })
  const write = (text: string) => writeFile(target, text)
  await write('P')
  let clock = 0
  const changed: number[] = []
  const news: (string | null)[] = []
  const files = new UnreadableFiles({
    context: store.context,
    onChanged: () => changed.push(clock),
    onNews: (table) => news.push(table),
    monotonic: () => clock,
  })
  const problem: Problem = { file, code: 'UNREADABLE', detail: 'no footer' }
  const read = (...problems: Problem[]) => files.heard((each) => each === file, problems)
  const until = (end: number) => {
    for (; clock < end; clock += 50) files.tryAgain()
  }
  read(problem)
  expect(files.keepsBack(problem)).toBe(true)
  until(4_000)
  await write('PA')
  until(8_000)
  // Read again, as it was hinted, and still not whole.
  read(problem)
  expect([changed.length, files.list[0]?.trying, news]).toEqual([1, true, [null]])
  until(14_000)
  expect([files.list[0]?.trying, files.keepsBack(problem), news]).toEqual([false, false, [null, 'candles']])
  await write('PAR')
  read(problem)
  expect([files.list[0]?.trying, news.length]).toEqual([true, 3])
  read()
  expect([files.list, news.at(-1)]).toEqual([[], 'candles'])
  // Taken away, or written again, while nobody read it.
  read(problem)
  until(30_000)
  expect(files.list[0]?.trying).toBe(false)
  await write('PAR1')
  files.sweep()
  expect([files.list[0]?.trying, changed.length]).toEqual([true, 2])
  await rm(target)
  files.sweep()
  expect([files.list, news.at(-1)]).toEqual([[], 'candles'])
  await write('PAR1')
  // Values that break a rule are no matter of waiting.
  read({ ...problem, code: 'BAD_ROW' })
  expect(files.list).toEqual([])
  files.stop()
  await store.close()
})
