import path from 'node:path'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import { discard, publishBytes } from '../fs/atomic-file.ts'
import { checkFile, checksumPath } from '../layout/checksums.ts'
import { REDO, redoFolder, redoRecord, redoStaged, renamed, within } from '../layout/file-names.ts'
import { type Generation, generationPath, readGeneration, writePending } from './generation.ts'
import { commitGeneration, finishGeneration, keepUnder, previousOf } from './publish.ts'
import type { StagedFile } from './staged-file.ts'

/** One file of a change that is of several: its next generation, staged below `.barkeep/redo/`, or its end. */
export interface RedoChange {
  readonly generation: Generation
  /** Null for a file that goes: it moves to where its generation says. */
  readonly staged: StorePath | null
}

/** Files that change together, or not at all (SPEC E14). */
export interface Redo {
  readonly version: 1
  readonly operation: string
  readonly changes: readonly RedoChange[]
}

/** Puts a staged file where the record of the change will find it. @returns that path; durable */
export async function stageForRedo(
  context: StoreContext,
  operation: string,
  place: number,
  staged: StagedFile,
): Promise<StorePath> {
  const target = redoStaged(operation, place)
  const folder = path.dirname(at(context, target))
  await context.env.makeDir(folder)
  await context.env.rename(staged.path, at(context, target))
  await context.env.syncDir(folder)
  return target
}

/** Durable when it resolves: from here on the change happens, now or at the next open. */
export async function commitRedo(context: StoreContext, redo: Redo): Promise<void> {
  const target = at(context, redoRecord(redo.operation))
  const bytes = new TextEncoder().encode(`${JSON.stringify(redo)}\n`)
  // A change that only takes files away has staged nothing yet.
  await context.env.makeDir(at(context, REDO))
  await publishBytes(context.env, context.staging, target, bytes)
}

/** Each step may have been done before. */
export async function applyRedo(context: StoreContext, redo: Redo): Promise<void> {
  for (const change of redo.changes) {
    if (change.staged === null) await removeKept(context, change.generation)
    else await replace(context, change.generation, change.staged)
  }
  await context.env.removeFile(at(context, redoRecord(redo.operation)))
  await context.env.syncDir(at(context, REDO))
  await removeStaged(context, redo.operation)
}

async function replace(context: StoreContext, wanted: Generation, staged: StorePath): Promise<void> {
  if (await isSettled(context, wanted)) return
  const standing = await checkFile(context, wanted.file)
  const sha256 = standing.state === 'missing' ? null : standing.sha256
  if (sha256 !== wanted.sha256) {
    const generation = await keepingStranger(context, wanted, sha256)
    // Under both names until all is done: a power cut may take the new one, and the record will ask for the file again.
    const second = path.join(context.staging, `${context.env.randomId()}-${path.posix.basename(wanted.file)}`)
    try {
      await context.env.makeDir(context.staging)
      await context.env.link(at(context, staged), second)
      const file: StagedFile = { ...wanted, path: second }
      await commitGeneration(context, file, generation, async () => true)
    } catch (error) {
      await discard(context.env, second)
      throw error
    }
    await finishGeneration(context, generation)
    return
  }
  await writePending(context, wanted)
  await finishGeneration(context, wanted)
}

/** Whatever stands there now came after it. */
async function isSettled(context: StoreContext, { file, operation }: Generation): Promise<boolean> {
  return (await readGeneration(context, file))?.operation === operation
}

/** Another program may have put its file there between the record and its redo: that one is kept too. */
async function keepingStranger(
  context: StoreContext,
  wanted: Generation,
  sha256: string | null,
): Promise<Generation> {
  if (sha256 === null) return { ...wanted, replaces: null }
  if (sha256 === wanted.replaces?.sha256) return wanted
  const keptAs = renamed(previousOf(wanted.file), context.env.randomId())
  return { ...wanted, replaces: { sha256, keptAs } }
}

/** The file moves to where it is kept; its record stays and says how it came to go. */
async function removeKept(context: StoreContext, wanted: Generation): Promise<void> {
  const { env } = context
  if (await isSettled(context, wanted)) return
  const standing = await checkFile(context, wanted.file)
  let generation = wanted
  if (standing.state !== 'missing') {
    generation = await keepingStranger(context, wanted, standing.sha256)
    const keptAs = generation.replaces?.keptAs ?? previousOf(wanted.file)
    // Durable under its new name before the old one goes.
    await keepUnder(context, wanted.file, keptAs)
    await env.removeFile(at(context, wanted.file))
    await env.syncDir(path.dirname(at(context, wanted.file)))
  }
  const checksum = at(context, checksumPath(wanted.file))
  if ((await env.stat(checksum)) !== null) {
    await env.removeFile(checksum)
    await env.syncDir(path.dirname(checksum))
  }
  const record = at(context, generationPath(wanted.file))
  await env.makeDir(path.dirname(record))
  const bytes = new TextEncoder().encode(`${JSON.stringify(generation)}\n`)
  await publishBytes(env, context.staging, record, bytes)
}

/** Whether a change of several files was cut off, or its staging left behind. */
export async function needsRedo(context: StoreContext): Promise<boolean> {
  return (await context.env.readDir(at(context, REDO))).length > 0
}

/**
 * Leads each change that was committed to its end, and clears what was staged for one that wasn't. Under the writer lock.
 * @returns how many were finished
 */
export async function finishRedo(context: StoreContext): Promise<number> {
  let finished = 0
  for (const { name } of await context.env.readDir(at(context, REDO))) {
    if (!name.endsWith('.json')) continue
    await applyRedo(context, await readRedo(context, within(REDO, name)))
    finished += 1
  }
  for (const { name, isDirectory } of await context.env.readDir(at(context, REDO)))
    if (isDirectory) await removeStaged(context, name)
  return finished
}

/** @throws UNREADABLE naming the record when it can't be understood */
export async function readRedo(context: StoreContext, record: StorePath): Promise<Redo> {
  const text = new TextDecoder().decode(await context.env.readFile(at(context, record)))
  try {
    // Written by us, whole or not at all; what is not of this shape was changed by hand.
    const parsed = JSON.parse(text) as Redo
    if (parsed.version === 1 && Array.isArray(parsed.changes)) return parsed
  } catch {
    // Told below, with the file's name.
  }
  throw new BarkeepError('UNREADABLE', `${record} is no record of a change. Move it away and try again.`, {
    file: record,
  })
}

async function removeStaged(context: StoreContext, operation: string): Promise<void> {
  const folder = redoFolder(operation)
  for (const { name } of await context.env.readDir(at(context, folder)))
    await context.env.removeFile(at(context, within(folder, name)))
  if ((await context.env.stat(at(context, folder))) !== null) await context.env.removeDir(at(context, folder))
}
