import path from 'node:path'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import { publishBytes } from '../fs/atomic-file.ts'
import { pendingPath } from '../layout/checksums.ts'
import { companion, GENERATIONS, PENDING, type Series, within } from '../layout/file-names.ts'

/** A file that a compacted one was made of, and where it goes once that is published. */
export interface GenerationInput {
  readonly file: StorePath
  readonly sha256: string
  /** Null when the part was to stay (`keepParts`). */
  readonly to: StorePath | null
  /** A second place, for good: of one that isn't ours alone to purge, or whose values lost. */
  readonly keptAs?: StorePath
  /** Of a day file that a month file replaces, for its tombstone; parts have none. */
  readonly rows?: number
}

/**
 * How a dayfile, or a month file of events, came to be (SPEC C6). Written before its rename, as pending; after the last step it stands beside the
 * file's path in `.barkeep/generations/`, so a pending one means: look whether the rename happened, and go on.
 */
export interface Generation {
  readonly version: 1
  readonly file: StorePath
  readonly table: Series['table'] | 'policies'
  readonly timeframe: string | null
  /** Of a month its first. */
  readonly day: UtcDay
  /** Days have none. */
  readonly month?: UtcMonth
  /** Of a ledger's file: `ingest`, and `backfill` or `undo`, which name the days they replaced. */
  readonly origin: 'parts' | 'backfill' | 'ingest' | 'undo'
  readonly days?: readonly UtcDay[]
  /** Names the backfill or undo: its files are brought back together. Sorts by time. */
  readonly operation?: string
  /** What other days of the file can still be brought back from, of backfills and undos before this one. */
  readonly others?: readonly Undoable[]
  /** Its rows went with a backfill or undo: nothing stands there any more, and what stood is where `replaces` says. */
  readonly removed?: boolean
  /** Of the file's bytes. */
  readonly sha256: string
  readonly rows: number
  /** Over all values (C5), and over the rows that went in (C6). */
  readonly digest: string
  readonly inputsDigest: string
  /** The generation before, and where it is kept, if it is. */
  readonly replaces: { readonly sha256: string; readonly keptAs: StorePath | null } | null
  readonly inputs: readonly GenerationInput[]
  /** Those of the generations before that are still in recovery: what they hold is in this file too. */
  readonly earlier?: readonly GenerationInput[]
  /** The last generation that was kept in `.barkeep/previous/`, unless `replaces` names it. */
  readonly kept?: { readonly sha256: string; readonly keptAs: StorePath }
  /** 15m bars that have a number, as [symbol, ts, global_x]: parts don't hold it, a rebuilt dayfile needs it. */
  readonly numbers: readonly (readonly [string, number, number])[]
  readonly writtenAt: string
}

/** Days that a backfill or undo replaced, and where what stood is kept. */
export interface Undoable {
  readonly operation: string
  readonly days: readonly UtcDay[]
  readonly replaces: Generation['replaces']
  readonly writtenAt: string
}

export function generationPath(file: StorePath): StorePath {
  return companion(GENERATIONS, file, '.json')
}

/** Null when the file has none. @throws IO naming the record when it can't be understood */
export async function readGeneration(context: StoreContext, file: StorePath): Promise<Generation | null> {
  return parseGeneration(context, generationPath(file))
}

async function parseGeneration(context: StoreContext, record: StorePath): Promise<Generation | null> {
  let text: string
  try {
    text = new TextDecoder().decode(await context.env.readFile(at(context, record)))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
  try {
    // Written by us, whole or not at all; what is not of this shape was changed by hand.
    const parsed = JSON.parse(text) as Generation
    if (parsed.version === 1 && typeof parsed.file === 'string' && Array.isArray(parsed.inputs)) return parsed
  } catch {
    // Told below, with the file's name.
  }
  throw new BarkeepError(
    'UNREADABLE',
    `${record} is no record of a compaction. Move it away and try again.`,
    { file: record },
  )
}

/** Durable when this resolves: from here on the rename may happen. */
export async function writePending(context: StoreContext, generation: Generation): Promise<void> {
  await context.env.makeDir(at(context, PENDING))
  const bytes = new TextEncoder().encode(`${JSON.stringify(generation)}\n`)
  await publishBytes(context.env, context.staging, at(context, pendingPath(generation.file)), bytes)
}

/** Records of compactions that didn't reach their end. One folder with next to nothing in it. */
export async function listPending(context: StoreContext): Promise<readonly Generation[]> {
  const entries = await context.env.readDir(at(context, PENDING))
  const found: Generation[] = []
  for (const { name } of entries) {
    if (!name.endsWith('.json')) continue
    const generation = await parseGeneration(context, within(PENDING, name))
    if (generation !== null) found.push(generation)
  }
  return found
}

export async function discardPending(context: StoreContext, { file }: Generation): Promise<void> {
  await context.env.removeFile(at(context, pendingPath(file)))
}

/** The last step of a compaction: the record takes its place beside the file's path. */
export async function settlePending(context: StoreContext, { file }: Generation): Promise<void> {
  const target = at(context, generationPath(file))
  await context.env.makeDir(path.dirname(target))
  await context.env.rename(at(context, pendingPath(file)), target)
  await context.env.syncDir(path.dirname(target))
}
