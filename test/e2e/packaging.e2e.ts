import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineBridge } from '../../schemas/contract/engine.ts'
import { expect, test } from './support/app.ts'
import { listArchive, type PackagedApp, packageInto, readFuses } from './support/packaged-app.ts'

test.describe('the packaged app', () => {
  test.skip(process.platform !== 'linux', 'the unpacked folder is looked into as it is on Linux')

  let folder: string
  let packaged: PackagedApp
  test.beforeAll(async () => {
    test.setTimeout(180_000)
    folder = await mkdtemp(join(tmpdir(), 'barkeep-package-'))
    packaged = await packageInto(folder)
  })
  test.afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  test('opens a store: window, archive and native binding', async ({ launch, stores }) => {
    const store = await stores.sample()
    const { app, page } = await launch({ packaged: packaged.executable, store, view: 'chart' })

    await expect(page).toHaveTitle(/Barkeep/)
    await expect(page.getByRole('contentinfo')).toContainText('Last bar')
    expect(await app.evaluate(({ app: running }) => running.isPackaged)).toBe(true)
    expect(await app.evaluate(({ app: running }) => running.getAppPath())).toBe(packaged.archive)

    const bars = await page.evaluate(async () => {
      const { barkeep } = globalThis as unknown as { barkeep: EngineBridge }
      const info = await barkeep.call('storeInfo', null)
      if (!info.ok || info.value === null) throw new Error(JSON.stringify(info))
      const series = info.value.series[0]
      if (series === undefined) throw new Error('the sample store has no series')
      const { symbol, timeframe, firstTs: from, lastTs: to } = series
      const answer = await barkeep.call('viewport', { symbol, timeframe, from, to })
      if (!answer.ok) throw new Error(answer.error.message)
      return answer.value.candles.ts.length
    })
    expect(bars).toBeGreaterThan(0)
  })

  test('carries what it needs and nothing else', async () => {
    const files = await listArchive(packaged.archive)
    const names = [...files.keys()]
    for (const needed of [
      'package.json',
      'out/main/index.js',
      'out/preload/preload.cjs',
      'out/renderer/index.html',
    ]) {
      expect(names).toContain(needed)
    }
    const strangers = names.filter((name) => !/^(out|node_modules)\/|^package\.json$/.test(name))
    expect(strangers).toEqual([])
    expect(names.filter((name) => name.endsWith('.map'))).toEqual([])
    expect(names.filter((name) => /^node_modules\/(electron|react|vite|playwright)/.test(name))).toEqual([])

    const binding = [...files].filter(([name]) => /\.(node|so)$/.test(name))
    expect(binding.length).toBeGreaterThan(0)
    expect(binding.filter(([, unpacked]) => !unpacked)).toEqual([])
  })

  test('has the fuses of electron-builder.yml, but for the inspector that this test needs', async () => {
    expect(await readFuses(packaged.executable)).toEqual({
      runAsNode: false,
      cookieEncryption: true,
      nodeOptions: false,
      nodeCliInspect: true,
      embeddedAsarIntegrity: true,
      onlyLoadAppFromAsar: true,
      browserSpecificSnapshot: false,
      fileProtocolPrivileges: false,
    })
  })
})
