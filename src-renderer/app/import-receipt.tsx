import { useMemo } from 'react'
import type { JobResult, RejectedLine } from '../../schemas/contract/jobs.ts'
import { Button } from '../ui/button.tsx'
import { DataTable, type TableColumn } from '../ui/data-table.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { formatCount } from '../ui/figures.ts'

export interface ImportReceiptProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly onAnother: () => void
  readonly result: Extract<JobResult, { kind: 'import' }>
  readonly dryRun: boolean
  readonly cancelled: boolean
}

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
    width: '120px',
    value: (row) => row.field ?? '',
    show: (row) => row.field ?? 'whole line',
  },
  { id: 'reason', name: 'Reason', width: 'minmax(200px, 1fr)', value: (row) => row.reason },
]

/** What became of an imported file, each rejected line with its field and reason. */
export function ImportReceipt({ open, onClose, onAnother, result, dryRun, cancelled }: ImportReceiptProps) {
  const { accepted, duplicates, conflicts, completed, rejected, rejectsFile } = result.receipt
  const rejectedCount = result.receipt.rejectedCount ?? rejected.length
  const figures = useMemo(
    () =>
      [
        ['Accepted', accepted, dryRun ? 'would be stored' : 'stored'],
        ['Duplicates', duplicates, 'already there with these values'],
        ['Conflicts', conflicts, 'already there with other values; the newer were taken'],
        ['Completed', completed, 'filled in what was open'],
        [
          'Rejected',
          rejectedCount,
          [
            'not stored',
            rejectedCount > rejected.length
              ? `the first ${formatCount(rejected.length)} are listed below`
              : 'listed below',
            ...(rejectsFile ? [`kept in ${rejectsFile}`] : []),
          ].join('; '),
        ],
      ] as const,
    [accepted, duplicates, conflicts, completed, rejected, rejectedCount, rejectsFile, dryRun],
  )
  return (
    <Dialog
      open={open}
      onClose={onClose}
      width={rejected.length > 0 ? 720 : 480}
      title={cancelled ? 'Import cancelled' : dryRun ? 'Dry run: nothing was written' : 'Imported'}
      footer={
        <>
          <Button onClick={onAnother}>Import another file…</Button>
          <Button tone="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <p className="bk-import-file">
        <code>{result.file}</code>
      </p>
      <dl className="bk-import-figures">
        {figures
          .filter(([name, count]) => count > 0 || name === 'Accepted')
          .map(([name, count, meaning]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="numeric">{formatCount(count)}</dd>
              <dd className="muted">{meaning}</dd>
            </div>
          ))}
      </dl>
      {rejected.length > 0 && (
        <div className="bk-import-rejected">
          <DataTable label="Rejected lines" columns={COLUMNS} rows={rejected} rowKey={rejectedKey} />
        </div>
      )}
    </Dialog>
  )
}

function rejectedKey(row: RejectedLine): string {
  return `${row.line}`
}
