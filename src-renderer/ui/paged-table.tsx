import {
  type KeyboardEvent,
  memo,
  type ReactNode,
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import { flushSync } from 'react-dom'
import { formatCount } from './figures.ts'
import type { PageCache } from './paged-table-cache.ts'
import { HeaderCell } from './paged-table-header.tsx'
import { ScrollMap } from './paged-table-scroll.ts'
import './data-table.css'
import './paged-table.css'

export interface PagedColumn<Row> {
  readonly id: string
  readonly name: string
  /** CSS pixels, unless a person changed it. */
  readonly width: number
  readonly numeric?: boolean
  /** False: it can't be sorted by. */
  readonly sortable?: boolean
  /** What it holds, where the name alone doesn't say. */
  readonly hint?: string
  readonly show: (row: Row) => ReactNode
}

export interface PagedSort {
  readonly column: string
  readonly descending: boolean
}

export interface PagedTableProps<Row> {
  /** Its name for a screen reader. */
  readonly label: string
  readonly columns: readonly PagedColumn<Row>[]
  /** From `usePagedRows`. */
  readonly rows: PageCache<Row>
  readonly rowKey: (row: Row) => string
  /** Key of the selected row; null for none. */
  readonly selected: string | null
  readonly onSelect: (row: Row) => void
  /** Enter or a double click on a row. */
  readonly onOpen?: (row: Row) => void
  readonly sort: PagedSort | null
  /** A click on a header: by this column, then the other way round, then (null) as it comes. */
  readonly onSort: (sort: PagedSort | null) => void
  /** Widths that a person chose, by column. */
  readonly widths: Readonly<Record<string, number>>
  readonly onWidths: (widths: Readonly<Record<string, number>>) => void
  /** Marks a row that something is wrong with; the text says what. */
  readonly flaw?: (row: Row) => string | null
  /** A row to bring into the middle; another object is another wish. */
  readonly reveal?: { readonly row: number } | null
}

const ROW_PX = 28
/** Rows drawn beyond either edge, so that a small move needs nothing new. */
const SPARE_ROWS = 10
/** Drawn rows begin at multiples of this: most moves of a pixel or a row then draw nothing. */
const STEP_ROWS = 5
const CALM_MS = 160

/**
 * A table of any number of rows that come in pages. Only the rows in sight are in the document; a row whose page is on
 * the way is drawn as a bar of its own, so that nothing is ever blank. Arrows, PageUp and PageDown, Home and End select;
 * its container decides how high it is.
 */
export function PagedTable<Row extends object>(props: PagedTableProps<Row>) {
  const { label, columns, rows, rowKey, selected, onSelect, onOpen, sort, onSort } = props
  const { widths, onWidths, flaw, reveal = null } = props
  const id = useId()
  const scroller = useRef<HTMLTableElement>(null)
  const [map] = useState(() => new ScrollMap(ROW_PX))
  const [, draw] = useState('')
  /** The row that the keys went to, while its page is on the way. */
  const [awaited, setAwaited] = useState<number | null>(null)
  /** The row chosen last: it may be scrolled out of what is loaded, or be one that its view can't select. */
  const [chosen, setChosen] = useState<{ readonly at: number; readonly key: string } | null>(null)
  const total = rows.total ?? 0

  const look = useCallback(() => {
    const { first, last } = map.window
    rows.look(first, last)
    return `${Math.floor(first / STEP_ROWS)} ${Math.ceil(last / STEP_ROWS)} ${map.offset}`
  }, [map, rows])

  const scrollTo = useCallback(
    (physical: number) => {
      if (scroller.current !== null) scroller.current.scrollTop = physical
      draw(look())
    },
    [look],
  )

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    const measure = () => {
      if (!map.isAt(element.scrollTop)) map.scrolled(element.scrollTop)
      scrollTo(map.resize(total, Math.max(ROW_PX, element.clientHeight - ROW_PX)))
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [map, total, scrollTo])

  // Rows that came above push all others down: whoever looks at them goes with them, before anything is painted.
  const { moved } = rows
  const movedBefore = useRef(moved)
  useLayoutEffect(() => {
    const by = moved - movedBefore.current
    movedBefore.current = moved
    if (by === 0) return
    setChosen((now) => now && { ...now, at: now.at + by })
    setAwaited((now) => now && now + by)
    scrollTo(map.go(map.top + by * ROW_PX))
  }, [moved, map, scrollTo])

  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    let calm: ReturnType<typeof setTimeout> | undefined
    const onScroll = () => {
      const instead = map.scrolled(element.scrollTop)
      if (instead !== null) element.scrollTop = instead
      // At once, and not when React finds time: the frame that shows the new place must have its rows.
      flushSync(() => draw(look()))
      clearTimeout(calm)
      calm = setTimeout(() => {
        // On a busy machine the bar may have moved on before its event came: that move counts.
        if (!map.isAt(element.scrollTop)) return onScroll()
        const settled = map.settle()
        if (!map.isAt(element.scrollTop)) scrollTo(settled)
      }, CALM_MS)
    }
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      clearTimeout(calm)
      element.removeEventListener('scroll', onScroll)
    }
  }, [map, look, scrollTo])

  // Another question begins at its first row.
  const { answered } = rows
  useEffect(() => {
    if (answered) return
    setAwaited(null)
    setChosen(null)
    scrollTo(map.go(0))
  }, [answered, map, scrollTo])

  const revealed = useRef(reveal)
  useEffect(() => {
    if (reveal === null || reveal === revealed.current || !answered) return
    revealed.current = reveal
    if (map.toReveal(reveal.row) !== null) scrollTo(map.go(map.middle(reveal.row)))
  }, [reveal, answered, map, scrollTo])

  const choose = useCallback(
    (index: number, row: Row) => {
      setChosen({ at: index, key: rowKey(row) })
      setAwaited(null)
      onSelect(row)
    },
    [onSelect, rowKey],
  )
  useEffect(() => {
    // Another one was selected elsewhere.
    setChosen((now) => (selected === null || now?.key === selected ? now : null))
  }, [selected])
  const arrived = awaited === null ? undefined : rows.row(awaited)
  useEffect(() => {
    if (awaited !== null && arrived !== undefined) choose(awaited, arrived)
  }, [awaited, arrived, choose])

  const { version } = rows
  // Looked for among thousands of rows: not at every frame of a scroll.
  const loadedAt = useMemo(
    () => (selected === null || version < 0 ? -1 : rows.find((row) => rowKey(row) === selected)),
    [rows, version, rowKey, selected],
  )
  const chosenRow = chosen === null ? undefined : rows.row(chosen.at)
  // Rows may have moved since: then it is looked for.
  const isThere = chosen !== null && (chosenRow === undefined || rowKey(chosenRow) === chosen.key)
  const active = awaited ?? (isThere ? chosen.at : loadedAt)
  const marked = selected ?? (isThere ? chosen.key : null)
  const move = (to: number) => {
    const index = Math.max(0, Math.min(total - 1, to))
    const place = map.toReveal(index)
    if (place !== null) scrollTo(map.go(place))
    const row = rows.row(index)
    if (row === undefined) setAwaited(index)
    else choose(index, row)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const modified = event.ctrlKey || event.metaKey || event.altKey
    if (modified || event.target !== scroller.current || total === 0) return
    const at = active
    const page = Math.max(1, map.window.last - map.window.first - 1)
    const wanted = KEY_MOVES[event.key]?.(at, page, total)
    const current = at < 0 ? undefined : rows.row(at)
    if (wanted !== undefined) move(wanted)
    else if (event.key === 'Enter' && current !== undefined && onOpen) onOpen(current)
    else return
    event.preventDefault()
  }

  const drawn = map.window
  const from = Math.max(0, Math.floor(drawn.first / STEP_ROWS) * STEP_ROWS - SPARE_ROWS)
  const to = Math.min(total - 1, Math.ceil(drawn.last / STEP_ROWS) * STEP_ROWS + SPARE_ROWS)
  const widthOf = (column: PagedColumn<Row>) => widths[column.id] ?? column.width
  const tracks = `${columns.map((column) => `${widthOf(column)}px`).join(' ')} minmax(0, 1fr)`
  return (
    <table
      ref={scroller}
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its rows are selected by key.
      role="grid"
      className="bk-table-scroller bk-paged"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={rows.total === null ? -1 : total + 1}
      aria-colcount={columns.length}
      aria-busy={!answered}
      aria-activedescendant={active >= from && active <= to ? `${id}${active}` : undefined}
      onKeyDown={onKeyDown}
    >
      <thead className="bk-paged-head">
        <tr aria-rowindex={1} className="bk-paged-tracks" style={{ gridTemplateColumns: tracks }}>
          {columns.map((column, at) => (
            <HeaderCell
              key={column.id}
              name={column.name}
              place={at + 1}
              width={widthOf(column)}
              numeric={column.numeric === true}
              hint={column.hint}
              order={orderOf(column, sort)}
              onSort={() => onSort(nextSort(column.id, sort))}
              onWidth={(width) => onWidths({ ...widths, [column.id]: width })}
            />
          ))}
        </tr>
      </thead>
      <tbody className="bk-paged-body" style={{ height: map.height }}>
        {Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => {
          const index = from + at
          const row = rows.row(index)
          return (
            <PagedRow
              key={index}
              id={`${id}${index}`}
              index={index}
              row={row}
              top={index * ROW_PX - map.offset}
              tracks={tracks}
              columns={columns as readonly PagedColumn<object>[]}
              selected={row === undefined ? index === awaited : rowKey(row) === marked}
              flaw={row === undefined ? null : (flaw?.(row) ?? null)}
              onPress={choose as (index: number, row: object) => void}
              onOpen={onOpen as ((row: object) => void) | undefined}
            />
          )
        })}
      </tbody>
    </table>
  )
}

