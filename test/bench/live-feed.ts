import { mkdirSync, readdirSync, renameSync, watch } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { LiveUpdate } from '../../schemas/contract/live.ts'
import { utcDayOf } from '../../schemas/contract/market-time.ts'
import { openStore } from '../../src-main/store/index.ts'
import { interleaved } from './interleaved.ts'
import { liveSession } from './live-day.ts'
import { comparison, type ResultRow, type Suite, type SuiteGiven } from './result-row.ts'

const WARMUPS = 5
const BAR = 120_000

/** How soon an open store tells of a file that another program renames into place, and what its looks cost. */
export const liveFeed: Suite = { name: 'live-feed', stores: ['live-195', 'ten-years'], run }

async function run(given: SuiteGiven): Promise<readonly ResultRow[]> {
  return [await renamedToTold(given), await looking(given)]
}

async function renamedToTold(given: SuiteGiven): Promise<ResultRow> {
  const root = given.store('live-195')
  const day = utcDayOf(liveSession().to)
  const count = WARMUPS + given.samples
  const parts = await partsToCome(path.join(given.work, 'maker'), liveSession().to, count)
  const folder = path.join(root, 'data/2m', day)
  const bare = path.join(given.work, 'bare')
  mkdirSync(bare, { recursive: true })
  const copies = await partsToCome(path.join(given.work, 'copies'), liveSession().to, count)
  const store = await openStore(root)
  const waiting = new Map<number, () => void>()
  const onUpdate = ({ bars }: LiveUpdate): void => {
    for (const ts of bars?.candles.ts ?? []) waiting.get(ts)?.()
  }
  const problems: unknown[] = []
  const live = store.watch({ onUpdate, onProblem: (problem) => problems.push(problem) })
  live.follow({ symbol: 'SPY', timeframe: '2m' })
  await live.look()
  try {
    const measured = await interleaved(
      [
        {
          name: 'told',
          prepare: (sample) => {
            const part = parts[sample + WARMUPS]
            if (part === undefined) throw new Error('too many samples')
            return {
              run: () =>
                new Promise<void>((resolve) => {
                  waiting.set(part.ts, resolve)
                  renameSync(part.file, path.join(folder, `bot-${part.ts}.parquet`))
                }),
            }
          },
        },
        {
          name: 'bare watch',
          prepare: (sample) => {
            const part = copies[sample + WARMUPS]
            if (part === undefined) throw new Error('too many samples')
            let watcher: ReturnType<typeof watch> | null = null
            return {
              run: () =>
                new Promise<void>((resolve, reject) => {
                  const target = path.join(bare, `bot-${part.ts}.parquet`)
                  watcher = watch(bare, () => readFile(target).then(() => resolve(), reject))
                  renameSync(part.file, target)
                }),
              after: () => watcher?.close(),
            }
          },
        },
      ],
      { warmups: WARMUPS, samples: given.samples },
    )
    if (problems.length > 0) throw new Error(`the watch had problems: ${JSON.stringify(problems)}`)
    return comparison(
      {
        what: "another program's bar, from rename to told",
        how: 'a part of SPY renamed into a live day of 195 parts until the open store tells its values, against a bare fs.watch of a folder and a read of the file; changes are gathered for 15 ms first',
      },
      measured,
      ['told', 'bare watch'],
      { within: 2, orMillis: 60 },
    )
  } finally {
    await store.close()
  }
}

/** Parts of bars that come after a session, each a file of its own, not yet in their place. */
async function partsToCome(
  folder: string,
  after: number,
  count: number,
): Promise<readonly { readonly ts: number; readonly file: string }[]> {
  const maker = await openStore(folder, { create: true })
  try {
    const parts: { ts: number; file: string }[] = []
    for (let bar = 1; bar <= count; bar++) {
      const ts = after + bar * BAR
      const prices = { open: 500, high: 501, low: 499, close: 500.5, volume: bar }
      const [told] = await maker.writer.appendCandles([{ symbol: 'SPY', timeframe: '2m', ts, ...prices }])
      if (told?.outcome !== 'accepted') throw new Error(`not taken: ${JSON.stringify(told)}`)
      const place = path.join(folder, 'data/2m', utcDayOf(ts))
      const known = new Set(parts.map(({ file }) => path.basename(file)))
      const name = readdirSync(place).find((each) => !known.has(each))
      if (name === undefined) throw new Error('a bar without its part')
      parts.push({ ts, file: path.join(place, name) })
    }
    return parts
  } finally {
    await maker.close()
  }
}

async function looking(given: SuiteGiven): Promise<ResultRow> {
  const root = given.store('ten-years')
  const store = await openStore(root)
  const live = store.watch({ onUpdate: () => undefined, onProblem: () => undefined })
  live.follow({ symbol: 'SPY', timeframe: '2m' })
  await live.look()
  const days = path.join(root, 'data/2m')
  try {
    const measured = await interleaved(
      [
        { name: 'look', prepare: () => ({ run: () => live.look() }) },
        { name: 'one listing', prepare: () => ({ run: () => readdir(days, { withFileTypes: true }) }) },
      ],
      { warmups: WARMUPS, samples: 2 * given.samples },
    )
    return comparison(
      {
        what: 'a look at all of a ten-year store',
        how: 'nothing has changed in 2,520 dayfiles; against one listing of their folder. Such a look makes up for what the system did not tell, every 5 s',
      },
      measured,
      ['look', 'one listing'],
      { within: 5, orMillis: 20 },
    )
  } finally {
    await store.close()
  }
}
