import { runAsKillChild } from '../support/kill-child.ts'
import { write } from './event-scenario.ts'
import { MONTH_SCENARIOS } from './month-scenario.ts'

await runAsKillChild(
  Object.fromEntries(
    Object.entries(MONTH_SCENARIOS).map(([name, { work }]) => [
      name,
      ({ root, env, arm, acknowledge }) => write(root, env, arm, acknowledge, work),
    ]),
  ),
)
