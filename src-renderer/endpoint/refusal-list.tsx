import type { RefusedRequest } from '../../schemas/contract/endpoint.ts'
import { formatCount, formatMarketTime } from '../ui/figures.ts'

/** So many are in sight; the app's log has more. */
const SHOWN = 5

interface RefusalListProps {
  /** Newest first. */
  readonly refusals: readonly RefusedRequest[]
  readonly refused: number
}

/** The last requests that were refused, and why: a bot with an old token, a page that tried. */
export function RefusalList({ refusals, refused }: RefusalListProps) {
  if (refusals.length === 0) return null
  const shown = refusals.slice(0, SHOWN)
  return (
    <section className="bk-endpoint-refusals" aria-label="Refused requests">
      <h3>
        {refused > shown.length ? `Last ${shown.length} of ${formatCount(refused)} refused` : 'Refused'}
      </h3>
      <ul>
        {shown.map(({ at, status, method, path, message }, index) => (
          // Two may be refused in one millisecond, in the same words.
          <li key={`${at}-${index}`}>
            <span className="muted">{formatMarketTime(at)}</span>{' '}
            <strong className="numeric">{status}</strong>{' '}
            <code>
              {method} {path}
            </code>
            <div className="muted">{message}</div>
          </li>
        ))}
      </ul>
    </section>
  )
}
