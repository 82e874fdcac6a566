import path from 'node:path'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import { discard } from '../fs/atomic-file.ts'
import type { FileStat } from '../fs/env.ts'
import { recordChecksum, sameFile } from '../layout/checksums.ts'
import { sha256 } from '../layout/digest.ts'
import { companion, PREVIOUS, QUARANTINE, RECOVERY, renamed, within } from '../layout/file-names.ts'
import { takeFoundPart, tidyPartChecksums } from '../layout/part-checksums.ts'
import { forEachOf } from '../read/shared-work.ts'
import {
  discardPending,
  type Generation,
  type GenerationInput,
  settlePending,
  writePending,
} from './generation.ts'
import type { ReplacedFile } from './resolver.ts'
import { isUnretained } from './retention.ts'
import type { StagedFile } from './staged-file.ts'
import { forgetReplaced, type Replacement, writeTombstones } from './tombstones.ts'

/** Small files hashed or moved at once. */
const AT_ONCE = 8

/**
 * Puts a staged dayfile or month file in place of what stands there. The rename is the commit point (SPEC C7): before it nothing has
 * changed, after it `finishGeneration` leads to the end, now or at the next open.
 * @param isCurrent asked right before the rename: all that takes the disk's time is done by then
 * @returns false when it isn't: nothing has changed
 */
export async function commitGeneration(
  context: StoreContext,
  staged: StagedFile,
  generation: Generation,
  isCurrent: () => Promise<boolean>,
): Promise<boolean> {
  const { env } = context
  const target = at(context, generation.file)
  await env.makeDir(path.dirname(target))
  await writePending(context, generation)
  const keptAs = generation.replaces?.keptAs ?? null
  // There under both names until the rename.
  if (keptAs !== null) await keepUnder(context, generation.file, keptAs)
  if (!(await isCurrent())) {
    await discardPending(context, generation)
    return false
  }
  await env.rename(staged.path, target)
  return true
}

/**
 * All that follows the rename; each step may have been done before.
 * @param moves the inputs that are to move: all, unless this comes after a crash and one was replaced meanwhile
 */
export async function finishGeneration(
  context: StoreContext,
  generation: Generation,
  moves: readonly GenerationInput[] = generation.inputs,
): Promise<void> {
  const { env } = context
  await env.syncDir(path.dirname(at(context, generation.file)))
  await recordChecksum(context, generation.file, generation.sha256)
  await moveAway(context, generation, moves)
  // Those that a run before a crash had moved already, too.
  await forgetReplaced(context, generation.inputs)
  await tidyPartLines(context, generation.inputs)
  await settlePending(context, generation)
  await removeUnretained(context, moves)
  const keptAs = generation.replaces?.keptAs
  if (keptAs != null) await removeUnretained(context, [{ to: keptAs }])
}

/** Tombstones first: a day file is never gone without one. */
export async function moveAway(
  context: StoreContext,
  by: Replacement,
  moves: readonly GenerationInput[],
): Promise<void> {
  await writeTombstones(context, by, moves)
  for (const { file, keptAs } of moves) {
    // Gone already when this is the second time; then it was kept the first time.
    if (keptAs !== undefined && (await context.env.stat(at(context, file))) !== null)
      await keepUnder(context, file, keptAs)
  }
  await moveParts(context, moves)
}

/**
 * Moves parts out of the globs' way; the dayfile that holds their rows must be durable. Where they go is made durable
 * before where they come from, so that no crash takes a part from both.
 */
export async function moveParts(context: StoreContext, inputs: readonly GenerationInput[]): Promise<void> {
  const { env } = context
  const moves = inputs.flatMap(({ file, to }) =>
    to === null ? [] : { from: at(context, file), to: at(context, to) },
  )
  const targets = new Set(moves.map(({ to }) => path.dirname(to)))
  for (const folder of targets) await env.makeDir(folder)
  for (const { from, to } of moves) await moveIfThere(context, from, to)
  for (const folder of targets) await env.syncDir(folder)
  for (const folder of new Set(moves.map(({ from }) => path.dirname(from)))) {
    if ((await env.stat(folder)) !== null) await env.syncDir(folder)
  }
}

/** Parts that are gone take their lines of SHA-256 with them: what stands there names only files that stand. */
export async function tidyPartLines(
  context: StoreContext,
  inputs: readonly GenerationInput[],
): Promise<void> {
  for (const folder of new Set(inputs.map(({ file }) => parentOf(file))))
    await tidyPartChecksums(context, folder)
}

/** Moved already when this is the second time. */
async function moveIfThere({ env }: StoreContext, from: string, to: string): Promise<void> {
  try {
    await env.rename(from, to)
  } catch (error) {
    if ((await env.stat(from)) !== null) throw error
  }
}

/** With a retention of 0 days parts go at once. */
export async function removeUnretained(
  context: StoreContext,
  inputs: readonly Pick<GenerationInput, 'to'>[],
): Promise<void> {
  if (inputs.length === 0 || !(await isUnretained(context))) return
  for (const { to } of inputs) {
    if (to?.startsWith(`${RECOVERY}/`)) await context.env.removeFile(at(context, to))
  }
}

