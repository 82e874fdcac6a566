import { Tooltip } from '@base-ui/react/tooltip'
import { formatBytes, formatCount } from '../ui/figures.ts'
import { mainLayer } from '../ui/layer.ts'
import type { CalendarRow } from './calendar-model.ts'
import type { DayPosition } from './calendar-moves.ts'
import { statusText, waitingNoun } from './status-text.ts'

export interface DayTooltipProps {
  /** The cell under the pointer. */
  readonly anchor: HTMLElement | null
  readonly position: DayPosition | null
  readonly rows: readonly CalendarRow[]
}

/** One tooltip for all cells: thousands of triggers would cost more than the calendar itself. */
export function DayTooltip({ anchor, position, rows }: DayTooltipProps) {
  const series = rows.find((row) => row.series.key === position?.series)?.series
  if (anchor === null || position === null || series === undefined) return null
  const state = series.days.get(position.day)
  return (
    <Tooltip.Root open>
      <Tooltip.Portal container={mainLayer}>
        <Tooltip.Positioner
          anchor={anchor}
          side="top"
          sideOffset={4}
          className="bk-popup-layer bk-day-tooltip-layer"
        >
          <Tooltip.Popup className="bk-tooltip bk-day-tooltip">
            <strong>
              {series.label} {position.day}
            </strong>
            <span>{statusText(series, position.day)}</span>
            {state?.dayfile && (
              <span>
                File: {state.dayfile.rows === null ? 'rows unknown' : formatCount(state.dayfile.rows, 'row')},{' '}
                {formatBytes(state.dayfile.bytes)}
              </span>
            )}
            {state !== undefined && state.partsWaiting > 0 && (
              <span>
                Waiting: {formatCount(state.partsWaiting, waitingNoun(series))},{' '}
                {formatBytes(state.partBytes)}
              </span>
            )}
            {state?.problem && <span>{state.problem}</span>}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}
