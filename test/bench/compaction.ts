import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { openStore } from '../../src-main/store/index.ts'
import { type Contender, interleaved } from './interleaved.ts'
import { LIVE_DAY } from './market.ts'
import { PlainDuckDB, quoted } from './plain-duckdb.ts'
import { comparison, type ResultRow, type Suite, type SuiteGiven } from './result-row.ts'
import { copyStore } from './store-copy.ts'
import { ask, sessionsOf } from './windows.ts'

/** A day of parts into one file. */
export const compaction: Suite = { name: 'compaction', stores: ['live-195', 'live-5000'], run }

async function run(given: SuiteGiven): Promise<readonly ResultRow[]> {
  const rows: ResultRow[] = []
  const plain = await PlainDuckDB.open()
  try {
    for (const parts of [195, 5000]) {
      const from = given.store(`live-${parts}`)
      const measured = await interleaved(
        [compacted(from, given.work, parts), bare(plain, from, given.work)],
        { warmups: 1, samples: given.samples },
      )
      rows.push(
        comparison(
          {
            what: `compaction of ${parts.toLocaleString('en')} parts, verified, parts moved, receipt written`,
            how: `a fresh copy of the store each; in an open store that has answered one question, until the receipt, fsyncs included, against DuckDB reading the parts' list once with COPY in order and bare renames, nothing checked or synced`,
          },
          measured,
          ['compact', 'COPY and renames'],
          { within: 3 },
        ),
      )
    }
    return rows
  } finally {
    plain.close()
  }
}

function compacted(from: string, work: string, parts: number): Contender {
  return {
    name: 'compact',
    prepare: async () => {
      const root = copyStore(from, path.join(work, 'ours'))
      const store = await openStore(root)
      // The dayfile beside it: DuckDB's threads are up, as they are in an app.
      const last = sessionsOf().at(-1)
      if (last !== undefined) await ask(store.reader, { symbol: 'SPY', ...last })
      return {
        async run() {
          const { days } = await store.compactor.compact({ day: LIVE_DAY })
          const done = days.find(({ day }) => day === LIVE_DAY)
          if (done?.parts !== parts || done.skipped !== null)
            throw new Error(`not compacted: ${JSON.stringify(days)}`)
        },
        async after() {
          await store.close()
          rmSync(root, { recursive: true, force: true })
        },
      }
    },
  }
}

function bare(plain: PlainDuckDB, from: string, work: string): Contender {
  return {
    name: 'COPY and renames',
    prepare: (sample) => {
      // A folder that DuckDB hasn't seen: it caches what it reads by path.
      const root = copyStore(from, path.join(work, `bare${sample}`))
      const folder = path.join(root, 'data/2m', LIVE_DAY)
      const kept = path.join(root, '.barkeep/recovery')
      mkdirSync(kept, { recursive: true })
      return {
        async run() {
          const names = readdirSync(folder)
          const list = names.map((name) => quoted(path.join(folder, name))).join(', ')
          const staged = path.join(root, '.barkeep', 'staged')
          await plain.connection.run(
            `COPY (SELECT * FROM read_parquet([${list}]) ORDER BY symbol, timeframe, ts)
             TO ${quoted(staged)} (FORMAT parquet, COMPRESSION snappy)`,
          )
          renameSync(staged, `${folder}.parquet`)
          for (const name of names) renameSync(path.join(folder, name), path.join(kept, name))
        },
        after: () => rmSync(root, { recursive: true, force: true }),
      }
    },
  }
}
