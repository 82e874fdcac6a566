import { formatUtcIso, utcDayOf } from '../../../schemas/contract/market-time.ts'
import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import { OBJECT_EVENTS } from '../../../schemas/tables/index.ts'
import { type DayResolver, dayTarget, monthTarget, type Target } from '../compact/resolver.ts'
import type { StoreContext } from '../context.ts'
import { dayOfPart, hasMonthfile, partsOf } from '../events/event-places.ts'
import { type EventSet, sameEvent, TIER } from '../events/event-set.ts'
import type { Timeline } from '../events/timeline.ts'
import { parseStorePath } from '../layout/file-names.ts'
import { judgeFiles } from '../read/dayfile-check.ts'
import { tellParts } from './candle-checks.ts'
import { isBeyondReading, judgeDamaged, setAside } from './damage.ts'
import type { FindingList } from './finding-list.ts'
import type { Overdue } from './overdue.ts'

export interface EventSources {
  readonly context: StoreContext
  readonly timeline: Timeline
  readonly eventDays: DayResolver
}

/** Looks at every event of the timeline, and its compacted files once more by SHA-256 and digest. */
export async function checkEvents(
  { context, timeline, eventDays }: EventSources,
  findings: FindingList,
  isOverdue: Overdue,
  signal: AbortSignal | undefined,
): Promise<void> {
  const set = await timeline.current()
  // All of this before the next await: the set goes on changing.
  const problems = [...timeline.problems]
  const repeated = checkVersions(set, findings)
  checkBeginnings(set, findings)
  checkParts(isOverdue, timeline, repeated, findings)
  const files = timeline.files.map(({ file }) => file).filter(isCompacted)

  const verdicts = await judgeFiles(context, OBJECT_EVENTS, files, signal)
  // The timeline has met most of it already, in its own words.
  const met = new Set<string>(problems.map(({ code, file }) => `${code} ${file}`))
  for (const [file, verdict] of verdicts) {
    if (verdict === 'missing') continue
    if (!verdict.use && !met.has(`${verdict.problem.code} ${file}`)) problems.push(verdict.problem)
    // Nothing can be said of who wrote what can't be read.
    const isRead = timeline.fileOf(file)?.failed === false
    if (verdict.use && verdict.foreign && isRead)
      findings.add(
        'FOREIGN_FILE',
        file,
        'written by another program: used as it is, and nothing vouches for its bytes',
      )
  }
  for (const { code, file, detail } of problems) {
    const path = file as StorePath
    if (!isBeyondReading(code)) findings.add(code, file, detail)
    else if (isCompacted(path)) {
      const { remedy, instead } = await judgeDamaged(context, eventDays, path, signal)
      findings.add(code, file, instead === null ? detail : `${detail}; ${instead}`, remedy)
    } else findings.add(code, file, detail, await setAside(context, path))
  }
}

function isCompacted(file: StorePath): boolean {
  const { kind } = parseStorePath(file)
  return kind === 'dayfile' || kind === 'monthfile'
}

/** @returns parts of which an event stands in a compacted file with the same values */
function checkVersions(set: EventSet, findings: FindingList): ReadonlySet<StorePath> {
  const compacted = new Set<StorePath>()
  for (const id of set.repeatedIds()) {
    const winner = set.winner(id)
    if (winner === null) continue
    for (const { row, source } of set.versions(id)) {
      // What was moved to recovery stands there on purpose.
      if (row === winner.row || parseStorePath(source.file).kind === 'unknown') continue
      if (!sameEvent(row, winner.row))
        findings.add('CONFLICT', source.file, `event ${id} differs from ${winner.source.file}, which counts`)
      else if (source.tier === TIER.part && winner.source.tier !== TIER.part) compacted.add(source.file)
      else
        findings.add(
          'DUPLICATE',
          source.file,
          `event ${id} stands in ${winner.source.file} with the same values`,
        )
    }
  }
  return compacted
}

function checkBeginnings(set: EventSet, findings: FindingList): void {
  for (const id of set.objectIds) {
    const [first] = set.eventsOf(id)
    if (first === undefined || first.action === 'create') continue
    const file = set.winner(first.event_id)?.source.file ?? ''
    const verb = first.action === 'close' ? 'a close' : 'an update'
    findings.add(
      'EVENT_WITHOUT_CREATE',
      file,
      `object ${id} begins with ${verb} at ${formatUtcIso(first.ts)}`,
    )
  }
}

function checkParts(
  isOverdue: Overdue,
  timeline: Timeline,
  repeated: ReadonlySet<StorePath>,
  findings: FindingList,
): void {
  const days = new Map<UtcDay, { waiting: number; compacted: StorePath[] }>()
  for (const part of partsOf(timeline)) {
    const [first] = part.rows
    if (first === undefined) continue
    const day = dayOfPart(part) ?? utcDayOf(first.ts)
    const counted = days.get(day) ?? { waiting: 0, compacted: [] }
    days.set(day, counted)
    if (repeated.has(part.file)) counted.compacted.push(part.file)
    else counted.waiting++
  }
  for (const [day, { waiting, compacted }] of days)
    tellParts(isOverdue, targetOf(timeline, day), waiting, compacted, findings)
}

function targetOf(timeline: Timeline, day: UtcDay): Target {
  const month = day.slice(0, 7) as UtcMonth
  return hasMonthfile(timeline, month)
    ? { ...monthTarget(month), day }
    : dayTarget({ table: 'object_events' }, day)
}
