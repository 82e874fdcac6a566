import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { CompactedDay } from '../../../schemas/contract/jobs.ts'
import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { checkFile } from '../layout/checksums.ts'
import { canonicalRow } from '../layout/digest.ts'
import { dayfilePath, partFolder, within } from '../layout/file-names.ts'
import { parquetNames } from '../read/listing.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { readFiles, readMetadata, rowsOf } from '../read/table-files.ts'
import type { Row } from '../write/part-writer.ts'
import { inTurn } from '../write/turns.ts'
import { previousOf, quarantineOf } from './publish.ts'
import {
  type DayPlan,
  type DayStep,
  moveHeldParts,
  type PublishHooks,
  publishDay,
  type Turn,
} from './publish-day.ts'
import type { DayMerge, DayResolver } from './resolver.ts'
import { digestOf } from './staged-file.ts'

export interface DayOptions {
  readonly dryRun: boolean
  readonly keepParts: boolean
  readonly signal?: AbortSignal | undefined
  readonly onStep: (step: DayStep) => void
}

/** Times that a day is read again because its dayfile was replaced, or a row corrected, while it was worked on. */
const ATTEMPTS = 10

/** From this attempt on the appends of this process wait until the day is done: a bot that only corrects is outlasted. */
const HOLDING = 3

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
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const attemptIn = (turn: Turn): Promise<CompactedDay | null> =>
      attemptDay(context, resolver, day, options, turn)
    const done =
      attempt < HOLDING
        ? await attemptIn((work) => inTurn(context, resolver.series, day, work))
        : await inTurn(context, resolver.series, day, () => attemptIn((work) => work()))
    if (done !== null) return done
  }
  const file = dayfilePath(resolver.series, day)
  throw new BarkeepError(
    'CONFLICT',
    `${file} was replaced, or rows of its day were written anew, each of the ${ATTEMPTS} times that it was about to be compacted. Compact again once that has ended.`,
    { file },
  )
}

/** Null when the day's files changed on the way. */
async function attemptDay(
  context: StoreContext,
  resolver: DayResolver,
  day: UtcDay,
  options: DayOptions,
  turn: Turn,
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
  for (const name of seen) known.add(within(partFolder(series, day), name))
  const isCurrent = async (): Promise<boolean> => !(await isOvertaken(context, resolver, merge, known))
  const hooks: PublishHooks = { signal, onStep, isCurrent, turn }
  const done = writes ? await publishDay(context, plan, hooks) : await moveHeldParts(context, plan, hooks)
  return done ? { ...receipt, skipped: null } : null
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

/**
 * Whether a part came, since the day was read, with another version of a row that is about to be published: written
 * before our rename, it still counts (W4). Parts with new rows alone wait for the next run.
 * @param known files that were there when the day was read; grows by those that were looked at
 */
async function isOvertaken(
  context: StoreContext,
  { table, series }: DayResolver,
  merge: DayMerge,
  known: Set<string>,
): Promise<boolean> {
  const folder = partFolder(series, merge.day)
  let keys: ReadonlySet<string> | null = null
  for (;;) {
    const files = (await parquetNames(context, folder)).map((name) => within(folder, name))
    const fresh = files.filter((file) => !known.has(file))
    // The last look finds nothing new: the rename follows at once.
    if (fresh.length === 0) return false
    const timeframe = series.table === 'candles' ? series.timeframe : ''
    keys ??= new Set(merge.rows.map((row) => keyOf(table, row, timeframe)))
    const read = await readFiles(context, table, fresh)
    for (const file of read.files) {
      for (const row of rowsOf(table, file)) if (keys.has(keyOf(table, row, timeframe))) return true
    }
    for (const file of fresh) known.add(file)
  }
}

/** Timeframes are compared without case; a file without one has its folder's. */
function keyOf(table: TableSchema, row: Row, timeframe: string): string {
  const key = table.key.map((name) => {
    return name === 'timeframe' ? String(row[name] ?? timeframe).toLowerCase() : row[name]
  })
  return JSON.stringify(key)
}
