import path from 'node:path'
import type { Store } from '../store/api.ts'
import type { CommonFlags } from './flags.ts'

/**
 * The folder that paths on the command line are relative to. npm runs scripts in the project's folder and leaves the
 * caller's in INIT_CWD.
 */
export function callerFolder(): string {
  const { npm_lifecycle_event: script, INIT_CWD: caller } = process.env
  return script === 'barkeep' && caller !== undefined ? caller : process.cwd()
}

/** A path given on the command line, absolute. */
export function given(file: string): string {
  return path.resolve(callerFolder(), file)
}

/**
 * Opens the store, works, and closes it whatever happens. The engine is loaded here and not before: `--help` and bad
 * use answer without DuckDB.
 * @throws NO_STORE unless it is there or may be made
 */
export async function withStore<Result>(
  { store: folder }: Pick<CommonFlags, 'store'>,
  options: { readonly create: boolean; readonly keepExpired?: boolean },
  work: (store: Store) => Promise<Result>,
): Promise<Result> {
  const { openStore } = await import('../store/index.ts')
  const store = await openStore(folder, {
    ...options,
    program: 'cli',
    onProblem: ({ message }) => process.stderr.write(`barkeep: ${message}\n`),
  })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}
