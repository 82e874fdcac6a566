import type { AuditTimeline } from '../../schemas/contract/ledger.ts'
import { formatCount } from '../ui/figures.ts'
import { lookOf, type PlotColour, type PlotData, type PlotPlace, type PlotSeries } from '../ui/plot-model.ts'
import type { Focus } from './audit-filter.ts'

/** Types that audit documents know, each with a colour that stays its own whatever else is there. */
const KNOWN: Readonly<Record<string, PlotColour>> = {
  missing_value: 'waiting',
  constraint_violation: 'problem',
  type_mismatch: 'accent',
  missing_alias: 'text-muted',
}

export const CLEAN = 'clean'

/** How often an issue occurs; one may be called like something that every object has. */
export function countOf(counts: Readonly<Record<string, number>>, issue: string): number {
  return Object.hasOwn(counts, issue) ? (counts[issue] ?? 0) : 0
}

/** Issue types that occur, most first. */
export function issueTypes({ features, days }: AuditTimeline): readonly string[] {
  const counts = new Map<string, number>()
  for (const { issues } of [...features, ...days]) {
    for (const [issue, count] of Object.entries(issues)) counts.set(issue, (counts.get(issue) ?? 0) + count)
  }
  return [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1)).map(([issue]) => issue)
}

/** Issues by type, and clean audits under them, a bar for each trading date that has any. */
export function timelinePlot(timeline: AuditTimeline): PlotData {
  const { days } = timeline
  const bar = (id: string, name: string, colour: PlotColour, count: (at: number) => number): PlotSeries => ({
    id,
    name,
    kind: 'bar',
    stack: 'audits',
    colour,
    // A type that a day doesn't have is no point: the arrow keys pass it over.
    points: days.map((_, at) => ({ x: at, y: count(at) || null })),
  })
  const issues = issueTypes(timeline).map((issue, at) =>
    bar(issue, issue, (Object.hasOwn(KNOWN, issue) ? KNOWN[issue] : null) ?? lookOf(at).colour, (day) =>
      countOf(days[day]?.issues ?? {}, issue),
    ),
  )
  return {
    x: { kind: 'category', name: 'Trading date', categories: days.map(({ day }) => day) },
    y: { name: 'Issues, clean audits', format: whole, min: 0 },
    series: [bar(CLEAN, 'Clean', 'compacted', (day) => days[day]?.clean ?? 0), ...issues],
  }
}

/** The rows that a bar was made of. */
export function focusOfPlace(data: PlotData, { series, point }: PlotPlace): Focus {
  const drawn = data.series[series]
  const day = data.x.kind === 'category' ? data.x.categories[drawn?.points[point]?.x ?? -1] : undefined
  if (drawn === undefined || day === undefined) return {}
  return drawn.id === CLEAN ? { day, clean: true } : { day, issue: drawn.id }
}

/** The axis of a few counts has ticks between them that mean nothing. */
function whole(count: number): string {
  return Number.isInteger(count) ? formatCount(count) : ''
}
