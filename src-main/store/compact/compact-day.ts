import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { CompactedDay } from '../../../schemas/contract/jobs.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { checkFile } from '../layout/checksums.ts'
import { digestOfLines } from '../layout/digest.ts'
import { companion, RECOVERY, type Series, within } from '../layout/file-names.ts'
import { parquetNames } from '../read/listing.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { readFiles, readMetadata, rowsOf } from '../read/table-files.ts'
import type { Row } from '../write/part-writer.ts'
import { inTurn } from '../write/turns.ts'
import { isUnchanged, previousOf, quarantineOf } from './publish.ts'
import {
  type DayPlan,
  type DayStep,
  moveHeldParts,
  type PublishHooks,
  publishDay,
  type Turn,
} from './publish-day.ts'
import type { DayMerge, DayResolver, Target } from './resolver.ts'
import { linesOf } from './row-lines.ts'

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
 * Compacts one day, or one month of events or a ledger (SPEC C1–C9, C19, E20). Nothing has changed when this throws before its commit
 * point; after it, the next open or run finishes.
 * @throws VERIFY_FAILED, NO_SPACE, IO, CANCELLED, CONFLICT, and what the resolver throws
 */
export async function compactDay(
  context: StoreContext,
  resolver: DayResolver,
  target: Target,
  options: DayOptions,
): Promise<CompactedDay> {
  const { series, day, file } = target
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const attemptIn = (turn: Turn): Promise<CompactedDay | null> =>
      attemptTarget(context, resolver, target, options, turn)
    const done =
      attempt < HOLDING
        ? await attemptIn((work) => inTurn(context, series, day, work))
        : await inTurn(context, series, day, () => attemptIn((work) => work()))
    if (done !== null) return done
  }
  throw new BarkeepError(
    'CONFLICT',
    `${file} was replaced, or rows of its day were written anew, each of the ${ATTEMPTS} times that it was about to be compacted. Compact again once that has ended.`,
    { file },
  )
}

/** What stays of candles and events is many parts, and doctor's to name; of a ledger it is whole days. */
function isLedger({ table }: Series): boolean {
  return table !== 'candles' && table !== 'object_events'
}

/** What a receipt says of a target before anything is known of it. */
export function receiptOf({ series, day, month, file }: Target): Omit<CompactedDay, 'skipped'> {
  return {
    table: series.table,
    timeframe: series.table === 'candles' ? series.timeframe : null,
    day: month ?? day,
    parts: 0,
    rows: 0,
    conflicts: 0,
    digest: null,
    file,
  }
}

/** Null when the target's files changed on the way. */
async function attemptTarget(
  context: StoreContext,
  resolver: DayResolver,
  target: Target,
  options: DayOptions,
  turn: Turn,
): Promise<CompactedDay | null> {
  const { table } = resolver
  const { series, day, month, file, folder } = target
  const { signal, onStep, keepParts } = options
  onStep('read')
  throwIfAborted(signal)
  const before = await checkFile(context, file)
  const seen = await parquetNames(context, folder)
  const merge = await resolver.merge(target, signal)
  const replaced = merge.replaced ?? []
  const lines = await linesOf(table, merge.rows, signal)
  const receipt = {
    ...receiptOf(target),
    parts: merge.merged.length + merge.lost.length - replaced.length,
    rows: merge.rows.length,
    conflicts: merge.conflicts,
    digest: merge.rows.length === 0 ? null : digestOfLines(lines),
    ...(month === null ? {} : { dayfiles: replaced.length }),
    ...(isLedger(series) && merge.left.length > 0 ? { left: merge.left } : {}),
  }
  const writes = await holdsNewRows(resolver, merge, lines, signal)
  const moves = (receipt.parts > 0 && !keepParts) || replaced.length > 0
  if (!writes && !moves) return { ...receipt, skipped: 'nothing to do' }
  if (options.dryRun) return { ...receipt, skipped: 'dry run' }
  const plan: DayPlan = {
    series,
    table,
    day,
    month,
    file,
    before,
    origin: 'parts',
    rows: merge.rows,
    inputLines: await linesOfInputs(table, merge, lines, signal),
    merged: merge.merged,
    lost: merge.lost,
    keepParts,
    replaced,
    contested: merge.contested ?? [],
    foreign: await foreignOf(
      context,
      replaced.map(({ file }) => file),
    ),
    keptAs: writes && before.state !== 'missing' ? await keptAs(context, target, merge) : null,
  }
  const known = new Set<string>([...merge.merged, ...merge.lost, ...merge.left.map(({ file }) => file)])
  for (const name of seen) known.add(within(folder, name))
  const isCurrent = async (): Promise<boolean> => {
    for (const { file: read, stat } of merge.identities ?? [])
      if (!(await isUnchanged(context, read, stat))) return false
    return !(await isOvertaken(context, resolver, target, merge, known))
  }
  const hooks: PublishHooks = { signal, onStep, isCurrent, turn }
  const done = writes ? await publishDay(context, plan, hooks) : await moveHeldParts(context, plan, hooks)
  return done ? { ...receipt, skipped: null } : null
}

/**
 * A damaged file goes to quarantine; another program's may hold columns that ours has no place for. What a month file was
 * before, together with the parts that came since, is what the new one can be made of again.
 */
async function keptAs(
  context: StoreContext,
  { file, month }: Target,
  merge: DayMerge,
): Promise<StorePath | null> {
  if (merge.damaged != null) return quarantineOf(context, file)
  if ((await foreignOf(context, [file])).has(file)) return previousOf(file)
  return month === null ? null : companion(RECOVERY, file)
}

/** Files that don't bear our metadata. */
async function foreignOf(
  context: StoreContext,
  files: readonly StorePath[],
): Promise<ReadonlySet<StorePath>> {
  if (files.length === 0) return new Set()
  const metadata = await readMetadata(context, files)
  return new Set(files.filter((file) => metadata.get(file)?.has('barkeep.table') !== true))
}

/** @param lines of its rows */
async function holdsNewRows(
  { table }: DayResolver,
  { rows, standing }: DayMerge,
  lines: readonly string[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (standing === null) return rows.length > 0
  const known = new Set(await linesOf(table, standing, signal))
  return lines.some((line) => !known.has(line))
}

/** Of a row that comes out as it went in, the line is known. */
async function linesOfInputs(
  table: TableSchema,
  { rows, inputs }: DayMerge,
  lines: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const known = new Map(rows.map((row, index) => [row, lines[index]]))
  const fresh = inputs.filter((row) => !known.has(row))
  const found = inputs.flatMap((row) => known.get(row) ?? [])
  return [...found, ...(await linesOf(table, fresh, signal))]
}

/**
 * Whether a part came, since the day was read, with another version of a row that is about to be published: written
 * before our rename, it still counts (W4). Parts with new rows alone wait for the next run.
 * @param known files that were there when the day was read; grows by those that were looked at
 */
async function isOvertaken(
  context: StoreContext,
  { table }: DayResolver,
  { series, folder }: Target,
  merge: DayMerge,
  known: Set<string>,
): Promise<boolean> {
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
