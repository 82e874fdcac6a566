import path from 'node:path'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { CompactedDay } from '../../../schemas/contract/jobs.ts'
import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import { discard } from '../fs/atomic-file.ts'
import { type ChecksumState, checkFile, recordChecksum } from '../layout/checksums.ts'
import { canonicalRow, digestOfLines } from '../layout/digest.ts'
import { dayfilePath, partFolder, within } from '../layout/file-names.ts'
import { parquetNames } from '../read/listing.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { readMetadata } from '../read/table-files.ts'
import { tellChange } from '../write/change-news.ts'
import { inTurn } from '../write/turns.ts'
import type { Generation } from './generation.ts'
import {
  commitGeneration,
  finishGeneration,
  inputsOf,
  isUnchanged,
  moveParts,
  numbersOf,
  previousOf,
  quarantineOf,
  removeUnretained,
} from './publish.ts'
import type { DayMerge, DayResolver } from './resolver.ts'
import { digestOf, type StagedFile, stageFile } from './staged-file.ts'

export type DayStep = 'read' | 'write' | 'verify' | 'publish' | 'move'

export interface DayOptions {
  readonly dryRun: boolean
  readonly keepParts: boolean
  readonly signal?: AbortSignal | undefined
  readonly onStep: (step: DayStep) => void
}

/**
 * Times that a day is read again because a part or another dayfile came while it was worked on. After that, parts that
 * still come wait for the next run; a dayfile that is still being replaced is an error.
 */
const ATTEMPTS = 3

/**
 * Compacts one day (SPEC C1–C9). Nothing has changed when this throws before its commit point; after it, the next open
 * or run finishes.
 * @throws VERIFY_FAILED, NO_SPACE, IO, CANCELLED, CONFLICT, and what the resolver throws
 */
export async function compactDay(
  context: StoreContext,
  resolver: DayResolver,
  day: UtcDay,
  options: DayOptions,
): Promise<CompactedDay> {
  for (let attempt = 1; ; attempt++) {
    const done = await attemptDay(context, resolver, day, options, attempt === ATTEMPTS)
    if (done !== null) return done
  }
}

/** Null when the day's files changed on the way. */
async function attemptDay(
  context: StoreContext,
  resolver: DayResolver,
  day: UtcDay,
  options: DayOptions,
  last: boolean,
): Promise<CompactedDay | null> {
  const { series, table } = resolver
  const { signal, onStep, keepParts } = options
  onStep('read')
  throwIfAborted(signal)
  const file = dayfilePath(series, day)
  const before = await checkFile(context, file)
  const seen = await parquetNames(context, partFolder(series, day))
  const merge = await resolver.merge(day, signal)
  const receipt = {
    table: series.table,
    timeframe: series.table === 'candles' ? series.timeframe : null,
    day,
    parts: merge.merged.length + merge.lost.length,
    rows: merge.rows.length,
    conflicts: merge.conflicts,
    digest: merge.rows.length === 0 ? null : digestOf(table, merge.rows),
    file,
  }
  const writes = holdsNewRows(resolver, merge)
  const moves = receipt.parts > 0 && receipt.rows > 0 && !keepParts
  if (!writes && !moves) return { ...receipt, skipped: 'nothing to do' }
  if (options.dryRun) return { ...receipt, skipped: 'dry run' }
  const work: DayWork = { context, resolver, day, file, before, merge, seen, options, last }
  const done = writes ? await publishDay(work) : await moveHeldParts(work)
  return done ? { ...receipt, skipped: null } : null
}

interface DayWork {
  readonly context: StoreContext
  readonly resolver: DayResolver
  readonly day: UtcDay
  readonly file: StorePath
  /** The dayfile when the day was read. */
  readonly before: ChecksumState
  readonly merge: DayMerge
  /** Names in the part folder when the day was read. */
  readonly seen: readonly string[]
  readonly options: DayOptions
  /** No further attempt follows. */
  readonly last: boolean
}

