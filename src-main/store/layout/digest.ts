import { createHash } from 'node:crypto'
import type { Env } from '../fs/env.ts'

/** JSON with sorted keys at every depth: one text for one value, whatever order a bot's keys came in. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
  }
  // JSON.stringify writes −0 as 0 and every finite double so that it reads back to the same bits.
  return JSON.stringify(value) ?? 'null'
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** SHA-256 of a file in the form of `sha256sum`, read in pieces. */
export async function sha256OfFile(env: Env, path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of env.readStream(path)) hash.update(piece)
  return hash.digest('hex')
}

/** One line for one row: its values in column order. Two rows are the same exactly when their lines are. */
export function canonicalRow(
  columns: readonly { readonly name: string }[],
  row: Readonly<Record<string, unknown>>,
): string {
  return canonicalJson(columns.map(({ name }) => row[name] ?? null))
}

/** Digest over all values of a set of rows (SPEC C5): SHA-256 over their canonical lines in text order. */
export function digestOfLines(lines: readonly string[]): string {
  const hash = createHash('sha256')
  for (const line of [...lines].sort()) hash.update(line).update('\n')
  return hash.digest('hex')
}
