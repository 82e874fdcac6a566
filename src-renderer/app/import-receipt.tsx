import type { BackfilledDay, IngestReceipt } from '../../schemas/contract/jobs.ts'
import { DAILY_TABLES } from '../../schemas/tables/index.ts'
import { showOverlay } from '../state/app-store.ts'
import { applyImport, type ImportEnd, newImport } from '../state/import.ts'
import { TABLE_NAMES } from '../state/table-names.ts'
import { planUndo } from '../state/undo.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { formatCount } from '../ui/figures.ts'
import { DayDifference } from './day-difference.tsx'
import { ImportFailure } from './import-failure.tsx'
import { countText, type ReceiptCount } from './import-texts.ts'
import { RejectedLines } from './rejected-lines.tsx'

export interface ImportReceiptProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly end: ImportEnd
}

const COUNTS: readonly (readonly [ReceiptCount, string])[] = [
  ['accepted', 'Accepted'],
  ['duplicates', 'Duplicates'],
  ['completed', 'Completed'],
  ['conflicts', 'Conflicts'],
]

/** What became of an imported file: counts in words, the days a backfill replaced, each rejected line with its reason. */
export function ImportReceipt({ open, onClose, end }: ImportReceiptProps) {
  const { receipt, dryRun, cancelled, file } = end
  const days = receipt.days ?? []
  const wide = days.length > 0 ? 880 : receipt.rejected.length > 0 ? 760 : 560
  return (
    <Dialog
      open={open}
      onClose={onClose}
      width={wide}
      title={cancelled ? 'Import cancelled' : dryRun ? 'Dry run: nothing was written' : 'Imported'}
      footer={
        <>
          <Button onClick={() => newImport()}>Import another file…</Button>
          {dryRun && !cancelled && receipt.accepted + receipt.completed > 0 && (
            <Button onClick={() => void applyImport()}>Import this file</Button>
          )}
          <Button tone="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <div className="bk-import-form">
        <ImportFailure />
        <p className="bk-import-file">
          {TABLE_NAMES[end.table]} from <code>{file}</code>
        </p>
        <Counts end={end} />
        {days.length > 0 && (
          <DayDifference
            label="Days of the backfill"
            days={days}
            planned={dryRun}
            action={days.some(canUndo) ? (day) => <UndoDay day={day} /> : undefined}
          />
        )}
        <RejectedLines rejected={receipt.rejected} />
      </div>
    </Dialog>
  )
}

function Counts({ end: { receipt, dryRun, table } }: { readonly end: ImportEnd }) {
  const backfill = Array.isArray(receipt.days)
  const rejectedCount = receipt.rejectedCount ?? receipt.rejected.length
  return (
    <dl className="bk-import-figures">
      {COUNTS.filter(([count]) => count === 'accepted' || receipt[count] > 0).map(([count, name]) => (
        <div key={count}>
          <dt>{name}</dt>
          <dd className="numeric">{formatCount(receipt[count])}</dd>
          <dd className="muted">
            {countText(count, table, { dryRun, backfill })}
            {count === 'conflicts' && !backfill && isDaily(table) && receipt.rejectsFile && (
              <>
                . Each line is kept, with the field that differs, in <code>{receipt.rejectsFile}</code>
              </>
            )}
          </dd>
        </div>
      ))}
      {rejectedCount > 0 && (
        <div>
          <dt>Rejected</dt>
          <dd className="numeric">{formatCount(rejectedCount)}</dd>
          <dd className="muted">{rejectedText(receipt, rejectedCount)}</dd>
        </div>
      )}
    </dl>
  )
}

/** Only a ledger's conflicts lose for good; elsewhere the values that came later count, or the line is rejected. */
function isDaily(table: ImportEnd['table']): boolean {
  return DAILY_TABLES.some((daily) => daily === table)
}

function rejectedText({ rejected, rejectsFile }: IngestReceipt, count: number): React.ReactNode {
  const listed =
    count > rejected.length ? `the first ${formatCount(rejected.length)} are listed below` : 'listed below'
  return (
    <>
      not stored; {listed}
      {rejectsFile && (
        <>
          ; all are kept with their text in <code>{rejectsFile}</code>
        </>
      )}
    </>
  )
}

function canUndo(day: BackfilledDay): boolean {
  return day.canUndo === true && day.table !== 'candles'
}

function UndoDay({ day }: { readonly day: BackfilledDay }) {
  if (!canUndo(day) || day.table === 'candles') return null
  const { table } = day
  const undo = () => {
    // One dialog at a time; this one comes back after it.
    showOverlay(null)
    void planUndo({ table, day: day.day })
  }
  return (
    <Button onClick={undo} ariaLabel={`Undo ${day.day}`}>
      Undo…
    </Button>
  )
}