/** Gives the standing file a second name; replaces what the name stood for. */
export async function keepUnder(context: StoreContext, file: StorePath, keptAs: StorePath): Promise<void> {
  const { env, staging } = context
  const link = path.join(staging, `${env.randomId()}-${path.posix.basename(file)}`)
  await env.makeDir(path.dirname(at(context, keptAs)))
  await env.link(at(context, file), link)
  await env.rename(link, at(context, keptAs))
  // Renaming onto another name of the same file, as when this is done again, leaves both.
  await discard(env, link)
  await env.syncDir(path.dirname(at(context, keptAs)))
}

export interface Inputs {
  /** Files that go to recovery, and those that go to quarantine. */
  readonly merged: readonly StorePath[]
  readonly lost: readonly StorePath[]
  /** Parts are to stay; day files that a month file replaces go all the same. */
  readonly keepParts: boolean
  readonly replaced?: readonly ReplacedFile[]
  /** Those of another program, which may hold columns that ours has no place for: in `previous/` as well. */
  readonly foreign?: ReadonlySet<StorePath>
  /** Merged ones of which values lost: in quarantine as well. */
  readonly contested?: readonly StorePath[]
}

/** The inputs' SHA-256 and where each will go: a name that nothing has there yet. */
export async function inputsOf(
  context: StoreContext,
  { merged, lost, keepParts, replaced = [], foreign = new Set(), contested = [] }: Inputs,
): Promise<readonly GenerationInput[]> {
  const rowsOf = new Map(replaced.map(({ file, rows }) => [file, rows]))
  const second = new Map<StorePath, StorePath>()
  for (const [files, folder] of [
    [[...foreign].filter((file) => !contested.includes(file) && !lost.includes(file)), PREVIOUS],
    [contested, QUARANTINE],
  ] as const) {
    const taken = await namesTaken(context, files, folder)
    for (const file of files) second.set(file, freeName(context, companion(folder, file), taken))
  }
  const found = new Map<StorePath, GenerationInput>()
  for (const [files, folder] of [
    [merged, RECOVERY],
    [lost, QUARANTINE],
  ] as const) {
    const taken = await namesTaken(context, files, folder)
    await forEachOf(files, AT_ONCE, async (file) => {
      const hash = takeFoundPart(context, file) ?? sha256(await context.env.readFile(at(context, file)))
      const rows = rowsOf.get(file)
      const stays = keepParts && rows === undefined
      const to = stays ? null : freeName(context, companion(folder, file), taken)
      const keptAs = to === null ? undefined : second.get(file)
      found.set(file, {
        file,
        sha256: hash,
        to,
        ...(keptAs === undefined ? {} : { keptAs }),
        ...(rows === undefined ? {} : { rows }),
      })
    })
  }
  return [...found.values()].sort((a, b) => (a.file < b.file ? -1 : 1))
}

async function namesTaken(
  context: StoreContext,
  files: readonly StorePath[],
  folder: StorePath,
): Promise<Set<StorePath>> {
  const taken = new Set<StorePath>()
  for (const parent of new Set(files.map((file) => parentOf(companion(folder, file))))) {
    for (const { name } of await context.env.readDir(at(context, parent))) taken.add(within(parent, name))
  }
  return taken
}

/** Other programs reuse names; an earlier part of that name is not overwritten. */
function freeName(context: StoreContext, wanted: StorePath, taken: Set<StorePath>): StorePath {
  let name = wanted
  while (taken.has(name)) {
    name = renamed(wanted, context.env.randomId())
  }
  taken.add(name)
  return name
}

/** Where a replaced dayfile stays: a backfilled or foreign one for undo, a damaged one for good. */
export function previousOf(file: StorePath): StorePath {
  return companion(PREVIOUS, file)
}

export async function quarantineOf(context: StoreContext, file: StorePath): Promise<StorePath> {
  const wanted = companion(QUARANTINE, file)
  return freeName(context, wanted, await namesTaken(context, [file], QUARANTINE))
}

/** Whether the file at a path is still the one that was looked at. */
export async function isUnchanged(
  context: StoreContext,
  file: StorePath,
  seen: FileStat | null,
): Promise<boolean> {
  const now = await context.env.stat(at(context, file))
  return now === null || seen === null ? now === seen : sameFile(now, seen)
}

function parentOf(file: StorePath): StorePath {
  return file.slice(0, file.lastIndexOf('/')) as StorePath
}

/** 15m bars with a number, for the record. */
export function numbersOf(rows: readonly Readonly<Record<string, unknown>>[]): Generation['numbers'] {
  return rows.flatMap(({ symbol, ts, global_x }) =>
    typeof symbol === 'string' && typeof ts === 'number' && typeof global_x === 'number'
      ? [[symbol, ts, global_x] as const]
      : [],
  )
}
