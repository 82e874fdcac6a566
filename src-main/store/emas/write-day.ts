import path from 'node:path'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { formatUtcIso } from '../../../schemas/contract/market-time.ts'
import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import type { EmaRow } from '../../../schemas/generated/rows.ts'
import { EMAS } from '../../../schemas/tables/index.ts'
import { isUnchanged, keepUnder, previousOf, quarantineOf } from '../compact/publish.ts'
import { type StagedFile, stageFile } from '../compact/staged-file.ts'
import { at, type StoreContext } from '../context.ts'
import { discard } from '../fs/atomic-file.ts'
import { type ChecksumState, checkFile, checksumPath, recordChecksum } from '../layout/checksums.ts'
import { emasPath, renamed } from '../layout/file-names.ts'
import { barsFor } from '../read/day-block.ts'
import type { DayBlocks } from '../read/day-blocks.ts'
import type { Row } from '../write/part-writer.ts'
import { type InputDigests, isOurEmas, isReadable } from './ema-files.ts'
import type { EmaDay } from './ema-receipt.ts'
import type { WindowEmas } from './window-emas.ts'

/** What stored averages are worked out from: what answers windows, so that both give the same bits. */
export interface EmaSources {
  readonly context: StoreContext
  readonly blocks: DayBlocks
  readonly emas: WindowEmas
}

export interface WrittenDay {
  readonly rows: number
  /** False when the file held these very bytes already. */
  readonly changed: boolean
}

/**
 * Writes a day's file below `emas/` through the steps of every file of ours: staged and synced, read back and compared, renamed, folder
 * synced, SHA-256 recorded. Another program's file in its place goes to `.barkeep/previous/`, a damaged one of ours to quarantine.
 * @throws VERIFY_FAILED, NO_SPACE, IO, CANCELLED; CONFLICT when another program replaced the file meanwhile
 */
export async function writeDay(
  sources: EmaSources,
  { timeframe, day }: EmaDay,
  periods: readonly number[],
  inputs: InputDigests,
  signal?: AbortSignal,
): Promise<WrittenDay> {
  const { context } = sources
  const file = emasPath(timeframe, day)
  const { rows, first } = await rowsOfDay(sources, { timeframe, day }, periods, signal)
  const before = await checkFile(context, file)
  const told = await inputs.textOf(day, { first, periods })
  const staged = await stageFile(context, EMAS, file, rows as unknown as readonly Row[], told, {
    signal,
    onStep: () => {},
  })
  if (before.state === 'same' && before.sha256 === staged.sha256) {
    await discard(context.env, staged.path)
    return { rows: rows.length, changed: false }
  }
  try {
    await publish(context, file, staged, before)
  } catch (error) {
    await discard(context.env, staged.path)
    throw error
  }
  return { rows: rows.length, changed: true }
}

/** In the table's order, all symbols; and the first day whose bars they depend on, null for the beginning of a series. */
async function rowsOfDay(
  { blocks, emas }: EmaSources,
  { timeframe, day }: EmaDay,
  periods: readonly number[],
  signal: AbortSignal | undefined,
): Promise<{ readonly rows: readonly EmaRow[]; readonly first: UtcDay | null }> {
  const [block] = await blocks.ofDays(timeframe, [day], signal)
  const rows: EmaRow[] = []
  let first: UtcDay | null = day
  for (const symbol of [...(block?.symbols.keys() ?? [])].sort()) {
    if (block === undefined) break
    const { ts } = barsFor(block, symbol)
    if (ts.length === 0) continue
    const found = await emas.ofDays({ symbol, timeframe, blocks: [block] }, [day], periods, signal)
    if (found.first === null) first = null
    else if (first !== null && found.first < first) first = found.first
    for (const [index, open] of ts.entries()) {
      for (const period of periods) {
        const value = found.byPeriod.get(period)?.get(day)?.[index] ?? Number.NaN
        if (Number.isFinite(value))
          rows.push({ symbol, timeframe, ts: open, ts_iso: formatUtcIso(open), period, value })
      }
    }
  }
  return { rows, first }
}

async function publish(
  context: StoreContext,
  file: StorePath,
  staged: StagedFile,
  before: ChecksumState,
): Promise<void> {
  const { env } = context
  const target = at(context, file)
  await env.makeDir(path.dirname(target))
  const keptAs = await keptAsOf(context, file, before)
  if (keptAs !== null) await keepUnder(context, file, keptAs)
  // Gone first: after a crash the new file is one without a record, not one that looks damaged.
  const record = at(context, checksumPath(file))
  if ((await env.stat(record)) !== null) {
    await env.removeFile(record)
    await env.syncDir(path.dirname(record))
  }
  if (!(await isUnchanged(context, file, before.state === 'missing' ? null : before.stat)))
    throw new BarkeepError('CONFLICT', `${file} was replaced by another program while it was written anew.`, {
      file,
    })
  await env.rename(staged.path, target)
  await env.syncDir(path.dirname(target))
  await recordChecksum(context, file, staged.sha256)
}

/** What stands there is kept unless it is ours and whole, and so can be worked out again. */
async function keptAsOf(
  context: StoreContext,
  file: StorePath,
  before: ChecksumState,
): Promise<StorePath | null> {
  if (before.state === 'missing' || before.state === 'same') return null
  const isOurs = await isOurEmas(context, file)
  if (before.state === 'unrecorded' && isOurs) return null
  if (isOurs || !(await isReadable(context, file))) return quarantineOf(context, file)
  const wanted = previousOf(file)
  const isTaken = (await context.env.stat(at(context, wanted))) !== null
  return isTaken ? renamed(wanted, context.env.randomId()) : wanted
}
