import type { RepairReceipt } from '../../../schemas/contract/health.ts'
import type {
  BackfilledDay,
  CompactedDay,
  CompactReceipt,
  PurgeReceipt,
  UndoReceipt,
} from '../../../schemas/contract/jobs.ts'
import type { PartitionPlan } from '../../../schemas/contract/ledger.ts'
import type { SettingsChange } from '../../../schemas/generated/requests.ts'
import type { OperationRow } from '../../../schemas/generated/rows.ts'
import type { TierReceipt } from '../api.ts'
import type { EmaReceipt } from '../emas/ema-receipt.ts'

/** What the log tells of an operation that came to its end; null for one that changed nothing. */
export interface Told {
  readonly state: OperationRow['state']
  /** One line, with numbers. */
  readonly summary: string
  readonly receipt: object | null
  readonly error?: { readonly code: string; readonly message: string } | undefined
}

/** `4,107`: as a person reads it, whatever the machine's language. */
function number(count: number): string {
  return count.toLocaleString('en-US')
}

function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** `2m 2024-03-08`, or `2m 2024-03-08 to 2024-03-12` of several. */
function daysNamed(
  days: readonly { readonly timeframe: string | null; readonly table: string; readonly day: string }[],
): string {
  const names = [...new Set(days.map(({ day }) => day))].sort()
  const what = [...new Set(days.map(({ timeframe, table }) => timeframe ?? table.replace('_', ' ')))].join(
    ', ',
  )
  const [first, last] = [names[0] ?? '', names.at(-1) ?? '']
  return `${what} ${first === last ? first : `${first} to ${last}`}`
}

/** Files that a compaction made, and what it left. */
export function compactionTold({ days, ...rest }: CompactReceipt): Told | null {
  const is = (skipped: CompactedDay['skipped']): readonly CompactedDay[] =>
    days.filter((day) => day.skipped === skipped)
  const done = is(null)
  const failed = is('failed')
  const cancelled = is('cancelled')
  const merged = done.reduce((sum, { parts, dayfiles = 0 }) => sum + parts + dayfiles, 0)
  const rows = done.reduce((sum, day) => sum + day.rows, 0)
  if (done.length + failed.length + cancelled.length === 0) return null
  const told = [
    done.length === 0
      ? 'Nothing compacted'
      : `${counted(done.length, 'file')} of ${number(rows)} rows from ${counted(merged, 'part')}: ${daysNamed(done)}`,
    ...(failed.length === 0 ? [] : [`${number(failed.length)} failed`]),
    ...(cancelled.length === 0 ? [] : [`${number(cancelled.length)} not reached`]),
  ]
  const error = failed.find((day) => day.error !== undefined)?.error
  return {
    state: failed.length > 0 ? 'failed' : cancelled.length > 0 ? 'cancelled' : 'done',
    summary: `${told.join('; ')}.`,
    receipt: { ...rest, days: days.filter(({ skipped }) => skipped !== 'nothing to do') },
    error,
  }
}

export function purgeTold(receipt: PurgeReceipt): Told | null {
  const { files, bytes, cancelled } = receipt
  if (files === 0) return null
  const summary = `${counted(files, 'file')} removed, ${number(bytes)} bytes.`
  return { state: cancelled === true ? 'cancelled' : 'done', summary, receipt }
}

function differenceOf(days: readonly BackfilledDay[]): string {
  const sum = (name: 'added' | 'changed' | 'removed'): string =>
    number(days.reduce((total, day) => total + day[name], 0))
  return `${sum('added')} rows added, ${sum('changed')} changed, ${sum('removed')} removed`
}

export function undoTold(receipt: UndoReceipt): Told | null {
  const { days } = receipt
  if (days.length === 0) return null
  return { state: 'done', summary: `${daysNamed(days)} brought back: ${differenceOf(days)}.`, receipt }
}

/** @param days whole days that were replaced; those whose rows stayed the same have no file */
export function backfillTold(days: readonly BackfilledDay[]): Told | null {
  const replaced = days.filter(({ file }) => file !== null)
  if (replaced.length === 0) return null
  const summary = `${counted(replaced.length, 'day')} replaced, ${daysNamed(replaced)}: ${differenceOf(replaced)}.`
  return { state: 'done', summary, receipt: { days } }
}

export function repairTold({ findings, cancelled }: RepairReceipt): Told | null {
  const mended = findings.filter(({ repaired }) => repaired)
  if (mended.length === 0) return null
  const left = findings.length - mended.length
  const codes = [...new Set(mended.map(({ code }) => code))].join(', ')
  const summary = `${counted(mended.length, 'finding')} repaired (${codes})${left === 0 ? '' : `, ${number(left)} left`}.`
  return { state: cancelled ? 'cancelled' : 'done', summary, receipt: { findings: mended, left } }
}

export function snapshotTold(objects: number): Told {
  return {
    state: 'done',
    summary: `Snapshot of ${counted(objects, 'object')} rebuilt from the timeline.`,
    receipt: { what: 'snapshot', objects },
  }
}

export function tiersTold({ tiers, leftOut }: TierReceipt): Told {
  const days = tiers.reduce((sum, tier) => sum + tier.days, 0)
  const left = leftOut.length === 0 ? '' : `; ${counted(leftOut.length, 'dayfile')} left out`
  return {
    state: 'done',
    summary: `${counted(tiers.length, 'tier')} of ${counted(days, 'day')} rebuilt${left}.`,
    receipt: { what: 'tiers', tiers, leftOut },
  }
}

export function emasTold(receipt: EmaReceipt): Told | null {
  const { files, rows, removed, problems } = receipt
  if (files.length + removed.length + problems.length === 0) return null
  const [error] = problems
  const summary = [
    `${counted(files.length, 'file')} of moving averages written, ${number(rows)} values`,
    ...(removed.length === 0 ? [] : [`${number(removed.length)} taken away`]),
    ...(problems.length === 0 ? [] : [`${number(problems.length)} failed`]),
  ].join('; ')
  return {
    state: problems.length === 0 ? 'done' : 'failed',
    summary: `${summary}.`,
    receipt: { what: 'emas', ...receipt },
    error,
  }
}

export function partitionTold(plan: PartitionPlan): Told | null {
  if (!plan.applied) return null
  const summary =
    plan.column === null
      ? 'Days of decisions to come are no longer split.'
      : `Days of decisions to come are split by ${plan.column}.`
  return { state: 'done', summary, receipt: plan }
}

/** @param before settings as they were @param after as they are */
export function settingsTold(change: SettingsChange, before: object, after: object): Told | null {
  if (JSON.stringify(before) === JSON.stringify(after)) return null
  const names = [...Object.keys(change.set), ...(change.reset ?? []).map((name) => `${name} (reset)`)]
  return {
    state: 'done',
    summary: `Settings changed: ${names.join(', ')}.`,
    receipt: { change, settings: after },
  }
}
