import { readFileSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { MarketZone, parseInstant } from '../../../schemas/contract/market-time.ts'
import type { FeedReceipt } from '../../ingest/feed/feed-receipt.ts'
import type { StoredDay } from '../../ingest/feed/plan.ts'
import type { FeedTarget } from '../../ingest/feed/target.ts'
import { defaultTokenFile } from '../default-token-file.ts'
import { feedText } from '../feed-text.ts'
import { type CommonFlags, timeframe, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import type { ExitCode, Terminal } from '../terminal.ts'
import { given, withStore } from '../with-store.ts'

interface FeedFlags extends CommonFlags {
  readonly from: string
  readonly speed: number
  readonly toStore?: string
  readonly endpoint?: string
  readonly tokenFile?: string
  readonly symbol?: string
  readonly timeframe?: string
}

export function addFeed(program: Command, register: Register): void {
  withCommonFlags(program.command('feed'))
    .description('Play a stored UTC day again as if live, into another store or through the ingest endpoint.')
    .requiredOption(
      '--from <time>',
      'the day of the first bar at or after it; ISO 8601, without an offset in Chicago time',
    )
    .option('--speed <n>', 'so many times real time; hours in which nothing happens are skipped', speed, 1)
    .option('--to-store <dir>', 'folder of the store that is written, made when it is not there')
    .option('--endpoint <url>', 'address of the ingest endpoint: http://127.0.0.1:17311')
    .option('--token-file <file>', 'where the token of the endpoint is (default: that of "barkeep serve")')
    .option('--symbol <symbol>', 'only bars, objects and decisions of this one')
    .option('--timeframe <tf>', 'only bars and decisions of this one', timeframe)
    .action((flags: FeedFlags) => register(flags, feed))
}

async function feed(flags: FeedFlags, terminal: Terminal): Promise<ExitCode> {
  const zone = new MarketZone()
  const range = { from: startOf(flags.from, zone), symbol: flags.symbol, timeframe: flags.timeframe }
  const where = oneTarget(flags)
  const [{ replay }, { readStoredDay }] = await Promise.all([
    import('../../ingest/feed/replay.ts'),
    import('../../ingest/feed/stored-day.ts'),
  ])
  let failed: ExitCode = 0
  const play: Play = (open) =>
    withStore(flags, { create: false }, async ({ reader }) => {
      const day = await readStoredDay(reader, range)
      for (const { file, detail } of day.problems) terminal.say(`${file}: ${detail}`)
      return open((target) => played(day, target))
    })
  const played = async (day: StoredDay, target: FeedTarget): Promise<FeedReceipt> => {
    const { signal, progress: onProgress } = terminal
    const { receipt, error } = await replay(day, target, { speed: flags.speed, signal, onProgress })
    if (error !== null) failed = terminal.fail(error)
    return receipt
  }
  const receipt =
    where.kind === 'store'
      ? await intoStore(flags, given(where.folder), terminal, play)
      : await throughEndpoint(flags, where.url, terminal, play)
  if (flags.json) await terminal.json(receipt)
  else await terminal.write(feedText(receipt, where.kind === 'store' ? where.folder : where.url, zone))
  if (failed !== 0) return failed
  if (receipt.cancelled) {
    terminal.say('Stopped; what is counted here is stored. Run it again for the rest.')
    return 2
  }
  return receipt.rejectedCount > 0 || receipt.ledgerConflicts > 0 ? 1 : 0
}

/** Reads the day, and then opens where it goes: without a day nothing is made. */
type Play = (
  open: (into: (target: FeedTarget) => Promise<FeedReceipt>) => Promise<FeedReceipt>,
) => Promise<FeedReceipt>

async function intoStore(
  flags: FeedFlags,
  folder: string,
  terminal: Terminal,
  play: Play,
): Promise<FeedReceipt> {
  await refuseItself(flags.store, folder)
  const { storeTarget } = await import('../../ingest/feed/target.ts')
  return play((into) =>
    withStore({ store: folder }, { create: true }, (target) => into(storeTarget(target, terminal.signal))),
  )
}

async function throughEndpoint(
  flags: FeedFlags,
  url: string,
  terminal: Terminal,
  play: Play,
): Promise<FeedReceipt> {
  const { EndpointTarget } = await import('../../ingest/feed/endpoint-target.ts')
  const file = flags.tokenFile === undefined ? defaultTokenFile() : given(flags.tokenFile)
  const target = new EndpointTarget(url, {
    token: () => tokenIn(file),
    signal: terminal.signal,
    onWait: (message) => terminal.say(message),
  })
  try {
    const folder = await target.store()
    if (folder !== null) await refuseItself(flags.store, folder)
    return await play((into) => into(target))
  } finally {
    target.close()
  }
}

/** A day can't be played into the store that it is read from: all of it is there already. @throws BAD_REQUEST */
async function refuseItself(root: string, folder: string): Promise<void> {
  const real = (file: string): Promise<string> => realpath(file).catch(() => file)
  if ((await real(root)) !== (await real(folder))) return
  throw new BarkeepError(
    'BAD_REQUEST',
    `${folder} is the store that is played from: all of the day is there. Name another folder.`,
  )
}

/** @throws IO */
function tokenIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new BarkeepError(
      'IO',
      `The token file ${file} can't be read. Name the one that the endpoint told, with --token-file.`,
      { cause },
    )
  }
}

type Where =
  | { readonly kind: 'store'; readonly folder: string }
  | { readonly kind: 'endpoint'; readonly url: string }

/** @throws BAD_REQUEST for none, or both */
function oneTarget({ toStore, endpoint }: FeedFlags): Where {
  if (toStore !== undefined && toStore.trim() !== '' && endpoint === undefined)
    return { kind: 'store', folder: toStore }
  if (endpoint !== undefined && toStore === undefined) return { kind: 'endpoint', url: endpoint }
  throw new BarkeepError(
    'BAD_REQUEST',
    'Say where the day goes: --to-store DIR or --endpoint URL, one of them.',
  )
}

/** @throws BAD_REQUEST */
function startOf(text: string, zone: MarketZone): number {
  try {
    return parseInstant(text, zone, 'start')
  } catch (error) {
    if (error instanceof BarkeepError) throw new BarkeepError(error.code, `--from: ${error.message}`)
    throw error
  }
}

function speed(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('Give a number above 0, as 60 for a minute a second.')
  return value
}
