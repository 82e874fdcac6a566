import { Argument, type Command } from 'commander'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { TierReceipt } from '../../store/api.ts'
import type { EmaReceipt } from '../../store/emas/ema-receipt.ts'
import { type CommonFlags, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import type { ExitCode, Terminal } from '../terminal.ts'
import { counted, grouped } from '../text-table.ts'
import { withStore } from '../with-store.ts'

interface RebuildFlags extends CommonFlags {
  readonly timeframe?: string
  readonly from?: string
  readonly to?: string
}

type Rebuild = (flags: RebuildFlags, terminal: Terminal) => Promise<ExitCode>

const REBUILDS: Readonly<Record<string, Rebuild>> = {
  snapshot: rebuildSnapshot,
  tiers: rebuildTiers,
  emas: rebuildEmas,
}

export function addRebuild(program: Command, register: Register): void {
  withCommonFlags(program.command('rebuild'))
    .description(
      'Write derived files anew: the snapshot of all objects from their timeline, the tiers of candles from their dayfiles, or the moving averages of compacted days.',
    )
    .addArgument(new Argument('<what>', 'what to rebuild').choices(Object.keys(REBUILDS)))
    .option('--timeframe <tf>', 'of averages: those of one timeframe')
    .option('--from <day>', 'of averages: from this UTC day on')
    .option('--to <day>', 'of averages: up to this UTC day')
    .action((what: string, given: RebuildFlags) =>
      register(given, async (flags, terminal) => {
        const { timeframe, from, to } = flags
        if (what !== 'emas' && [timeframe, from, to].some((flag) => flag !== undefined))
          throw new BarkeepError(
            'BAD_REQUEST',
            `All of the ${what} is rebuilt: leave out --timeframe, --from and --to.`,
          )
        const rebuild = REBUILDS[what] ?? rebuildSnapshot
        return rebuild(flags, terminal)
      }),
    )
}

async function rebuildEmas(
  { store: folder, json, timeframe, from, to }: RebuildFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const work = { onProgress: terminal.progress, signal: terminal.signal }
  const receipt = await withStore({ store: folder }, { create: false }, (store) =>
    store.writer.rebuildEmas({ timeframe, from, to }, work),
  )
  if (json) await terminal.json(receipt)
  else await terminal.write(emasText(receipt))
  for (const { code, message, file } of receipt.problems) terminal.say(`${file}: ${code}: ${message}`)
  return receipt.problems.length === 0 ? 0 : 1
}

function emasText({ files, rows, unchanged, removed }: EmaReceipt): string {
  const told = [
    `${counted(files.length, 'file')} of averages written with ${counted(rows, 'value')}`,
    ...(unchanged === 0 ? [] : [`${grouped(unchanged)} right already`]),
    ...(removed.length === 0 ? [] : [`${grouped(removed.length)} without a dayfile taken away`]),
  ]
  return `${told.join(', ')}.\n`
}

async function rebuildSnapshot({ store: folder, json }: RebuildFlags, terminal: Terminal): Promise<ExitCode> {
  const objects = await withStore({ store: folder }, { create: false }, (store) =>
    store.writer.rebuildSnapshot(),
  )
  if (json) await terminal.json({ objects })
  else await terminal.write(`Snapshot of ${counted(objects, 'object')} rebuilt from the timeline.\n`)
  return 0
}

async function rebuildTiers({ store: folder, json }: RebuildFlags, terminal: Terminal): Promise<ExitCode> {
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
