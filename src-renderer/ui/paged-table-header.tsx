import { ArrowDown, ArrowUp } from 'lucide-react'
import type { KeyboardEvent, PointerEvent } from 'react'

const NARROWEST_PX = 48
const WIDEST_PX = 800
const KEY_STEP_PX = 16

export interface HeaderCellProps {
  readonly name: string
  /** Position among the columns, from 1. */
  readonly place: number
  readonly width: number
  readonly numeric: boolean
  readonly hint: string | undefined
  /** Undefined: it can't be sorted by. */
  readonly order: 'ascending' | 'descending' | 'none' | undefined
  readonly onSort: () => void
  readonly onWidth: (width: number) => void
}

/** Name of a column: click sorts; dragging its right edge, or Shift with the arrow keys, makes it wider or narrower. */
export function HeaderCell(props: HeaderCellProps) {
  const { name, place, width, numeric, hint, order, onSort, onWidth } = props
  const setWidth = (wanted: number) =>
    onWidth(Math.round(Math.max(NARROWEST_PX, Math.min(WIDEST_PX, wanted))))
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? KEY_STEP_PX : event.key === 'ArrowLeft' ? -KEY_STEP_PX : 0
    if (by === 0 || !event.shiftKey) return
    event.preventDefault()
    event.stopPropagation()
    setWidth(width + by)
  }
  const onGrab = (event: PointerEvent<HTMLDivElement>) => {
    const edge = event.currentTarget
    const from = event.clientX
    edge.setPointerCapture(event.pointerId)
    edge.onpointermove = (move) => setWidth(width + move.clientX - from)
    edge.onpointerup = () => {
      edge.onpointermove = null
    }
  }
  return (
    <th scope="col" className="bk-paged-head-cell" aria-sort={order} aria-colindex={place}>
      <button
        type="button"
        className="bk-table-sort"
        data-numeric={numeric ? '' : undefined}
        disabled={order === undefined}
        title={hint}
        onClick={onSort}
        onKeyDown={onKeyDown}
      >
        <span className="bk-paged-name">{name}</span>
        {order === 'ascending' && <ArrowUp size={12} aria-hidden />}
        {order === 'descending' && <ArrowDown size={12} aria-hidden />}
      </button>
      <div className="bk-paged-edge" onPointerDown={onGrab} aria-hidden />
    </th>
  )
}
