import { type Command, InvalidArgumentError } from 'commander'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { CompactedDay } from '../../../schemas/contract/jobs.ts'
import type { CompactRequest } from '../../../schemas/generated/requests.ts'
import type { Store, WorkOptions } from '../../store/api.ts'
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
  readonly table?: 'candles' | 'object_events'
  readonly keepParts?: boolean
  readonly dryRun?: boolean
}

export function addCompact(program: Command, register: Register): void {
  withCommonFlags(program.command('compact'))
    .description('Merge the parts of a day, a month or everything into one verified file a day.')
    .option('--timeframe <tf>', 'candles of this timeframe alone', timeframe)
    .option('--day <date>', 'one UTC day, YYYY-MM-DD', day)
    .option('--month <month>', 'every day of a UTC month, YYYY-MM', month)
    .option('--all', 'everything that has parts waiting')
    .option('--table <name>', 'candles or events alone', tableName)
    .option('--keep-parts', 'leave the parts where they are')
    .option('--dry-run', 'tell what would be done and change nothing')
    .action((flags: CompactFlags) =>
      register(flags, async (given, terminal) => {
        const request = requestOf(given)
        const work = { onProgress: terminal.progress, signal: terminal.signal }
        const days = await withStore(given, { create: false }, (store) =>
          given.month === undefined
            ? compact(store, request, work)
            : compactMonth(store, given.month, request, work),
        )
        if (given.json) await terminal.json({ days })
        else await terminal.write(receiptText(days, given.dryRun === true))
        return judged(days, terminal)
      }),
    )
}

/** Names that people and files use for the two tables; `events` is the one in the documents. */
function tableName(text: string): 'candles' | 'object_events' {
  if (text === 'candles') return 'candles'
  if (['events', 'object_events', 'objects'].includes(text)) return 'object_events'
  throw new InvalidArgumentError('Give candles or events.')
}

function requestOf(flags: CompactFlags): CompactRequest {
  const chosen = [flags.day, flags.month, flags.all].filter((choice) => choice !== undefined)
  if (chosen.length !== 1) {
    throw new BarkeepError(
      'BAD_REQUEST',
      'Say what to compact with one of --day YYYY-MM-DD, --month YYYY-MM and --all.',
    )
  }
  if (flags.timeframe !== undefined && flags.table === 'object_events') {
    throw new BarkeepError('BAD_REQUEST', 'Events have no timeframe of their own: leave out --timeframe.')
  }
  const table = flags.timeframe === undefined ? flags.table : 'candles'
  return {
    ...(table === undefined ? {} : { table }),
    ...(flags.timeframe === undefined ? {} : { timeframe: flags.timeframe }),
    ...(flags.day === undefined ? {} : { day: flags.day }),
    ...(flags.dryRun === true ? { dryRun: true } : {}),
    ...(flags.keepParts === true ? { keepParts: true } : {}),
  }
}

async function compact(
  store: Store,
  request: CompactRequest,
  work: WorkOptions,
): Promise<readonly CompactedDay[]> {
  return (await store.compactor.compact(request, work)).days
}

/** A month is its days, oldest first: bar numbers go on from day to day. */
async function compactMonth(
  store: Store,
  wanted: string,
  request: CompactRequest,
  work: WorkOptions,
): Promise<readonly CompactedDay[]> {
  const { tables } = await store.reader.overview()
  const listed = tables
    .filter(({ table }) => request.table === undefined || table === request.table)
    .filter(({ timeframe: of }) => request.timeframe === undefined || of === request.timeframe)
    .flatMap(({ days }) => days.map(({ day: date }) => date).filter((date) => date.startsWith(`${wanted}-`)))
  const days = [...new Set(listed)].sort()
  const done: CompactedDay[] = []
  for (const date of days) {
    if (work.signal?.aborted === true) break
    done.push(...(await compact(store, { ...request, day: date }, work)))
  }
  return done
}

const COLUMNS: readonly TextColumn<CompactedDay>[] = [
  { name: 'TABLE', value: ({ table }) => (table === 'candles' ? 'candles' : 'events') },
  { name: 'TF', value: ({ timeframe: of }) => of ?? '' },
  { name: 'DAY (UTC)', value: ({ day: date }) => date },
  { name: 'PARTS', right: true, value: ({ parts }) => grouped(parts) },
  { name: 'ROWS', right: true, value: ({ rows }) => grouped(rows) },
  { name: 'CONFLICTS', right: true, value: ({ conflicts }) => grouped(conflicts) },
  { name: 'DIGEST', value: ({ digest }) => digest?.slice(0, 12) ?? '' },
  { name: 'FILE', value: ({ file }) => file },
  { name: '', value: ({ skipped }) => skipped ?? '' },
]

function receiptText(days: readonly CompactedDay[], dryRun: boolean): string {
  if (days.length === 0) return 'Nothing to compact: no parts are waiting there.\n'
  const parts = days.reduce((sum, day) => sum + day.parts, 0)
  const done = days.filter(({ skipped }) => skipped === null).length
  const summary = dryRun ? 'Dry run: nothing was changed.' : `${counted(done, 'day')} compacted.`
  return `${textTable(COLUMNS, days)}\n${counted(parts, 'part')}. ${summary}\n`
}

function judged(days: readonly CompactedDay[], terminal: Terminal): ExitCode {
  for (const { day: date, timeframe: of, error } of days) {
    if (error !== undefined) terminal.say(`${of ?? 'events'} ${date}: ${error.message}`)
  }
  if (terminal.signal.aborted || days.some(({ skipped }) => skipped === 'cancelled')) {
    terminal.say('Stopped before the end; finished days stay finished. Run it again for the rest.')
    return 2
  }
  const failed = days.filter(({ skipped }) => skipped === 'failed').length
  if (failed === 0) return 0
  return failed === days.length ? 2 : 1
}
