import { reportOf } from '../../schemas/contract/errors.ts'
import { runAsKillChild } from '../support/kill-child.ts'
import { DUE, run } from './after-close-scenario.ts'

await runAsKillChild({
  run: async ({ root, env, arm }) => {
    await run(root, DUE, env, arm)
  },
  /** One of several at once: tells what became of it. */
  race: async ({ root, env, acknowledge }) => {
    try {
      const { days, already } = await run(root, DUE, env)
      acknowledge(already === undefined ? `${days.length} files` : 'already')
    } catch (thrown) {
      acknowledge(reportOf(thrown).code)
    }
  },
})
