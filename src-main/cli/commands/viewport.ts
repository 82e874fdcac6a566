import type { Command } from 'commander'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { type DateOnly, MarketZone, parseInstant } from '../../../schemas/contract/market-time.ts'
import type { Viewport } from '../../../schemas/contract/viewport.ts'
import type { ViewportRequest } from '../../../schemas/generated/requests.ts'
import { type CommonFlags, positiveNumber, price, timeframe, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import { viewportText } from '../viewport-text.ts'
import { withStore } from '../with-store.ts'

interface ViewportFlags extends CommonFlags {
  readonly symbol: string
  readonly timeframe: string
  readonly from: string
  readonly to: string
  readonly priceMin?: number
  readonly priceMax?: number
  readonly asOf?: string
  readonly maxBars?: number
}

export function addViewport(program: Command, register: Register): void {
  withCommonFlags(program.command('viewport'))
    .description('Bars and chart objects of a window in time; bounds are inclusive.')
    .requiredOption('--symbol <symbol>', 'instrument, as stored')
    .requiredOption('--timeframe <tf>', '2m, 5m, 15m, 1h, …', timeframe)
    .requiredOption('--from <time>', 'ISO 8601; without an offset in Chicago time; a date alone is its start')
    .requiredOption('--to <time>', 'the same; a date alone is its end')
    .option('--price-min <price>', 'lower edge of the price band for objects', price)
    .option('--price-max <price>', 'upper edge of the price band for objects', price)
    .option('--as-of <time>', 'as it was known then; a date alone is its end')
    .option('--max-bars <n>', 'join bars until there are no more than so many', positiveNumber)
    .action((flags: ViewportFlags) =>
      register(flags, async (given, terminal) => {
        const zone = new MarketZone()
        const request = requestOf(given, zone)
        await withStore(given, { create: false }, async (store) => {
          const viewport = await store.reader.viewport(request, { signal: terminal.signal })
          if (given.json) await terminal.json(viewportDocument(viewport))
          else {
            // What there is instead takes a look at every series: only where the window is empty.
            const empty = viewport.candles.ts.length === 0 && viewport.objects.length === 0
            const series = empty ? (await store.reader.info()).series : []
            await terminal.write(viewportText(viewport, zone, series))
          }
          for (const { file, detail } of given.json ? [] : viewport.problems) {
            terminal.say(`${file}: ${detail}`)
          }
        })
        return 0
      }),
    )
}

/** @throws BAD_REQUEST for bounds that hold nothing */
function requestOf(flags: ViewportFlags, zone: MarketZone): ViewportRequest {
  const { symbol, priceMin, priceMax, maxBars } = flags
  const from = instant('--from', flags.from, zone, 'start')
  const to = instant('--to', flags.to, zone, 'end')
  if (from > to) throw new BarkeepError('BAD_REQUEST', `--from ${flags.from} is later than --to ${flags.to}.`)
  if (priceMin !== undefined && priceMax !== undefined && priceMin > priceMax) {
    throw new BarkeepError('BAD_REQUEST', `--price-min ${priceMin} is above --price-max ${priceMax}.`)
  }
  return {
    symbol,
    timeframe: flags.timeframe,
    from,
    to,
    ...(priceMin === undefined ? {} : { priceMin }),
    ...(priceMax === undefined ? {} : { priceMax }),
    ...(flags.asOf === undefined ? {} : { asOf: instant('--as-of', flags.asOf, zone, 'end') }),
    ...(maxBars === undefined ? {} : { maxBars }),
  }
}

function instant(flag: string, text: string, zone: MarketZone, dateOnly: DateOnly): number {
  try {
    return parseInstant(text, zone, dateOnly)
  } catch (error) {
    if (error instanceof BarkeepError) throw new BarkeepError(error.code, `${flag}: ${error.message}`)
    throw error
  }
}

/** The JSON shape that others rely on: columns as plain arrays, every digit of every number. */
function viewportDocument({
  symbol,
  timeframe,
  candles,
  objects,
  barsPerCandle,
  problems,
}: Viewport): object {
  const { ts, open, high, low, close, volume } = candles
  const columns = { ts, open, high, low, close, volume }
  return {
    symbol,
    timeframe,
    candles: Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, Array.from(column)])),
    objects,
    barsPerCandle,
    problems,
  }
}
