import type { JobKind, JobUpdate } from '../../schemas/contract/jobs.ts'
import { announce, showFailure } from '../state/notices.ts'
import { formatBytes, formatCount } from '../ui/figures.ts'

/** What a piece of work is called where it runs and where it ends. */
export const JOB_NAMES: Readonly<Record<JobKind, string>> = {
  'after-close': 'Run after the close',
  compact: 'Compaction',
  purge: 'Purge',
  undo: 'Undo',
  export: 'Export',
  doctor: 'Store check',
  repair: 'Repair',
  'rebuild-snapshot': 'Snapshot rebuild',
  sample: 'Sample store',
  import: 'Import',
}

/** Shows how a piece of work ended, wherever the person is by then: good news in the status bar, failures above it. */
export function tellOutcome(update: JobUpdate): void {
  if (update.state === 'failed' && update.error !== undefined) {
    showFailure(`${JOB_NAMES[update.kind]} failed`, update.error)
    return
  }
  announce(outcomeText(update), RECEIPTS[update.kind])
}

/** Where the receipt of each kind of work can be read. */
const RECEIPTS: Readonly<Record<JobKind, string>> = {
  'after-close': 'history',
  compact: 'view-storage',
  purge: 'view-storage',
  undo: 'view-storage',
  export: 'export-rows',
  doctor: 'view-storage',
  repair: 'view-storage',
  'rebuild-snapshot': 'view-storage',
  sample: 'view-chart',
  import: 'store.import',
}

/** One short sentence on an ended piece of work, with its numbers. */
export function outcomeText({ state, kind, result }: JobUpdate): string {
  if (state === 'cancelled') return `${JOB_NAMES[kind]} cancelled`
  switch (result?.kind) {
    case 'compact': {
      const { days } = result.receipt
      const planned = days.filter((day) => day.skipped === 'dry run').length
      const noun = days.some(({ dayfiles }) => dayfiles !== undefined) ? 'file' : 'day'
      if (planned > 0) return `${formatCount(planned, noun)} to compact`
      const failed = days.filter((day) => day.skipped === 'failed').length
      const done = days.filter((day) => day.skipped === null).length
      return `Compacted ${formatCount(done, noun)}${failed > 0 ? `, ${failed} failed` : ''}`
    }
    case 'after-close': {
      const { session, days, left } = result.receipt
      const planned = days.filter((day) => day.skipped === 'dry run').length
      if (planned > 0) return `After the close of ${session}: ${formatCount(planned, 'file')} to compact`
      const done = days.filter((day) => day.skipped === null).length
      const failed = days.filter((day) => day.skipped === 'failed').length
      const told = done === 0 ? 'nothing to compact' : `compacted ${formatCount(done, 'file')}`
      const also = [
        failed > 0 ? `, ${formatCount(failed)} failed` : '',
        left.length > 0 ? `, ${formatCount(left.length)} left for later` : '',
      ].join('')
      return `After the close of ${session}: ${told}${also}`
    }
    case 'purge':
      return `Purge: ${formatCount(result.receipt.files, 'file')}, ${formatBytes(result.receipt.bytes)}`
    case 'undo': {
      const { days } = result.receipt
      // A dry run names no file.
      const done = days.filter(({ file }) => file !== null).length
      return done === 0
        ? `Undo looked at: ${formatCount(days.length, 'day')}`
        : `Undo: ${formatCount(done, 'day')} brought back`
    }
    case 'export':
      return `Exported ${formatCount(result.receipt.rows, 'row')}, ${formatBytes(result.receipt.bytes)}`
    case 'doctor':
      return result.findings.length === 0
        ? 'Store checked: no findings'
        : `Store checked: ${formatCount(result.findings.length, 'finding')}`
    case 'repair': {
      const { findings } = result.receipt
      const mended = findings.filter(({ repaired }) => repaired).length
      return `Repaired ${formatCount(mended, 'finding')}, ${formatCount(findings.length - mended)} left`
    }
    case 'rebuild-snapshot':
      return `Snapshot rebuilt: ${formatCount(result.objects, 'object')}`
    case 'sample':
      return `Sample written: ${formatCount(result.bars, 'bar')}, ${formatCount(result.events, 'event')}, ${formatCount(result.decisions, 'decision')}`
    case 'import': {
      const {
        accepted,
        completed,
        duplicates,
        conflicts,
        rejected,
        rejectedCount = rejected.length,
      } = result.receipt
      const also = [
        completed > 0 ? `${formatCount(completed)} completed` : '',
        conflicts > 0 ? formatCount(conflicts, 'conflict') : '',
        duplicates > 0 ? formatCount(duplicates, 'duplicate') : '',
        rejectedCount > 0 ? `${formatCount(rejectedCount)} rejected` : '',
      ].filter(Boolean)
      const what = result.dryRun ? 'Dry run of an import:' : 'Imported'
      return [`${what} ${formatCount(accepted, 'row')}`, ...also].join(', ')
    }
    case undefined:
      return `${JOB_NAMES[kind]} done`
  }
}
