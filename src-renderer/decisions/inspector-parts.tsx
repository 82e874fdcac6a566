import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import type { ChecksumVerdict, DecisionDetail } from '../../schemas/contract/ledger.ts'
import type { ViewportObject } from '../../schemas/contract/viewport.ts'
import { ObjectGlyph } from '../chart/object-glyph.tsx'
import { nameOf, priceBand } from '../chart/object-meaning.ts'
import { decimalsOf, formatPrice } from '../chart/price-format.ts'
import { showAudits, showOnChart, showPolicy } from '../state/ledger-links.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { formatCount } from '../ui/figures.ts'
import { formatClockTime, formatNumber, formatValue } from './decision-text.ts'

const FEW = 12

/** Objects as they stood at the decision's moment; a click shows one on the chart. */
export function StandingObjects({ detail }: { readonly detail: DecisionDetail }) {
  const [all, setAll] = useState(false)
  const decimals = decimalsOf(detail.candles)
  const { objects } = detail
  return (
    <section className="bk-decision-part">
      <h2>
        Objects standing then <span className="muted">{formatCount(objects.length)}</span>
      </h2>
      {objects.length === 0 && <p className="muted">No zone, level or flag stood at that moment.</p>}
      {(all ? objects : objects.slice(0, FEW)).map((object) => (
        <button
          key={object.id}
          type="button"
          className="bk-decision-object"
          title="Show on the chart"
          onClick={() =>
            showOnChart({
              symbol: object.symbol,
              timeframe: detail.entry.row.timeframe,
              ts: detail.ts,
              decision: refOfDetail(detail),
              object: object.id,
            })
          }
        >
          <ObjectGlyph object={object} />
          <span className="bk-choice-value">{nameOf(object)}</span>
          <span className="muted">
            {object.timeframe} {object.status}
          </span>
          <span className="numeric">{priceText(object, decimals)}</span>
        </button>
      ))}
      {objects.length > FEW && (
        <Button tone="quiet" onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `All ${formatCount(objects.length)}`}
        </Button>
      )}
    </section>
  )
}

function refOfDetail({ entry: { row }, ts }: DecisionDetail) {
  return { runId: row.run_id, decisionId: row.decision_id, ts }
}

function priceText(object: ViewportObject, decimals: number): string {
  const band = priceBand(object)
  if (band === null) return ''
  return band.low === band.high
    ? formatPrice(band.low, decimals)
    : `${formatPrice(band.low, decimals)} to ${formatPrice(band.high, decimals)}`
}

/** The policy of the decision's own version: its weights for the features that were measured. */
export function PolicyThen({ detail }: { readonly detail: DecisionDetail }) {
  const { policy, entry } = detail
  const version = entry.row.policy_version
  return (
    <section className="bk-decision-part">
      <h2>
        Policy in force{' '}
        {version ? (
          <button
            type="button"
            className="bk-link"
            title="Show in Policies"
            onClick={() => showPolicy(version)}
          >
            {version}
          </button>
        ) : (
          <span className="muted">none named</span>
        )}
      </h2>
      {policy === null ? (
        <p className="muted">
          Policies hold no such version. Import its document, and its weights show here.
        </p>
      ) : (
        <PolicyWeights detail={detail} />
      )}
    </section>
  )
}

function PolicyWeights({ detail: { policy, entry } }: { readonly detail: DecisionDetail }) {
  if (policy === null) return null
  const { session_regime: session, macro_regimes: macro, key_features: features } = entry.row
  const regimes = [session, ...(macro ?? [])].filter(
    (name) => policy.regime_multipliers?.[name] !== undefined,
  )
  const measured = Object.keys(features ?? {})
  const names = Object.keys(policy.base_weights ?? {}).filter((name) => measured.includes(name))
  const others = Object.keys(policy.base_weights ?? {}).length - names.length
  return (
    <>
      <p className="muted">Written {formatClockTime(Date.parse(policy.timestamp_utc))}</p>
      {names.length > 0 && (
        <table className="bk-decision-table">
          <thead>
            <tr>
              <th scope="col">Feature</th>
              <th scope="col" className="numeric">
                Base
              </th>
              <th scope="col" className="numeric">
                Trust
              </th>
              {regimes.map((regime) => (
                <th key={regime} scope="col" className="numeric" title={`Multiplier in ${regime}`}>
                  × {regime}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <Weight of={policy.base_weights[name]} />
                <Weight of={policy.trust?.[name]} />
                {regimes.map((regime) => (
                  <Weight key={regime} of={policy.regime_multipliers[regime]?.[name]} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {others > 0 && (
        <p className="muted">{formatCount(others, 'weight')} of features that were not measured.</p>
      )}
    </>
  )
}

function Weight({ of }: { readonly of: number | undefined }) {
  return <td className="numeric">{of === undefined ? '' : formatNumber(of)}</td>
}

/** What the run's feature audits found. */
export function RunAudits({ detail }: { readonly detail: DecisionDetail }) {
  const { audits, auditsTotal, entry } = detail
  const runId = entry.row.run_id
  const found = audits.filter(({ issues }) => issues !== null && issues.length > 0)
  return (
    <section className="bk-decision-part">
      <h2>
        Audits of the run <span className="muted">{formatCount(auditsTotal)}</span>
      </h2>
      {auditsTotal === 0 && <p className="muted">The run has no audits.</p>}
      {auditsTotal > 0 && found.length === 0 && <p className="muted">All clean.</p>}
      {found.slice(0, 6).map((audit) => (
        <p key={audit.audit_id} className="bk-decision-audit">
          <span className="numeric muted">{formatClockTime(Date.parse(audit.timestamp_utc))}</span>
          <span className="bk-choice-value">
            {audit.issues.join(', ')} {audit.feature_name !== null && <>in {audit.feature_name}</>}
          </span>
        </p>
      ))}
      {auditsTotal > 0 && (
        <button type="button" className="bk-link" onClick={() => showAudits({ runIds: [runId] })}>
          Show all in Audits <ChevronRight size={12} aria-hidden />
        </button>
      )}
    </section>
  )
}

const VERDICTS: Readonly<Record<ChecksumVerdict, string>> = {
  verified: 'as recorded when it was written',
  foreign: 'of another program’s file: nothing was recorded to compare it with',
  unrecorded: 'not recorded',
  damaged: 'differs from what was recorded',
}

/** Where the row stands and where it came from. */
export function Provenance({ detail }: { readonly detail: DecisionDetail }) {
  const { origin, entry } = detail
  const given = Object.entries(entry.row.provenance ?? {})
  return (
    <section className="bk-decision-part">
      <h2>Provenance</h2>
      <dl className="bk-decision-facts">
        <dt>File</dt>
        <dd>{origin.file}</dd>
        <dt>Place</dt>
        <dd>
          row {formatCount(entry.place + 1)}
          {origin.rowGroup !== null && `, row group ${formatCount(origin.rowGroup + 1)}`}
        </dd>
        <dt>SHA-256</dt>
        <dd data-problem={origin.checksum === 'damaged' ? '' : undefined}>
          {VERDICTS[origin.checksum]}
          {origin.sha256 !== null && (
            <span className="bk-digest">
              <code title={origin.sha256}>{origin.sha256.slice(0, 12)}…</code>
              <CopyButton text={origin.sha256} label="Copy the SHA-256" />
            </span>
          )}
        </dd>
        {given.map(([name, value]) => (
          <ProvenanceFact key={name} name={name} value={value} />
        ))}
      </dl>
    </section>
  )
}

function ProvenanceFact({ name, value }: { readonly name: string; readonly value: unknown }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{formatValue(value)}</dd>
    </>
  )
}
