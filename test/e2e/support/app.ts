import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, expect } from '@playwright/test'
import { type LaunchOptions, RunningApp } from './running-app.ts'
import { TestStores } from './stores.ts'

export { expect } from '@playwright/test'
export type { LaunchOptions, RunningApp } from './running-app.ts'
export { barkeep, barkeepJson } from './stores.ts'

interface TestFixtures {
  /**
   * Starts the built app on a store, with settings of its own. Whatever was started is closed after
   * the test, which fails when the app said an error, crashed, ended badly or would not quit.
   */
  launch: (options: LaunchOptions) => Promise<RunningApp>
}

interface WorkerFixtures {
  /** Stores to start the app on; gone when the worker ends. */
  stores: TestStores
}

/**
 * `test` of every end-to-end test: the built app in a real Electron, never a stand-in.
 *
 * @example
 * test('R1: …', async ({ launch, stores }) => {
 *   const { page } = await launch({ store: await stores.sample(), view: 'chart' })
 *   await expect(page.getByRole('button', { name: 'Storage' })).toBeVisible()
 * })
 */
export const test = base.extend<TestFixtures, WorkerFixtures>({
  stores: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'barkeep-stores-'))
      await use(new TestStores(folder))
      await rm(folder, { recursive: true, force: true })
    },
    { scope: 'worker' },
  ],

  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
  launch: async ({}, use, testInfo) => {
    const started: RunningApp[] = []
    const settings: string[] = []
    await use(async (options) => {
      let userData = options.userData
      if (userData === undefined) {
        userData = await mkdtemp(join(tmpdir(), 'barkeep-settings-'))
        settings.push(userData)
      }
      const running = await RunningApp.launch(userData, options)
      started.push(running)
      return running
    })
    if (testInfo.status !== testInfo.expectedStatus) {
      for (const [index, running] of started.entries())
        await keepPicture(running, testInfo.outputPath(`window-${index}.png`))
    }
    const troubles: string[] = []
    for (const running of started) troubles.push(...(await running.close()))
    for (const folder of settings) await rm(folder, { recursive: true, force: true })
    expect(troubles, 'the app ran without trouble').toEqual([])
  },
})

/** A failed test's last look at its window. An app that is gone has none to give. */
async function keepPicture(running: RunningApp, path: string): Promise<void> {
  if (!running.isRunning || running.page.isClosed()) return
  await running.page.screenshot({ path, timeout: 5000 }).catch((error: unknown) => {
    process.stderr.write(`no picture of the failed test: ${String(error)}\n`)
  })
}
