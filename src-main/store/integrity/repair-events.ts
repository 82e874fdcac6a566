import type { StorePath } from '../../../schemas/contract/units.ts'
import { OBJECT_EVENTS } from '../../../schemas/tables/index.ts'
import { quarantineOf } from '../compact/publish.ts'
import { publishDay } from '../compact/publish-day.ts'
import type { Target } from '../compact/resolver.ts'
import type { StoreContext } from '../context.ts'
import { asRows } from '../events/event-merge.ts'
import { compareEvents } from '../events/event-order.ts'
import { isRecovered, partsOf } from '../events/event-places.ts'
import { sameEvent, TIER } from '../events/event-set.ts'
import type { Timeline } from '../events/timeline.ts'
import type { FileStat } from '../fs/env.ts'
import { checkFile } from '../layout/checksums.ts'
import { canonicalRow } from '../layout/digest.ts'
import { companion, PREVIOUS } from '../layout/file-names.ts'
import { tellChange } from '../write/change-news.ts'
import { inTurn } from '../write/turns.ts'
import { moveHeld } from './repair-days.ts'
import { NotDone } from './repair-files.ts'

/**
 * Publishes the events that are shown in place of a damaged file of events: those of the generation before it, and what is
 * in recovery, as far as no other file has them (SPEC R17).
 */
export async function putBackEvents(
  context: StoreContext,
  timeline: Timeline,
  { series, day, month, file }: Target,
): Promise<string> {
  await timeline.current()
  const previous = companion(PREVIOUS, file)
  if (timeline.fileOf(previous) === undefined)
    throw new NotDone(`${file} is whole again, or nothing is left of it`)
  const period = month ?? day
  const standing = timeline.files
    .filter((each) => each.file === previous || isRecovered(each.file))
    .flatMap((each) => each.rows.map((row) => ({ row, source: each.file })))
  const rows = standing
    .filter(({ row, source }) => {
      const winner = timeline.winner(row.event_id)
      return row.ts_iso.startsWith(period) && winner?.source.file === source && winner.row === row
    })
    .map(({ row }) => row)
    .sort(compareEvents)
  const plan = {
    series,
    table: OBJECT_EVENTS,
    day,
    month,
    file,
    before: await checkFile(context, file),
    origin: 'parts',
    rows: asRows(rows),
    inputLines: asRows(rows).map((row) => canonicalRow(OBJECT_EVENTS.columns, row)),
    merged: [],
    lost: [],
    keepParts: true,
    keptAs: await quarantineOf(context, file),
  } as const
  const hooks = {
    onStep: () => undefined,
    isCurrent: async () => true,
    turn: <T>(work: () => Promise<T>): Promise<T> => inTurn(context, series, day, work),
  }
  if (!(await publishDay(context, plan, hooks))) throw new NotDone(`${file} was replaced meanwhile`)
  return `put back with the ${rows.length} events that were shown instead; the damaged file is in quarantine`
}

/**
 * Moves parts of events that say nothing the compacted files don't, all of a month's folder: which day's file holds an
 * event does not matter. @returns how many
 */
export async function moveHeldEvents(
  context: StoreContext,
  timeline: Timeline,
  { series, day, folder }: Target,
): Promise<number> {
  return inTurn(context, series, day, async () => {
    await timeline.current()
    const holders = new Map<StorePath, FileStat>()
    const held: StorePath[] = []
    for (const part of partsOf(timeline)) {
      if (!part.file.startsWith(`${folder}/`) || part.failed || part.rows.length === 0) continue
      const winners = part.rows.map((row) => {
        const winner = timeline.winner(row.event_id)
        const holds = winner !== null && winner.source.tier !== TIER.part && sameEvent(winner.row, row)
        return holds ? timeline.fileOf(winner.source.file) : undefined
      })
      if (part.problems.length > 0 || winners.some((winner) => winner?.stat == null)) continue
      for (const winner of winners) if (winner?.stat != null) holders.set(winner.file, winner.stat)
      held.push(part.file)
    }
    await moveHeld(context, held, holders)
    tellChange(context, { kind: 'day', series, day })
    return held.length
  })
}
