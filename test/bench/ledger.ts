import { mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { LedgerFilter, LedgerQuery } from '../../schemas/generated/requests.ts'
import type { LedgerReader } from '../../src-main/store/api.ts'
import { openStore } from '../../src-main/store/index.ts'
import { interleaved } from './interleaved.ts'
import { writeLedgerDays } from './ledger-days.ts'
import { PlainDuckDB, quoted } from './plain-duckdb.ts'
import { comparison, millis, type ResultRow, type Suite, type SuiteGiven } from './result-row.ts'
import { spreadOf } from './statistics.ts'

const PLAN = { days: 500, rowsPerDay: 2000 }
const PAGE = 100
const DEEP = 900_000
/** A pause that a person notices while scrolling. */
const PAUSE_MILLIS = 100

/** A million decisions over two years, in day files as the engine writes them. */
export const ledger: Suite = { name: 'ledger', stores: [], run }

interface Question {
  readonly filter: LedgerFilter
  readonly sort: NonNullable<LedgerQuery['sort']>
  /** The same for a bare query. */
  readonly where: string
  readonly order: string
}

/** A year, one symbol, a condition on a feature that lets some 4,700 rows through; another one each sample. */
function narrow(sample: number): Question {
  const value = 91 + (sample % 97) / 1000
  return {
    filter: { from: Date.UTC(2025, 0, 1), symbols: ['SPY'], features: [{ name: 'rsi_14', op: '>', value }] },
    sort: { column: 'outcome_pnl', descending: true },
    where: `timestamp_utc >= '2025-01-01T00:00:00.000+00:00' AND symbol IN ('SPY') AND TRY_CAST(key_features['rsi_14'] AS DOUBLE) > ${value}e0`,
    order: 'outcome_pnl DESC NULLS LAST, timestamp_utc, run_id, decision_id',
  }
}

/** A year and two symbols: some 104,000 rows. */
function wide(sample: number): Question {
  const from = Date.UTC(2025, 0, 1) + (sample + 100) * 1000
  return {
    filter: { from, symbols: ['SPY', 'QQQ'] },
    sort: { column: 'evaluation_score', descending: true },
    where: `timestamp_utc >= '${new Date(from).toISOString().slice(0, 23)}+00:00' AND symbol IN ('SPY', 'QQQ')`,
    order: 'evaluation_score DESC NULLS LAST, timestamp_utc, run_id, decision_id',
  }
}

async function run(given: SuiteGiven): Promise<readonly ResultRow[]> {
  const root = path.join(given.work, 'ledger')
  await mkdir(root, { recursive: true })
  const plain = await PlainDuckDB.open()
  const delay = monitorEventLoopDelay({ resolution: 5 })
  try {
    await writeLedgerDays(plain, root, PLAN)
    given.say(`     ${(PLAN.days * PLAN.rowsPerDay).toLocaleString('en')} decisions written`)
    const store = await openStore(root)
    try {
      return await measure(store.reader.ledger, plain, path.join(root, 'decisions'), given.samples, delay)
    } finally {
      await store.close()
    }
  } finally {
    delay.disable()
    plain.close()
  }
}

async function measure(
  reader: LedgerReader,
  plain: PlainDuckDB,
  folder: string,
  samples: number,
  delay: IntervalHistogram,
): Promise<readonly ResultRow[]> {
  const names = await readdir(folder)
  const bare = (question: Question, pruned: (name: string) => boolean, offset = 0) =>
    bareQuery(
      plain,
      names.filter(pruned).map((name) => path.join(folder, name)),
      question,
      offset,
    )
  const thisYear = (name: string): boolean => name.includes('_2025')
  const ask = (question: Question, offset = 0) =>
    reader.query({ table: 'decisions', filter: question.filter, sort: question.sort, offset, limit: PAGE })
  const pauses: number[] = []
  const watched = async <T>(work: () => Promise<T>): Promise<T> => {
    delay.reset()
    delay.enable()
    const result = await work()
    delay.disable()
    pauses.push(delay.max / 1e6)
    return result
  }
  const rounds = { warmups: 2, samples }
  const rows: ResultRow[] = []
  for (const [what, question] of [
    ['a year, a symbol and a number in a feature, by PnL', narrow],
    ['a year and two symbols, by score', wide],
  ] as const) {
    await sameRows(await ask(question(-50)), await bare(question(-50), thisYear)())
    const measured = await interleaved(
      [
        {
          name: 'Barkeep',
          prepare: (sample) => ({
            run: () => watched(() => ask(question(sample))),
            // An index that is made behind a page is waited for: it must not fall on the other's time.
            after: async () => void (await ask(question(sample), 10_000)),
          }),
        },
        { name: 'bare query', prepare: (sample) => ({ run: bare(question(sample), thisYear) }) },
      ],
      rounds,
    )
    rows.push(
      comparison(
        {
          what: `first page of 1,000,000 decisions: ${what}`,
          how: `${PAGE} rows and their total, the files judged before; DuckDB's SELECT * with the same WHERE, ORDER BY and LIMIT over the year's files, without a total`,
        },
        measured,
        ['Barkeep', 'bare query'],
        { within: 3 },
      ),
    )
  }
  rows.push(...(await deepPages(reader, bare, samples, watched)))
  const worst = Math.max(...pauses)
  rows.push({
    what: 'longest pause of the event loop during these questions',
    ours: millis(worst),
    against: `median of the questions' longest ${millis(spreadOf(pauses).median)}`,
    ratio: '',
    bar: `≤ ${PAUSE_MILLIS} ms`,
    met: worst <= PAUSE_MILLIS,
    how: 'what monitorEventLoopDelay saw while each answer was made, at a resolution of 5 ms',
    samples: pauses.length,
  })
  return rows
}

async function deepPages(
  reader: LedgerReader,
  bare: (
    question: Question,
    pruned: (name: string) => boolean,
    offset?: number,
  ) => () => Promise<readonly string[]>,
  samples: number,
  watched: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<readonly ResultRow[]> {
  const all: Question = {
    filter: {},
    sort: { column: 'timestamp_utc', descending: true },
    where: 'true',
    order: 'timestamp_utc DESC, run_id, decision_id',
  }
  const page = (offset: number) =>
    reader.query({ table: 'decisions', filter: {}, sort: all.sort, offset, limit: PAGE })
  const every = (): boolean => true
  await sameRows(await page(DEEP), await bare(all, every, DEEP)())
  const measured = await interleaved(
    [
      {
        name: 'Barkeep',
        prepare: (sample) => ({ run: () => watched(() => page(DEEP + (sample + 50) * 137)) }),
      },
      { name: 'bare query', prepare: (sample) => ({ run: bare(all, every, DEEP + (sample + 50) * 137) }) },
    ],
    { warmups: 1, samples: Math.min(samples, 5) },
  )
  const summed = await interleaved(
    [
      { name: 'Barkeep', prepare: () => ({ run: () => watched(() => reader.summary({ filter: {} })) }) },
      {
        name: 'first page, unfiltered',
        prepare: () => ({ run: () => watched(() => page(0)) }),
      },
    ],
    { warmups: 1, samples: Math.min(samples, 5) },
  )
  return [
    comparison(
      {
        what: 'a page of 1,000,000 decisions from 900,000 on, newest first',
        how: `${PAGE} rows anywhere behind, the index of places made before; DuckDB sorts for each page`,
      },
      measured,
      ['Barkeep', 'bare query'],
      { within: 1 },
    ),
    comparison(
      {
        what: 'performance of all 1,000,000 decisions',
        how: 'count, sum, mean, deviation, hits and the largest fall in time order; beside it a page from the index, for scale',
      },
      summed,
      ['Barkeep', 'first page, unfiltered'],
      null,
    ),
  ]
}

/** What somebody without an engine writes, over the files that a look at their names leaves; the ids that it gives. */
function bareQuery(
  { connection }: PlainDuckDB,
  files: readonly string[],
  { where, order }: Question,
  offset: number,
): () => Promise<readonly string[]> {
  const sql = `SELECT * FROM read_parquet([${files.map(quoted).join(', ')}]) WHERE ${where} ORDER BY ${order} LIMIT ${PAGE} OFFSET ${offset}`
  return async () => (await (await connection.run(sql)).getRowObjects()).map((row) => String(row.decision_id))
}

async function sameRows(
  page: { readonly entries: readonly { readonly row: Readonly<Record<string, unknown>> }[] },
  ids: readonly string[],
): Promise<void> {
  const ours = page.entries.map(({ row }) => String(row.decision_id))
  if (ours.length !== PAGE || ours.join() !== ids.join())
    throw new Error(
      `the two answers differ: ${ours.slice(0, 3).join(', ')}… and ${ids.slice(0, 3).join(', ')}…`,
    )
}
