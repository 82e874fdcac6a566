import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { findElectron } from '../../scripts/setup/electron-runtime.mjs'
import { runtimeEnvironment } from '../../scripts/setup/launch.mjs'
import { projectRoot } from '../../scripts/setup/project.mjs'
import { sandboxSwitches } from '../../scripts/setup/sandbox.mjs'
import { expect, test } from './support/app.ts'

const run = promisify(execFile)
/** Longer than the app's own minute, so that its own line is what is seen. */
const LIMIT = 90_000

let folder: string

test.beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'barkeep-picture-test-'))
})

test.afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** Runs the built app to its end. `said` is what the app itself wrote on standard error, without Chromium's lines. */
async function appRun(...flags: readonly string[]): Promise<{ code: number; said: readonly string[] }> {
  const runtime = findElectron()
  if (runtime === null) throw new Error('No Electron runtime here yet; `npm test` gets one.')
  const args = [
    ...sandboxSwitches(),
    projectRoot,
    `--user-data-dir=${path.join(folder, 'settings')}`,
    ...flags,
  ]
  const linesOf = (text: string) => text.split('\n').filter((line) => line.startsWith('barkeep:'))
  try {
    const { stderr } = await run(runtime.executable, args, {
      env: runtimeEnvironment(runtime),
      timeout: LIMIT,
    })
    return { code: 0, said: linesOf(stderr) }
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string }
    if (typeof code !== 'number') throw error
    return { code, said: linesOf(stderr ?? '') }
  }
}

/** Width and height as the PNG's header tells them. */
function pngSize(png: Buffer): readonly [number, number] {
  expect(png.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
  return [png.readUInt32BE(16), png.readUInt32BE(20)]
}

for (const view of ['chart', 'storage']) {
  test(`P8: --screenshot saves a picture of the ${view} view and exits 0`, async ({ stores }) => {
    const file = path.join(folder, 'a.png')
    const ended = await appRun('--store', await stores.sample(), '--view', view, '--screenshot', file)
    expect(ended).toEqual({ code: 0, said: [] })
    const png = await readFile(file)
    expect(pngSize(png)).toEqual([1440, 900])
    // A blank window of this size packs into a few kilobytes.
    expect(png.length).toBeGreaterThan(20_000)
    expect(await readdir(folder)).toEqual(['a.png', 'settings'])
  })
}

test('P8: --screenshot on a store that isn’t there exits 2 with one line and no picture', async () => {
  const missing = path.join(folder, 'nowhere')
  const { code, said } = await appRun('--store', missing, '--screenshot', path.join(folder, 'a.png'))
  expect(code).toBe(2)
  expect(said).toHaveLength(1)
  expect(said[0]).toContain(missing)
  expect(await readdir(folder)).toEqual(['settings'])
})

test('P8: --screenshot into a place that can’t be written exits 2 with one line', async ({ stores }) => {
  const blocked = path.join(folder, 'a-file')
  await writeFile(blocked, '')
  const { code, said } = await appRun(
    '--store',
    await stores.empty(),
    '--screenshot',
    path.join(blocked, 'a.png'),
  )
  expect(code).toBe(2)
  expect(said).toEqual([expect.stringContaining('no screenshot')])
})

test('P8: an unknown view and a flag without its value exit 2 with one line', async () => {
  expect(await appRun('--view', 'kitchen')).toEqual({
    code: 2,
    said: [expect.stringContaining('chart, decisions, audits, research, policies, storage')],
  })
  expect(await appRun('--screenshot')).toEqual({ code: 2, said: [expect.stringContaining('--screenshot')] })
})

test('P6: a picture leaves no trace in the settings', async ({ stores }) => {
  const settings = path.join(folder, 'settings')
  await appRun('--store', await stores.empty(), '--screenshot', path.join(folder, 'a.png'))
  expect(await readdir(settings)).not.toContain('settings.json')
})
