import { useStore } from 'zustand'
import type { PurgeReceipt } from '../../schemas/contract/jobs.ts'
import { cancelJob, jobsStore } from '../state/jobs.ts'
import { discardPurge, type PurgeAge, planPurge, purgeStore, runPurge } from '../state/purge.ts'
import { Button } from '../ui/button.tsx'
import { DataTable, type TableColumn } from '../ui/data-table.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { formatBytes, formatCount } from '../ui/figures.ts'
import { ProgressBar } from '../ui/progress-bar.tsx'
import { Segmented } from '../ui/segmented.tsx'
import './purge-dialog.css'

/** What may go from recovery: the list first, then progress, then what went. */
export function PurgeDialog() {
  const { phase, age, receipt, end } = useStore(purgeStore)
  switch (phase) {
    case 'idle':
      return null
    case 'planning':
    case 'running':
      return <Working title={phase === 'planning' ? 'Looking for what may go' : 'Removing'} />
    case 'planned':
      return receipt === null ? null : <Plan age={age} receipt={receipt} />
    case 'ended':
      return receipt === null ? null : <Ended receipt={receipt} cancelled={end === 'cancelled'} />
  }
}

/** Work goes on when the dialog is closed by a key: it can only be cancelled. */
function Working({ title }: { readonly title: string }) {
  const update = useStore(jobsStore, (state) => state.running.find((job) => job.kind === 'purge'))
  const progress = update?.progress ?? { done: 0, total: null, step: '' }
  return (
    <Dialog
      open
      onClose={discardPurge}
      title={title}
      width={WIDTH}
      footer={
        <Button disabled={update === undefined} onClick={() => update && void cancelJob(update.job)}>
          Cancel
        </Button>
      }
    >
      <div className="bk-purge">
        <ProgressBar label={title} progress={progress} />
        <p className="muted">{progress.step}</p>
      </div>
    </Dialog>
  )
}

const WIDTH = 960

/** Days, as the choice has them; `retention` stands for the store's own. */
const AGES = [
  { value: 'retention', label: 'Retention over' },
  { value: '1', label: 'Older than a day' },
  { value: '0', label: 'All that is safe' },
] as const

type Age = (typeof AGES)[number]['value']

function ageOf(value: Age): PurgeAge {
  return value === 'retention' ? null : Number(value)
}

function Plan({ age, receipt }: { readonly age: PurgeAge; readonly receipt: PurgeReceipt }) {
  const { files, bytes, kept } = receipt
  const chosen = AGES.find(({ value }) => ageOf(value) === age)?.value ?? 'retention'
  return (
    <Dialog
      open
      onClose={discardPurge}
      title="Purge recovery"
      width={WIDTH}
      footer={
        <>
          <Button onClick={discardPurge}>Cancel</Button>
          <Button tone="primary" disabled={files === 0} onClick={() => void runPurge()}>
            {files === 0 ? 'Nothing to remove' : `Remove ${formatCount(files, 'file')}`}
          </Button>
        </>
      }
    >
      <div className="bk-purge">
        <Segmented
          label="What may go"
          value={chosen}
          options={AGES}
          onChange={(value) => void planPurge(ageOf(value))}
        />
        <p>
          {files === 0
            ? 'Nothing may go by this choice.'
            : `${formatCount(files, 'file')}, ${formatBytes(bytes)}, would be removed for good.`}{' '}
          <span className="muted">
            Their rows stand in files that are whole; nothing was removed yet. What may be all that is left of
            a damaged file always stays.
          </span>
        </p>
        <Files receipt={receipt} />
        {kept.length > 0 && <Kept kept={kept} />}
      </div>
    </Dialog>
  )
}

function Ended({ receipt, cancelled }: { readonly receipt: PurgeReceipt; readonly cancelled: boolean }) {
  const { files, bytes, kept } = receipt
  return (
    <Dialog
      open
      onClose={discardPurge}
      title={cancelled ? 'Purge cancelled' : 'Purged'}
      width={WIDTH}
      footer={
        <Button tone="primary" onClick={discardPurge}>
          Done
        </Button>
      }
    >
      <div className="bk-purge">
        <p>
          Removed {formatCount(files, 'file')}, {formatBytes(bytes)}.
        </p>
        <Files receipt={receipt} />
        {kept.length > 0 && <Kept kept={kept} />}
      </div>
    </Dialog>
  )
}

type Removed = PurgeReceipt['removed'][number]
type KeptFile = PurgeReceipt['kept'][number]

const REMOVED: readonly TableColumn<Removed>[] = [
  {
    id: 'path',
    name: 'File',
    width: 'minmax(360px, 1fr)',
    value: ({ path }) => path,
    show: ({ path }) => <code>{path}</code>,
  },
  {
    id: 'bytes',
    name: 'Size',
    width: '88px',
    numeric: true,
    value: ({ bytes }) => bytes,
    show: ({ bytes }) => formatBytes(bytes),
  },
  { id: 'why', name: 'Why it may go', width: 'minmax(240px, 1fr)', value: ({ why }) => why },
]

const KEPT: readonly TableColumn<KeptFile>[] = [
  {
    id: 'path',
    name: 'Kept',
    width: 'minmax(300px, 1fr)',
    value: ({ path }) => path,
    show: ({ path }) => <code>{path}</code>,
  },
  { id: 'why', name: 'Why', width: 'minmax(280px, 1fr)', value: ({ why }) => why },
]

function Files({ receipt: { removed } }: { readonly receipt: PurgeReceipt }) {
  if (removed.length === 0) return null
  return (
    <div className="bk-purge-table">
      <DataTable label="Files to remove" columns={REMOVED} rows={removed} rowKey={({ path }) => path} wrap />
    </div>
  )
}

function Kept({ kept }: { readonly kept: readonly KeptFile[] }) {
  return (
    <div className="bk-purge-table">
      <DataTable
        label="What stays"
        columns={KEPT}
        rows={kept}
        rowKey={({ path, why }) => `${path} ${why}`}
        wrap
      />
    </div>
  )
}
