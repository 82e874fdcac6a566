import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { build } from 'vite'
import type { KillOrder, KillReport } from './kill-child.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')

export interface KillRunner {
  /** Runs the child and waits for its end. @returns what it told, and the signal that ended it */
  run(order: KillOrder): Promise<KillReport & { readonly signal: NodeJS.Signals | null }>
  remove(): Promise<void>
}

/**
 * Bundles an entry file for plain Node: a loader that strips types would cost every child half a second. Takes about a
 * second.
 * @param entry relative to the project
 */
export async function bundleChild(entry: string): Promise<ChildBundle> {
  const cache = path.join(ROOT, '.cache')
  await mkdir(cache, { recursive: true })
  // Inside the project, so that the bundle finds its packages.
  const outDir = await mkdtemp(path.join(cache, 'test-child-'))
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: path.join(ROOT, entry),
      outDir,
      emptyOutDir: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'child.mjs' } },
    },
  })
  // Not execPath: when these tests run inside Electron that would be Electron.
  const node = process.versions.electron === undefined ? process.execPath : 'node'
  return {
    start: (order) =>
      spawn(node, [path.join(outDir, 'child.mjs'), JSON.stringify(order)], {
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    remove: () => rm(outDir, { recursive: true, force: true }),
  }
}

export interface ChildBundle {
  /** @param order what the child is told, as JSON in its first argument */
  start(order: unknown): ChildProcessWithoutNullStreams
  remove(): Promise<void>
}

/** A bundled entry file that calls `runAsKillChild`. @param entry relative to the project */
export async function killRunner(entry: string): Promise<KillRunner> {
  const bundle = await bundleChild(entry)
  return {
    async run(order) {
      const child = bundle.start(order)
      let out = ''
      let errors = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        out += text
      })
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        errors += text
      })
      const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(
        (resolve, reject) => {
          child.on('error', reject)
          child.on('close', (code, signal) => resolve({ code, signal }))
        },
      )
      if (signal === null && code !== 0) throw new Error(`the child ended with ${code}: ${errors}`)
      const lines = out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { acknowledged?: unknown; steps?: KillReport['steps'] })
      return {
        signal,
        acknowledged: lines.flatMap((line) => ('acknowledged' in line ? [line.acknowledged] : [])),
        steps: lines.find((line) => line.steps !== undefined)?.steps ?? null,
      }
    },
    remove: bundle.remove,
  }
}

/** Runs over all items, so many at once: one a core. */
export async function atOnce<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]()
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value)
    }),
  )
}
