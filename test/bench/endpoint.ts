import http from 'node:http'
import path from 'node:path'
import { formatUtcIso, utcDayOf } from '../../schemas/contract/market-time.ts'
import { parseTimeframe } from '../../schemas/contract/timeframe.ts'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { CANDLES } from '../../schemas/tables/index.ts'
import { takeBatch } from '../../src-main/ingest/endpoint/batch.ts'
import { type Endpoint, startEndpoint } from '../../src-main/ingest/endpoint/server.ts'
import { TokenFile } from '../../src-main/ingest/endpoint/token-file.ts'
import { at, type StoreContext } from '../../src-main/store/context.ts'
import { openStore } from '../../src-main/store/index.ts'
import { partFolder } from '../../src-main/store/layout/file-names.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { candlePart } from '../../src-main/store/write/candle-batch.ts'
import { interleaved, type Measured } from './interleaved.ts'
import { type BenchBar, LIVE_DAY, marketDays } from './market.ts'
import { millis, number, type ResultRow, type Suite, type SuiteGiven } from './result-row.ts'

/** A live feed's minute: ten bars a second, a batch each second. */
const MINUTE = { batches: 60, bars: 10 }
/** The worst case: a request for each bar. */
const ALONE = { batches: 60, bars: 1 }
const WARMUPS = 2

/** What a bot waits for when it hands in its bars over HTTP. */
export const endpoint: Suite = { name: 'endpoint', stores: [], run }

async function run(given: SuiteGiven): Promise<readonly ResultRow[]> {
  const store = await openStore(path.join(given.work, 'store'), { create: true })
  const bare = await openContext(path.join(given.work, 'bare'), { create: true })
  const token = new TokenFile(path.join(given.work, 'token'))
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const served = await startEndpoint(
    {
      version: 'bench',
      token,
      store: () => store.root,
      take: (batch) => takeBatch(store, batch),
      onRefused: ({ status, message }) => {
        throw new Error(`${status}: ${message}`)
      },
    },
    0,
  )
  const rounds = { warmups: WARMUPS, samples: given.samples }
  const supply = barSupply((rounds.warmups + rounds.samples) * 660)
  const measure = (shape: typeof MINUTE, from: number): Promise<Measured> => {
    const batchesOf = (sample: number) => {
      const start = from + (sample + WARMUPS) * shape.batches * shape.bars
      return Array.from({ length: shape.batches }, (_, batch) =>
        supply.slice(start + batch * shape.bars, start + (batch + 1) * shape.bars),
      )
    }
    return interleaved(
      [
        {
          name: 'endpoint',
          prepare: (sample) => {
            const bodies = batchesOf(sample).map((bars) =>
              bars.map((bar) => `${JSON.stringify(bar)}\n`).join(''),
            )
            return {
              run: async () => {
                for (const body of bodies) await post(served, token.token, agent, body, shape.bars)
              },
            }
          },
        },
        {
          name: 'part writer',
          prepare: (sample) => {
            const batches = batchesOf(sample)
            return {
              run: async () => {
                for (const bars of batches) await writeParts(bare, bars)
              },
            }
          },
        },
      ],
      rounds,
    )
  }
  try {
    const minute = await measure(MINUTE, 0)
    const alone = await measure(ALONE, (rounds.warmups + rounds.samples) * 600)
    return [
      row('a minute of candles over HTTP, 60 batches of 10', minute, 600, 60),
      row('60 candles over HTTP, a request each', alone, 60, null),
    ]
  } finally {
    agent.destroy()
    await served.close()
    await store.close()
    await closeContext(bare)
  }
}

/** Bars of five symbols and three timeframes as they close, so that a batch is of one day and mostly one timeframe. */
function barSupply(count: number): readonly BenchBar[] {
  const plan = { symbols: ['SPY', 'QQQ', 'IWM', 'DIA', 'TLT'], minutes: [2, 5, 15], end: LIVE_DAY }
  const days = Math.ceil(count / 1_400) + 1
  const bars = [...marketDays({ ...plan, days })].flatMap((day) => day.bars)
  if (bars.length < count) throw new Error(`${bars.length} bars are too few for ${count}`)
  return bars.slice(0, count)
}

async function post(
  { port }: Endpoint,
  token: string,
  agent: http.Agent,
  body: string,
  bars: number,
): Promise<void> {
  const text = await new Promise<string>((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/x-ndjson',
      'content-length': Buffer.byteLength(body),
    }
    const request = http.request(
      { host: '127.0.0.1', port, path: '/v1/candles', method: 'POST', agent, headers },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (piece: string) => {
          text += piece
        })
        response.on('end', () => resolve(text))
      },
    )
    request.on('error', reject)
    request.end(body)
  })
  const { accepted } = JSON.parse(text) as { accepted?: number }
  if (accepted !== bars) throw new Error(`not all taken: ${text.slice(0, 200)}`)
}

/** The least that makes these bars durable parts: no look at what stands, no answer; staged and synced side by side. */
async function writeParts(context: StoreContext, bars: readonly BenchBar[]): Promise<void> {
  const byFolder = new Map<StorePath, CandleRow[]>()
  for (const bar of bars) {
    const folder = partFolder(
      { table: 'candles', timeframe: parseTimeframe(bar.timeframe) },
      utcDayOf(bar.ts),
    )
    const row = { ...bar, ts_iso: formatUtcIso(bar.ts), global_x: null }
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), row])
  }
  const { partWriter, env } = context
  for (const [folder, group] of byFolder) {
    const target = at(context, folder)
    const staged = await Promise.all(group.map((row) => partWriter.stage(CANDLES, candlePart(row))))
    const placed = await partWriter.publish(
      target,
      staged.map((part) => ({ staged: part, after: 0 })),
    )
    if (placed.some(({ status }) => status === 'rejected')) throw new Error('a part was not written')
    await env.syncDir(target)
  }
}

function row(what: string, measured: Measured, bars: number, percent: number | null): ResultRow {
  const [ours, bare] = [measured.get('endpoint'), measured.get('part writer')]
  if (ours === undefined || bare === undefined)
    throw new Error('the endpoint or the part writer was not measured')
  const share = (bare.median / ours.median) * 100
  const rate = (median: number) => `${number((bars / median) * 1000)} bars/s`
  return {
    what,
    ours: `${millis(ours.median)} (${millis(ours.p10)}–${millis(ours.p90)}), ${rate(ours.median)}`,
    against: `part writer ${millis(bare.median)} (${millis(bare.p10)}–${millis(bare.p90)}), ${rate(bare.median)}`,
    ratio: `${share.toFixed(0)}% of its rate`,
    bar: percent === null ? '' : `≥ ${percent}%`,
    met: percent === null ? null : share >= percent,
    how: `new bars of five symbols and three timeframes over one kept-alive connection, each batch sent when the one before was acknowledged as durable, client and server in one process, against the part writer alone (stage, fsync side by side, rename, fsync of the folder) with the same bars in the same batches`,
    samples: ours.count,
  }
}
