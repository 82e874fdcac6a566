import { type CalendarRow, dayOfMonth, shiftDay } from './calendar-model.ts'

/** A cell of the calendar: a day of a series. */
export interface DayPosition {
  readonly series: string
  readonly day: string
}

/**
 * Where a key leads from a day: left and right by days through the months of its series, up and down by lines of
 * the calendar, PageUp and PageDown by months, Home and End to the month's first and last day with a file, with
 * Ctrl to the calendar's. @returns null for a key that moves nowhere.
 */
export function moveFrom(
  rows: readonly CalendarRow[],
  from: DayPosition,
  key: string,
  ctrl: boolean,
): DayPosition | null {
  const index = rowIndexOf(rows, from)
  const row = rows[index]
  if (row === undefined) return null
  switch (key) {
    case 'ArrowLeft':
      return within(rows, { ...from, day: shiftDay(from.day, -1) })
    case 'ArrowRight':
      return within(rows, { ...from, day: shiftDay(from.day, 1) })
    case 'ArrowUp':
      return sameDayIn(rows[index - 1], from)
    case 'ArrowDown':
      return sameDayIn(rows[index + 1], from)
    case 'PageUp':
      return sameDayIn(
        rows.findLast((one, at) => at < index && one.series === row.series),
        from,
      )
    case 'PageDown':
      return sameDayIn(
        rows.find((one, at) => at > index && one.series === row.series),
        from,
      )
    case 'Home':
      return ctrl ? sameDayIn(rows[0], from) : edgeOf(row, 'first')
    case 'End':
      return ctrl ? sameDayIn(rows.at(-1), from) : edgeOf(row, 'last')
    default:
      return null
  }
}

/** The line that a day stands on; −1 when the calendar doesn't show it. */
export function rowIndexOf(rows: readonly CalendarRow[], { series, day }: DayPosition): number {
  const month = day.slice(0, 7)
  return rows.findIndex((row) => row.series.key === series && row.month === month)
}

function within(rows: readonly CalendarRow[], to: DayPosition): DayPosition | null {
  return rowIndexOf(rows, to) < 0 ? null : to
}

function sameDayIn(row: CalendarRow | undefined, from: DayPosition): DayPosition | null {
  if (row === undefined) return null
  const day = Math.min(Number(from.day.slice(8)), row.length)
  return { series: row.series.key, day: dayOfMonth(row.month, day) }
}

function edgeOf(row: CalendarRow, edge: 'first' | 'last'): DayPosition {
  const days = Array.from({ length: row.length }, (_, index) => dayOfMonth(row.month, index + 1))
  const held = days.filter((day) => row.series.days.has(day))
  const day =
    (edge === 'first' ? held[0] : held.at(-1)) ?? dayOfMonth(row.month, edge === 'first' ? 1 : row.length)
  return { series: row.series.key, day }
}
