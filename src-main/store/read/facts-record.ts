import path from 'node:path'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import { publishBytes } from '../fs/atomic-file.ts'
import { sha256 } from '../layout/digest.ts'
import { DAYFILE_FACTS } from '../layout/file-names.ts'
import type { DayfileFacts } from './dayfile-facts.ts'

const VERSION = 1

/** One file in the record: path, size, mtime, inode, rows, SHA-256, [symbol, first, last] of each symbol. */
type Entry = readonly [
  string,
  number,
  number,
  number,
  number,
  string,
  readonly (readonly [string, number, number])[],
]

/**
 * What an earlier open read of dayfiles; empty when there is no record, or not a whole one. An entry says nothing of a
 * file that was replaced since, and nothing of one that was damaged: compare its SHA-256 before its rows are used.
 */
export async function recallFacts(
  context: StoreContext,
): Promise<readonly (readonly [StorePath, DayfileFacts])[]> {
  try {
    const text = new TextDecoder().decode(await context.env.readFile(at(context, DAYFILE_FACTS)))
    const end = text.indexOf('\n')
    const body = text.slice(end + 1)
    if (text.slice(0, end) !== sha256(body)) return []
    // Whole, as its digest shows, so of the shape that was written by this version.
    const { version, files } = JSON.parse(body) as { version: number; files: readonly Entry[] }
    return version === VERSION ? files.map(factsOf) : []
  } catch {
    // Not there, or not to be read: everything in it can be read anew.
    return []
  }
}

function factsOf([file, size, mtimeMs, inode, rows, digest, spans]: Entry): readonly [
  StorePath,
  DayfileFacts,
] {
  return [
    file as StorePath,
    {
      stat: { size, mtimeMs, inode, isDirectory: false },
      rows,
      sha256: digest,
      spans: spans.map(([symbol, firstTs, lastTs]) => ({ symbol, firstTs, lastTs })),
      problem: null,
    },
  ]
}

/** Never throws: a disk that is full or read-only costs the next open some seconds, and nothing else. */
export async function keepFacts(
  context: StoreContext,
  facts: readonly (readonly [StorePath, DayfileFacts])[],
): Promise<void> {
  const files: Entry[] = []
  for (const [file, { stat, rows, sha256: digest, spans, problem }] of facts) {
    if (problem !== null || rows === null || digest === null) continue
    const short = spans.map(({ symbol, firstTs, lastTs }) => [symbol, firstTs, lastTs] as const)
    files.push([file, stat.size, stat.mtimeMs, stat.inode, rows, digest, short])
  }
  const body = JSON.stringify({ version: VERSION, files })
  const target = at(context, DAYFILE_FACTS)
  try {
    await context.env.makeDir(path.dirname(target))
    const bytes = new TextEncoder().encode(`${sha256(body)}\n${body}`)
    await publishBytes(context.env, context.staging, target, bytes)
  } catch {
    // See above; what failed tells itself wherever something has to be written.
  }
}
