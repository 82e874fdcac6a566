import path from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { MarketZone } from '../../../schemas/contract/market-time.ts'
import type { ExportRequest } from '../../../schemas/generated/requests.ts'
import { LEDGER_TABLES, type StoreTable } from '../../../schemas/tables/index.ts'
import { type CommonFlags, withCommonFlags } from '../flags.ts'
import { type LedgerFlags, ledgerFilterOf, withLedgerFlags } from '../ledger-flags.ts'
import type { Register } from '../program.ts'
import { counted } from '../text-table.ts'
import { given as givenPath, withStore } from '../with-store.ts'

interface ExportFlags extends CommonFlags, LedgerFlags {
  readonly out: string
}

/** A file's ending is its format. */
const FORMATS = ['parquet', 'csv'] as const

export function addExport(program: Command, register: Register): void {
  const command = program
    .command('export')
    .description(
      "Writes rows to a file: Parquet in the table's own schema, or CSV with times in UTC and in Chicago time.",
    )
    .argument('<table>', 'candles, events, decisions, audits, stats or policies', tableName)
  withLedgerFlags(withCommonFlags(command))
    .requiredOption(
      '--out <file>',
      'its ending, parquet or csv, is its format; replaced when it is there, once the new one is whole',
    )
    .action((table: StoreTable, flags: ExportFlags) =>
      register(flags, async (given, terminal) => {
        const request: ExportRequest = {
          table,
          format: formatOf(given.out),
          filter: ledgerFilterOf(given, new MarketZone()),
        }
        const work = { onProgress: terminal.progress, signal: terminal.signal }
        const receipt = await withStore(given, { create: false }, (store) =>
          store.writer.exportTable(request, givenPath(given.out), work),
        )
        if (given.json) await terminal.json(receipt)
        else
          await terminal.write(
            `${counted(receipt.rows, 'row')} written to ${receipt.file}. SHA-256 ${receipt.sha256}\n`,
          )
        for (const { file, detail } of receipt.problems) terminal.say(`${file}: ${detail}`)
        // Whoever keeps the file must know that something isn't in it, or isn't as it should be.
        return receipt.problems.length > 0 ? 1 : 0
      }),
    )
}

function tableName(text: string): StoreTable {
  if (text === 'events' || text === 'object_events') return 'object_events'
  const table = (['candles', ...LEDGER_TABLES] as const).find((each) => each === text)
  if (table !== undefined) return table
  throw new InvalidArgumentError('Give candles, events, decisions, audits, stats or policies.')
}

/** @throws BAD_REQUEST */
function formatOf(file: string): ExportRequest['format'] {
  const ending = path.extname(file).slice(1).toLowerCase()
  const format = FORMATS.find((each) => each === ending)
  if (format !== undefined) return format
  throw new BarkeepError('BAD_REQUEST', `--out ${file}: name a file with the ending ${FORMATS.join(' or ')}.`)
}
