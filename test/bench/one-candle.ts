import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { utcDayOf } from '../../schemas/contract/market-time.ts'
import { openStore } from '../../src-main/store/index.ts'
import { interleaved } from './interleaved.ts'
import { LIVE_DAY, marketDays } from './market.ts'
import { comparison, type ResultRow, type Suite, type SuiteGiven } from './result-row.ts'

/** Cheap samples, and a disk that scatters: three times as many as elsewhere. */
const TIMES_SAMPLES = 3
const WARMUPS = 50

/** What a bot waits for with each bar. */
export const oneCandle: Suite = { name: 'one-candle', stores: [], run }

async function run(given: SuiteGiven): Promise<readonly ResultRow[]> {
  const root = path.join(given.work, 'store')
  const raw = path.join(given.work, 'raw')
  for (const folder of ['staging', 'final']) mkdirSync(path.join(raw, folder), { recursive: true })
  const store = await openStore(root, { create: true })
  const bars = [...marketDays({ symbols: ['SPY'], minutes: [2], end: LIVE_DAY, days: 2 })].flatMap(
    (day) => day.bars,
  )
  let bytes: Uint8Array | null = null
  try {
    const measured = await interleaved(
      [
        {
          name: 'append',
          prepare: (sample) => {
            const bar = bars[sample + WARMUPS]
            if (bar === undefined) throw new Error('too many samples for two days')
            return {
              async run() {
                const [told] = await store.writer.appendCandles([bar])
                if (told?.outcome !== 'accepted') throw new Error(`not taken: ${JSON.stringify(told)}`)
              },
              after() {
                const folder = path.join(root, 'data/2m', utcDayOf(bar.ts))
                const [name] = readdirSync(folder).sort().slice(-1)
                bytes = readFileSync(path.join(folder, name ?? ''))
              },
            }
          },
        },
        { name: 'bare file', prepare: (sample) => ({ run: () => bareFile(raw, sample, bytes) }) },
      ],
      { warmups: WARMUPS, samples: TIMES_SAMPLES * given.samples },
    )
    return [
      comparison(
        {
          what: 'one durable candle (to acknowledgement)',
          how: `a new SPY 2m bar a call, as from a live bot, against write + fsync + rename + fsync of the folder with the last part's bytes, by Node's synchronous calls`,
        },
        measured,
        ['append', 'bare file'],
        { within: 2.5, orMillis: 1 },
      ),
    ]
  } finally {
    await store.close()
  }
}

/** The least that makes a file durable under its name. */
function bareFile(folder: string, sample: number, bytes: Uint8Array | null): void {
  const [staged, final] = [
    path.join(folder, 'staging', `${sample}.tmp`),
    path.join(folder, 'final', `${sample}`),
  ]
  const file = openSync(staged, 'wx')
  writeSync(file, bytes ?? new Uint8Array(1200))
  fsyncSync(file)
  closeSync(file)
  renameSync(staged, final)
  const parent = openSync(path.dirname(final), 'r')
  fsyncSync(parent)
  closeSync(parent)
}
