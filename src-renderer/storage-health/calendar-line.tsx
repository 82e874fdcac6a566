import { memo } from 'react'
import { formatBytes, formatCount } from '../ui/figures.ts'
import { type CalendarRow, dayOfMonth, dayStatus, fillStep } from './calendar-model.ts'
import { dayText } from './status-text.ts'

export interface CalendarLineProps {
  readonly row: CalendarRow
  readonly index: number
  /** Pixels from the top of the list. */
  readonly top: number
  /** The selected day if it is on this line: only that line draws again when the selection moves. */
  readonly selectedDay: string | null
}

const NUMBERS = Array.from({ length: 31 }, (_, index) => index + 1)

/** A month of one series: a cell a day, and what they add up to. */
export const CalendarLine = memo(function CalendarLine({ row, index, top, selectedDay }: CalendarLineProps) {
  const { month, series, length, totals, firstOfMonth } = row
  return (
    <tr
      className="bk-calendar-line"
      aria-rowindex={index + 2}
      data-first={firstOfMonth ? '' : undefined}
      style={{ transform: `translateY(${top}px)` }}
    >
      <th scope="row" className="bk-calendar-month">
        {firstOfMonth ? month : <span className="sr-only">{month}</span>}
      </th>
      <th scope="row">{series.label}</th>
      {NUMBERS.map((number) => {
        // A table's lines must be equally long; the days that a month lacks are empty and named so.
        if (number > length) return <td key={number} />
        const day = dayOfMonth(month, number)
        return (
          <td
            key={number}
            // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table made a grid, as in the ARIA practices.
            role="gridcell"
            className="bk-day"
            tabIndex={day === selectedDay ? 0 : -1}
            aria-selected={day === selectedDay}
            aria-label={dayText(series, day)}
            data-series={series.key}
            data-day={day}
            data-status={dayStatus(series, day)}
            data-fill={fillStep(series, day)}
          />
        )
      })}
      <td className="numeric">{formatCount(totals.days)}</td>
      <td className="numeric">{formatCount(totals.rows)}</td>
      <td className="numeric">{formatBytes(totals.bytes)}</td>
      <td className="numeric bk-calendar-parts" data-some={totals.partsWaiting > 0 ? '' : undefined}>
        {totals.partsWaiting > 0 ? formatCount(totals.partsWaiting) : ''}
      </td>
    </tr>
  )
})
