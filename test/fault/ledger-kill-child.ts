import type { Env } from '../../src-main/store/fs/env.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { type KillScenario, runAsKillChild } from '../support/kill-child.ts'
import { LEDGER_SCENARIOS, NOW } from './ledger-scenario.ts'

await runAsKillChild(
  Object.fromEntries(
    Object.entries(LEDGER_SCENARIOS).map(([name, { work }]): [string, KillScenario] => [
      name,
      async ({ root, env, arm, acknowledge }) => {
        const timed: Env = { ...env, now: () => NOW }
        const context = await openContext(root, { env: timed })
        arm()
        await work(context, acknowledge)
        await closeContext(context)
      },
    ]),
  ),
)