/** The parts say nothing that the dayfile doesn't hold: it stays as it is, and they go (SPEC C3). */
async function moveHeldParts({
  context,
  resolver,
  day,
  file,
  before,
  merge,
  options,
  last,
}: DayWork): Promise<boolean> {
  if (before.state === 'missing') return refuseLast(file, last)
  // Another program need not have synced its dayfile; the parts leave only once it is durable.
  await context.env.syncFile(at(context, file))
  await context.env.syncDir(path.dirname(at(context, file)))
  const inputs = await inputsOf(context, merge.merged, merge.lost, options.keepParts)
  if (!(await isUnchanged(context, file, before.stat))) return refuseLast(file, last)
  if (before.state === 'unrecorded') await recordChecksum(context, file, before.sha256)
  throwIfAborted(options.signal)
  options.onStep('move')
  try {
    await moveParts(context, inputs)
    await removeUnretained(context, inputs)
  } finally {
    tellChange(context, { kind: 'day', series: resolver.series, day })
  }
  return true
}

async function publishDay(work: DayWork): Promise<boolean> {
  const { context, resolver, day, file, before, merge, options } = work
  const { table, series } = resolver
  const { signal, onStep } = options
  const inputsDigest = digestOfLines([
    ...new Set(merge.inputs.map((row) => canonicalRow(table.columns, row))),
  ])
  const staged = await stageFile(context, table, file, merge.rows, inputsDigest, { signal, onStep })
  try {
    const generation: Generation = {
      version: 1,
      file,
      table: series.table,
      timeframe: series.table === 'candles' ? series.timeframe : null,
      day,
      origin: 'parts',
      sha256: staged.sha256,
      rows: staged.rows,
      digest: staged.digest,
      inputsDigest,
      replaces:
        before.state === 'missing'
          ? null
          : { sha256: before.sha256, keptAs: await keptAs(context, file, merge) },
      inputs: await inputsOf(context, merge.merged, merge.lost, options.keepParts),
      numbers: numbersOf(merge.rows),
      writtenAt: new Date(context.env.now()).toISOString(),
    }
    const committed = await inTurn(context, series, day, () => commitIfCurrent(work, staged, generation))
    if (!committed) {
      await discard(context.env, staged.path)
      return false
    }
    onStep('move')
    await finishGeneration(context, generation)
    return true
  } catch (error) {
    await discard(context.env, staged.path)
    throw error
  } finally {
    // Whatever happened after the commit, readers must look again.
    tellChange(context, { kind: 'day', series, day })
  }
}

async function commitIfCurrent(work: DayWork, staged: StagedFile, generation: Generation): Promise<boolean> {
  const { context, file, before, options, last } = work
  throwIfAborted(options.signal)
  const stat = before.state === 'missing' ? null : before.stat
  if (!(await isUnchanged(context, file, stat))) return refuseLast(file, last)
  if (!last && (await hasNewParts(work))) return false
  options.onStep('publish')
  await commitGeneration(context, staged, generation)
  // Still in turn: the next append must know that the day is compacted.
  tellChange(context, { kind: 'day', series: work.resolver.series, day: work.day })
  return true
}

/** A damaged dayfile goes to quarantine; another program's may hold columns that ours has no place for. */
async function keptAs(context: StoreContext, file: StorePath, merge: DayMerge): Promise<StorePath | null> {
  if (merge.damaged != null) return quarantineOf(context, file)
  const metadata = await readMetadata(context, [file])
  return metadata.get(file)?.has('barkeep.table') === true ? null : previousOf(file)
}

function holdsNewRows({ table }: DayResolver, { rows, standing }: DayMerge): boolean {
  if (standing === null) return rows.length > 0
  const lines = new Set(standing.map((row) => canonicalRow(table.columns, row)))
  return rows.some((row) => !lines.has(canonicalRow(table.columns, row)))
}

/** Parts that came since the day was read: one that a bot wrote before our rename still counts as before it (W4). */
async function hasNewParts({ context, resolver, day, merge, seen }: DayWork): Promise<boolean> {
  const folder = partFolder(resolver.series, day)
  const known = new Set([...merge.merged, ...merge.lost, ...merge.left.map(({ file }) => file)])
  const names = await parquetNames(context, folder)
  return names.some((name) => !seen.includes(name) && !known.has(within(folder, name)))
}

/** @returns false: look again. @throws CONFLICT when that has been done often enough */
function refuseLast(file: StorePath, last: boolean): false {
  if (!last) return false
  throw new BarkeepError(
    'CONFLICT',
    `${file} was replaced by another program each of the ${ATTEMPTS} times that it was about to be compacted. Stop that program, then compact again.`,
    { file },
  )
}
