import type { OperationRow } from '../../schemas/generated/rows.ts'

type Kind = OperationRow['kind']

export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  'after-close': 'After the close',
  compact: 'Compaction',
  purge: 'Purge',
  undo: 'Undo',
  repair: 'Repair',
  backfill: 'Backfill',
  import: 'Import',
  rebuild: 'Rebuild',
  partition: 'Partition',
  settings: 'Settings',
  sample: 'Sample store',
}

export const ORIGIN_NAMES: Readonly<Record<OperationRow['origin'], string>> = {
  manual: 'by hand',
  scheduled: 'on schedule',
  'catch-up': 'catching up',
}

export const PROGRAM_NAMES: Readonly<Record<OperationRow['program'], string>> = {
  app: 'window',
  cli: 'command line',
  endpoint: 'endpoint',
  other: 'another program',
}

export const STATE_NAMES: Readonly<Record<OperationRow['state'], string>> = {
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
}

export interface HistoryFilter {
  readonly kind: Kind | 'all'
  readonly state: OperationRow['state'] | 'all'
}

export const ALL_OPERATIONS: HistoryFilter = { kind: 'all', state: 'all' }

export function filtered(
  operations: readonly OperationRow[],
  { kind, state }: HistoryFilter,
): readonly OperationRow[] {
  return operations.filter(
    (one) => (kind === 'all' || one.kind === kind) && (state === 'all' || one.state === state),
  )
}

/** Both, newest first and each once; the first list itself where the other adds nothing. */
export function joined(
  some: readonly OperationRow[],
  others: readonly OperationRow[],
): readonly OperationRow[] {
  const known = new Set(some.map(({ operation_id }) => operation_id))
  const added = others.filter(({ operation_id }) => !known.has(operation_id))
  if (added.length === 0) return some
  return [...some, ...added].toSorted((a, b) => b.ts - a.ts || (a.operation_id < b.operation_id ? 1 : -1))
}

/** What came of it, in one line: of one that failed, why. */
export function operationText({ state, summary, error_code, error_message }: OperationRow): string {
  if (state !== 'failed' || error_message === null) return summary
  return `${error_code ?? 'failed'}: ${error_message}`
}

/** `0.4 s`, `12 s`, `3 min 5 s`. */
export function tookText({ started_ts, ts }: OperationRow): string {
  // A clock that was set back in between tells no length.
  const millis = Math.max(0, ts - started_ts)
  if (millis < 10_000) return `${(millis / 1000).toFixed(1)} s`
  const seconds = Math.round(millis / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

export interface ReceiptLine {
  readonly what: string
  readonly text: string
}

/** Lists of a receipt that have a place of their own, and how a line of each is told. */
const LISTS: Readonly<Record<string, (entry: Readonly<Record<string, unknown>>) => ReceiptLine>> = {
  days: (day) => ({
    what: [day.timeframe ?? day.table, day.day].filter(isTold).join(' '),
    text: [
      isTold(day.error) ? errorText(day.error) : isTold(day.skipped) ? String(day.skipped) : '',
      count(day.parts, 'part'),
      count(day.rows, 'row'),
      count(day.added, 'added', ''),
      count(day.changed, 'changed', ''),
      count(day.removed, 'removed', ''),
    ]
      .filter(Boolean)
      .join(', '),
  }),
  removed: (file) => ({ what: String(file.path ?? ''), text: String(file.why ?? '') }),
  kept: (file) => ({ what: String(file.path ?? ''), text: String(file.why ?? '') }),
  left: (day) => ({
    what: `${[day.timeframe, day.day].filter(isTold).join(' ')} left`,
    text: String(day.why ?? ''),
  }),
  findings: (finding) => ({
    what: String(finding.path ?? ''),
    text: `${String(finding.code ?? '')}${finding.repaired === true ? ', repaired' : ''}`,
  }),
}

/** A receipt as lines to read: its lists an entry a line, the rest name and value. What is nothing is left out. */
export function receiptLines(receipt: OperationRow['receipt']): readonly ReceiptLine[] {
  const lines: ReceiptLine[] = []
  for (const [name, value] of Object.entries(receipt ?? {})) {
    if (!isTold(value) || (Array.isArray(value) && value.length === 0)) continue
    const tell = LISTS[name]
    if (Array.isArray(value) && tell !== undefined) {
      for (const entry of value)
        lines.push(isRecord(entry) ? tell(entry) : { what: name, text: String(entry) })
    } else if (Array.isArray(value)) {
      for (const entry of value)
        lines.push({ what: name, text: typeof entry === 'object' ? JSON.stringify(entry) : String(entry) })
    } else if (isRecord(value)) lines.push(...receiptLines(value))
    else
      lines.push({
        what: name,
        text: typeof value === 'number' ? value.toLocaleString('en-US') : String(value),
      })
  }
  return lines
}

function isTold(value: unknown): boolean {
  return value !== null && value !== undefined && value !== ''
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function errorText(error: unknown): string {
  return isRecord(error) ? `${String(error.code)}: ${String(error.message)}` : String(error)
}

/** `3 parts`; nothing of none. */
function count(value: unknown, noun: string, plural = 's'): string {
  if (typeof value !== 'number' || value === 0) return ''
  return `${value.toLocaleString('en-US')} ${noun}${value === 1 ? '' : plural}`
}
