import path from 'node:path'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { utcDayOf, utcMonthOf } from '../../../schemas/contract/market-time.ts'
import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { ObjectEventRow } from '../../../schemas/generated/rows.ts'
import { OBJECT_EVENTS } from '../../../schemas/tables/index.ts'
import { type Generation, readGeneration } from '../compact/generation.ts'
import { type DayResolver, dayTarget, monthTarget, type Target } from '../compact/resolver.ts'
import { digestOf } from '../compact/staged-file.ts'
import { at, type StoreContext } from '../context.ts'
import { parseStorePath, type Series } from '../layout/file-names.ts'
import type { LoadedFile } from './event-files.ts'
import { asRows, mergeEvents } from './event-merge.ts'
import { compareEvents } from './event-order.ts'
import {
  breachOf,
  dayfilesOf,
  dayOfPart,
  hasMonthfile,
  inOrder,
  isRecovered,
  monthOfFile,
  partsOf,
} from './event-places.ts'
import { TIER } from './event-set.ts'
import type { Timeline } from './timeline.ts'

export { dayOfPart, partsOf } from './event-places.ts'

const SERIES: Series = { table: 'object_events' }

/** Events for compaction (SPEC C1, C19, W9): one event id stands once over the whole timeline, whatever its days are. */
export function eventDayResolver(context: StoreContext, timeline: Timeline): DayResolver {
  return {
    table: OBJECT_EVENTS,
    series: SERIES,
    async waiting() {
      await timeline.look()
      return [...new Set(timeline.files.flatMap((file) => waitingDay(timeline, file) ?? []))].sort()
    },
    async targetOf(day) {
      await timeline.current()
      const month = day.slice(0, 7) as UtcMonth
      return hasMonthfile(timeline, month) ? monthTarget(month) : dayTarget(SERIES, day)
    },
    async monthOf(month) {
      await timeline.look()
      const holds =
        hasMonthfile(timeline, month) ||
        dayfilesOf(timeline, month).length > 0 ||
        partsOf(timeline).some((part) => monthOfFile(part) === month)
      return holds ? monthTarget(month) : null
    },
    async merge(target) {
      await timeline.look()
      const generations = new Map<StorePath, Generation>()
      for (const { file } of damagedOf(timeline, target)) {
        const generation = await readGeneration(context, file)
        if (generation !== null) generations.set(file, generation)
      }
      if (generations.size > 0) await timeline.current()
      const { merge, outdoing } = mergeEvents(timeline, target, baseOf(timeline, target, generations))
      await makeDurable(context, outdoing)
      return merge
    },
  }
}

/** The day of a file that compaction would take: a part, or a day file beside its month's. */
function waitingDay(timeline: Timeline, file: LoadedFile): UtcDay | null {
  const [first] = file.rows
  if (isRecovered(file.file) || file.failed) return null
  if (file.tier === TIER.part) {
    const day = dayOfPart(file)
    const month = day === null ? monthOfFile(file) : null
    if (month === null || first === undefined) return day
    return hasMonthfile(timeline, month) ? utcDayOf(first.ts) : null
  }
  const named = parseStorePath(file.file)
  if (named.kind !== 'dayfile') return null
  const month = named.day.slice(0, 7) as UtcMonth
  const fits = first === undefined || monthOfFile(file) === month
  return fits && hasMonthfile(timeline, month) ? named.day : null
}

/** The target's file and the day files that it replaces, as far as their rows, or some of them, could not be read. */
function damagedOf(timeline: Timeline, target: Target): readonly LoadedFile[] {
  const days = target.month === null ? [] : dayfilesOf(timeline, target.month)
  const own = timeline.fileOf(target.file)
  return [...(own === undefined ? [] : [own]), ...days].filter((file) => breachOf(file) !== null)
}

/** @throws the damage's code when what is damaged can't be proven without it: merging over it would lose events */
function baseOf(timeline: Timeline, target: Target, generations: ReadonlyMap<StorePath, Generation>) {
  const own = timeline.fileOf(target.file)
  const damage = own === undefined ? null : breachOf(own)
  const rebuilt = new Map<StorePath, readonly ObjectEventRow[]>()
  let standing = own?.rows ?? null
  for (const file of damagedOf(timeline, target)) {
    const rows = provenRows(timeline, file, generations.get(file.file)?.digest)
    if (rows !== null && file === own) standing = rows
    else if (rows !== null) rebuilt.set(file.file, rows)
    // Beside its month's file a day file is no longer needed: it stays, and is named.
    else if (file === own || own === undefined) throw irreparable(file)
  }
  return { standing, damage, rebuilt }
}

function irreparable(file: LoadedFile): BarkeepError {
  const { code, detail } = breachOf(file) as Problem
  return new BarkeepError(
    code,
    `${file.file}: ${detail}. The files it was made of are not all there any more; put the file back from a backup.`,
    { file: file.file },
  )
}

/**
 * A damaged file's events from the files in recovery, when they are proven to be all of them: by the digest that was
 * recorded of the file. After a crash some of those may not have been moved yet.
 */
function provenRows(
  timeline: Timeline,
  { file }: LoadedFile,
  digest: string | undefined,
): readonly ObjectEventRow[] | null {
  const named = parseStorePath(file)
  if (digest === undefined || (named.kind !== 'dayfile' && named.kind !== 'monthfile')) return null
  const period = named.kind === 'dayfile' ? named.day : named.month
  const periodOf = named.kind === 'dayfile' ? utcDayOf : utcMonthOf
  const recovered = timeline.files.filter((each) => isRecovered(each.file))
  const standing = timeline.files.filter((each) => !isRecovered(each.file) && each.file !== file)
  for (const candidates of [
    recovered,
    recovered.filter(({ tier }) => tier === TIER.part),
    [...standing, ...recovered],
  ]) {
    const held = new Map<string, ObjectEventRow>()
    // The firmer file is right, of parts the last by name (C1).
    for (const { rows } of [...inOrder(candidates)].sort((a, b) => a.tier - b.tier)) {
      for (const row of rows) if (periodOf(row.ts) === period) held.set(row.event_id, row)
    }
    // One that a part of another day outdid was never in the file.
    const rows = [...held.values()].filter(({ event_id }) => {
      const winner = timeline.winner(event_id)
      return winner === null || periodOf(winner.row.ts) === period
    })
    rows.sort(compareEvents)
    if (digestOf(OBJECT_EVENTS, asRows(rows)) === digest) return rows
  }
  return null
}

/** Files elsewhere that outdid some of these: whoever wrote them, they must last before those may go. */
async function makeDurable(context: StoreContext, files: ReadonlySet<StorePath>): Promise<void> {
  for (const file of files) {
    await context.env.syncFile(at(context, file))
    await context.env.syncDir(path.dirname(at(context, file)))
  }
}
