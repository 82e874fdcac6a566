import { summaryOf } from '../../../schemas/contract/close-receipt-text.ts'
import type { AfterCloseReceipt } from '../../../schemas/contract/live.ts'
import { judged, receiptText } from '../compact-text.ts'
import type { CommonFlags } from '../flags.ts'
import type { ExitCode, Terminal } from '../terminal.ts'
import { type TextColumn, textTable } from '../text-table.ts'
import { withStore } from '../with-store.ts'

interface AfterCloseFlags extends CommonFlags {
  readonly dryRun?: boolean
}

/** `compact --after-close`: the app's own run, for a machine where no window is open at the close (SPEC F28). */
export async function afterClose(flags: AfterCloseFlags, terminal: Terminal): Promise<ExitCode> {
  const work = { onProgress: terminal.progress, signal: terminal.signal, origin: 'scheduled' } as const
  const dryRun = flags.dryRun === true
  // The receipt tells all that goes: nothing must have gone with the opening.
  const receipt = await withStore(flags, { create: false, keepExpired: true }, (store) =>
    store.compactor.runAfterClose({ dryRun }, work),
  )
  if (flags.json) await terminal.json(receipt)
  else await terminal.write(textOf(receipt, dryRun))
  for (const { message } of receipt.problems ?? []) terminal.say(message)
  const code = judged(receipt.days, terminal)
  if (code !== 0 || receipt.unfinished !== true) return code
  terminal.say('Some of it was put off; run it again in a few minutes.')
  return 1
}

const LEFT: readonly TextColumn<AfterCloseReceipt['left'][number]>[] = [
  { name: 'LEFT', value: ({ timeframe, day }) => `${timeframe ?? ''} ${day}`.trim() },
  { name: 'WHY', value: ({ why }) => why },
]

function textOf(receipt: AfterCloseReceipt, dryRun: boolean): string {
  const { session, days, left } = receipt
  const tables = [
    ...(days.length === 0 ? [] : [receiptText(days, dryRun)]),
    ...(left.length === 0 ? [] : [textTable(LEFT, left)]),
  ]
  const summary = dryRun ? 'Dry run: nothing was changed.' : summaryOf(receipt)
  return [...tables, `After the close of ${session}: ${summary}\n`].join('\n')
}
