import type { DayStatus } from './calendar-model.ts'

const MARKS: readonly (readonly [DayStatus, string])[] = [
  ['compacted', 'in its file (paler: fewer rows)'],
  ['waiting', 'parts waiting'],
  ['both', 'both'],
  ['problem', 'problem'],
  ['gap', 'trading day without data'],
]

/** What the cells' looks mean. */
export function Legend() {
  return (
    <div className="bk-legend">
      {MARKS.map(([status, text]) => (
        <span key={status} className="bk-legend-item">
          <span className="bk-day" data-status={status} aria-hidden />
          {text}
        </span>
      ))}
      <span className="bk-topbar-space" />
      <span>Days are UTC, times Chicago.</span>
    </div>
  )
}
