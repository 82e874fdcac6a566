import type { StorePath } from '../../../schemas/contract/units.ts'
import { LEDGER } from '../../../schemas/tables/index.ts'
import { type Generation, type GenerationInput, readGeneration } from '../compact/generation.ts'
import { digestOf } from '../compact/staged-file.ts'
import type { StoreContext } from '../context.ts'
import type { LedgerSeries } from '../layout/file-names.ts'
import { partSha256 } from '../layout/part-checksums.ts'
import type { Row } from '../write/part-writer.ts'
import { mergeMonth } from './month-merge.ts'
import { type LedgerFileRows, readLedgerRows } from './read-rows.ts'

/**
 * Rows of a damaged month file from what it was made of, when the digest on record proves that they are all of them
 * (SPEC E22): the month file before it and the day files that came since, or every day file that ever went into it.
 * Null when nothing proves it.
 */
export async function provenMonth(
  context: StoreContext,
  { table: name }: LedgerSeries,
  file: StorePath,
  signal: AbortSignal | undefined,
): Promise<readonly Row[] | null> {
  const generation = await readGeneration(context, file)
  if (generation === null) return null
  const table = LEDGER[name]
  const { earlier = [], inputs, digest } = generation
  const before = await beforeOf(context, generation)
  const first = before === null ? [] : [before]
  const copies = new Map<GenerationInput, StorePath>()
  for (const input of [...earlier, ...inputs]) {
    const copy = await copyOf(context, input)
    if (copy !== null) copies.set(input, copy)
  }
  const copiesOf = (given: readonly GenerationInput[]): readonly StorePath[] =>
    given.flatMap((input) => copies.get(input) ?? [])
  const read = new Map<StorePath, LedgerFileRows>()
  const found = await readLedgerRows(context, table, [...first, ...copies.values()], signal)
  for (const each of found.files) read.set(each.file, each)
  for (const candidates of [
    [...first, ...copiesOf(inputs)],
    copiesOf([...earlier, ...inputs]),
    [...first, ...copiesOf([...earlier, ...inputs])],
  ]) {
    const files = candidates.flatMap((each) => read.get(each) ?? [])
    const { rows } = mergeMonth(table, [], files)
    if (digestOf(table, rows) === digest) return rows
  }
  return null
}

/** The generation before, where it is kept as it was. */
async function beforeOf(context: StoreContext, { replaces }: Generation): Promise<StorePath | null> {
  const keptAs = replaces?.keptAs ?? null
  if (keptAs === null) return null
  return (await partSha256(context, keptAs)) === replaces?.sha256 ? keptAs : null
}

/** Where an input stands with its bytes: put aside, or, after a crash, still where it was. */
async function copyOf(
  context: StoreContext,
  { file, to, keptAs, sha256 }: GenerationInput,
): Promise<StorePath | null> {
  for (const place of [to, keptAs ?? null, file])
    if (place !== null && (await partSha256(context, place)) === sha256) return place
  return null
}
