import { useStore } from 'zustand'
import type { ExportReceipt } from '../../schemas/contract/jobs.ts'
import { appStore, showOverlay } from '../state/app-store.ts'
import { exportStore, newExport } from '../state/export.ts'
import { cancelJob, jobsStore } from '../state/jobs.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { formatBytes, formatCount } from '../ui/figures.ts'
import { ProgressBar } from '../ui/progress-bar.tsx'
import { ExportForm } from './export-form.tsx'
import './import-dialog.css'

/** Writes rows to a file anywhere: what and as what, then progress, then what was written. */
export function ExportDialog() {
  const open = useStore(appStore, (state) => state.overlay === 'export')
  const { phase, receipt } = useStore(exportStore)
  const close = () => showOverlay(null)
  if (phase === 'form') return <ExportForm open={open} onClose={close} />
  if (phase === 'running' || receipt === null) return <Working open={open} onClose={close} />
  const read = () => {
    close()
    newExport()
  }
  return <Receipt open={open} onClose={read} receipt={receipt} />
}

interface OpenProps {
  readonly open: boolean
  readonly onClose: () => void
}

function Working({ open, onClose }: OpenProps) {
  const update = useStore(jobsStore, (state) => state.running.find((job) => job.kind === 'export'))
  const progress = update?.progress ?? { done: 0, total: null, step: 'waiting for a place' }
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Exporting"
      footer={
        <>
          <Button disabled={update === undefined} onClick={() => update && void cancelJob(update.job)}>
            Cancel the export
          </Button>
          <Button onClick={onClose}>Go on in the background</Button>
        </>
      }
    >
      <div className="bk-import-progress">
        <ProgressBar label="Export" progress={progress} />
        <p className="muted">{progress.step}</p>
      </div>
    </Dialog>
  )
}

function Receipt({ open, onClose, receipt }: OpenProps & { readonly receipt: ExportReceipt }) {
  const { file, rows, bytes, sha256, problems } = receipt
  return (
    <Dialog
      open={open}
      onClose={onClose}
      width={680}
      title="Exported"
      footer={
        <>
          <Button onClick={newExport}>Export more…</Button>
          <Button tone="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <div className="bk-import-form">
        <p className="bk-import-file">
          <code>{file}</code>
        </p>
        <p>
          {formatCount(rows, 'row')}, {formatBytes(bytes)}
        </p>
        <p className="bk-export-sum">
          <span className="muted">SHA-256</span> <code>{sha256}</code>
          <CopyButton text={sha256} label="Copy the SHA-256" />
        </p>
        {problems.length > 0 && (
          <>
            <p className="bk-problem-text">
              {formatCount(problems.length, 'problem')}: files that were left out, and rows that break their
              schema and are in the export as they were read.
            </p>
            <ul className="bk-export-problems">
              {problems.map(({ file: path, code, detail }) => (
                <li key={`${path} ${code} ${detail}`}>
                  <span className="bk-code">{code}</span> <code>{path}</code> {detail}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </Dialog>
  )
}
