import { ListChecks } from 'lucide-react'
import { useMemo } from 'react'
import type { AuditTimeline } from '../../schemas/contract/ledger.ts'
import { formatClockTime } from '../decisions/decision-text.ts'
import { showDecisions } from '../state/ledger-links.ts'
import { DataTable, type TableColumn } from '../ui/data-table.tsx'
import { formatCount } from '../ui/figures.ts'
import { IconButton } from '../ui/icon-button.tsx'
import type { Focus } from './audit-filter.ts'
import { countOf, issueTypes } from './timeline-data.ts'
import type { Grouping } from './view-state.ts'

export interface GroupTableProps {
  readonly timeline: AuditTimeline
  readonly by: Grouping
  readonly focus: Focus
  readonly onPick: (focus: Focus) => void
}

type Run = AuditTimeline['runs'][number]
type Feature = AuditTimeline['features'][number]
type Counts = Readonly<Record<string, number>>

const COUNT = '64px'
/** The legend beside the table has the whole words. */
const SHORT: Readonly<Record<string, string>> = {
  constraint_violation: 'Constraint',
  missing_alias: 'Alias',
  missing_value: 'Missing',
  type_mismatch: 'Type',
}
/** Fewer columns than there may be types of another program's. */
const MOST_TYPES = 6

/** How many issues of each type a run or a feature has; every figure is a button that shows its rows. */
export function GroupTable({ timeline, by, focus, onPick }: GroupTableProps) {
  const types = useMemo(() => issueTypes(timeline).slice(0, MOST_TYPES), [timeline])
  const runColumns = useMemo(() => columnsOfRuns(types, focus, onPick), [types, focus, onPick])
  const featureColumns = useMemo(() => columnsOfFeatures(types, focus, onPick), [types, focus, onPick])
  return by === 'run' ? (
    <DataTable
      label="Audits by run"
      columns={runColumns}
      rows={timeline.runs}
      rowKey={({ runId }) => runId}
    />
  ) : (
    <DataTable
      label="Issues by feature"
      columns={featureColumns}
      rows={timeline.features}
      rowKey={({ feature }) => feature}
    />
  )
}

function columnsOfRuns(
  types: readonly string[],
  focus: Focus,
  onPick: (focus: Focus) => void,
): readonly TableColumn<Run>[] {
  return [
    {
      id: 'run',
      name: 'Run',
      width: 'minmax(148px, 1fr)',
      value: ({ runId }) => runId,
      show: ({ runId }) => (
        <Pick name={runId} of={runId} pick={{ runId }} focus={focus} onPick={onPick} isName />
      ),
    },
    {
      id: 'last',
      name: 'Last audit',
      width: '154px',
      value: ({ to }) => to,
      show: ({ to }) => formatClockTime(to),
    },
    count('audits', 'Audits', ({ audits }) => audits),
    {
      ...count<Run>('clean', 'Clean', ({ clean }) => clean),
      show: ({ runId, clean }) => (
        <Pick
          name={formatCount(clean)}
          of={`clean audits of ${runId}`}
          pick={{ runId, clean: true }}
          {...{ focus, onPick }}
        />
      ),
    },
    ...types.map((issue) =>
      issueColumn<Run>(
        issue,
        ({ issues }) => issues,
        ({ runId }) => ({ runId, issue }),
        focus,
        onPick,
      ),
    ),
    {
      id: 'decisions',
      name: '',
      width: '36px',
      value: () => 0,
      show: ({ runId }) => (
        <IconButton
          icon={ListChecks}
          label={`Decisions of ${runId}`}
          side="left"
          onClick={() => showDecisions({ runIds: [runId] })}
        />
      ),
    },
  ]
}

function columnsOfFeatures(
  types: readonly string[],
  focus: Focus,
  onPick: (focus: Focus) => void,
): readonly TableColumn<Feature>[] {
  return [
    {
      id: 'feature',
      name: 'Feature',
      width: 'minmax(140px, 1fr)',
      value: ({ feature }) => feature,
      show: ({ feature }) => (
        <Pick
          name={feature === '' ? '(empty)' : feature}
          of={feature}
          pick={{ feature }}
          {...{ focus, onPick }}
          isName
        />
      ),
    },
    count('issues', 'Issues', ({ issues }) => sumOf(issues)),
    ...types.map((issue) =>
      issueColumn<Feature>(
        issue,
        ({ issues }) => issues,
        ({ feature }) => ({ feature, issue }),
        focus,
        onPick,
      ),
    ),
  ]
}

function count<Row>(id: string, name: string, value: (row: Row) => number): TableColumn<Row> {
  return { id, name, width: COUNT, numeric: true, value, show: (row) => formatCount(value(row)) }
}

function issueColumn<Row>(
  issue: string,
  issues: (row: Row) => Counts,
  pick: (row: Row) => Focus,
  focus: Focus,
  onPick: (focus: Focus) => void,
): TableColumn<Row> {
  const of = (row: Row): number => countOf(issues(row), issue)
  return {
    id: `issue:${issue}`,
    name: (Object.hasOwn(SHORT, issue) ? SHORT[issue] : null) ?? issue.replaceAll('_', ' '),
    width: Object.hasOwn(SHORT, issue) ? '84px' : `${Math.max(72, 24 + issue.length * 7)}px`,
    numeric: true,
    value: of,
    show: (row) => (
      <Pick
        name={formatCount(of(row))}
        of={issue}
        pick={pick(row)}
        {...{ focus, onPick }}
        isNone={of(row) === 0}
      />
    ),
  }
}

interface PickProps {
  readonly name: string
  /** What it counts, for its name. */
  readonly of: string
  readonly pick: Focus
  readonly focus: Focus
  readonly onPick: (focus: Focus) => void
  readonly isName?: boolean
  /** No rows: nothing to show. */
  readonly isNone?: boolean
}

function Pick({ name, of, pick, focus, onPick, isName = false, isNone = false }: PickProps) {
  if (isNone || (!isName && name === '0')) return <span className="muted">0</span>
  return (
    <button
      type="button"
      className="bk-audit-pick"
      aria-pressed={JSON.stringify(focus) === JSON.stringify(pick)}
      aria-label={isName ? `Rows of ${of}` : `${name} ${of}: show these rows`}
      title={isName ? of : undefined}
      onClick={() => onPick(pick)}
    >
      {name}
    </button>
  )
}

function sumOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
