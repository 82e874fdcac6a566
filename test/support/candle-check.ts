import { cp, mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { expect } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { candleKey, candleLine } from '../../src-main/store/candles/candle-rows.ts'
import { readDay } from '../../src-main/store/candles/day-files.ts'
import { shownBars } from '../../src-main/store/candles/resolve.ts'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import type { StoreContext } from '../../src-main/store/context.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { Duck } from '../../src-main/store/read/duckdb.ts'
import { PartWriter } from '../../src-main/store/write/part-writer.ts'
import type { CandleScenario } from './candle-scenarios.ts'
import { brokenChecksums, compactCandles, globbedBars, plainBars } from './compaction.ts'
import { type Fault, type FaultEnv, faultEnv } from './fault-env.ts'
import { bury } from './fault-plan.ts'
import { memoryFolder } from './store-fixture.ts'

/** A scenario's store before the work and after it: between the two, nothing else may be found. */
export interface Bench {
  readonly scenario: CandleScenario
  /** Opens a copy anew, as another run of the program would; all copies share one DuckDB, whose start costs most. */
  open(root: string, env?: Env): Promise<OpenedCopy>
  /** A fresh copy of the prepared store, or of another folder of the bench. */
  copy(from?: string): Promise<string>
  /** The bars of every file that a glob finds, as lines: before, and after the work and a compaction. */
  readonly old: readonly string[]
  readonly done: readonly string[]
  /** The dayfile's bytes at the end of it all. */
  readonly dayfile: Buffer
  remove(): Promise<void>
}

export interface OpenedCopy {
  readonly context: StoreContext
  close(): Promise<void>
}

const DAYFILE = 'data/2m/2024-03-08.parquet'

export async function benchOf(scenario: CandleScenario): Promise<Bench> {
  const folder = await memoryFolder('bench')
  const duck = await Duck.open(folder, path.join(folder, 'temp'), { threads: 1, memory: '500MB' })
  const open = async (root: string, env: Env = nodeEnv): Promise<OpenedCopy> => {
    const staging = path.join(root, '.barkeep/staging', `${process.pid}-${env.randomId()}`)
    await env.makeDir(staging)
    const partWriter = new PartWriter(env, staging, root)
    const context = {
      root,
      env,
      zone: new MarketZone(),
      duck,
      partWriter,
      staging,
      recoveryDays: 7,
      program: 'other' as const,
    }
    return { context, close: () => rmdir(staging).catch(() => undefined) }
  }
  const within = async (root: string, work: (context: StoreContext) => Promise<void>): Promise<void> => {
    const { context, close } = await open(root)
    await work(context)
    await close()
  }
  const template = path.join(folder, 'template')
  await mkdir(template)
  await within(template, (context) => scenario.prepare(context))
  let copies = 0
  const copy = async (from = template): Promise<string> => {
    copies += 1
    const root = path.join(folder, String(copies))
    await cp(from, root, { recursive: true, preserveTimestamps: true })
    return root
  }
  const reference = await copy()
  await within(reference, async (context) => {
    await scenario.work(context, () => undefined)
    await compactCandles(context)
  })
  return {
    scenario,
    open,
    copy,
    old: await globbedLines(template),
    done: await globbedLines(reference),
    dayfile: await readFile(path.join(reference, DAYFILE)),
    async remove() {
      duck.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What a scenario's work came to under a fault. */
export interface Struck {
  readonly acknowledged: readonly CandleRow[]
  readonly counted: FaultEnv
  readonly thrown: unknown
}

/** Runs the work with a fault; after a death the store is left as one whose process is no more. */
export async function struckWork(
  { scenario, open }: Bench,
  root: string,
  fault: Fault | null,
): Promise<Struck> {
  const counted = faultEnv(fault)
  const { context, close } = await open(root, counted.env)
  const acknowledged: CandleRow[] = []
  let thrown: unknown = null
  counted.arm()
  try {
    await scenario.work(context, (bar) => acknowledged.push(bar))
  } catch (error) {
    thrown = error
  }
  if (fault?.how === 'death') {
    await bury(root)
  } else {
    counted.mend()
    await close()
  }
  return { acknowledged, counted, thrown }
}

async function globbedLines(root: string): Promise<string[]> {
  return (await globbedBars(root)).map((row) => candleLine(row)).sort()
}

/**
 * What must hold of a store whose work was struck, at once and after it is opened again: every acknowledged bar is
 * there exactly once for the engine and for a plain glob, the old state or the new one and no other, and the work
 * done again leads to the very same file. The copy goes when all is well.
 */
export async function checkStruck(
  { scenario, open, old, done, dayfile }: Bench,
  root: string,
  acknowledged: readonly CandleRow[],
  struck: string,
): Promise<void> {
  // Every file that a glob finds is whole, before anybody has repaired anything.
  const found = await globbedLines(root)
  const { context, close } = await open(root)
  try {
    expect((await finishInterrupted(context)).problems, struck).toEqual([])
    await checkBars(context, scenario, acknowledged, struck)
    const opened = await globbedLines(root)
    if (scenario.work.name === 'append') checkAppended(opened, old, scenario, struck)
    else checkEitherState(opened, old, done, struck)
    for (const line of opened) expect(found, struck).toContain(line)

    await scenario.work(context, () => undefined)
    await compactCandles(context)
    expect(plainBars(await globbedBars(root)), struck).toEqual(plainBars(scenario.after))
    expect(dayfile.equals(await readFile(path.join(root, DAYFILE))), `${struck}: same bytes`).toBe(true)
    await checkTidy(context, root, struck)
  } finally {
    await close()
  }
  await rm(root, { recursive: true })
}

/** The engine shows each acknowledged bar with its last value, or with one that was on its way. */
async function checkBars(
  context: StoreContext,
  scenario: CandleScenario,
  acknowledged: readonly CandleRow[],
  struck: string,
): Promise<void> {
  const { dayfile, parts } = await readDay(context, '2m' as never, '2024-03-08' as never)
  expect(dayfile?.damage ?? null, struck).toBeNull()
  const shown = shownBars({ standing: dayfile?.rows ?? null, parts })
  const promised = new Map(
    [...scenario.before, ...acknowledged].map((row) => [candleKey(row), candleLine(row)]),
  )
  const onTheWay = new Map(scenario.after.map((row) => [candleKey(row), candleLine(row)]))
  for (const [key, line] of promised) {
    const bar = shown.get(key)
    if (bar === undefined) throw new Error(`${struck}: bar ${key} is lost`)
    expect([line, onTheWay.get(key)], `${struck}: bar ${key}`).toContain(candleLine(bar))
  }
}

/** Each version of a bar at most once, and nothing that nobody wrote. */
function checkAppended(
  opened: readonly string[],
  old: readonly string[],
  { after }: CandleScenario,
  struck: string,
): void {
  expect(new Set(opened).size, `${struck}: rows twice`).toBe(opened.length)
  for (const line of old) expect(opened, struck).toContain(line)
  const known = new Set(after.map(({ ts }) => ts))
  for (const line of opened) expect(known, struck).toContain((JSON.parse(line) as unknown[])[2])
}

/** Parts that only move go one by one; everything else is either before or after. */
function checkEitherState(
  opened: readonly string[],
  old: readonly string[],
  done: readonly string[],
  struck: string,
): void {
  const text = JSON.stringify(opened)
  if (text === JSON.stringify(old) || text === JSON.stringify(done)) return
  const onlyMoves = done.every((line) => old.includes(line)) && new Set(old).size > done.length - 1
  expect(onlyMoves, `${struck}: neither the old state nor the new one: ${text}`).toBe(true)
  for (const line of done) expect(opened, struck).toContain(line)
  for (const line of opened) expect(old, struck).toContain(line)
}

async function checkTidy(context: StoreContext, root: string, struck: string): Promise<void> {
  const names = await readdir(path.join(root, '.barkeep'))
  expect(
    names.filter((name) => name.startsWith('writer.lock')),
    `${struck}: lock`,
  ).toEqual([])
  expect(await readdir(path.join(root, '.barkeep/generations/pending')), `${struck}: pending`).toEqual([])
  // What a process that lives on could not take away goes once it has ended.
  const dead = (await readdir(path.join(root, '.barkeep/staging'))).filter(
    (name) => !name.startsWith(`${process.pid}-`),
  )
  expect(dead, `${struck}: staging`).toEqual([])
  expect(await readdir(context.staging), `${struck}: staged`).toEqual([])
  expect(await brokenChecksums(root), `${struck}: checksums`).toEqual([])
}
