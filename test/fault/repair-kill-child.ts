import { runAsKillChild } from '../support/kill-child.ts'
import { disturb, opened } from './repair-scenario.ts'

await runAsKillChild({
  async repair({ root, env, arm }) {
    const store = await opened(root, env)
    await disturb(root)
    arm()
    await store.compactor.repair()
    await store.close()
  },
})
