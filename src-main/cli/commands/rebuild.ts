import { Argument, type Command } from 'commander'
import { type CommonFlags, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import { counted } from '../text-table.ts'
import { withStore } from '../with-store.ts'

export function addRebuild(program: Command, register: Register): void {
  withCommonFlags(program.command('rebuild'))
    .description('Write a derived file anew: the snapshot of all objects, from their timeline.')
    .addArgument(new Argument('<what>', 'what to rebuild').choices(['snapshot']))
    .action((_what: string, flags: CommonFlags) =>
      register(flags, async ({ store: folder, json }, terminal) => {
        const objects = await withStore({ store: folder }, { create: false }, (store) =>
          store.writer.rebuildSnapshot(),
        )
        if (json) await terminal.json({ objects })
        else await terminal.write(`Snapshot of ${counted(objects, 'object')} rebuilt from the timeline.\n`)
        return 0
      }),
    )
}
