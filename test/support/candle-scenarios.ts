import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import { purgeStore } from '../../src-main/store/compact/purge.ts'
import type { StoreContext } from '../../src-main/store/context.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { backfillCandles } from '../../src-main/store/write/backfill.ts'
import { appendCandles } from '../../src-main/store/write/candles.ts'
import { compactCandles } from './compaction.ts'
import type { KillScenario } from './kill-child.ts'
import { candles, writePart, writeParts } from './store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')
const BARS = candles(8, TS) as [CandleRow, CandleRow, ...CandleRow[]]
const [FIRST, SECOND, THIRD, FOURTH, ...LATER] = BARS as [
  CandleRow,
  CandleRow,
  CandleRow,
  CandleRow,
  ...CandleRow[],
]
const other = (bar: CandleRow): CandleRow => ({ ...bar, close: bar.open })

/** One piece of work to be interrupted at every step, on a store that is prepared once. */
export interface CandleScenario {
  /** Makes the store that each attempt begins with. */
  prepare(context: StoreContext): Promise<void>
  /** The bars that were acknowledged before. */
  readonly before: readonly CandleRow[]
  /** The bars that must be there once the work has been done again to its end. */
  readonly after: readonly CandleRow[]
  readonly work: (context: StoreContext, acknowledge: (bar: CandleRow) => void) => Promise<void>
}

async function compactAll(context: StoreContext): Promise<void> {
  const { days } = await compactCandles(context)
  for (const { error } of days) if (error !== undefined) throw Object.assign(new Error(error.message), error)
}

/** One at a time, as a live bot does, and then some at once. */
async function append(context: StoreContext, acknowledge: (bar: CandleRow) => void): Promise<void> {
  for (const batch of [[THIRD], [other(THIRD)], LATER.slice(0, 1), LATER.slice(1, 3)]) {
    const outcomes = await appendCandles(context, batch)
    for (const [index, { outcome }] of outcomes.entries()) {
      if (outcome !== 'rejected') acknowledge(batch[index] as CandleRow)
    }
  }
}

export const CANDLE_SCENARIOS: Readonly<Record<string, CandleScenario>> = {
  append: {
    prepare: async (context) => void (await writeParts(context, [FIRST, SECOND])),
    before: [FIRST, SECOND],
    after: [FIRST, SECOND, other(THIRD), ...LATER.slice(0, 3)],
    work: append,
  },
  'first compaction': {
    prepare: async (context) => void (await writeParts(context, [other(FIRST), FIRST, SECOND, THIRD])),
    before: [FIRST, SECOND, THIRD],
    after: [FIRST, SECOND, THIRD],
    work: compactAll,
  },
  'merge of late parts': {
    async prepare(context) {
      await writeParts(context, [FIRST, SECOND])
      await compactAll(context)
      // One that lost, one that repeats, one that is new.
      await writeParts(context, [other(FIRST), SECOND, THIRD])
    },
    before: [FIRST, SECOND, THIRD],
    after: [FIRST, SECOND, THIRD],
    work: compactAll,
  },
  'parts that the dayfile holds': {
    async prepare(context) {
      await writeParts(context, [FIRST, SECOND])
      await compactAll(context)
      await writePart(context, other(FIRST))
      await writePart(context, SECOND)
    },
    before: [FIRST, SECOND],
    after: [FIRST, SECOND],
    work: compactAll,
  },
  backfill: {
    async prepare(context) {
      await writeParts(context, [FIRST, SECOND])
      await compactAll(context)
      await writePart(context, THIRD)
    },
    // What it replaces is not promised any more once it has begun; what stays the same is.
    before: [SECOND],
    after: [other(FIRST), SECOND, FOURTH],
    work: async (context) => void (await backfillCandles(context, [other(FIRST), SECOND, FOURTH])),
  },
  purge: {
    async prepare(context) {
      await writeParts(context, [FIRST, SECOND])
      await compactAll(context)
      await writeParts(context, [other(FIRST), SECOND, THIRD])
      await compactAll(context)
      await backfillCandles(context, [FIRST, SECOND, THIRD, FOURTH])
    },
    before: [FIRST, SECOND, THIRD, FOURTH],
    after: [FIRST, SECOND, THIRD, FOURTH],
    work: async (context) => void (await purgeStore(context, { olderThanDays: 0 })),
  },
  'finish of an interrupted compaction': {
    async prepare(context) {
      await writeParts(context, [FIRST, SECOND])
      await compactAll(context)
      await writeParts(context, [other(FIRST), SECOND, THIRD])
      await interruptAfterCommit(context.root)
    },
    before: [FIRST, SECOND, THIRD],
    after: [FIRST, SECOND, THIRD],
    async work(context) {
      const { problems } = await finishInterrupted(context)
      for (const problem of problems) throw Object.assign(new Error(problem.message), problem)
      await compactAll(context)
    },
  },
}

const TWELVE = candles(12, TS)

/** More parts than whose every loss can be gone through. */
export const MANY_PARTS: CandleScenario = {
  prepare: async (context) => void (await writeParts(context, TWELVE)),
  before: TWELVE,
  after: TWELVE,
  work: compactAll,
}

/** Leaves the store as a kill right after a dayfile's rename does: the lock and staging of a process that is no more. */
async function interruptAfterCommit(root: string): Promise<void> {
  let committed = false
  const until =
    (real: (...given: never[]) => Promise<void>) =>
    (...given: never[]) =>
      committed ? Promise.reject(gone()) : real(...given)
  const env: Env = {
    ...nodeEnv,
    async rename(from, to) {
      if (committed) throw gone()
      await nodeEnv.rename(from, to)
      committed = to.endsWith('data/2m/2024-03-08.parquet')
    },
    syncDir: until(nodeEnv.syncDir),
    removeFile: until(nodeEnv.removeFile),
    removeDir: until(nodeEnv.removeDir),
  }
  const context = await openContext(root, { env })
  await compactAll(context).catch(() => undefined)
  await closeContext(context)
  if (!committed) throw new Error('the compaction was not interrupted')
  await rm(path.join(root, '.barkeep/writer.lock'))
  const staging = path.basename(context.staging)
  await rename(
    context.staging,
    path.join(path.dirname(context.staging), staging.replace(/^\d+/, '999999999')),
  )
}

function gone(): Error {
  return Object.assign(new Error('interrupted after the commit'), { code: 'EIO' })
}

/** The same for a child that is killed. */
export const CANDLE_KILLS: Readonly<Record<string, KillScenario>> = Object.fromEntries(
  Object.entries(CANDLE_SCENARIOS).map(([name, { work }]): [string, KillScenario] => [
    name,
    async ({ root, env, arm, acknowledge }) => {
      const context = await openContext(root, { env })
      arm()
      await work(context, acknowledge)
      await closeContext(context)
    },
  ]),
)
