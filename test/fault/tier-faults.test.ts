import { cp, mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { DayBlocks } from '../../src-main/store/read/day-blocks.ts'
import { DayfileFactsCache } from '../../src-main/store/read/dayfile-facts.ts'
import { viewport } from '../../src-main/store/read/viewport.ts'
import { type Fault, faultEnv, type StepTaken } from '../support/fault-env.ts'
import { endingsOf, failuresOf, sampled, told } from '../support/fault-plan.ts'
import { candles, plainSql, sqlOfBars, temporaryFolder } from '../support/store-fixture.ts'

const DAY = 86_400_000
const FIRST = Date.parse('2023-12-20T14:30:00Z')
/** Far enough apart for a window that tiers are asked for. */
const DAYS = [0, 4, 8, 11, 13, 18, 23]

/** What stood below `.barkeep/derived/` before: nothing, or tiers of the same bytes in other files, without the last day. */
const STATES = ['no tiers', 'older tiers'] as const

let stores: string
let expected: Viewport

const dayfile = (day: number): string =>
  `data/2m/${new Date(FIRST + day * DAY).toISOString().slice(0, 10)}.parquet`

/** Asks for all bars as few candles, and waits until what was learned on the way is kept, or could not be. */
async function asked(root: string, env: Env, armed: () => void = () => {}): Promise<Viewport> {
  const context = await openContext(root, { env })
  const facts = new DayfileFactsCache(context, { worthKeeping: 1 })
  armed()
  const found = await viewport(
    {
      context,
      blocks: new DayBlocks(context),
      facts,
      objectsAt: async () => ({ objects: [], problems: [] }),
    },
    { symbol: 'SPY', timeframe: '2m', from: FIRST, to: FIRST + 24 * DAY, maxBars: 10 },
  )
  await facts.settled()
  await closeContext(context)
  return found
}

async function freshCopy(state: (typeof STATES)[number]): Promise<string> {
  const root = path.join(stores, 'tried')
  await rm(root, { recursive: true, force: true })
  await cp(path.join(stores, state), root, { recursive: true })
  return root
}

beforeAll(async () => {
  stores = await temporaryFolder('tiers')
  for (const state of STATES) {
    const root = path.join(stores, state)
    await mkdir(path.join(root, 'data/2m'), { recursive: true })
    const write = (day: number): string =>
      sqlOfBars(path.join(root, dayfile(day)), candles(30, FIRST + day * DAY))
    await plainSql(...DAYS.slice(0, -1).map(write))
    if (state === 'older tiers') await asked(root, nodeEnv)
    await plainSql(...DAYS.slice(-1).map(write))
  }
  const root = await freshCopy('no tiers')
  expected = await asked(root, nodeEnv)
  expect(expected.candles.ts.length).toBe(DAYS.length)
  // Finer levels come from the bars.
  expect(expected.level.label).toBe('1h')
})
afterAll(() => rm(stores, { recursive: true, force: true }))

/** The steps of keeping tiers when nothing fails. */
async function stepsOf(state: (typeof STATES)[number]): Promise<readonly StepTaken[]> {
  const counted = faultEnv()
  expect(await asked(await freshCopy(state), counted.env, counted.arm)).toEqual(expected)
  return counted.taken
}

describe('keeping tiers while the disk fails', () => {
  it.each(STATES)(
    'R13: %s: no failure or end at any file step changes an answer, then or at the next open',
    async (state) => {
      const steps = await stepsOf(state)
      const faults: Fault[] = [...failuresOf(steps), ...sampled(endingsOf(steps, 'death'), 2)]
      for (const fault of faults) {
        const inWords = told(fault, steps)
        const root = await freshCopy(state)
        const faulty = faultEnv(fault)
        const answer = await asked(root, faulty.env, faulty.arm).catch((error: unknown) => {
          // A process that is no more gives no answer.
          if (fault.how !== 'death') throw error
          return expected
        })
        expect(answer, inWords).toEqual(expected)
        expect(faulty.taken.length, inWords).toBeGreaterThanOrEqual(fault.at)
        expect(await asked(root, nodeEnv), `${inWords}, the next open`).toEqual(expected)
      }
      console.log(`tiers, ${state}: ${steps.length} file steps, ${faults.length} failures and ends tried`)
      expect(steps.length).toBeGreaterThan(5)
    },
  )
})
