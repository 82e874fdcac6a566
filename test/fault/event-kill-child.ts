import { runAsKillChild } from '../support/kill-child.ts'
import { write } from './event-scenario.ts'

await runAsKillChild({
  events: ({ root, env, arm, acknowledge }) => write(root, env, arm, acknowledge),
})
