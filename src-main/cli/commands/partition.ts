import { type Command, Option } from 'commander'
import type { PartitionPlan } from '../../../schemas/contract/ledger.ts'
import type { PartitionRequest } from '../../../schemas/generated/requests.ts'
import { type CommonFlags, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import { counted, grouped } from '../text-table.ts'
import { withStore } from '../with-store.ts'

const COLUMNS = ['symbol', 'session_regime', 'timeframe'] as const

interface PartitionFlags extends CommonFlags {
  readonly by: (typeof COLUMNS)[number] | 'none'
  readonly dryRun?: boolean
}

export function addPartition(program: Command, register: Register): void {
  withCommonFlags(program.command('partition'))
    .description('Put decisions of days to come into folders of a column besides their day.')
    .addOption(
      new Option('--by <column>', 'the column, or none').choices([...COLUMNS, 'none']).makeOptionMandatory(),
    )
    .option('--dry-run', 'tell what it would come to and set nothing')
    .action((flags: PartitionFlags) =>
      register(flags, async ({ store: folder, json, by, dryRun = false }, terminal) => {
        const column: PartitionRequest['column'] = by === 'none' ? null : by
        const plan = await withStore({ store: folder }, { create: false }, (store) =>
          store.compactor.partition({ column, dryRun }),
        )
        if (json) await terminal.json(plan)
        else await terminal.write(planText(plan, dryRun))
        return plan.refused === null ? 0 : 1
      }),
    )
}

function planText(plan: PartitionPlan, dryRun: boolean): string {
  const { column, values, filesAMonth, filesAMonthNow, limit, refused, applied } = plan
  const by = column === null ? 'by day alone' : `by day and ${column}, ${counted(values, 'value')} so far`
  const lines = [
    `Decisions ${by}: ${grouped(filesAMonth)} files in the busiest month stored, ${grouped(filesAMonthNow)} now, at most ${grouped(limit)}.`,
  ]
  if (refused !== null) lines.push(`Refused: ${refused}.`)
  else if (dryRun) lines.push('Dry run: nothing was set.')
  else if (applied) lines.push('Set for days to come; days that have files keep their form.')
  return `${lines.join('\n')}\n`
}
