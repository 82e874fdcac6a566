import { TriangleAlert } from 'lucide-react'
import { useMemo } from 'react'
import { useStore } from 'zustand'
import { RowsLink } from '../research/rows-link.tsx'
import { DataTable, type TableColumn } from '../ui/data-table.tsx'
import { formatCount, formatMarketTime } from '../ui/figures.ts'
import { Segmented } from '../ui/segmented.tsx'
import { Select } from '../ui/select.tsx'
import {
  changeText,
  formatWeight,
  isChanged,
  metadataLines,
  type PolicyVersion,
  type WeightChange,
  weightChanges,
} from './policies-model.ts'
import { policiesStore, setPolicies } from './policies-state.ts'

export interface PolicyDifferenceProps {
  readonly versions: readonly PolicyVersion[]
  readonly version: PolicyVersion
  /** Null where there is none before it: all of it is new. */
  readonly against: PolicyVersion | null
}

/** What one version has of weights, trust and multipliers, beside another's. */
export function PolicyDifference({ versions, version, against }: PolicyDifferenceProps) {
  const all = useStore(policiesStore, (state) => state.all)
  const changes = useMemo(() => weightChanges(against?.policy ?? null, version.policy), [against, version])
  const different = changes.filter(isChanged)
  const columns = useMemo(() => changeColumns(against?.version ?? null, version.version), [against, version])
  const options = versions.filter(({ policy }) => policy !== null)
  return (
    <section className="bk-policy" aria-label={`Policy ${version.version}`}>
      <div className="bk-research-bar">
        <span className="muted">From</span>
        <Select
          label="Compared with"
          value={against?.version ?? ''}
          options={[
            ...(against === null ? [{ value: '', label: 'nothing' }] : []),
            ...options.map((one) => ({ value: one.version, label: one.version })),
          ]}
          onChange={(chosen) => chosen !== '' && setPolicies({ version: version.version, against: chosen })}
        />
        <span className="muted">to</span>
        <Select
          label="Version"
          value={version.version}
          options={(options.includes(version) ? options : [...options, version]).map((one) => ({
            value: one.version,
            label: one.version,
          }))}
          onChange={(chosen) => setPolicies({ version: chosen, against: against?.version ?? null })}
        />
        <span className="bk-topbar-space" />
        <Segmented
          label="Weights shown"
          value={all ? 'all' : 'different'}
          options={[
            { value: 'different', label: `Differences ${formatCount(different.length)}` },
            { value: 'all', label: `All ${formatCount(changes.length)}` },
          ]}
          onChange={(chosen) => setPolicies({ all: chosen === 'all' })}
        />
      </div>
      <Late version={version} />
      {version.policy === null ? (
        <p className="bk-research-note">
          Decisions name this version, but its policy document was never handed in. Import it, or run{' '}
          <code>barkeep ingest policies FILE</code>.
        </p>
      ) : (
        <>
          {!all && different.length === 0 && (
            <p className="bk-research-note">
              {version.version} and {against?.version} hold the same weights, trust and multipliers.
            </p>
          )}
          <DataTable
            label={`Weights from ${against?.version ?? 'nothing'} to ${version.version}`}
            columns={columns}
            rows={all ? changes : different}
            rowKey={({ key }) => key}
          />
        </>
      )}
      <Metadata version={version} />
    </section>
  )
}

function Late({ version: { isLate, decisions, ts, version } }: { readonly version: PolicyVersion }) {
  if (!isLate || decisions === null || ts === null) return null
  return (
    <div className="bk-strip" data-tone="problem">
      <TriangleAlert size={14} aria-hidden />
      <span className="bk-strip-text">
        Dated {formatMarketTime(ts)}, but{' '}
        <RowsLink
          filter={{ ...decisions.filter, to: ts - 1 }}
          of={`the decisions that name ${version} before then`}
        >
          decisions name it before
        </RowsLink>
        , first {decisions.from === null ? '' : formatMarketTime(decisions.from)}.
      </span>
    </div>
  )
}

function Metadata({ version }: { readonly version: PolicyVersion }) {
  const lines = metadataLines(version.policy)
  if (lines.length === 0) return null
  return (
    <dl className="bk-policy-metadata" aria-label={`Metadata of ${version.version}`}>
      {lines.map(({ name, text }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  )
}

function changeColumns(old: string | null, now: string): readonly TableColumn<WeightChange>[] {
  const side = (id: 'old' | 'new', name: string): TableColumn<WeightChange> => ({
    id,
    name,
    width: '78px',
    numeric: true,
    value: (row) => row[id] ?? Number.NEGATIVE_INFINITY,
    show: (row) => formatWeight(row[id]),
  })
  return [
    {
      id: 'part',
      name: 'Part',
      width: 'minmax(130px, 1.4fr)',
      value: ({ part }) => part,
      show: ({ part }) => <span title={part}>{part}</span>,
    },
    {
      id: 'name',
      name: 'Feature',
      width: 'minmax(120px, 1.3fr)',
      value: ({ name }) => name,
      show: ({ name }) => <span title={name}>{name}</span>,
    },
    side('old', old ?? 'nothing'),
    side('new', now),
    {
      id: 'change',
      name: 'Change',
      width: '78px',
      numeric: true,
      value: (row) => (row.new ?? 0) - (row.old ?? 0),
      show: changeText,
    },
  ]
}
