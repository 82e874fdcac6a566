import { utcDayOf, utcMonthOf } from '../../../schemas/contract/market-time.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { ObjectEventRow } from '../../../schemas/generated/rows.ts'
import type { DayMerge, ReplacedFile, Target } from '../compact/resolver.ts'
import type { LoadedFile } from './event-files.ts'
import { compareEvents } from './event-order.ts'
import {
  blemishOf,
  breachOf,
  dayfilesOf,
  dayOfPart,
  isCompactable,
  monthOfFile,
  partsOf,
} from './event-places.ts'
import { sameEvent, TIER } from './event-set.ts'
import type { Timeline } from './timeline.ts'

/** What a merge starts from. */
export interface MergeBase {
  /** Rows of the target's file; null when there is none. */
  readonly standing: readonly ObjectEventRow[] | null
  /** Why that file can't be used as it is, when `standing` was proven without it. */
  readonly damage: Problem | null
  /** Rows of damaged day files of the month, proven without them. */
  readonly rebuilt: ReadonlyMap<StorePath, readonly ObjectEventRow[]>
}

export interface EventMerge {
  readonly merge: DayMerge
  /** Files elsewhere that outdid some of these: they must last before those may go. */
  readonly outdoing: ReadonlySet<StorePath>
}

interface Source {
  readonly file: LoadedFile
  readonly rows: readonly ObjectEventRow[]
}

/**
 * The rule of C1, C12 and C19 over all files of one target, by the timeline's last look. Synchronous, as the timeline goes
 * on changing.
 */
export function mergeEvents(timeline: Timeline, target: Target, base: MergeBase): EventMerge {
  const { standing, damage, rebuilt } = base
  const days = target.month === null ? [] : dayfilesOf(timeline, target.month)
  const takes = sourcesOf(timeline, target, days, rebuilt)
  const taken = new Set<StorePath>(takes.map(({ file }) => file.file))
  const stood = new Map((standing ?? []).map((row) => [row.event_id, row]))
  // The timeline doesn't know these as a file's rows: to parts they are as firm as any day file's.
  const firm = new Map([...[...rebuilt.values()].flat().map((row) => [row.event_id, row] as const), ...stood])
  const rows = new Map(stood)
  const merged: StorePath[] = []
  const lost: StorePath[] = []
  const contested: StorePath[] = []
  const left = leftBehind(timeline, target, days, taken)
  const inputs = [...(standing ?? [])]
  const outdoing = new Set<StorePath>()
  let conflicts = 0
  for (const source of takes) {
    const standing = source.file.tier === TIER.part ? firm : stood
    const fates = source.rows.map((row) =>
      fateOf(timeline, row, source.file.tier, standing.get(row.event_id), taken),
    )
    if (fates.includes('stays')) {
      const detail = 'stays with a later part of other values that can’t be compacted'
      left.push({ file: source.file.file, code: 'CONFLICT', detail })
      continue
    }
    inputs.push(...source.rows)
    for (const [index, row] of source.rows.entries()) {
      if (fates[index] === 'wins') rows.set(row.event_id, row)
      const winner = fates[index] === 'outdone' ? timeline.winner(row.event_id) : null
      if (winner !== null && !taken.has(winner.source.file)) outdoing.add(winner.source.file)
    }
    if (fates.includes('lost') || fates.includes('outdone')) conflicts++
    const { file } = source.file
    const isLost = rebuilt.has(file) || (target.month === null && fates.includes('lost'))
    if (isLost) lost.push(file)
    else merged.push(file)
    if (!isLost && fates.includes('lost')) contested.push(file)
  }
  const merge: DayMerge = {
    day: target.day,
    standing: standing === null || damage !== null ? null : asRows(standing),
    damaged: damage,
    rows: asRows([...rows.values()].sort(compareEvents)),
    inputs: asRows(inputs),
    merged,
    lost,
    left,
    conflicts,
    ...(target.month === null ? {} : { replaced: replacedOf(days, taken, rebuilt), contested }),
    identities: takes.flatMap(({ file: { file, stat, settled } }) =>
      settled || stat === null ? [] : [{ file, stat }],
    ),
  }
  return { merge, outdoing }
}

/** Day files before parts: of one event's versions the firmer comes first. */
function sourcesOf(
  timeline: Timeline,
  { day, month }: Target,
  days: readonly LoadedFile[],
  rebuilt: MergeBase['rebuilt'],
): readonly Source[] {
  const parts = partsOf(timeline).filter((part) =>
    month === null ? dayOfPart(part) === day : monthOfFile(part) === month,
  )
  const dayfiles = days.flatMap((file): Source[] => {
    const proven = rebuilt.get(file.file)
    if (proven !== undefined) return [{ file, rows: proven }]
    if (breachOf(file) !== null) return []
    // Without rows it says nothing, and the month file takes its place all the same.
    return file.rows.length === 0 || monthOfFile(file) === month ? [{ file, rows: file.rows }] : []
  })
  return [...dayfiles, ...parts.map((file) => ({ file, rows: file.rows }))]
}

function leftBehind(
  timeline: Timeline,
  { day, month }: Target,
  days: readonly LoadedFile[],
  taken: ReadonlySet<StorePath>,
): Problem[] {
  const isOfTarget = ({ ts }: ObjectEventRow): boolean =>
    month === null ? utcDayOf(ts) === day : utcMonthOf(ts) === month
  const parts = partsOf(timeline).filter(({ rows }) => rows.some(isOfTarget))
  const period = month === null ? 'day' : 'month'
  const strays = days.filter(({ file }) => !taken.has(file))
  return [...strays, ...parts].flatMap((file) => blemishOf(file, period) ?? [])
}

function replacedOf(
  days: readonly LoadedFile[],
  taken: ReadonlySet<StorePath>,
  rebuilt: MergeBase['rebuilt'],
): readonly ReplacedFile[] {
  return days
    .filter(({ file }) => taken.has(file))
    .map(({ file, rows }) => ({ file, rows: (rebuilt.get(file) ?? rows).length }))
}

type Fate = 'wins' | 'repeats' | 'outdone' | 'lost' | 'stays'

/**
 * What becomes of an event of a part or day file: it wins its place in the target, it stands in a firmer file already, it
 * was outdone by a later part of whatever day, it lost to a compacted file, or it stays because the part that outdid it
 * does.
 */
function fateOf(
  timeline: Timeline,
  row: ObjectEventRow,
  tier: LoadedFile['tier'],
  stands: ObjectEventRow | undefined,
  taken: ReadonlySet<StorePath>,
): Fate {
  if (stands !== undefined) return sameEvent(stands, row) ? 'repeats' : 'lost'
  const winner = timeline.winner(row.event_id)
  if (winner === null || winner.row === row) return 'wins'
  const same = sameEvent(winner.row, row)
  const other = winner.source
  if (other.tier > tier) return same ? 'repeats' : 'lost'
  // A damaged day file's rows are known by its parts alone: whatever holds them, they are the file's.
  if (other.tier < tier) return 'wins'
  if (taken.has(other.file)) return same ? 'repeats' : tier === TIER.part ? 'outdone' : 'lost'
  if (same) return 'wins'
  if (tier !== TIER.part) return 'lost'
  // A part that goes to another file goes on outdoing this one; one that stays would lose to the target instead.
  const part = timeline.fileOf(other.file)
  return part !== undefined && isCompactable(timeline, part) ? 'outdone' : 'stays'
}

export function asRows(rows: readonly ObjectEventRow[]): Record<string, unknown>[] {
  return rows.map((row) => ({ ...row }))
}
