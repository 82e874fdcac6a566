import { runAsKillChild } from '../support/kill-child.ts'
import { doWork, LEDGER_SCENARIOS } from './ledger-month-scenario.ts'

await runAsKillChild(
  Object.fromEntries(
    Object.entries(LEDGER_SCENARIOS).map(([name, { work }]) => [
      name,
      ({ root, env, arm }) => doWork(root, env, arm, work),
    ]),
  ),
)
