import { ArrowDown, ArrowUp } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { DecisionRow, PolicyRow } from '../../schemas/generated/rows.ts'
import { formatCount } from '../ui/figures.ts'
import { formatNumber, formatValue } from './decision-text.ts'

interface FeatureLine {
  readonly name: string
  readonly value: unknown
  readonly weight: number | null
}

type By = 'name' | 'value' | 'weight'

/** What the bot measured and how much each of it counted: the row's own weights, else its policy's. */
export function InspectorFeatures({
  row,
  policy,
}: {
  readonly row: Partial<DecisionRow>
  readonly policy: PolicyRow | null
}) {
  const [typed, setTyped] = useState('')
  const [by, setBy] = useState<By>('weight')
  const [descending, setDescending] = useState(true)
  const effective = row.effective_weights ?? null
  const weights = effective ?? policy?.base_weights ?? null
  const lines = useMemo(() => linesOf(row.key_features ?? {}, weights), [row.key_features, weights])
  const wanted = typed.trim().toLowerCase()
  const found = sorted(
    lines.filter(({ name }) => name.toLowerCase().includes(wanted)),
    by,
    descending,
  )
  const sortBy = (column: By) => {
    setDescending(column === by ? !descending : column !== 'name')
    setBy(column)
  }
  const heads = [
    { id: 'name', label: 'Feature' },
    { id: 'value', label: 'Value' },
    { id: 'weight', label: effective !== null ? 'Weight' : 'Base weight' },
  ] as const
  return (
    <section className="bk-decision-part">
      <h2>
        Features <span className="muted">{formatCount(lines.length)}</span>
      </h2>
      {lines.length > 8 && (
        <input
          className="bk-input"
          value={typed}
          spellCheck={false}
          autoComplete="off"
          placeholder="Find a feature"
          aria-label="Find among the features"
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      {lines.length === 0 ? (
        <p className="muted">The row holds no features.</p>
      ) : (
        <table className="bk-decision-table">
          <thead>
            <tr>
              {heads.map(({ id, label }) => (
                <th
                  key={id}
                  scope="col"
                  aria-sort={by !== id ? 'none' : descending ? 'descending' : 'ascending'}
                >
                  <button
                    type="button"
                    data-numeric={id === 'name' ? undefined : ''}
                    onClick={() => sortBy(id)}
                  >
                    {label}
                    {by === id &&
                      (descending ? <ArrowDown size={12} aria-hidden /> : <ArrowUp size={12} aria-hidden />)}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.map(({ name, value, weight }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="numeric" title={value === undefined ? undefined : String(value)}>
                  {value === undefined ? <span className="muted">not measured</span> : formatValue(value)}
                </td>
                <td className="numeric">{weight === null ? '' : formatNumber(weight)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

/** Every feature measured, and every one that has a weight though it wasn't. */
function linesOf(
  features: Readonly<Record<string, unknown>>,
  weights: Readonly<Record<string, number>> | null,
): readonly FeatureLine[] {
  const names = new Set([...Object.keys(features), ...Object.keys(weights ?? {})])
  return [...names].map((name) => ({ name, value: features[name], weight: weights?.[name] ?? null }))
}

function sorted(lines: readonly FeatureLine[], by: By, descending: boolean): readonly FeatureLine[] {
  const key = ({ name, value, weight }: FeatureLine): number | string => {
    if (by === 'name') return name
    if (by === 'weight') return weight === null ? Number.NEGATIVE_INFINITY : Math.abs(weight)
    return typeof value === 'number' ? value : Number.NEGATIVE_INFINITY
  }
  const compare = (a: FeatureLine, b: FeatureLine): number => {
    // What was not measured had no say: it comes last, however much it weighs.
    const missing = Number(a.value === undefined) - Number(b.value === undefined)
    if (by !== 'name' && missing !== 0) return missing
    const [left, right] = [key(a), key(b)]
    if (left === right) return a.name < b.name ? -1 : 1
    return (left < right ? -1 : 1) * (descending ? -1 : 1)
  }
  return lines.toSorted(compare)
}
