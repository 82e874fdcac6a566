import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { ElectronApplication } from '@playwright/test'
import type { EngineBridge } from '../../schemas/contract/engine.ts'
import { findElectron } from '../../scripts/setup/electron-runtime.mjs'
import { runtimeEnvironment } from '../../scripts/setup/launch.mjs'
import { projectRoot } from '../../scripts/setup/project.mjs'
import { sandboxSwitches } from '../../scripts/setup/sandbox.mjs'
import { expect, test } from './support/app.ts'

const run = promisify(execFile)
let folder: string

test.beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'barkeep-life-test-'))
})

test.afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** Answers the app's questions with their first button and keeps what they said. */
async function answerQuestions(app: ElectronApplication): Promise<() => Promise<readonly string[]>> {
  await app.evaluate(({ dialog }) => {
    const asked: string[] = []
    Object.assign(globalThis, { asked })
    dialog.showMessageBox = async (...args: unknown[]) => {
      const { message, detail } = args.at(-1) as { message: string; detail: string }
      asked.push(`${message} ${detail}`)
      return { response: 0, checkboxChecked: false }
    }
  })
  return () => app.evaluate(() => (globalThis as unknown as { asked: string[] }).asked)
}

test('a second start brings the running window to the front, on the store it names', async ({
  launch,
  stores,
}) => {
  const [first, second] = [await stores.empty(), await stores.empty()]
  const { page } = await launch({ store: first, userData: folder })
  const opened = page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const { barkeep } = window as unknown as { barkeep: EngineBridge }
        barkeep.on('storeOpened', (info) => resolve(info.path))
      }),
  )
  const runtime = findElectron()
  if (runtime === null) throw new Error('No Electron runtime here yet; `npm test` gets one.')
  const args = [...sandboxSwitches(), projectRoot, `--user-data-dir=${folder}`, '--store', second]
  // It ends with 0, else this throws.
  const { stderr } = await run(runtime.executable, args, {
    env: runtimeEnvironment(runtime),
    timeout: 30_000,
  })
  expect(stderr).toContain('barkeep: already running')
  expect(await opened).toBe(second)
})

test('P9: a defect of the main process is shown and logged, and the app goes on', async ({
  launch,
  stores,
}) => {
  const { app, page } = await launch({ store: await stores.empty(), userData: folder })
  const questions = await answerQuestions(app)
  await app.evaluate(() => {
    setTimeout(() => {
      throw new Error('a provoked defect')
    })
    void Promise.reject(new Error('a provoked rejection'))
  })
  await expect
    .poll(questions)
    .toEqual(expect.arrayContaining([/provoked defect/, /provoked rejection/].map(expect.stringMatching)))
  const log = await readFile(path.join(folder, 'logs', 'barkeep.log'), 'utf8')
  expect(log).toContain('a provoked defect')
  expect(log).toContain('a provoked rejection')
  expect(await page.evaluate(() => window.origin)).toBe('app://bundle')
})

test('P9: a window whose process ended is offered again and logged', async ({ launch, stores }) => {
  const { app } = await launch({
    store: await stores.empty(),
    userData: folder,
    expectedTroubles: [
      /renderer crashed/,
      /Crashing because hung/,
      // The new process's empty first page is told nothing of a preload; ours, which follows at once, is.
      /sandboxed_renderer\.bundle\.js|preloadScripts/,
    ],
  })
  const questions = await answerQuestions(app)
  const loaded = app.evaluate(
    ({ webContents }) =>
      new Promise<string>((resolve) => {
        const contents = webContents.getAllWebContents()[0]
        contents?.once('did-finish-load', () => resolve(contents.getURL()))
        contents?.forcefullyCrashRenderer()
      }),
  )
  expect(await loaded).toBe('app://bundle/index.html')
  // A question to a frame that is being replaced is never answered: asked again, each time for a bounded while.
  const bridge = () =>
    app.evaluate(({ webContents }) =>
      Promise.race([
        webContents.getAllWebContents()[0]?.executeJavaScript('typeof window.barkeep'),
        new Promise((resolve) => setTimeout(resolve, 500, 'no answer')),
      ]),
    )
  await expect.poll(bridge).toBe('object')
  expect(await questions()).toEqual([expect.stringContaining('stopped working')])
  expect(await readFile(path.join(folder, 'logs', 'barkeep.log'), 'utf8')).toContain(
    "the window's process ended",
  )
})

test('P6: the window opens where it was left', async ({ launch, stores }) => {
  const store = await stores.empty()
  const first = await launch({ store, userData: folder })
  const left = { x: 40, y: 60, width: 1100, height: 700 }
  await first.app.evaluate(
    ({ BrowserWindow }, bounds) => BrowserWindow.getAllWindows()[0]?.setBounds(bounds),
    left,
  )
  await expect
    .poll(() => first.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds()))
    .toEqual(left)
  await first.app.close()
  const again = await launch({ store, userData: folder })
  expect(
    await again.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds()),
  ).toEqual(left)
})
