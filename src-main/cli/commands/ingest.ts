import path from 'node:path'
import { Argument, type Command } from 'commander'
import type { RejectedLine } from '../../../schemas/contract/jobs.ts'
import type { StoreTable } from '../../../schemas/tables/index.ts'
import { type ImportReceipt, ImportTally } from '../../ingest/import-tally.ts'
import type { ImportOptions, ImportWork } from '../../ingest/importers.ts'
import type { Store } from '../../store/api.ts'
import { type CommonFlags, withCommonFlags } from '../flags.ts'
import { receiptText } from '../ingest-text.ts'
import type { Register } from '../program.ts'
import { RejectionStream } from '../rejection-stream.ts'
import type { ExitCode, Terminal } from '../terminal.ts'
import { grouped } from '../text-table.ts'
import { given, withStore } from '../with-store.ts'

interface IngestFlags extends CommonFlags {
  readonly backfill?: boolean
  readonly dryRun?: boolean
}

/** By their words on the command line. */
const TABLES: Readonly<Record<string, StoreTable>> = {
  candles: 'candles',
  events: 'object_events',
  decisions: 'decisions',
  audits: 'audits',
  stats: 'stats',
  policies: 'policies',
}

export function addIngest(program: Command, register: Register): void {
  withCommonFlags(program.command('ingest'))
    .description('Take NDJSON, one document a line, as bots write it.')
    .addArgument(new Argument('<table>', 'what the lines are').choices(Object.keys(TABLES)))
    .argument('<file>', 'file to read, or - for standard input')
    .option(
      '--backfill',
      'replace the whole past days that the file holds (candles, decisions, audits, stats)',
    )
    .option('--dry-run', 'tell what would become of each line and write nothing')
    .action((table: string, file: string, flags: IngestFlags) =>
      register(flags, (common, terminal) => {
        const { backfill, dryRun } = common
        const options = {
          table: TABLES[table] ?? 'candles',
          backfill,
          dryRun,
        } as const
        return ingest(file, options, common, terminal)
      }),
    )
}

async function ingest(
  file: string,
  options: ImportOptions,
  { store: folder, json }: CommonFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const tally = new ImportTally()
  const told = json ? new RejectionStream(terminal) : null
  const work: ImportWork = {
    onProgress: terminal.progress,
    signal: terminal.signal,
    tally,
    onRejected: (lines: readonly RejectedLine[]) => told?.add(lines),
  }
  const { checkImport } = await import('../../ingest/importers.ts')
  await checkImport(options, file === '-' ? null : given(file))
  let code: ExitCode = 0
  try {
    await withStore({ store: folder }, { create: options.dryRun !== true }, (store) =>
      imported(store, file, options, work),
    )
  } catch (thrown) {
    code = terminal.fail(thrown)
    // Nothing was read: there is no receipt to give.
    if (tally.lastLine === 0) return code
  }
  const receipt = tally.receipt()
  if (told !== null) await told.end(countsOf(receipt, options))
  else
    await terminal.write(receiptText(receipt, file === '-' ? 'standard input' : path.basename(file), options))
  if (receipt.cancelled) {
    const stored = options.dryRun === true ? 'nothing was written' : 'what is counted here is stored'
    terminal.say(
      `Stopped after line ${grouped(tally.lastLine)}; ${stored}. Hand the input in again for the rest.`,
    )
    return 2
  }
  if (code !== 0) return code
  // Of a bar the newer version counts; of the ledger's rows the later one is in no file.
  const isLedger = options.table !== 'candles' && options.table !== 'object_events'
  return receipt.rejectedCount > 0 || (isLedger && receipt.conflicts > 0) ? 1 : 0
}

async function imported(store: Store, file: string, options: ImportOptions, work: ImportWork): Promise<void> {
  const [{ importFile, importStream }, { toldImport }] = await Promise.all([
    import('../../ingest/importers.ts'),
    import('../../ingest/told-import.ts'),
  ])
  if (file !== '-') {
    await importFile(store, { ...options, file: given(file) }, work)
    return
  }
  try {
    await toldImport(store, 'standard input', options, work, (told) =>
      importStream(store, process.stdin, options, told),
    )
  } finally {
    // A silent pipe would keep the process alive after a stop.
    process.stdin.destroy()
  }
}

/** The receipt but for its rejected lines, which went before. */
function countsOf(
  { accepted, duplicates, conflicts, completed, days }: ImportReceipt,
  { dryRun }: ImportOptions,
): object {
  return {
    accepted,
    duplicates,
    conflicts,
    completed,
    ...(days === null ? {} : { days }),
    ...(dryRun === true ? { dryRun } : {}),
  }
}
