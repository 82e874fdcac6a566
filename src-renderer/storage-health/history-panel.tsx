import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { OperationRow } from '../../schemas/generated/rows.ts'
import { appStore } from '../state/app-store.ts'
import { Button } from '../ui/button.tsx'
import { DataTable, type TableColumn } from '../ui/data-table.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { formatCount } from '../ui/figures.ts'
import { Select } from '../ui/select.tsx'
import { HistoryDetails } from './history-details.tsx'
import {
  ALL_OPERATIONS,
  filtered,
  type HistoryFilter,
  KIND_NAMES,
  ORIGIN_NAMES,
  operationText,
  PROGRAM_NAMES,
  STATE_NAMES,
  tookText,
} from './history-model.ts'
import { historyTime } from './history-time.ts'
import { useOperations } from './use-operations.ts'
import './history.css'

const KINDS = [
  { value: 'all', label: 'Everything' } as const,
  ...Object.entries(KIND_NAMES).map(([value, label]) => ({ value: value as OperationRow['kind'], label })),
]
const STATES = [
  { value: 'all', label: 'However it ended' } as const,
  ...Object.entries(STATE_NAMES).map(([value, label]) => ({ value: value as OperationRow['state'], label })),
]

/** What was done to the store, newest first, by whoever; a chosen one with its receipt beside. */
export function HistoryPanel() {
  const [filter, setFilter] = useState<HistoryFilter>(ALL_OPERATIONS)
  // Another kind is another list: nothing of the one before may linger in it.
  return <History key={filter.kind} filter={filter} onFilter={setFilter} />
}

interface HistoryProps {
  readonly filter: HistoryFilter
  readonly onFilter: (filter: HistoryFilter) => void
}

function History({ filter, onFilter }: HistoryProps) {
  const { rows: all, total, problems, error, showOlder } = useOperations(filter.kind)
  const [chosen, setChosen] = useState<string | null>(null)
  const rows = useMemo(() => filtered(all ?? [], filter), [all, filter])
  const zone = useStore(appStore, (state) => state.store?.marketZone ?? 'America/Chicago')
  const detail = rows.find(({ operation_id }) => operation_id === chosen) ?? null
  // What stands in the details beside it needs no column.
  const isWide = detail === null
  const columns = useMemo(() => columnsFor(zone, isWide, setChosen), [zone, isWide])
  if (error !== null) {
    return (
      <EmptyState tone="problem" title="The history could not be read">
        {error.message} <span className="bk-code">{error.code}</span>
      </EmptyState>
    )
  }
  if (all === null) return <p className="bk-schedule-facts muted">Reading the history…</p>
  if (total === 0 && problems.length === 0 && filter.kind === 'all') {
    return (
      <EmptyState title="Nothing was done yet">
        Compactions, imports, backfills, undos, repairs, purges and changes of settings are listed here as
        they end, with their receipts: those of the command line, too.
      </EmptyState>
    )
  }
  return (
    <>
      <div className="bk-panel-bar">
        <Select
          label="What was done"
          value={filter.kind}
          options={KINDS}
          onChange={(kind) => onFilter({ ...filter, kind })}
        />
        <Select
          label="How it ended"
          value={filter.state}
          options={STATES}
          onChange={(state) => onFilter({ ...filter, state })}
        />
        <span className="muted">
          {rows.length === total
            ? formatCount(total, 'operation')
            : `${formatCount(rows.length)} of ${formatCount(total, 'operation')}`}
          , times of {zone}
        </span>
        {problems.length > 0 && (
          <span
            className="bk-problem-text"
            title={problems.map(({ file, detail: why }) => `${file}: ${why}`).join('\n')}
          >
            {formatCount(problems.length, 'file')} of the history can’t be read
          </span>
        )}
        <span className="bk-topbar-space" />
        {all.length < total && <Button onClick={showOlder}>Show older</Button>}
      </div>
      <div className="bk-history">
        <DataTable
          label="History of the store"
          columns={columns}
          rows={rows}
          rowKey={({ operation_id }) => operation_id}
          onPick={({ operation_id }) => setChosen(operation_id)}
        />
        {detail !== null && <HistoryDetails operation={detail} zone={zone} onClose={() => setChosen(null)} />}
      </div>
    </>
  )
}

function columnsFor(
  zone: string,
  isWide: boolean,
  onPick: (id: string) => void,
): readonly TableColumn<OperationRow>[] {
  return [
    {
      id: 'ended',
      name: 'Ended',
      width: '196px',
      value: ({ ts }) => ts,
      show: (operation) => (
        <button type="button" className="bk-history-open" onClick={() => onPick(operation.operation_id)}>
          {historyTime(operation.ts, zone)}
        </button>
      ),
    },
    { id: 'kind', name: 'What', width: '120px', value: ({ kind }) => KIND_NAMES[kind] },
    {
      id: 'state',
      name: 'End',
      width: '88px',
      value: ({ state }) => state,
      show: ({ state }) => (
        <span
          className={state === 'failed' ? 'bk-problem-text' : state === 'cancelled' ? 'muted' : undefined}
        >
          {STATE_NAMES[state]}
        </span>
      ),
    },
    ...(isWide ? BY_WHOM : []),
    {
      id: 'summary',
      name: 'What came of it',
      width: 'minmax(160px, 1fr)',
      value: operationText,
      show: (operation) => (
        <span
          className={operation.state === 'failed' ? 'bk-problem-text' : undefined}
          title={operationText(operation)}
        >
          {operationText(operation)}
        </span>
      ),
    },
  ]
}

const BY_WHOM: readonly TableColumn<OperationRow>[] = [
  { id: 'origin', name: 'Began', width: '100px', value: ({ origin }) => ORIGIN_NAMES[origin] },
  { id: 'program', name: 'By', width: '128px', value: ({ program }) => PROGRAM_NAMES[program] },
  {
    id: 'took',
    name: 'Took',
    width: '88px',
    numeric: true,
    value: ({ started_ts, ts }) => ts - started_ts,
    show: tookText,
  },
]
