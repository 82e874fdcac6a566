import { openStore } from '../../src-main/store/index.ts'
import { type KillScenario, runAsKillChild } from '../support/kill-child.ts'
import { decision } from '../support/ledger-store.ts'
import { candles, zoneEvent } from '../support/store-fixture.ts'
import { ATTEMPTS, LIVE_FROM } from './live-kill-plan.ts'

/** A bot that writes two bars, a zone and a decision: each attempt has its own, after those of the attempts before. */
function bot(attempt: number): KillScenario {
  return async ({ root, env, arm, acknowledge }) => {
    const store = await openStore(root, { env })
    const from = LIVE_FROM + attempt * 240_000
    arm()
    for (const bar of candles(2, from)) {
      await store.writer.appendCandles([bar])
      acknowledge(bar)
    }
    await store.writer.appendEvents([zoneEvent({ object_id: `zone-${attempt}`, ts: from })])
    // Of today: an old day would be sealed once it has its file.
    await store.writer.appendLedger('decisions', [
      decision(`d${attempt}`, new Date().toISOString().replace('Z', '+00:00')),
    ])
    await store.close()
  }
}

/** Compacts all that waits. */
const compact: KillScenario = async ({ root, env, arm }) => {
  const store = await openStore(root, { env })
  arm()
  await store.compactor.compact({})
  await store.close()
}

await runAsKillChild({
  compact,
  ...Object.fromEntries(Array.from({ length: ATTEMPTS }, (_, attempt) => [`bot-${attempt}`, bot(attempt)])),
})
