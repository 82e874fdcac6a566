import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { type StandIn, standInFor } from '../candles/stand-in.ts'
import { leftOfFile } from '../compact/left-of-file.ts'
import { type DayResolver, dayTarget, monthTarget, type Target } from '../compact/resolver.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { recordedChecksum } from '../layout/checksums.ts'
import { type NamedFile, parseStorePath } from '../layout/file-names.ts'
import type { Remedy } from './remedies.ts'

/** A file that changed less than this ago may still be being written: other programs don't rename into place. */
const GRACE = 60_000

/** Moves to quarantine what has stood unreadable, or otherwise than it was written, for a while; null before that. */
export async function setAside(context: StoreContext, file: StorePath): Promise<Remedy | null> {
  const seen = await context.env.stat(at(context, file))
  return seen === null || !isAtRest(context, seen) ? null : { kind: 'set-aside', file, seen }
}

/** Far from now in either direction: clocks are set back, and copies keep the times of their originals. */
export function isAtRest({ env }: StoreContext, { mtimeMs }: FileStat): boolean {
  return Math.abs(env.now() - mtimeMs) >= GRACE
}

/** Whether nothing of a file can be used as it is: it can't be read, or is not what was written. */
export function isBeyondReading(code: string): boolean {
  return code === 'UNREADABLE' || code === 'BAD_CHECKSUM'
}

/** What is to be said of a damaged compacted file, and done about it. */
export interface Damage {
  readonly remedy: Remedy | null
  /** What answers in its place; null when that is not known. */
  readonly instead: string | null
}

/**
 * What can be done about a compacted file that is damaged: made again when all of its rows are proven to be there, else its
 * previous generation put back as it is shown; moved aside when it never was a file of this store.
 * @param resolver of its table
 */
export async function judgeDamaged(
  context: StoreContext,
  resolver: DayResolver,
  file: StorePath,
  signal?: AbortSignal,
): Promise<Damage> {
  const named = parseStorePath(file)
  if (named.kind !== 'dayfile' && named.kind !== 'monthfile') return { remedy: null, instead: null }
  const target = await targetOf(resolver, named)
  const standIn = await standInOf(context, target, signal)
  const instead = standIn?.shown ?? null
  if (await canBeMadeAgain(resolver, target, signal)) {
    const shown = instead ?? 'its rows are all there'
    return { remedy: { kind: 'make-again', target, shown }, instead: shown }
  }
  if (standIn?.standing != null)
    return { remedy: { kind: 'put-back', target, shown: standIn.shown }, instead }
  if (
    target.series.table !== 'candles' &&
    (await leftOfFile(context, resolver.table, file, target.folder)).previous
  )
    return {
      remedy: { kind: 'put-back', target, shown: 'the generation before it, without what came since' },
      instead,
    }
  // A file of ours stays where it is while nothing can take its place: there it keeps asking for its rows.
  const isOurs = (standIn?.recovered.length ?? 0) > 0 || (await recordedChecksum(context, file)) !== null
  return { remedy: isOurs ? null : await setAside(context, file), instead }
}

/** An event's day may be part of its month; a ledger's day file is one by itself, also beside its month's. */
async function targetOf(
  resolver: DayResolver,
  named: Extract<NamedFile, { kind: 'dayfile' | 'monthfile' }>,
): Promise<Target> {
  if (named.kind === 'monthfile') return monthTarget(named.month, named.series)
  const { series, day } = named
  const isAlone = series.table !== 'candles' && series.table !== 'object_events'
  return (isAlone ? null : await resolver.targetOf?.(day)) ?? dayTarget(series, day)
}

/** Null for all but candles: what stands in for an event is in the timeline, for a ledger's row in the answer to a question. */
async function standInOf(
  context: StoreContext,
  { series, day }: Target,
  signal: AbortSignal | undefined,
): Promise<StandIn | null> {
  return series.table === 'candles' ? standInFor(context, series.timeframe, day, [], signal) : null
}

async function canBeMadeAgain(
  resolver: DayResolver,
  target: Target,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    return (await resolver.merge(target, signal)).damaged != null
  } catch (error) {
    // It says why the rows can't be shown to be all there; a cancellation goes on up.
    if (error instanceof BarkeepError && error.code !== 'CANCELLED') return false
    throw error
  }
}
