import { applyImport, type ImportEnd, newImport } from '../state/import.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { formatCount } from '../ui/figures.ts'
import { DayDifference, differenceTotals } from './day-difference.tsx'
import { ImportFailure } from './import-failure.tsx'
import { RejectedLines } from './rejected-lines.tsx'

export interface ImportDifferenceProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly end: ImportEnd
}

/** What a backfill would do to each day, before it does: the only way to one. */
export function ImportDifference({ open, onClose, end: { file, receipt } }: ImportDifferenceProps) {
  const days = receipt.days ?? []
  const totals = differenceTotals(days)
  const rejectedCount = receipt.rejectedCount ?? receipt.rejected.length
  return (
    <Dialog
      open={open}
      onClose={onClose}
      width={880}
      title="Backfill: what would change"
      footer={
        <>
          <Button onClick={() => newImport()}>Back</Button>
          <Button onClick={onClose}>Close</Button>
          <Button tone="primary" disabled={totals.days === 0} onClick={() => void applyImport()}>
            {totals.days === 0 ? 'Nothing to replace' : `Replace ${formatCount(totals.days, 'day')}`}
          </Button>
        </>
      }
    >
      <div className="bk-import-form">
        <ImportFailure />
        <p className="bk-import-file">
          <code>{file}</code>
        </p>
        <p>
          {days.length === 0 ? (
            'The file holds no row of a past day: there is nothing to replace.'
          ) : (
            <>
              <strong>
                {formatCount(totals.added)} added, {formatCount(totals.changed)} changed,{' '}
                {formatCount(totals.removed)} removed
              </strong>
              , {formatCount(totals.unchanged)} unchanged in {formatCount(days.length, 'day')}.
            </>
          )}{' '}
          <span className="muted">
            Nothing was written yet. A day holds exactly the file’s rows afterwards; what stood there is kept
            for a while.
          </span>
        </p>
        {days.length > 0 && <DayDifference label="Row difference by day" days={days} planned />}
        {rejectedCount > 0 && (
          <p className="bk-problem-text">
            {formatCount(rejectedCount, 'line')} would be left out: a day that is replaced loses those rows if
            they stood there.
          </p>
        )}
        <RejectedLines rejected={receipt.rejected} />
      </div>
    </Dialog>
  )
}
