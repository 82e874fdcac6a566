import path from 'node:path'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { ObjectEventRow } from '../../../schemas/generated/rows.ts'
import { OBJECT_EVENTS } from '../../../schemas/tables/index.ts'
import { type Generation, readGeneration } from '../compact/generation.ts'
import type { DayMerge, DayResolver } from '../compact/resolver.ts'
import { digestOf } from '../compact/staged-file.ts'
import { at, type StoreContext } from '../context.ts'
import { dayfilePath, RECOVERY, type Series } from '../layout/file-names.ts'
import type { LoadedFile } from './event-files.ts'
import { compareEvents, compareText } from './event-order.ts'
import { sameEvent, TIER } from './event-set.ts'
import type { Timeline } from './timeline.ts'

const SERIES: Series = { table: 'object_events' }

/** Event days for compaction (SPEC C1, W9): one event id stands once over the whole timeline, whatever its days are. */
export function eventDayResolver(context: StoreContext, timeline: Timeline): DayResolver {
  return {
    table: OBJECT_EVENTS,
    series: SERIES,
    async waiting() {
      await timeline.current()
      const days = partsOf(timeline).flatMap((part) => dayOfPart(part) ?? [])
      return [...new Set(days)].sort()
    },
    async merge(day) {
      await timeline.current()
      let generation: Generation | null = null
      if (damageOf(timeline, day) !== null) {
        generation = await readGeneration(context, fileOf(day))
        await timeline.current()
      }
      const damage = damageOf(timeline, day)
      const standing =
        damage === null
          ? (timeline.fileOf(fileOf(day))?.rows ?? null)
          : rebuiltRows(timeline, day, damage, generation)
      const { merge, outdoing } = mergeDay(timeline, day, standing, damage)
      await makeDurable(context, outdoing)
      return merge
    },
  }
}

/** Parts in their folders, in the order in which a later one wins. */
export function partsOf(timeline: Timeline): readonly LoadedFile[] {
  return inOrder(timeline.files.filter(({ file, tier }) => tier === TIER.part && !isRecovered(file)))
}

function isRecovered(file: StorePath): boolean {
  return file.startsWith(`${RECOVERY}/`)
}

function inOrder(files: readonly LoadedFile[]): readonly LoadedFile[] {
  return [...files].sort((a, b) => compareText(nameOf(a.file), nameOf(b.file)) || compareText(a.file, b.file))
}

/** The one day whose dayfile can take a part's rows; null for a part that must stay where it is. */
export function dayOfPart(part: LoadedFile): UtcDay | null {
  const [first] = part.rows
  if (first === undefined || blemishOf(part) !== null) return null
  return utcDayOf(first.ts)
}

/** Why a part must stay: with it would go rows that the dayfile can't hold. */
function blemishOf(part: LoadedFile): Problem | null {
  const broken = part.problems.find(({ code }) => code !== 'WRONG_PLACE')
  if (broken !== undefined) return broken
  const days = new Set(part.rows.map(({ ts }) => utcDayOf(ts)))
  if (days.size <= 1) return null
  const detail = `its events are of ${days.size} days: it stays as it is, and is shown`
  return { file: part.file, code: 'WRONG_PLACE', detail }
}

function fileOf(day: UtcDay): StorePath {
  return dayfilePath(SERIES, day)
}

/** Why a dayfile can't be merged into as it is: its rows, or some of them, could not be read. */
function damageOf(timeline: Timeline, day: UtcDay): Problem | null {
  return timeline.fileOf(fileOf(day))?.problems.find(({ code }) => code !== 'WRONG_PLACE') ?? null
}

/**
 * A damaged dayfile's events from the parts in recovery, when they are proven to be all of them: by the digest that
 * was recorded of the file.
 * @throws the damage's code when that can't be shown: merging over the file would lose events
 */
function rebuiltRows(
  timeline: Timeline,
  day: UtcDay,
  damage: Problem,
  generation: Generation | null,
): readonly ObjectEventRow[] {
  const held = new Map<string, ObjectEventRow>()
  for (const { rows } of inOrder(timeline.files.filter(({ file }) => isRecovered(file)))) {
    for (const row of rows) if (utcDayOf(row.ts) === day) held.set(row.event_id, row)
  }
  // One that a part of another day outdid was never in the file.
  const rows = [...held.values()].filter(({ event_id }) => {
    const winner = timeline.winner(event_id)
    return winner === null || utcDayOf(winner.row.ts) === day
  })
  rows.sort(compareEvents)
  if (generation !== null && digestOf(OBJECT_EVENTS, asRows(rows)) === generation.digest) return rows
  throw new BarkeepError(
    damage.code,
    `${damage.file}: ${damage.detail}. The parts it was made of are not all there any more; put the file back from a backup.`,
    { file: damage.file },
  )
}

