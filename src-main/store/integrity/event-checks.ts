import { formatUtcIso, utcDayOf } from '../../../schemas/contract/market-time.ts'
import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import { OBJECT_EVENTS } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { dayOfPart, partsOf } from '../events/day-resolver.ts'
import { type EventSet, sameEvent, TIER } from '../events/event-set.ts'
import type { Timeline } from '../events/timeline.ts'
import { parseStorePath, partFolder } from '../layout/file-names.ts'
import { judgeFiles } from '../read/dayfile-check.ts'
import { tellParts } from './candle-checks.ts'
import type { FindingList } from './finding-list.ts'
import type { Overdue } from './overdue.ts'

/** Looks at every event of the timeline, and its compacted files once more by SHA-256 and digest. */
export async function checkEvents(
  context: StoreContext,
  timeline: Timeline,
  findings: FindingList,
  isOverdue: Overdue,
  signal: AbortSignal | undefined,
): Promise<void> {
  const set = await timeline.current()
  // All of this before the next await: the set goes on changing.
  for (const { code, file, detail } of timeline.problems) findings.add(code, file, detail)
  const repeated = checkVersions(set, findings)
  checkBeginnings(set, findings)
  checkParts(isOverdue, timeline, repeated, findings)
  const files = timeline.files
    .map(({ file }) => file)
    .filter((file) => ['dayfile', 'monthfile'].includes(parseStorePath(file).kind))

  for (const [file, verdict] of await judgeFiles(context, OBJECT_EVENTS, files, signal)) {
    if (verdict === 'missing') continue
    // The timeline has met most of it already, in its own words.
    if (!verdict.use && !findings.has(verdict.problem.code, file))
      findings.add(verdict.problem.code, file, verdict.problem.detail)
    if (verdict.use && verdict.foreign)
      findings.add(
        'FOREIGN_FILE',
        file,
        'written by another program: used as it is, and nothing vouches for its bytes',
      )
  }
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
    tellParts(isOverdue, partFolder({ table: 'object_events' }, day), day, waiting, compacted, findings)
}
