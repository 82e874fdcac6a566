import { cp, mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { expect } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { LEDGER } from '../../schemas/tables/index.ts'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import type { StoreContext } from '../../src-main/store/context.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { withWriterLock } from '../../src-main/store/fs/writer-lock.ts'
import { canonicalRow } from '../../src-main/store/layout/digest.ts'
import { Duck } from '../../src-main/store/read/duckdb.ts'
import { PartWriter } from '../../src-main/store/write/part-writer.ts'
import { allFiles, brokenChecksums, plainRows } from '../support/compaction.ts'
import { type Fault, type FaultEnv, faultEnv } from '../support/fault-env.ts'
import { bury } from '../support/fault-plan.ts'
import { memoryFolder } from '../support/store-fixture.ts'
import { type LedgerScenario, ledgerFolders, NOW } from './ledger-scenario.ts'

/** A scenario's store before the work and after it. */
export interface LedgerBench {
  readonly scenario: LedgerScenario
  open(root: string, env?: Env): Promise<{ readonly context: StoreContext; close(): Promise<void> }>
  /** A fresh copy of the prepared store, or of another folder of the bench. */
  copy(from?: string): Promise<string>
  /** Rows of every public file, as lines: before, and after. */
  readonly old: readonly string[]
  readonly done: readonly string[]
  /** The public files at the end of it all, by name. */
  readonly files: Readonly<Record<string, string>>
  remove(): Promise<void>
}

export async function ledgerBench(scenario: LedgerScenario): Promise<LedgerBench> {
  const folder = await memoryFolder('ledger')
  // One for all copies: its start costs most.
  const duck = await Duck.open(folder, path.join(folder, 'temp'), { threads: 1, memory: '500MB' })
  const open: LedgerBench['open'] = async (root, env = nodeEnv) => {
    const staging = path.join(root, '.barkeep/staging', `${process.pid}-${env.randomId()}`)
    await env.makeDir(staging)
    const partWriter = new PartWriter(env, staging, root)
    const timed: Env = { ...env, now: () => NOW }
    const context = {
      root,
      env: timed,
      zone: new MarketZone(),
      duck,
      partWriter,
      staging,
      recoveryDays: 7,
      program: 'other' as const,
    }
    return { context, close: () => rmdir(staging).catch(() => undefined) }
  }
  const template = path.join(folder, 'template')
  await mkdir(template)
  const prepared = await open(template)
  await scenario.prepare(prepared.context)
  await prepared.close()
  let copies = 0
  const copy = async (from = template): Promise<string> => {
    copies += 1
    const root = path.join(folder, String(copies))
    await cp(from, root, { recursive: true, preserveTimestamps: true })
    return root
  }
  const reference = await copy()
  const worked = await open(reference)
  await scenario.work(worked.context, () => undefined)
  await worked.close()
  return {
    scenario,
    open,
    copy,
    old: await publicLines(template),
    done: await publicLines(reference),
    files: await publicFiles(reference),
    async remove() {
      duck.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface StruckLedger {
  readonly acknowledged: readonly object[]
  readonly counted: FaultEnv
  readonly thrown: unknown
}

/** Runs the work with a fault; after a death the store is left as one whose process is no more. */
export async function strikeLedger(
  { scenario, open }: LedgerBench,
  root: string,
  fault: Fault | null,
): Promise<StruckLedger> {
  const counted = faultEnv(fault)
  const { context, close } = await open(root, counted.env)
  const acknowledged: object[] = []
  let thrown: unknown = null
  counted.arm()
  try {
    await scenario.work(context, (row) => acknowledged.push(row))
  } catch (error) {
    thrown = error
  }
  if (fault?.how === 'death') await bury(root)
  else {
    counted.mend()
    await close()
  }
  return { acknowledged, counted, thrown }
}

/**
 * What must hold of a store whose work was struck, once it is opened again: every file is whole, every acknowledged row is
 * there once, a change of whole days is there or isn't, and the work done again leads to the very same files.
 */
export async function checkLedger(
  { scenario, open, old, done, files }: LedgerBench,
  root: string,
  acknowledged: readonly object[],
  struck: string,
): Promise<void> {
  // Any reader of plain Parquet gets along with what lies there, before anybody has tidied up.
  await publicLines(root)
  const { context, close } = await open(root)
  try {
    expect((await finishInterrupted(context)).problems, struck).toEqual([])
    const found = await publicLines(root)
    if (scenario.whole) expect([old, done], `${struck}: neither old nor new`).toContainEqual(found)
    expect(new Set(found.map(keyOf)).size, `${struck}: rows twice`).toBe(found.length)
    for (const line of old) {
      if (!scenario.whole) expect(found.map(keyOf), struck).toContain(keyOf(line))
    }
    const kept = new Set(found)
    for (const row of acknowledged) {
      const line = lineOf(row)
      const later = done.find((each) => keyOf(each) === keyOf(line))
      expect(kept.has(line) || (later !== undefined && kept.has(later)), `${struck}: ${line} is lost`).toBe(
        true,
      )
    }
    const isDone = JSON.stringify(found) === JSON.stringify(done)
    if (scenario.toggles !== true || !isDone) await scenario.work(context, () => undefined)
    // A lock that a failing disk kept goes with the next that is taken.
    else await withWriterLock(context, 'look', async () => undefined)
    expect(await publicFiles(root), `${struck}: done again`).toEqual(files)
    await checkTidy(context, root, struck)
  } finally {
    await close()
  }
  await rm(root, { recursive: true })
}

function keyOf(line: string): string {
  const [first, second] = JSON.parse(line) as unknown[]
  // A policy's key is its first column alone.
  return JSON.stringify(typeof second === 'string' && /^\d{4}-/.test(second) ? [first] : [first, second])
}

function lineOf(row: object): string {
  const table = 'decision_id' in row ? LEDGER.decisions : LEDGER.policies
  return canonicalRow(table.columns, row as Record<string, unknown>)
}

/** Each row as often as it is there, read by another program's DuckDB. */
async function publicLines(root: string): Promise<string[]> {
  const lines: string[] = []
  for (const folder of ledgerFolders(root)) {
    const files = (await allFiles(folder)).filter((file) => file.endsWith('.parquet'))
    if (files.length === 0) continue
    const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ')
    const rows = await plainRows(
      `SELECT to_json(row) AS line FROM (SELECT * FROM read_parquet([${list}], hive_partitioning=false, union_by_name=true)) AS row`,
    )
    for (const { line } of rows) lines.push(lineOf(JSON.parse(String(line)) as object))
  }
  return lines.sort()
}

async function publicFiles(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const folder of ledgerFolders(root))
    for (const file of await allFiles(folder))
      found[path.relative(root, file)] = (await readFile(file)).toString('base64')
  return found
}

async function checkTidy(context: StoreContext, root: string, struck: string): Promise<void> {
  const own = path.join(root, '.barkeep')
  const names = await readdir(own)
  expect(
    names.filter((name) => name.startsWith('writer.lock')),
    `${struck}: lock`,
  ).toEqual([])
  expect(await readdir(path.join(own, 'generations/pending')).catch(() => []), `${struck}: pending`).toEqual(
    [],
  )
  expect(await readdir(path.join(own, 'redo')).catch(() => []), `${struck}: redo`).toEqual([])
  // What a process that lives on could not take away goes once it has ended.
  const dead = (await readdir(path.join(own, 'staging'))).filter(
    (name) => !name.startsWith(`${process.pid}-`),
  )
  expect(dead, `${struck}: staging`).toEqual([])
  expect(await readdir(context.staging), `${struck}: staged`).toEqual([])
  expect(await brokenChecksums(root), `${struck}: checksums`).toEqual([])
}
