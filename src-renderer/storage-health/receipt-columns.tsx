import type { CompactedDay } from '../../schemas/contract/jobs.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import type { TableColumn } from '../ui/data-table.tsx'
import { formatCount } from '../ui/figures.ts'
import { seriesLabel } from './calendar-model.ts'

const WHERE: readonly TableColumn<CompactedDay>[] = [
  { id: 'table', name: 'Table', width: '96px', value: seriesLabel },
  { id: 'day', name: 'Day or month (UTC)', width: '144px', value: (day) => day.day },
  {
    id: 'parts',
    name: 'Parts',
    width: '80px',
    numeric: true,
    value: (day) => day.parts,
    show: (day) => formatCount(day.parts),
  },
]

const FILE: TableColumn<CompactedDay> = {
  id: 'file',
  name: 'File',
  width: 'minmax(260px, 1fr)',
  value: (day) => day.file,
  show: (day) => <code>{day.file}</code>,
}

/** A dry run knows parts and files; rows and digest come with the work. */
export const PLAN_COLUMNS: readonly TableColumn<CompactedDay>[] = [...WHERE, FILE]

export const RECEIPT_COLUMNS: readonly TableColumn<CompactedDay>[] = [
  ...WHERE,
  {
    id: 'rows',
    name: 'Rows',
    width: '80px',
    numeric: true,
    value: (day) => day.rows,
    show: (day) => formatCount(day.rows),
  },
  {
    id: 'conflicts',
    name: 'Conflicts',
    width: '96px',
    numeric: true,
    value: (day) => day.conflicts,
    show: (day) => formatCount(day.conflicts),
  },
  {
    id: 'digest',
    name: 'Digest',
    width: '152px',
    value: (day) => day.digest ?? '',
    show: (day) => <Digest value={day.digest} />,
  },
  {
    id: 'outcome',
    name: 'Outcome',
    width: 'minmax(120px, 0.8fr)',
    value: (day) => day.skipped ?? 'compacted',
    show: (day) => <Outcome day={day} />,
  },
  FILE,
]

/** By file, too: a month of partitioned decisions is a file in each folder. */
export function receiptKey({ table, timeframe, day, file }: CompactedDay): string {
  return `${table} ${timeframe} ${day} ${file}`
}

function Digest({ value }: { readonly value: string | null }) {
  if (value === null) return null
  return (
    <span className="bk-digest">
      <code title={value}>{value.slice(0, 12)}</code>
      <CopyButton text={value} label="Copy the digest" />
    </span>
  )
}

function Outcome({ day: { skipped, error, left = [] } }: { readonly day: CompactedDay }) {
  if (error !== undefined) {
    return (
      <span className="bk-problem-text" title={error.message}>
        {error.code}: {error.message}
      </span>
    )
  }
  const outcome = skipped ?? 'compacted'
  if (left.length === 0) return outcome
  return (
    <span title={left.map(({ file, detail }) => `${file}: ${detail}`).join('\n')}>
      {outcome}; {formatCount(left.length, 'day file')} left beside it
    </span>
  )
}
