import { Argument, type Command } from 'commander'
import { DAILY_TABLES, type DailyTable } from '../../../schemas/tables/index.ts'
import { type CommonFlags, day, withCommonFlags } from '../flags.ts'
import { daysText } from '../ingest-text.ts'
import type { Register } from '../program.ts'
import { withStore } from '../with-store.ts'

interface UndoFlags extends CommonFlags {
  readonly day: string
  readonly dryRun?: boolean
}

export function addUndo(program: Command, register: Register): void {
  withCommonFlags(program.command('undo'))
    .description('Bring back what a backfill of a day replaced.')
    .addArgument(new Argument('<table>', 'whose day it is').choices(DAILY_TABLES))
    .requiredOption('--day <YYYY-MM-DD>', 'the UTC day', day)
    .option('--dry-run', 'tell the difference and write nothing')
    .action((table: DailyTable, flags: UndoFlags) =>
      register(flags, async ({ store: folder, json, day, dryRun = false }, terminal) => {
        const receipt = await withStore({ store: folder }, { create: false }, (store) =>
          store.compactor.undo(
            { table, day, dryRun },
            { onProgress: terminal.progress, signal: terminal.signal },
          ),
        )
        if (json) await terminal.json({ ...receipt, ...(dryRun ? { dryRun } : {}) })
        else await terminal.write(daysText(receipt.days, dryRun))
        return 0
      }),
    )
}
