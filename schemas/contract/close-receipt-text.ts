import type { AfterCloseReceipt } from './live.ts'

/** What a run did, in one line for a person: the row in the log of operations, and the notification. */
export function summaryOf({ days, emas, purge, left, already, problems = [] }: AfterCloseReceipt): string {
  if (already !== undefined) return 'The run of this session was done already.'
  const done = days.filter(({ skipped }) => skipped === null)
  const failed = days.filter(({ skipped }) => skipped === 'failed')
  const cut = days.filter(({ skipped }) => skipped === 'cancelled')
  const months = done.filter(({ day }) => day.length === 7).length
  const parts = [
    ...(done.length > months ? [counted(done.length - months, 'day')] : []),
    ...(months > 0 ? [counted(months, 'month')] : []),
  ]
  const rows = done.reduce((sum, { rows: of }) => sum + of, 0)
  const clauses = [
    parts.length === 0 ? 'Nothing to compact' : `${parts.join(' and ')} compacted, ${counted(rows, 'row')}`,
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    ...(cut.length > 0 ? [`cancelled before ${counted(cut.length, 'more')}`] : []),
    ...(left.length > 0 ? [`${counted(left.length, 'day')} left for later`] : []),
    ...(emas.length > 0 ? [`${counted(emas.length, 'file')} of moving averages`] : []),
    ...(purge !== null && purge.files > 0
      ? [`${counted(purge.files, 'file')} purged, ${grouped(purge.bytes)} bytes`]
      : []),
    ...problems.map(({ message }) => message.replace(/\.$/, '')),
  ]
  return `${clauses.join('; ')}.`
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 || noun === 'more' ? '' : 's'}`
}

function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}
