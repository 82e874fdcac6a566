import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { loadAverage, machineLines } from './machine.ts'
import { measureMemory } from './memory-child.ts'
import { report } from './report.ts'
import type { ResultRow, Suite } from './result-row.ts'
import { copyStore } from './store-copy.ts'
import { BUILD_LANES, buildStore, keptFolder, removeOthersThan, STORES, type StoreName } from './stores.ts'
import { SUITES } from './suites.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    runs: { type: 'string' },
    keep: { type: 'boolean' },
    out: { type: 'string' },
  },
})
/** Set by scripts/bench.mjs: this file runs as a bundle and can't tell where it came from. */
const project = process.env.BARKEEP_BENCH_PROJECT ?? process.cwd()
const work = process.env.BARKEEP_BENCH_WORK ?? ''

/** Samples that a median is worth being told of. */
const ENOUGH = 15

const [order, ...orderArgs] = positionals
if (order === 'build') await build(orderArgs)
else if (order === 'memory') await measureMemory(orderArgs)
else await bench()

/** In a process of its own: stores are built side by side. */
async function build([cache = '', ...names]: readonly string[]): Promise<void> {
  for (const name of names) {
    const millis = await buildStore(cache, name as StoreName)
    if (millis > 0) say(`built ${name} in ${(millis / 1000).toFixed(1)} s`)
  }
}

async function bench(): Promise<void> {
  const startedAt = new Date()
  const started = performance.now()
  const samples = Number(values.runs ?? ENOUGH)
  if (!Number.isSafeInteger(samples) || samples < 1) throw new RangeError(`--runs ${values.runs} is no count`)
  const unknown = values.only?.find((name) => !SUITES.some((suite) => suite.name === name))
  if (unknown !== undefined) {
    throw new RangeError(`--only ${unknown}: there are ${SUITES.map(({ name }) => name).join(', ')}`)
  }
  const chosen = SUITES.filter(({ name }) => values.only === undefined || values.only.includes(name))
  const loadBefore = loadAverage()
  const cache = values.keep === true ? await keptFolder(project) : path.join(work, 'stores')
  if (values.keep === true) await removeOthersThan(cache)
  await mkdir(cache, { recursive: true })
  await buildStores(cache, chosen)
  const rows: ResultRow[] = []
  const failures: string[] = []
  for (const suite of chosen) {
    try {
      rows.push(...(await runSuite(suite, cache, samples)))
    } catch (error) {
      // The others are worth having; the run as a whole has failed.
      failures.push(`${suite.name}: ${error instanceof Error ? error.message : String(error)}`)
      say(`FAILED ${error instanceof Error ? error.stack : String(error)}`)
      process.exitCode = 1
    }
  }
  const leftOut = SUITES.filter((suite) => !chosen.includes(suite)).map(({ name }) => name)
  const seconds = (performance.now() - started) / 1000
  const machine = await machineLines(cache)
  const text = report({ machine, startedAt, loadBefore, seconds, samples, leftOut, failures, rows })
  // Part of the table, or a table of few samples, takes the place of a whole one only when asked to.
  const isWhole = leftOut.length === 0 && samples >= ENOUGH
  const out = values.out ?? (isWhole ? path.join(project, 'test/bench/RESULTS.md') : null)
  if (out !== null) await writeFile(out, text)
  say(text)
}

async function buildStores(cache: string, suites: readonly Suite[]): Promise<void> {
  const needed = new Set(suites.flatMap(({ stores }) => stores))
  const lanes = BUILD_LANES.map((lane) => lane.filter((name) => needed.has(name)))
  await Promise.all(lanes.filter((lane) => lane.length > 0).map((lane) => inChild(['build', cache, ...lane])))
}

async function runSuite(suite: Suite, cache: string, samples: number): Promise<readonly ResultRow[]> {
  const folder = await mkdtemp(path.join(work, `${suite.name}-`))
  const started = performance.now()
  // A copy: what the engine derives on the way must not stay in a store that is kept for the next run.
  const store = (name: string): string => {
    if (!(name in STORES) || !suite.stores.includes(name))
      throw new Error(`${suite.name} asks for no store ${name}`)
    const own = path.join(folder, 'stores', name)
    return existsSync(own) ? own : copyStore(path.join(cache, name), own)
  }
  try {
    const rows = await suite.run({ store, work: folder, samples, project, say })
    for (const { what, ours, against, ratio, bar, met } of rows) {
      say(
        `${met === null ? '     ' : met ? 'met  ' : 'MISS '}${what}: ${ours} | ${against} | ${ratio} ${bar}`,
      )
    }
    say(`     ${suite.name} took ${((performance.now() - started) / 1000).toFixed(1)} s`)
    return rows
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** This bundle again, as another process. @throws Error when it ends badly */
async function inChild(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', resolve)
  })
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
