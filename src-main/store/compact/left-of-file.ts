import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import { companion, GENERATIONS, PREVIOUS, RECOVERY, within } from '../layout/file-names.ts'
import { partSha256 } from '../layout/part-checksums.ts'
import { judgeFiles } from '../read/dayfile-check.ts'
import { parquetNames } from '../read/listing.ts'
import { forEachOf } from '../read/shared-work.ts'
import { type Generation, type GenerationInput, readGeneration } from './generation.ts'

/** Small files hashed at once. */
const AT_ONCE = 8

/** What is still kept of a damaged file, and may answer in its place (SPEC R17). */
export interface LeftOfFile {
  /** How the damaged file came to be; null when no record of it can be read. */
  readonly generation: Generation | null
  /** Parts in recovery, by name, whose bytes are those that were merged, or of which nothing is recorded. */
  readonly recovered: readonly StorePath[]
  /** The generation before, where it is kept and proven whole. */
  readonly previous: StorePath | null
  /** Parts in recovery that are damaged themselves. */
  readonly problems: readonly Problem[]
}

/**
 * Looks for what a file of a table was made of.
 * @param folder its part folder
 * @throws Node's own errors of the file system
 */
export async function leftOfFile(
  context: StoreContext,
  table: TableSchema,
  file: StorePath,
  folder: StorePath,
): Promise<LeftOfFile> {
  const generation = await generationOrNone(context, file)
  const below = companion(RECOVERY, folder)
  const standing = (await parquetNames(context, below)).map((name) => within(below, name))
  const { sound, problems } = await soundOf(context, standing, generation === null ? [] : [generation])
  const previous = companion(PREVIOUS, file)
  const isWhole = await isWholeGeneration(context, table, previous, generation)
  return { generation, recovered: sound, previous: isWhole ? previous : null, problems }
}

/** Files in recovery without those whose bytes are not the ones that were merged. */
export async function soundOf(
  context: StoreContext,
  recovered: readonly StorePath[],
  generations: readonly Generation[],
): Promise<{ readonly sound: readonly StorePath[]; readonly problems: readonly Problem[] }> {
  const recorded = new Map<StorePath, string>()
  for (const { inputs, earlier } of generations) {
    for (const { to, sha256 } of [...(earlier ?? []), ...inputs]) if (to !== null) recorded.set(to, sha256)
  }
  const problems: Problem[] = []
  const damaged = new Set<StorePath>()
  await forEachOf(recovered, AT_ONCE, async (file) => {
    const wanted = recorded.get(file)
    if (wanted === undefined) return
    const found = await partSha256(context, file)
    if (found === null || found === wanted) return
    damaged.add(file)
    const detail = `left out: its SHA-256 is ${found}, not that of the part which was merged`
    problems.push({ file, code: 'BAD_CHECKSUM', detail })
  })
  return { sound: recovered.filter((file) => !damaged.has(file)), problems }
}

/**
 * Events share their month's folder: files in its recovery, compared with the records of all its days and of the month.
 * @returns what is damaged
 */
export async function damagedInRecovery(
  context: StoreContext,
  recovered: readonly StorePath[],
): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const folders = new Set(recovered.map((file) => file.slice(0, file.lastIndexOf('/'))))
  for (const folder of folders) {
    const records = companion(GENERATIONS, folder.slice(RECOVERY.length + 1) as StorePath)
    const generations: Generation[] = []
    for (const { name } of await context.env.readDir(at(context, records))) {
      const file = within(folder.slice(RECOVERY.length + 1) as StorePath, name.replace(/\.json$/, ''))
      const generation = name.endsWith('.json') ? await generationOrNone(context, file) : null
      if (generation !== null) generations.push(generation)
    }
    const files = recovered.filter((file) => file.startsWith(`${folder}/`))
    problems.push(...(await soundOf(context, files, generations)).problems)
  }
  return problems
}

/** By the SHA-256 that was recorded when it was kept, or the digest inside it. */
async function isWholeGeneration(
  context: StoreContext,
  table: TableSchema,
  previous: StorePath,
  generation: Generation | null,
): Promise<boolean> {
  if ((await context.env.stat(at(context, previous))) === null) return false
  const kept = keptBy(generation)
  if (kept !== null && kept.keptAs === previous && (await partSha256(context, previous)) === kept.sha256)
    return true
  const verdict = (await judgeFiles(context, table, [previous])).get(previous)
  return typeof verdict === 'object' && verdict.use && !verdict.foreign
}

/** What a new generation of a file takes over from the record of the one before: what else is kept of it. */
export async function carriedOver(
  context: StoreContext,
  file: StorePath,
  folder: StorePath,
): Promise<Pick<Generation, 'earlier' | 'kept'>> {
  const old = await generationOrNone(context, file)
  if (old === null) return {}
  const below = companion(RECOVERY, folder)
  const standing = new Set((await parquetNames(context, below)).map((name) => within(below, name)))
  const earlier = [...(old.earlier ?? []), ...old.inputs].filter(isIn(standing))
  const kept = keptBy(old)
  return { ...(earlier.length === 0 ? {} : { earlier }), ...(kept === null ? {} : { kept }) }
}

function isIn(standing: ReadonlySet<StorePath>): (input: GenerationInput) => boolean {
  return ({ to }) => to !== null && standing.has(to)
}

function keptBy(generation: Generation | null): NonNullable<Generation['kept']> | null {
  const { replaces, kept } = generation ?? {}
  const { keptAs = null, sha256 = '' } = replaces ?? {}
  return keptAs?.startsWith(`${PREVIOUS}/`) === true ? { sha256, keptAs } : (kept ?? null)
}

/** A record that was changed by hand proves nothing; what is there is used without it. */
async function generationOrNone(context: StoreContext, file: StorePath): Promise<Generation | null> {
  try {
    return await readGeneration(context, file)
  } catch (error) {
    if (error instanceof BarkeepError && error.code === 'UNREADABLE') return null
    throw error
  }
}
