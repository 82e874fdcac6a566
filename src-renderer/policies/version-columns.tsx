import { TriangleAlert } from 'lucide-react'
import { formatInterval, formatRate, hitCounts, NO_FIGURE } from '../research/research-figures.ts'
import { RowsLink } from '../research/rows-link.tsx'
import type { TableColumn } from '../ui/data-table.tsx'
import { formatCount, formatMarketTime } from '../ui/figures.ts'
import type { PolicyVersion } from './policies-model.ts'
import { setPolicies } from './policies-state.ts'

/** A line a version; its name opens it, its counts their decisions. */
export function versionColumns(
  versions: readonly PolicyVersion[],
  selected: string | null,
): readonly TableColumn<PolicyVersion>[] {
  const longest = Math.max(...versions.map(({ version }) => version.length))
  return [
    {
      id: 'version',
      name: 'Version',
      width: `${Math.min(240, Math.max(64, longest * 8.4 + 26))}px`,
      value: ({ version }) => version,
      show: ({ version }) => (
        <button
          type="button"
          className="bk-rows-link"
          aria-pressed={version === selected}
          onClick={(event) => {
            event.stopPropagation()
            setPolicies({ version, against: null })
          }}
        >
          {version}
        </button>
      ),
    },
    {
      id: 'ts',
      name: 'Since',
      width: '184px',
      value: ({ ts }) => ts ?? Number.POSITIVE_INFINITY,
      show: (row) => <Since row={row} />,
    },
    {
      id: 'count',
      name: 'Decisions',
      width: '84px',
      numeric: true,
      value: ({ decisions }) => decisions?.count ?? 0,
      show: ({ decisions, version }) =>
        decisions === null ? (
          '0'
        ) : (
          <RowsLink
            filter={decisions.filter}
            of={`the ${formatCount(decisions.count, 'decision')} under ${version}`}
          >
            {formatCount(decisions.count)}
          </RowsLink>
        ),
    },
    {
      id: 'rate',
      name: 'Hit rate',
      width: '146px',
      numeric: true,
      value: ({ decisions }) => decisions?.hitRate ?? Number.NEGATIVE_INFINITY,
      show: ({ decisions }) =>
        decisions === null ? (
          NO_FIGURE
        ) : (
          <span title={`${hitCounts(decisions)}; 95% interval ${formatInterval(decisions)}`}>
            {formatRate(decisions.hitRate)}{' '}
            <span className="muted">
              {formatCount(decisions.hits)} of {formatCount(decisions.judged)}
            </span>
          </span>
        ),
    },
    time('first', 'First decision', ({ decisions }) => decisions?.from ?? null),
    time('last', 'Last decision', ({ decisions }) => decisions?.to ?? null),
  ]
}

function time(
  id: string,
  name: string,
  of: (row: PolicyVersion) => number | null,
): TableColumn<PolicyVersion> {
  return {
    id,
    name,
    width: '112px',
    value: (row) => of(row) ?? Number.POSITIVE_INFINITY,
    show: (row) => {
      const ts = of(row)
      if (ts === null) return NO_FIGURE
      const text = formatMarketTime(ts)
      return <span title={text}>{text.slice(0, 10)}</span>
    },
  }
}

/** When it came; marked where a decision names it before that, or nothing is known of it. */
function Since({ row: { ts, policy, isLate, decisions, version } }: { readonly row: PolicyVersion }) {
  if (policy === null) {
    return (
      <span className="bk-policy-flag" title="Decisions name it, but no policy document was handed in.">
        <TriangleAlert size={12} aria-hidden /> not handed in
      </span>
    )
  }
  if (ts === null) return NO_FIGURE
  if (!isLate || decisions === null) return formatMarketTime(ts)
  return (
    <span className="bk-policy-flag" title={`A decision names ${version} before it was there.`}>
      <TriangleAlert size={12} aria-label="Dated after a decision that names it:" /> {formatMarketTime(ts)}
    </span>
  )
}
