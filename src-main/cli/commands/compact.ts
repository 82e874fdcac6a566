import { type Command, InvalidArgumentError } from 'commander'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { CompactedTable } from '../../../schemas/contract/jobs.ts'
import type { CompactRequest } from '../../../schemas/generated/requests.ts'
import { DAILY_TABLES } from '../../../schemas/tables/index.ts'
import { judged, receiptText, spokenOf } from '../compact-text.ts'
import { type CommonFlags, day, month, timeframe, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import { withStore } from '../with-store.ts'
import { afterClose } from './after-close.ts'

interface CompactFlags extends CommonFlags {
  readonly timeframe?: string
  readonly day?: string
  readonly from?: string
  readonly to?: string
  readonly month?: string
  readonly afterClose?: boolean
  readonly all?: boolean
  readonly table?: CompactedTable
  readonly keepParts?: boolean
  readonly dryRun?: boolean
}

export function addCompact(program: Command, register: Register): void {
  withCommonFlags(program.command('compact'))
    .description(
      'Merge the parts of a day, a month or everything into one verified file a day; a month of events, decisions, audits or stats into one file.',
    )
    .option('--timeframe <tf>', 'candles of this timeframe alone', timeframe)
    .option('--day <date>', 'one UTC day, YYYY-MM-DD', day)
    .option('--from <date>', 'first UTC day of a range, with --to', day)
    .option('--to <date>', 'last UTC day of a range', day)
    .option(
      '--month <month>',
      'a UTC month, YYYY-MM: its days of candles, all else as one file a table',
      month,
    )
    .option('--all', 'everything that has parts waiting, and days that wait beside their month')
    .option(
      '--after-close',
      'what is due after the last close, with moving averages and purge: once a trading day, for cron',
    )
    .option('--table <name>', 'candles, events, decisions, audits or stats alone', tableName)
    .option('--keep-parts', 'leave the parts where they are')
    .option('--dry-run', 'tell what would be done and change nothing')
    .action((flags: CompactFlags) =>
      register(flags, async (given, terminal) => {
        const request = requestOf(given)
        if (given.afterClose === true) return afterClose(given, terminal)
        const work = { onProgress: terminal.progress, signal: terminal.signal }
        const { days } = await withStore(given, { create: false }, (store) =>
          store.compactor.compact(request, work),
        )
        if (given.json) await terminal.json({ days })
        else await terminal.write(receiptText(days, given.dryRun === true))
        return judged(days, terminal)
      }),
    )
}

/** Names that people and files use; `events` is the one in the documents. */
function tableName(text: string): CompactedTable {
  if (['events', 'object_events', 'objects'].includes(text)) return 'object_events'
  const table = (['candles', ...DAILY_TABLES] as const).find((each) => each === text)
  if (table !== undefined) return table
  throw new InvalidArgumentError('Give candles, events, decisions, audits or stats.')
}

function requestOf(flags: CompactFlags): CompactRequest {
  const range = flags.from ?? flags.to
  const chosen = [flags.day, range, flags.month, flags.afterClose, flags.all].filter(
    (choice) => choice !== undefined,
  )
  if (chosen.length !== 1) {
    throw new BarkeepError(
      'BAD_REQUEST',
      'Say what to compact with one of --day YYYY-MM-DD, --from and --to, --month YYYY-MM, --after-close and --all.',
    )
  }
  if (flags.afterClose === true && (flags.timeframe ?? flags.table ?? flags.keepParts) !== undefined) {
    throw new BarkeepError(
      'BAD_REQUEST',
      '--after-close takes what is due, whatever it is: leave out --timeframe, --table and --keep-parts.',
    )
  }
  if (flags.timeframe !== undefined && (flags.table ?? 'candles') !== 'candles') {
    throw new BarkeepError(
      'BAD_REQUEST',
      `Files of ${spokenOf(flags.table)} have no timeframe: leave out --timeframe.`,
    )
  }
  const table = flags.timeframe === undefined ? flags.table : 'candles'
  return {
    ...(table === undefined ? {} : { table }),
    ...(flags.timeframe === undefined ? {} : { timeframe: flags.timeframe }),
    ...(flags.day === undefined ? {} : { day: flags.day }),
    ...(flags.from === undefined ? {} : { from: flags.from }),
    ...(flags.to === undefined ? {} : { to: flags.to }),
    ...(flags.month === undefined ? {} : { month: flags.month }),
    ...(flags.dryRun === true ? { dryRun: true } : {}),
    ...(flags.keepParts === true ? { keepParts: true } : {}),
  }
}
