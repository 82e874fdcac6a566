import type { BackfilledDay, RejectedLine } from '../../schemas/contract/jobs.ts'
import type { ImportReceipt } from '../ingest/import-tally.ts'
import type { ImportOptions } from '../ingest/importers.ts'
import { counted, grouped, type TextColumn, textTable } from './text-table.ts'

const SHOWN = 20

const REJECTED: readonly TextColumn<RejectedLine>[] = [
  { name: 'LINE', right: true, value: ({ line }) => grouped(line) },
  { name: 'FIELD', value: ({ field }) => field ?? '(line)' },
  { name: 'REASON', value: ({ reason }) => reason },
]

const DAYS: readonly TextColumn<BackfilledDay>[] = [
  { name: 'TF', value: ({ timeframe }) => timeframe ?? '' },
  { name: 'DAY (UTC)', value: ({ day }) => day },
  { name: 'ADDED', right: true, value: ({ added }) => grouped(added) },
  { name: 'CHANGED', right: true, value: ({ changed }) => grouped(changed) },
  { name: 'REMOVED', right: true, value: ({ removed }) => grouped(removed) },
  { name: 'ROWS', right: true, value: ({ rows }) => grouped(rows) },
  { name: 'FILE', value: ({ file }) => file ?? 'unchanged' },
]

const OTHER_STANDS = 'there with other values: the first ones stay, these are kept beside the rejects'

/** A receipt for a person. */
export function receiptText(
  receipt: ImportReceipt,
  source: string,
  { table, dryRun }: ImportOptions,
): string {
  const { accepted, duplicates, conflicts, completed, rejected, rejectedCount, rejectsFile, days } = receipt
  const isLedger = table !== 'candles' && table !== 'object_events'
  const kept = rejectsFile === null ? '' : `kept in ${rejectsFile}`
  const counts = [
    ['accepted', accepted, ''],
    ['duplicates', duplicates, 'already there with these values'],
    ['conflicts', conflicts, isLedger ? OTHER_STANDS : 'there with other values: the newer ones count'],
    ...(table === 'decisions' ? [['completed', completed, 'got their outcome'] as const] : []),
    ['rejected', rejectedCount, kept],
  ] as const
  const columns: readonly TextColumn<(typeof counts)[number]>[] = [
    { name: source, value: ([name]) => `  ${name}` },
    { name: table === 'object_events' ? 'events' : table, right: true, value: ([, count]) => grouped(count) },
    { name: '', value: ([, count, note]) => (count === 0 ? '' : note) },
  ]
  const more = rejectedCount - Math.min(SHOWN, rejected.length)
  return [
    textTable(columns, counts),
    days === null || days.length === 0 ? '' : `\n${dayTable(days, dryRun === true)}`,
    rejected.length === 0 ? '' : `\n${textTable(REJECTED, rejected.slice(0, SHOWN))}`,
    rejected.length === 0 || more === 0 ? '' : `… and ${counted(more, 'line')} more\n`,
    dryRun === true ? '\nDry run: nothing was written.\n' : '',
  ].join('')
}

/** What an undo brought back, for a person. */
export function daysText(days: readonly BackfilledDay[], dryRun: boolean): string {
  return `${dayTable(days, dryRun)}${dryRun ? '\nDry run: nothing was written.\n' : ''}`
}

function dayTable(days: readonly BackfilledDay[], dryRun: boolean): string {
  // Only candles have a timeframe.
  const columns = days.some(({ timeframe }) => timeframe !== null) ? DAYS : DAYS.slice(1)
  return textTable(columns, dryRun ? days.map(planned) : days)
}

/** In a dry run no day has a file yet; that says nothing of the day. */
function planned(day: BackfilledDay): BackfilledDay {
  return { ...day, file: day.added + day.changed + day.removed > 0 ? 'would be written' : null }
}
