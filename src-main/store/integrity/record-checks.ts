import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { type Generation, listPending, readGeneration } from '../compact/generation.ts'
import { type Redo, readRedo } from '../compact/redo.ts'
import { at, type StoreContext } from '../context.ts'
import { isLocked } from '../fs/writer-lock.ts'
import { sha256OfFile } from '../layout/digest.ts'
import { GENERATIONS, PENDING, PREVIOUS, RECOVERY, REDO, within } from '../layout/file-names.ts'
import { filesBelow } from '../read/overview.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { setAside } from './damage.ts'
import type { FindingList } from './finding-list.ts'

/** Looks at what is ours alone: compactions under way, records, and what was put aside for a while. */
export async function checkRecords(
  context: StoreContext,
  findings: FindingList,
  isWriter: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  await checkPending(context, findings, isWriter)
  const kept = new Set<StorePath>()
  for (const folder of [RECOVERY, PREVIOUS])
    for (const file of await filesBelow(context, folder)) kept.add(file)
  for (const record of await filesBelow(context, GENERATIONS)) {
    throwIfAborted(signal)
    if (!record.endsWith('.json') || record.startsWith(`${PENDING}/`)) continue
    const file = record.slice(GENERATIONS.length + 1, -'.json'.length) as StorePath
    const generation = await readable(context, findings, () => readGeneration(context, file))
    if (generation != null) await checkKept(context, generation, kept, findings)
  }
}

/** What is under way in another process was not interrupted. */
async function checkPending(context: StoreContext, findings: FindingList, isWriter: boolean): Promise<void> {
  const before = (await readable(context, findings, () => listPending(context))) ?? []
  const redos = await redoRecords(context)
  if (before.length === 0 && redos.length === 0) return
  if (!isWriter && (await isLocked(context))) return
  await checkRedos(context, findings, redos)
  const still = new Set((await readable(context, findings, () => listPending(context)))?.map(named))
  for (const generation of before) {
    if (still.has(named(generation)))
      findings.add('INTERRUPTED', generation.file, 'its compaction was cut off on the way', {
        kind: 'finish',
      })
  }
}

/** Changes of several files that are committed and not carried out. */
async function redoRecords(context: StoreContext): Promise<readonly StorePath[]> {
  const names = (await context.env.readDir(at(context, REDO))).map(({ name }) => name)
  return names.filter((name) => name.endsWith('.json')).map((name) => within(REDO, name))
}

async function checkRedos(
  context: StoreContext,
  findings: FindingList,
  records: readonly StorePath[],
): Promise<void> {
  for (const record of records) {
    if ((await readable(context, findings, () => redoOrNull(context, record))) === null) continue
    const detail = 'a backfill or undo was cut off on the way, and is led to its end by the next open'
    findings.add('INTERRUPTED', record, detail, { kind: 'finish' })
  }
}

/** Null for one that has been carried out meanwhile. */
async function redoOrNull(context: StoreContext, record: StorePath): Promise<Redo | null> {
  try {
    return await readRedo(context, record)
  } catch (error) {
    if ((await context.env.stat(at(context, record))) === null) return null
    throw error
  }
}

function named({ file, sha256 }: Generation): string {
  return `${file} ${sha256}`
}

/** A record that can't be understood stands in the way of the next compaction of its file. */
async function readable<T>(
  context: StoreContext,
  findings: FindingList,
  read: () => Promise<T>,
): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof BarkeepError) || error.file === undefined) throw error
    const file = error.file as StorePath
    findings.add(error.code, file, error.message, await setAside(context, file))
    return null
  }
}

/** Files in recovery and previous generations by the SHA-256 that they were put aside with: they are the second copies. */
async function checkKept(
  context: StoreContext,
  { inputs, earlier = [], replaces, kept: kept2 }: Generation,
  kept: ReadonlySet<StorePath>,
  findings: FindingList,
): Promise<void> {
  const copies: { readonly to: StorePath | null; readonly sha256: string }[] = [...earlier, ...inputs]
  // What was kept before gave its place to what this generation replaced, where both have one name.
  for (const before of [replaces, kept2?.keptAs === replaces?.keptAs ? null : kept2])
    if (before != null) copies.push({ to: before.keptAs, sha256: before.sha256 })
  for (const { to, sha256 } of copies) {
    if (to === null || !kept.has(to)) continue
    const found = await shaOrNull(context, to)
    if (found === null || found === sha256) continue
    const detail = `kept in case its file is damaged, and is damaged itself: its SHA-256 is ${found}, not the recorded one`
    findings.add('BAD_CHECKSUM', to, detail, await setAside(context, to))
  }
}

async function shaOrNull(context: StoreContext, file: StorePath): Promise<string | null> {
  try {
    return await sha256OfFile(context.env, at(context, file))
  } catch (error) {
    if ((await context.env.stat(at(context, file))) === null) return null
    throw error
  }
}
