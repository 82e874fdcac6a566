import { Argument, type Command } from 'commander'
import type { TierReceipt } from '../../store/api.ts'
import { type CommonFlags, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import type { ExitCode, Terminal } from '../terminal.ts'
import { counted, grouped } from '../text-table.ts'
import { withStore } from '../with-store.ts'

type Rebuild = (folder: string, json: boolean, terminal: Terminal) => Promise<ExitCode>

const REBUILDS: Readonly<Record<string, Rebuild>> = { snapshot: rebuildSnapshot, tiers: rebuildTiers }

export function addRebuild(program: Command, register: Register): void {
  withCommonFlags(program.command('rebuild'))
    .description(
      'Write derived files anew: the snapshot of all objects from their timeline, or the tiers of candles from their dayfiles.',
    )
    .addArgument(new Argument('<what>', 'what to rebuild').choices(Object.keys(REBUILDS)))
    .action((what: string, flags: CommonFlags) =>
      register(flags, async ({ store, json }, terminal) => {
        const rebuild = REBUILDS[what] ?? rebuildSnapshot
        return rebuild(store, json === true, terminal)
      }),
    )
}

async function rebuildSnapshot(folder: string, json: boolean, terminal: Terminal): Promise<ExitCode> {
  const objects = await withStore({ store: folder }, { create: false }, (store) =>
    store.writer.rebuildSnapshot(),
  )
  if (json) await terminal.json({ objects })
  else await terminal.write(`Snapshot of ${counted(objects, 'object')} rebuilt from the timeline.\n`)
  return 0
}

async function rebuildTiers(folder: string, json: boolean, terminal: Terminal): Promise<ExitCode> {
  const work = { onProgress: terminal.progress, signal: terminal.signal }
  const receipt = await withStore({ store: folder }, { create: false }, (store) =>
    store.writer.rebuildTiers(work),
  )
  if (json) await terminal.json(receipt)
  else await terminal.write(tiersText(receipt))
  for (const { file, code, detail } of receipt.leftOut) terminal.say(`${file}: ${code}: ${detail}`)
  return receipt.leftOut.length === 0 ? 0 : 1
}

function tiersText({ tiers }: TierReceipt): string {
  const days = tiers.reduce((sum, tier) => sum + tier.days, 0)
  const bytes = tiers.reduce((sum, tier) => sum + tier.bytes, 0)
  if (tiers.length === 0) return 'No dayfiles of candles, and so no tiers.\n'
  return `${counted(tiers.length, 'tier')} of ${counted(days, 'day')} rebuilt, ${grouped(bytes)} bytes.\n`
}
