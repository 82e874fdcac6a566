import { useStore } from 'zustand'
import { appStore, showOverlay } from '../state/app-store.ts'
import { importStore, newImport } from '../state/import.ts'
import { cancelJob, jobsStore } from '../state/jobs.ts'
import { TABLE_NAMES } from '../state/table-names.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ProgressBar } from '../ui/progress-bar.tsx'
import { ImportDifference } from './import-difference.tsx'
import { ImportForm } from './import-form.tsx'
import { ImportReceipt } from './import-receipt.tsx'
import './import-dialog.css'

/**
 * Takes in a file of NDJSON: what it holds and how it is to be taken, for a backfill the row difference, then the receipt
 * with every rejected line. Work goes on when it is closed, and comes back with it.
 */
export function ImportDialog() {
  const open = useStore(appStore, (state) => state.overlay === 'import')
  const { phase, choice, end } = useStore(importStore)
  const close = () => showOverlay(null)
  switch (phase) {
    case 'form':
      return <ImportForm open={open} onClose={close} />
    case 'looking':
      return <Working open={open} onClose={close} title="Comparing with what is stored" />
    case 'running':
      return <Working open={open} onClose={close} title={`Importing ${TABLE_NAMES[choice.table]}`} />
    case 'difference':
      return end && <ImportDifference open={open} onClose={close} end={end} />
    case 'ended':
      return (
        end && (
          <ImportReceipt
            open={open}
            end={end}
            onClose={() => {
              close()
              newImport()
            }}
          />
        )
      )
  }
}

interface WorkingProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: string
}

function Working({ open, onClose, title }: WorkingProps) {
  const update = useStore(jobsStore, (state) => state.running.find((job) => job.kind === 'import'))
  const progress = update?.progress ?? { done: 0, total: null, step: 'waiting for a file' }
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button disabled={update === undefined} onClick={() => update && void cancelJob(update.job)}>
            Cancel the import
          </Button>
          <Button onClick={onClose}>Go on in the background</Button>
        </>
      }
    >
      <div className="bk-import-progress">
        <ProgressBar label="Import" progress={progress} />
        <p className="muted">{progress.step}</p>
      </div>
    </Dialog>
  )
}