/** Parts of other days that outdid parts of this one: whoever wrote them, they must last before those may go. */
async function makeDurable(context: StoreContext, files: ReadonlySet<StorePath>): Promise<void> {
  for (const file of files) {
    await context.env.syncFile(at(context, file))
    await context.env.syncDir(path.dirname(at(context, file)))
  }
}

/** @param standing the dayfile's rows; null when there is none */
function mergeDay(
  timeline: Timeline,
  day: UtcDay,
  standing: readonly ObjectEventRow[] | null,
  damaged: Problem | null,
): { readonly merge: DayMerge; readonly outdoing: ReadonlySet<StorePath> } {
  const parts = partsOf(timeline)
  const takes = parts.filter((part) => dayOfPart(part) === day)
  const taken = new Set<StorePath>(takes.map(({ file }) => file))
  const stood = new Map((standing ?? []).map((row) => [row.event_id, row]))
  const rows = new Map(stood)
  const merged: StorePath[] = []
  const lost: StorePath[] = []
  const left = parts
    .filter(({ rows }) => rows.some(({ ts }) => utcDayOf(ts) === day))
    .flatMap((part) => blemishOf(part) ?? [])
  const inputs = [...(standing ?? [])]
  const outdoing = new Set<StorePath>()
  let conflicts = 0
  for (const part of takes) {
    const fates = part.rows.map((row) => fateOf(timeline, row, stood.get(row.event_id), taken))
    if (fates.includes('stays')) {
      const detail = 'stays with a later part of other values that can’t be compacted'
      left.push({ file: part.file, code: 'CONFLICT', detail })
      continue
    }
    inputs.push(...part.rows)
    for (const [index, row] of part.rows.entries()) {
      if (fates[index] === 'wins') rows.set(row.event_id, row)
      const winner = fates[index] === 'outdone' ? timeline.winner(row.event_id) : null
      if (winner !== null && !taken.has(winner.source.file)) outdoing.add(winner.source.file)
    }
    if (fates.includes('lost') || fates.includes('outdone')) conflicts++
    if (fates.includes('lost')) lost.push(part.file)
    else merged.push(part.file)
  }
  const merge: DayMerge = {
    day,
    standing: standing === null || damaged !== null ? null : asRows(standing),
    damaged,
    rows: asRows([...rows.values()].sort(compareEvents)),
    inputs: asRows(inputs),
    merged,
    lost,
    left,
    conflicts,
  }
  return { merge, outdoing }
}

/**
 * What becomes of a part's event: it wins its place in the dayfile, it stands in a compacted file already, it was outdone
 * by a later part of whatever day, it lost to a compacted file, or it stays because the part that outdid it does.
 */
function fateOf(
  timeline: Timeline,
  row: ObjectEventRow,
  stands: ObjectEventRow | undefined,
  taken: ReadonlySet<StorePath>,
): 'wins' | 'repeats' | 'outdone' | 'lost' | 'stays' {
  if (stands !== undefined) return sameEvent(stands, row) ? 'repeats' : 'lost'
  const winner = timeline.winner(row.event_id)
  if (winner === null || winner.row === row) return 'wins'
  const same = sameEvent(winner.row, row)
  const { file, tier } = winner.source
  if (tier !== TIER.part) return same ? 'repeats' : 'lost'
  if (taken.has(file)) return same ? 'repeats' : 'outdone'
  if (same) return 'wins'
  // A part that goes to another day's file goes on outdoing this one; one that stays would lose to the dayfile instead.
  const other = timeline.fileOf(file)
  return other !== undefined && dayOfPart(other) !== null ? 'outdone' : 'stays'
}

function asRows(rows: readonly ObjectEventRow[]): Record<string, unknown>[] {
  return rows.map((row) => ({ ...row }))
}

function nameOf(file: StorePath): string {
  return file.slice(file.lastIndexOf('/') + 1)
}
