import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type SyntheticEvent, useEffect, useRef, useState } from 'react'
import { CalendarLine } from './calendar-line.tsx'
import type { CalendarRow } from './calendar-model.ts'
import { type DayPosition, moveFrom, rowIndexOf } from './calendar-moves.ts'
import { DayTooltip } from './day-tooltip.tsx'
import './day-calendar.css'

const LINE_PX = 24
const DAYS = Array.from({ length: 31 }, (_, index) => index + 1)

export interface DayCalendarProps {
  readonly rows: readonly CalendarRow[]
  readonly selected: DayPosition | null
  readonly onSelect: (day: DayPosition) => void
}

/**
 * Every day that is stored: a line for each month and series, a cell for each day. One cell is in the tab order;
 * the arrow keys move it, and it is the selected day. Only the lines in sight are in the document.
 */
export function DayCalendar({ rows, selected, onSelect }: DayCalendarProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const [hovered, setHovered] = useState<HTMLElement | null>(null)
  const selectedLine = selected === null ? -1 : rowIndexOf(rows, selected)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    overscan: 10,
    // The head covers the first lines of the scroller's view.
    scrollPaddingStart: LINE_PX + 4,
    // The selected day's line stays in the document wherever one scrolls: its cell is the way in by Tab.
    rangeExtractor: (range) => withLine(defaultRangeExtractor(range), selectedLine),
  })
  const focusWanted = useRef(false)

  useEffect(() => {
    if (!focusWanted.current || selected === null) return
    focusWanted.current = false
    virtual.scrollToIndex(selectedLine)
    // The line may come into the document only with the scroll's own render.
    const frame = requestAnimationFrame(() =>
      scroller.current
        ?.querySelector<HTMLElement>('[data-day][tabindex="0"]')
        ?.focus({ preventScroll: true }),
    )
    return () => cancelAnimationFrame(frame)
  }, [selected, selectedLine, virtual])

  const onKeyDown = (event: KeyboardEvent) => {
    if (selected === null || event.altKey || event.metaKey || event.shiftKey) return
    const to = moveFrom(rows, selected, event.key, event.ctrlKey)
    if (to === null) return
    event.preventDefault()
    focusWanted.current = true
    setHovered(null)
    onSelect(to)
  }

  return (
    <div ref={scroller} className="bk-calendar" onScroll={() => setHovered(null)}>
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table made a grid, as in the ARIA practices.
        role="grid"
        aria-label="Stored days"
        aria-rowcount={rows.length + 1}
        onKeyDown={onKeyDown}
        onClick={(event) => {
          const position = positionOf(event)
          if (position) onSelect(position)
        }}
        onPointerOver={(event) => setHovered(cellOf(event))}
        onPointerLeave={() => setHovered(null)}
      >
        <CalendarHead />
        <tbody style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index]
            if (row === undefined) return null
            const isHere = selected?.series === row.series.key && selected.day.startsWith(row.month)
            return (
              <CalendarLine
                key={row.key}
                row={row}
                index={item.index}
                top={item.start}
                selectedDay={isHere ? selected.day : null}
              />
            )
          })}
        </tbody>
      </table>
      <DayTooltip anchor={hovered} rows={rows} position={hovered === null ? null : positionFrom(hovered)} />
    </div>
  )
}

function CalendarHead() {
  return (
    <thead>
      <tr className="bk-calendar-line" aria-rowindex={1}>
        <th scope="col">Month</th>
        <th scope="col">Table</th>
        {DAYS.map((day) => (
          <th key={day} scope="col" className="bk-calendar-daynumber">
            {day}
          </th>
        ))}
        <th scope="col" className="numeric">
          Days
        </th>
        <th scope="col" className="numeric">
          Rows
        </th>
        <th scope="col" className="numeric">
          Size
        </th>
        <th scope="col" className="numeric">
          Parts
        </th>
      </tr>
    </thead>
  )
}

function withLine(lines: number[], line: number): number[] {
  return line < 0 || lines.includes(line) ? lines : [...lines, line].sort((a, b) => a - b)
}

function cellOf(event: SyntheticEvent): HTMLElement | null {
  return event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('[data-day]') : null
}

function positionOf(event: SyntheticEvent): DayPosition | null {
  const cell = cellOf(event)
  return cell === null ? null : positionFrom(cell)
}

function positionFrom({ dataset: { series = '', day = '' } }: HTMLElement): DayPosition {
  return { series, day }
}
