import { type Command, InvalidArgumentError } from 'commander'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { CompactedDay, CompactedTable } from '../../../schemas/contract/jobs.ts'
import type { CompactRequest } from '../../../schemas/generated/requests.ts'
import { DAILY_TABLES } from '../../../schemas/tables/index.ts'
import { type CommonFlags, day, month, timeframe, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import type { ExitCode, Terminal } from '../terminal.ts'
import { counted, grouped, type TextColumn, textTable } from '../text-table.ts'
import { withStore } from '../with-store.ts'

interface CompactFlags extends CommonFlags {
  readonly timeframe?: string
  readonly day?: string
  readonly month?: string
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
    .option(
      '--month <month>',
      'a UTC month, YYYY-MM: its days of candles, all else as one file a table',
      month,
    )
    .option('--all', 'everything that has parts waiting, and days that wait beside their month')
    .option('--table <name>', 'candles, events, decisions, audits or stats alone', tableName)
    .option('--keep-parts', 'leave the parts where they are')
    .option('--dry-run', 'tell what would be done and change nothing')
    .action((flags: CompactFlags) =>
      register(flags, async (given, terminal) => {
        const request = requestOf(given)
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
  const chosen = [flags.day, flags.month, flags.all].filter((choice) => choice !== undefined)
  if (chosen.length !== 1) {
    throw new BarkeepError(
      'BAD_REQUEST',
      'Say what to compact with one of --day YYYY-MM-DD, --month YYYY-MM and --all.',
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
    ...(flags.month === undefined ? {} : { month: flags.month }),
    ...(flags.dryRun === true ? { dryRun: true } : {}),
    ...(flags.keepParts === true ? { keepParts: true } : {}),
  }
}

function spokenOf(table: CompactedTable | undefined): string {
  return table === 'object_events' ? 'events' : (table ?? 'candles')
}

const COLUMNS: readonly TextColumn<CompactedDay>[] = [
  { name: 'TABLE', value: ({ table }) => spokenOf(table) },
  { name: 'TF', value: ({ timeframe: of }) => of ?? '' },
  { name: 'DAY (UTC)', value: ({ day: date }) => date },
  {
    name: 'DAYFILES',
    right: true,
    value: ({ dayfiles }) => (dayfiles === undefined ? '' : grouped(dayfiles)),
  },
  { name: 'PARTS', right: true, value: ({ parts }) => grouped(parts) },
  { name: 'ROWS', right: true, value: ({ rows }) => grouped(rows) },
  { name: 'CONFLICTS', right: true, value: ({ conflicts }) => grouped(conflicts) },
  { name: 'DIGEST', value: ({ digest }) => digest?.slice(0, 12) ?? '' },
  { name: 'FILE', value: ({ file }) => file },
  { name: '', value: ({ skipped }) => skipped ?? '' },
]

function receiptText(days: readonly CompactedDay[], dryRun: boolean): string {
  if (days.length === 0) return 'Nothing to compact: nothing waits there.\n'
  const parts = days.reduce((sum, day) => sum + day.parts, 0)
  const dayfiles = days.reduce((sum, day) => sum + (day.dayfiles ?? 0), 0)
  const done = days.filter(({ skipped }) => skipped === null).length
  const summary = dryRun ? 'Dry run: nothing was changed.' : `${counted(done, 'file')} compacted.`
  // Only months have day files to count.
  const columns = COLUMNS.filter(
    ({ name }) => name !== 'DAYFILES' || days.some(({ dayfiles }) => dayfiles !== undefined),
  )
  const read = [
    ...(parts > 0 || dayfiles === 0 ? [counted(parts, 'part')] : []),
    ...(dayfiles > 0 ? [counted(dayfiles, 'day file')] : []),
  ]
  return `${textTable(columns, days)}\n${read.join(', ')}. ${summary}\n`
}

function judged(days: readonly CompactedDay[], terminal: Terminal): ExitCode {
  for (const { table, day: date, timeframe: of, error, left = [] } of days) {
    if (error !== undefined) terminal.say(`${of ?? spokenOf(table)} ${date}: ${error.message}`)
    for (const { file, code, detail } of left) terminal.say(`${file} stays: ${code}: ${detail}`)
  }
  if (terminal.signal.aborted || days.some(({ skipped }) => skipped === 'cancelled')) {
    terminal.say('Stopped before the end; finished days stay finished. Run it again for the rest.')
    return 2
  }
  const failed = days.filter(({ skipped }) => skipped === 'failed').length
  if (failed === 0) return 0
  return failed === days.length ? 2 : 1
}
