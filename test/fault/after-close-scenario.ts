import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { AfterCloseReceipt } from '../../schemas/contract/live.ts'
import type { Store } from '../../src-main/store/api.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { decision } from '../support/ledger-store.ts'
import { candles, zoneEvent } from '../support/store-fixture.ts'

/** Friday, a quarter of an hour after its close. */
export const DUE = Date.parse('2024-03-08T21:15:00Z')
const OPEN = Date.parse('2024-03-08T14:30:00Z')
const FEBRUARY = '2024-02-05T15:00:00.000+00:00'

/** A store as it is opened by a program with a schedule, at a time of the test's. */
export function openAt(root: string, now: number, env: Env = nodeEnv): Promise<Store> {
  return openStore(root, { env: { ...env, now: () => now }, program: 'app' })
}

/** Parts of two timeframes, of which one is numbered, an event, and a closed month of decisions; short averages. */
export async function prepare(root: string): Promise<void> {
  await mkdir(path.join(root, '.barkeep'), { recursive: true })
  await writeFile(path.join(root, '.barkeep/settings.json'), '{"emaPeriods":[2]}')
  const store = await openAt(root, DUE - 3_600_000)
  for (const timeframe of ['2m', '15m']) {
    const bars = candles(2, OPEN, { timeframe, step: 900_000 })
    await store.writer.appendCandles(bars.map(({ ts_iso: _, global_x: __, ...bar }) => bar))
  }
  await store.writer.appendEvents([zoneEvent({ ts: OPEN, event_id: 'e1', left_ts: OPEN })])
  await store.writer.appendLedger('decisions', [decision('d1', FEBRUARY)])
  await store.close()
}

/** The scheduled run, from the moment that the store is open. */
export async function run(
  root: string,
  now: number,
  env: Env = nodeEnv,
  arm: () => void = () => undefined,
): Promise<AfterCloseReceipt> {
  const store = await openAt(root, now, env)
  try {
    arm()
    return await store.compactor.runAfterClose({}, { origin: 'scheduled' })
  } finally {
    await store.close()
  }
}
