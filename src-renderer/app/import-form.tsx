import { FileText } from 'lucide-react'
import { useStore } from 'zustand'
import { chooseImport, hasBackfill, importStore, newImport, submitImport } from '../state/import.ts'
import { STORE_TABLES, TABLE_NAMES } from '../state/table-names.ts'
import { Button } from '../ui/button.tsx'
import { Checkbox } from '../ui/checkbox.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { formatBytes } from '../ui/figures.ts'
import { Segmented } from '../ui/segmented.tsx'
import { ImportFailure } from './import-failure.tsx'
import { BACKFILL_HINT, guessText, LINE_TEXTS } from './import-texts.ts'

const TABLES = STORE_TABLES.map((value) => ({ value, label: TABLE_NAMES[value] }))

/** What a file holds and how it is to be taken. */
export function ImportForm({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const { choice, dropped } = useStore(importStore)
  const { table, backfill, dryRun } = choice
  const looksFirst = backfill && hasBackfill(table)
  return (
    <Dialog
      open={open}
      onClose={onClose}
      width={600}
      title="Import NDJSON"
      footer={
        <>
          {dropped !== null && (
            <>
              <Button tone="quiet" onClick={() => newImport(table)}>
                Choose another file instead
              </Button>
              <span className="bk-topbar-space" />
            </>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" onClick={() => void submitImport()}>
            {dropped === null ? 'Choose a file…' : looksFirst ? 'Show the difference…' : 'Import'}
          </Button>
        </>
      }
    >
      <div className="bk-import-form">
        <ImportFailure />
        {dropped !== null && <DroppedName />}
        <Segmented
          label="What the file holds"
          value={table}
          options={TABLES}
          onChange={(chosen) => chooseImport({ table: chosen })}
        />
        <p className="muted">
          {LINE_TEXTS[table]} Bad lines are listed with their reason; the good ones are stored.
        </p>
        {hasBackfill(table) ? (
          <Checkbox
            checked={backfill}
            onChange={(checked) => chooseImport({ backfill: checked })}
            label="Backfill whole past days"
            hint={BACKFILL_HINT}
          />
        ) : (
          <p className="muted">
            {table === 'policies'
              ? 'Versions are only ever added: one that is stored never changes.'
              : 'Events are only ever added: what they add up to follows from all of them.'}
          </p>
        )}
        {!looksFirst && (
          <Checkbox
            checked={dryRun}
            onChange={(checked) => chooseImport({ dryRun: checked })}
            label="Dry run"
            hint="Only says what would happen. Nothing is written."
          />
        )}
      </div>
    </Dialog>
  )
}

/** The file that was dropped, and why its table was chosen. */
function DroppedName() {
  const { dropped, guess } = useStore(importStore)
  if (dropped === null) return null
  return (
    <div className="bk-import-dropped">
      <FileText size={16} aria-hidden />
      <div>
        <strong>{dropped.name}</strong> <span className="muted">{formatBytes(dropped.size)}</span>
        <div className="muted">{guessText(guess)}</div>
      </div>
    </div>
  )
}
