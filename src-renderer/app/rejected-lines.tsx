import type { RejectedLine } from '../../schemas/contract/jobs.ts'
import { DataTable, type TableColumn } from '../ui/data-table.tsx'
import { formatCount } from '../ui/figures.ts'

const COLUMNS: readonly TableColumn<RejectedLine>[] = [
  {
    id: 'line',
    name: 'Line',
    width: '80px',
    numeric: true,
    value: (row) => row.line,
    show: (row) => formatCount(row.line),
  },
  {
    id: 'field',
    name: 'Field',
    width: '160px',
    value: (row) => row.field ?? '',
    show: (row) => row.field ?? 'whole line',
  },
  { id: 'reason', name: 'Reason', width: 'minmax(200px, 1fr)', value: (row) => row.reason },
]

/** Lines that were not taken, each with its field and reason; nothing where there are none. */
export function RejectedLines({ rejected }: { readonly rejected: readonly RejectedLine[] }) {
  if (rejected.length === 0) return null
  return (
    // Reasons may take two lines; more of them scroll.
    <div className="bk-import-rejected" style={{ height: `min(240px, ${rejected.length * 50 + 32}px)` }}>
      <DataTable
        label="Rejected lines"
        columns={COLUMNS}
        rows={rejected}
        rowKey={({ line }) => `${line}`}
        wrap
      />
    </div>
  )
}
