import type { Command } from 'commander'
import type { PurgeReceipt } from '../../../schemas/contract/jobs.ts'
import type { PurgeRequest } from '../../../schemas/generated/requests.ts'
import { type CommonFlags, wholeNumber, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import { counted, grouped, type TextColumn, textTable } from '../text-table.ts'
import { withStore } from '../with-store.ts'

interface PurgeFlags extends CommonFlags {
  readonly olderThan?: number
  readonly dryRun?: boolean
}

export function addPurge(program: Command, register: Register): void {
  withCommonFlags(program.command('purge'))
    .description(
      'Remove merged parts and replaced files whose retention is over, while what replaced them is whole.',
    )
    .option(
      '--older-than <days>',
      'put aside at least so many days ago (default: the retention, 7)',
      wholeNumber,
    )
    .option('--dry-run', 'tell what would be removed and change nothing')
    .action((flags: PurgeFlags) =>
      register(flags, async ({ store: folder, json, olderThan, dryRun }, terminal) => {
        const request: PurgeRequest = {
          ...(olderThan === undefined ? {} : { olderThanDays: olderThan }),
          ...(dryRun === true ? { dryRun } : {}),
        }
        const work = { onProgress: terminal.progress, signal: terminal.signal }
        // The receipt tells all that goes: nothing must have gone with the opening.
        const options = { create: false, keepExpired: true }
        const receipt = await withStore({ store: folder }, options, (store) =>
          store.compactor.purge(request, work),
        )
        if (json) await terminal.json(receipt)
        else await terminal.write(receiptText(receipt, dryRun === true))
        if (receipt.cancelled !== true) return 0
        terminal.say('Stopped before the end; what is listed is gone. Run it again for the rest.')
        return 2
      }),
    )
}

const REMOVED: readonly TextColumn<PurgeReceipt['removed'][number]>[] = [
  { name: 'FILE', value: ({ path }) => path },
  { name: 'BYTES', right: true, value: ({ bytes }) => grouped(bytes) },
  { name: 'WHY', value: ({ why }) => why },
]

const KEPT: readonly TextColumn<PurgeReceipt['kept'][number]>[] = [
  { name: 'KEPT', value: ({ path }) => path },
  { name: 'WHY', value: ({ why }) => why },
]

function receiptText({ files, bytes, removed, kept }: PurgeReceipt, dryRun: boolean): string {
  const tables = [
    ...(removed.length === 0 ? [] : [textTable(REMOVED, removed)]),
    ...(kept.length === 0 ? [] : [textTable(KEPT, kept)]),
  ]
  const what = `${counted(files, 'file')}, ${grouped(bytes)} bytes`
  const summary = files === 0 ? 'Nothing to remove.' : dryRun ? `Would remove ${what}.` : `Removed ${what}.`
  return `${[...tables, summary].join('\n')}\n`
}
