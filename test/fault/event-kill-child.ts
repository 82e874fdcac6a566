import { runAsKillChild } from '../support/kill-child.ts'
import { EVENT_SCENARIOS, write } from './event-scenario.ts'

await runAsKillChild(
  Object.fromEntries(
    Object.entries(EVENT_SCENARIOS).map(([name, work]) => [
      name,
      ({ root, env, arm, acknowledge }) => write(root, env, arm, acknowledge, work),
    ]),
  ),
)
