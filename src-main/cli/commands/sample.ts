import type { Command } from 'commander'
import { MarketZone } from '../../../schemas/contract/market-time.ts'
import { positiveNumber, wholeNumber, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import { counted, grouped } from '../text-table.ts'
import { withStore } from '../with-store.ts'
import { zoneTime } from '../zone-time.ts'

interface SampleFlags {
  readonly days: number
  readonly seed: number
  readonly ledgerDays?: number
  readonly store: string
  readonly json: boolean
}

export function addSample(program: Command, register: Register): void {
  withCommonFlags(program.command('sample'))
    .description('Write an invented market and the ledger of its bot into an empty store.')
    .option('--days <n>', 'trading days up to the newest one that is over', positiveNumber, 10)
    .option('--seed <n>', 'another number, another market', wholeNumber, 1)
    .option(
      '--ledger-days <n>',
      'trading days of decisions, audits and stats: 63, or the days of a sample of fewer than 10',
      positiveNumber,
    )
    .action((flags: SampleFlags) =>
      register(flags, async ({ store: folder, json, days, seed, ledgerDays }, terminal) => {
        const { writeSample } = await import('../../ingest/sample.ts')
        const work = { onProgress: terminal.progress, signal: terminal.signal }
        const receipt = await withStore({ store: folder }, { create: true }, (store) =>
          writeSample(store, { days, seed, ledgerDays }, work),
        )
        if (json) await terminal.json(receipt)
        else {
          const at = zoneTime(new MarketZone())
          await terminal.write(
            `${grouped(receipt.bars)} bars and ${counted(receipt.events, 'event')} of ${receipt.symbols.join(', ')} ` +
              `on ${counted(receipt.days, 'trading day')} written to ${folder}\n` +
              `${counted(receipt.decisions, 'decision')}, ${counted(receipt.audits, 'audit finding')}, ` +
              `${counted(receipt.stats, 'stats report')} and ${counted(receipt.policies, 'policy version')} ` +
              `of ${counted(receipt.ledgerDays, 'trading day')}\n` +
              `from ${at(receipt.from)} to ${at(receipt.to)}\n`,
          )
        }
        return 0
      }),
    )
}
