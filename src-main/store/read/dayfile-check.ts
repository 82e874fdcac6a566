import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { type ChecksumState, checkFile } from '../layout/checksums.ts'
import { canonicalRow, digestOfLines, sha256 } from '../layout/digest.ts'
import { partBytes, recordedParts, rememberPart } from '../layout/part-checksums.ts'
import { ownDayfileColumns } from './own-dayfile.ts'
import { ownPartRow } from './own-part.ts'
import { forEachOf, throwIfAborted } from './shared-work.ts'
import { type FileColumns, readFiles, readMetadata, rowsOf } from './table-files.ts'

/** Files hashed at once: more only waits for the disk. */
const AT_ONCE = 8

/** What to make of a compacted file before its rows are used. */
export type Verdict =
  | {
      readonly use: true
      readonly foreign: boolean
      /** Its bytes are those that we wrote, and its columns those of its table. */
      readonly own: boolean
      /** Its rows, where they were read with the bytes. */
      readonly read?: FileColumns | null
    }
  | { readonly use: false; readonly problem: Problem }
  /** Gone since it was listed. */
  | 'missing'

/**
 * Compares compacted files with what is recorded of them (store.md §4): DuckDB takes most flipped bits for data. A file
 * that bears our metadata and differs from its SHA-256 is damaged; without a record the digest inside it decides. A
 * file without our metadata is another program's and has nothing to be compared with.
 * @param columns those of files of ours that are wanted: they are read with the bytes, where that can be
 * @throws CANCELLED
 */
export async function judgeFiles(
  context: StoreContext,
  table: TableSchema,
  files: readonly StorePath[],
  signal?: AbortSignal,
  columns?: readonly string[],
): Promise<ReadonlyMap<StorePath, Verdict>> {
  const states = new Map<StorePath, ChecksumState>()
  await forEachOf(files, AT_ONCE, async (file) => {
    throwIfAborted(signal)
    states.set(file, await checkFile(context, file, columns !== undefined))
  })
  const unsure = files.filter((file) => ['differs', 'unrecorded'].includes(states.get(file)?.state ?? ''))
  const metadata = unsure.length === 0 ? new Map() : await readMetadata(context, unsure, signal)
  const verdicts = new Map<StorePath, Verdict>()
  const toDigest: StorePath[] = []
  for (const file of files) {
    const state = states.get(file)
    const ours = metadata.get(file)?.has('barkeep.digest') === true
    if (state === undefined || state.state === 'missing') verdicts.set(file, 'missing')
    else if (state.state === 'same') verdicts.set(file, sameVerdict(table, file, state, columns))
    else if (!ours) verdicts.set(file, { use: true, foreign: true, own: false })
    else if (state.state === 'unrecorded') toDigest.push(file)
    else verdicts.set(file, damaged(file, `its SHA-256 is ${state.sha256}, not the recorded one`))
  }
  if (toDigest.length === 0) return verdicts
  const read = await readFiles(context, table, toDigest, { signal })
  for (const { file, code, detail } of read.problems)
    verdicts.set(file as StorePath, { use: false, problem: { file, code, detail } })
  for (const file of read.vanished) verdicts.set(file, 'missing')
  for (const found of read.files) {
    const digest = digestOfLines(rowsOf(table, found).map((row) => canonicalRow(table.columns, row)))
    const same = digest === metadata.get(found.file)?.get('barkeep.digest')
    verdicts.set(
      found.file,
      same
        ? { use: true, foreign: false, own: false }
        : damaged(found.file, 'its values differ from the digest inside it'),
    )
  }
  return verdicts
}

function sameVerdict(
  table: TableSchema,
  file: StorePath,
  state: Exclude<ChecksumState, { state: 'missing' }>,
  columns: readonly string[] | undefined,
): Verdict {
  const own = state.table?.name === table.name
  const { bytes } = state
  if (!own || bytes === undefined || columns === undefined) return { use: true, foreign: false, own }
  return { use: true, foreign: false, own, read: ownDayfileColumns(table, columns, file, bytes) }
}

function damaged(file: StorePath, why: string): Verdict {
  return { use: false, problem: { file, code: 'BAD_CHECKSUM', detail: `left out: ${why}` } }
}

/**
 * Compares parts with the SHA-256 that was recorded when they were written (SPEC R16). One that differs under a recorded
 * name is damaged: no other program writes under a name of ours, and we never write one twice. A part without a record
 * is another program's, or its line was lost with the power: it is used as it is.
 * @throws CANCELLED, and Node's own errors of the file system
 */
export async function judgeParts(
  context: StoreContext,
  table: TableSchema,
  files: readonly StorePath[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<StorePath, Verdict>> {
  const verdicts = new Map<StorePath, Verdict>()
  const recorded = new Map<StorePath, ReadonlyMap<string, string>>()
  for (const folder of new Set(files.map(folderOf)))
    recorded.set(folder, await recordedParts(context, folder))
  await forEachOf(files, AT_ONCE, async (file) => {
    throwIfAborted(signal)
    const wanted = recorded.get(folderOf(file))?.get(file.slice(file.lastIndexOf('/') + 1))
    if (wanted === undefined) verdicts.set(file, { use: true, foreign: true, own: false })
    else verdicts.set(file, await judgePart(context, table, file, wanted))
  })
  return verdicts
}

async function judgePart(
  context: StoreContext,
  table: TableSchema,
  file: StorePath,
  wanted: string,
): Promise<Verdict> {
  const bytes = await partBytes(context, file)
  if (bytes === null) return 'missing'
  const found = sha256(bytes)
  if (found !== wanted) return damaged(file, `its SHA-256 is ${found}, not the recorded one`)
  rememberPart(context, file, found)
  return { use: true, foreign: false, own: true, read: ownPartRow(table, file, bytes) }
}

/** What is known of the files that may be used: what `readFiles` needn't ask them again. */
export function ownFiles(
  verdicts: ReadonlyMap<StorePath, Verdict>,
): ReadonlyMap<StorePath, FileColumns | null> {
  const own = new Map<StorePath, FileColumns | null>()
  for (const [file, verdict] of verdicts) {
    if (verdict !== 'missing' && verdict.use && verdict.own) own.set(file, verdict.read ?? null)
  }
  return own
}

function folderOf(file: StorePath): StorePath {
  return file.slice(0, file.lastIndexOf('/')) as StorePath
}
