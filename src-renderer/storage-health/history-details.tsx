import { X } from 'lucide-react'
import type { OperationRow } from '../../schemas/generated/rows.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import {
  KIND_NAMES,
  ORIGIN_NAMES,
  operationText,
  PROGRAM_NAMES,
  receiptLines,
  STATE_NAMES,
  tookText,
} from './history-model.ts'
import { historyTime } from './history-time.ts'

export interface HistoryDetailsProps {
  readonly operation: OperationRow
  readonly zone: string
  readonly onClose: () => void
}

/** One operation with all that is known of it. */
export function HistoryDetails({ operation, zone, onClose }: HistoryDetailsProps) {
  const { kind, state, origin, program, started_ts, ts, session, receipt, operation_id } = operation
  const lines = receiptLines(receipt)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key (WCAG 2.1.1).
    <section className="bk-history-details" aria-label="Details of the operation" tabIndex={0}>
      <header>
        <strong>{KIND_NAMES[kind]}</strong>
        <span className={state === 'failed' ? 'bk-problem-text' : 'muted'}>{STATE_NAMES[state]}</span>
        <span className="bk-topbar-space" />
        <CopyButton text={JSON.stringify(operation, null, 2)} label="Copy all of it as JSON" />
        <IconButton icon={X} label="Close the details" side="left" onClick={onClose} />
      </header>
      <p className={state === 'failed' ? 'bk-problem-text' : undefined}>{operationText(operation)}</p>
      <dl>
        <dt>Ended</dt>
        <dd>{historyTime(ts, zone)}</dd>
        <dt>Started</dt>
        <dd>
          {historyTime(started_ts, zone)} <span className="muted">(took {tookText(operation)})</span>
        </dd>
        <dt>Began</dt>
        <dd>
          {ORIGIN_NAMES[origin]}, {PROGRAM_NAMES[program]}
        </dd>
        {session !== null && (
          <>
            <dt>Trading day</dt>
            <dd>{session}</dd>
          </>
        )}
        <dt>Id</dt>
        <dd>
          <code>{operation_id}</code>
        </dd>
      </dl>
      {lines.length > 0 && (
        <ul aria-label="Receipt">
          {/* A receipt never changes, and its lines may be alike: their places tell them apart. */}
          {lines.map(({ what, text }, place) => (
            <li key={place}>
              <code>{what}</code> {text}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
