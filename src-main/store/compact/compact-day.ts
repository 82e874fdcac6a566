import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { CompactedDay } from '../../../schemas/contract/jobs.ts'
import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import type { StoreContext } from '../context.ts'
import { checkFile } from '../layout/checksums.ts'
import { canonicalRow } from '../layout/digest.ts'
import { dayfilePath, partFolder, within } from '../layout/file-names.ts'
import { parquetNames } from '../read/listing.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { readMetadata } from '../read/table-files.ts'
import { previousOf, quarantineOf } from './publish.ts'
import { type DayPlan, type DayStep, moveHeldParts, type PublishHooks, publishDay } from './publish-day.ts'
import type { DayMerge, DayResolver } from './resolver.ts'
import { digestOf } from './staged-file.ts'

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
  const moves = receipt.parts > 0 && !keepParts
  if (!writes && !moves) return { ...receipt, skipped: 'nothing to do' }
  if (options.dryRun) return { ...receipt, skipped: 'dry run' }
  const plan: DayPlan = {
    series,
    table,
    day,
    file,
    before,
    origin: 'parts',
    rows: merge.rows,
    inputLines: merge.inputs.map((row) => canonicalRow(table.columns, row)),
    merged: merge.merged,
    lost: merge.lost,
    keepParts,
    keptAs: writes && before.state !== 'missing' ? await keptAs(context, file, merge) : null,
  }
  const known = new Set<string>([...merge.merged, ...merge.lost, ...merge.left.map(({ file }) => file)])
  const isCurrent = async (): Promise<boolean> =>
    last || !(await hasNewParts(context, partFolder(series, day), seen, known))
  const hooks: PublishHooks = { signal, onStep, isCurrent }
  const done = writes ? await publishDay(context, plan, hooks) : await moveHeldParts(context, plan, hooks)
  if (done) return { ...receipt, skipped: null }
  if (!last) return null
  throw new BarkeepError(
    'CONFLICT',
    `${file} was replaced by another program each of the ${ATTEMPTS} times that it was about to be compacted. Stop that program, then compact again.`,
    { file },
  )
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
async function hasNewParts(
  context: StoreContext,
  folder: StorePath,
  seen: readonly string[],
  known: ReadonlySet<string>,
): Promise<boolean> {
  const names = await parquetNames(context, folder)
  return names.some((name) => !seen.includes(name) && !known.has(within(folder, name)))
}