interface RowProps {
  readonly id: string
  readonly index: number
  /** Undefined while its page is on the way. */
  readonly row: object | undefined
  readonly top: number
  readonly tracks: string
  readonly columns: readonly PagedColumn<object>[]
  readonly selected: boolean
  readonly flaw: string | null
  readonly onPress: (index: number, row: object) => void
  readonly onOpen: ((row: object) => void) | undefined
}

const PagedRow = memo(function PagedRow(props: RowProps) {
  const { id, index, row, top, tracks, columns, selected, flaw, onPress, onOpen } = props
  return (
    <tr
      id={id}
      className="bk-paged-row bk-paged-tracks"
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-waiting={row === undefined ? '' : undefined}
      data-flaw={flaw === null ? undefined : ''}
      title={flaw ?? undefined}
      style={{ gridTemplateColumns: tracks, transform: `translateY(${top}px)` }}
      onClick={row && (() => onPress(index, row))}
      onDoubleClick={row && onOpen && (() => onOpen(row))}
    >
      {columns.map((column, at) => (
        <td key={column.id} aria-colindex={at + 1} className={column.numeric ? 'numeric' : undefined}>
          {row === undefined ? (at === 0 ? `${formatCount(index + 1)} …` : null) : column.show(row)}
        </td>
      ))}
    </tr>
  )
})

/** From the row at hand (−1: none) to another, by key. */
const KEY_MOVES: Readonly<Record<string, (at: number, page: number, total: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at, page) => Math.max(0, at) + page,
  PageUp: (at, page) => at - page,
  Home: () => 0,
  End: (_at, _page, total) => total - 1,
}

function orderOf<Row>(column: PagedColumn<Row>, sort: PagedSort | null) {
  if (column.sortable === false) return undefined
  if (sort?.column !== column.id) return 'none'
  return sort.descending ? 'descending' : 'ascending'
}

function nextSort(column: string, sort: PagedSort | null): PagedSort | null {
  if (sort?.column !== column) return { column, descending: true }
  return sort.descending ? { column, descending: false } : null
}
