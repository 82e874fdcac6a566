import type { CompactedDay, CompactedTable } from '../../schemas/contract/jobs.ts'
import type { ExitCode, Terminal } from './terminal.ts'
import { counted, grouped, type TextColumn, textTable } from './text-table.ts'

/** The names of tables that people and files use. */
export function spokenOf(table: CompactedTable | undefined): string {
  return table === 'object_events' ? 'events' : (table ?? 'candles')
}

const COLUMNS: readonly TextColumn<CompactedDay>[] = [
  { name: 'TABLE', value: ({ table }) => spokenOf(table) },
  { name: 'TF', value: ({ timeframe: of }) => of ?? '' },
  { name: 'DAY (UTC)', value: ({ day: date }) => date },
  {
    name: 'DAYFILES',
    right: true,
    value: ({ dayfiles }) => (dayfiles === undefined ? '' : grouped(dayfiles)),
  },
  { name: 'PARTS', right: true, value: ({ parts }) => grouped(parts) },
  { name: 'ROWS', right: true, value: ({ rows }) => grouped(rows) },
  { name: 'CONFLICTS', right: true, value: ({ conflicts }) => grouped(conflicts) },
  { name: 'DIGEST', value: ({ digest }) => digest?.slice(0, 12) ?? '' },
  { name: 'FILE', value: ({ file }) => file },
  { name: '', value: ({ skipped }) => skipped ?? '' },
]

/** Compacted days as a person reads them. */
export function receiptText(days: readonly CompactedDay[], dryRun: boolean): string {
  if (days.length === 0) return 'Nothing to compact: nothing waits there.\n'
  const parts = days.reduce((sum, day) => sum + day.parts, 0)
  const dayfiles = days.reduce((sum, day) => sum + (day.dayfiles ?? 0), 0)
  const done = days.filter(({ skipped }) => skipped === null).length
  const summary = dryRun ? 'Dry run: nothing was changed.' : `${counted(done, 'file')} compacted.`
  // Only months have day files to count.
  const columns = COLUMNS.filter(
    ({ name }) => name !== 'DAYFILES' || days.some(({ dayfiles }) => dayfiles !== undefined),
  )
  const read = [
    ...(parts > 0 || dayfiles === 0 ? [counted(parts, 'part')] : []),
    ...(dayfiles > 0 ? [counted(dayfiles, 'day file')] : []),
  ]
  return `${textTable(columns, days)}\n${read.join(', ')}. ${summary}\n`
}

/** Tells what failed or was left, and what that means for the exit code. */
export function judged(days: readonly CompactedDay[], terminal: Terminal): ExitCode {
  for (const { table, day: date, timeframe: of, error, left = [] } of days) {
    if (error !== undefined) terminal.say(`${of ?? spokenOf(table)} ${date}: ${error.message}`)
    for (const { file, code, detail } of left) terminal.say(`${file} stays: ${code}: ${detail}`)
  }
  if (terminal.signal.aborted || days.some(({ skipped }) => skipped === 'cancelled')) {
    terminal.say('Stopped before the end; finished days stay finished. Run it again for the rest.')
    return 2
  }
  const failed = days.filter(({ skipped }) => skipped === 'failed').length
  if (failed === 0) return 0
  return failed === days.length ? 2 : 1
}
