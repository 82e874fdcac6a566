import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { type ReactNode, useMemo, useRef } from 'react'
import './data-table.css'

export interface TableColumn<Row> {
  readonly id: string
  readonly name: string
  /** A track of the row's grid: `96px`, `minmax(200px, 1fr)`. */
  readonly width: string
  readonly numeric?: boolean
  /** What it sorts by, and what it shows unless `show` says otherwise. */
  readonly value: (row: Row) => string | number
  readonly show?: (row: Row) => ReactNode
}

export interface DataTableProps<Row> {
  /** Its name for a screen reader. */
  readonly label: string
  readonly columns: readonly TableColumn<Row>[]
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string
  /** Rows as high as their text instead of 28 px; for tables with sentences in them. */
  readonly wrap?: boolean
  /** A click anywhere on a row; for the keyboard a cell must hold a button that does the same. */
  readonly onPick?: (row: Row) => void
}

const ROW_PX = 28

/** Sortable by every column, and only the rows in sight are in the document: as smooth with 10,000 as with 10. */
const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() })

/** A dense table that scrolls by itself; its container decides how high it is. */
export function DataTable<Row extends object>({
  label,
  columns,
  rows,
  rowKey,
  wrap = false,
  onPick,
}: DataTableProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null)
  const data = useMemo(() => [...rows], [rows])
  const definitions = useMemo<ColumnDef<typeof features, Row>[]>(
    () =>
      columns.map(({ id, name, value }) => ({ id, header: name, accessorFn: value, sortFn: compareValues })),
    [columns],
  )
  const table = useTable({ features, columns: definitions, data, getRowId: rowKey })
  const sorted = table.getRowModel().rows
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    getItemKey: (index) => sorted[index]?.id ?? index,
  })
  const tracks = { gridTemplateColumns: columns.map((column) => column.width).join(' ') }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key (WCAG 2.1.1).
    <section ref={scroller} className="bk-table-scroller" tabIndex={0} aria-label={label}>
      <table
        className="bk-table"
        aria-label={label}
        aria-rowcount={sorted.length + 1}
        data-wrap={wrap ? '' : undefined}
      >
        <thead className="bk-table-head">
          <tr aria-rowindex={1} className="bk-table-row" style={tracks}>
            {columns.map((column) => {
              const sorting = table.getColumn(column.id)
              return (
                <HeaderCell
                  key={column.id}
                  name={column.name}
                  numeric={column.numeric === true}
                  order={sorting?.getIsSorted() || 'none'}
                  onSort={() => sorting?.toggleSorting()}
                />
              )
            })}
          </tr>
        </thead>
        <tbody className="bk-table-body" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = sorted[item.index]?.original
            if (row === undefined) return null
            return (
              <tr
                key={item.key}
                ref={wrap ? virtual.measureElement : undefined}
                data-index={item.index}
                aria-rowindex={item.index + 2}
                className="bk-table-row"
                data-pick={onPick === undefined ? undefined : ''}
                onClick={onPick && (() => onPick(row))}
                style={{ ...tracks, transform: `translateY(${item.start}px)` }}
              >
                {columns.map((column) => (
                  <td key={column.id} className={column.numeric ? 'numeric' : undefined}>
                    {column.show ? column.show(row) : column.value(row)}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}

interface HeaderCellProps {
  readonly name: string
  readonly numeric: boolean
  readonly order: 'asc' | 'desc' | 'none'
  readonly onSort: () => void
}

function HeaderCell({ name, numeric, order, onSort }: HeaderCellProps) {
  const sort = order === 'asc' ? 'ascending' : order === 'desc' ? 'descending' : 'none'
  return (
    <th scope="col" aria-sort={sort}>
      <button
        type="button"
        className="bk-table-sort"
        data-numeric={numeric ? '' : undefined}
        onClick={onSort}
      >
        {name}
        {order === 'asc' && <ArrowUp size={12} aria-hidden />}
        {order === 'desc' && <ArrowDown size={12} aria-hidden />}
      </button>
    </th>
  )
}

function compareValues<Row extends { getValue<T>(id: string): T }>(a: Row, b: Row, id: string): number {
  const left = a.getValue<string | number>(id)
  const right = b.getValue<string | number>(id)
  return left < right ? -1 : left > right ? 1 : 0
}
