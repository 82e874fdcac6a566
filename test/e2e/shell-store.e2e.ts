import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ElectronApplication, Page } from '@playwright/test'
import type { Answer, CallName, EngineBridge, EngineCalls } from '../../schemas/contract/engine.ts'
import type { JobUpdate } from '../../schemas/contract/jobs.ts'
import { barkeep, expect, test } from './support/app.ts'

let folder: string

test.beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'barkeep-shell-test-'))
})

test.afterEach(async () => {
  // The app still runs and may write meanwhile: it is closed after this.
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
})

/** A call as the page makes it. */
function call<Name extends CallName>(page: Page, name: Name, payload: Parameters<EngineCalls[Name]>[0]) {
  return page.evaluate(
    ([asked, sent]) =>
      (window as unknown as { barkeep: EngineBridge }).barkeep.call(asked as CallName, sent as never),
    [name, payload] as const,
  ) as Promise<Answer<ReturnType<EngineCalls[Name]>>>
}

/** Starts a job by a call and waits for its end. */
async function finish(page: Page, name: CallName, payload: unknown): Promise<JobUpdate> {
  return await page.evaluate(
    async ([asked, sent]) => {
      const { barkeep } = window as unknown as { barkeep: EngineBridge }
      const updates: JobUpdate[] = []
      let met: (update: JobUpdate) => void = () => {}
      const stop = barkeep.on('job', (update) => {
        updates.push(update)
        met(update)
      })
      const answer = await barkeep.call(asked as CallName, sent as never)
      if (!answer.ok) throw new Error(JSON.stringify(answer.error))
      const { job } = answer.value as { job: string }
      const isEnd = (update: JobUpdate) => update.job === job && update.state !== 'running'
      const end =
        updates.find(isEnd) ??
        (await new Promise<JobUpdate>((resolve) => {
          met = (update) => isEnd(update) && resolve(update)
        }))
      stop()
      return end
    },
    [name, payload] as const,
  )
}

/** The person's answer to the next file dialogs; null cancels. */
async function answerDialogs(app: ElectronApplication, chosen: string | null): Promise<void> {
  await app.evaluate(({ dialog }, file) => {
    dialog.showOpenDialog = async () => ({ canceled: file === null, filePaths: file === null ? [] : [file] })
  }, chosen)
}

const BAR = { symbol: 'SPY', timeframe: '2m', open: 1, high: 2, low: 0.5, close: 1.5, volume: 10 }
const line = (timestamp: string) => JSON.stringify({ ...BAR, timestamp })

test('P2: the calls of the contract reach the store and come back as values', async ({ launch, stores }) => {
  const store = await stores.sample()
  const { page } = await launch({ store, view: 'chart' })
  const launched = await call(page, 'launchInfo', null)
  expect(launched).toMatchObject({ ok: true, value: { view: 'chart', screenshot: false, storePath: store } })
  const info = await call(page, 'storeInfo', null)
  if (!info.ok || info.value === null || info.value.lastBar === null) throw new Error(JSON.stringify(info))
  const { symbol, timeframe, ts } = info.value.lastBar
  const columns = await page.evaluate(
    async (request) => {
      const answer = await (window as unknown as { barkeep: EngineBridge }).barkeep.call('viewport', request)
      if (!answer.ok) throw new Error(answer.error.message)
      const { candles } = answer.value
      return {
        typed: candles.ts instanceof Float64Array,
        last: candles.ts.at(-1),
        count: candles.close.length,
      }
    },
    { symbol, timeframe, from: ts - 86_400_000, to: ts },
  )
  expect(columns.typed).toBe(true)
  expect(columns.last).toBe(ts)
  expect(columns.count).toBeGreaterThan(10)
  expect(await call(page, 'objectHistory', { objectId: 'nobody' })).toMatchObject({
    ok: false,
    error: { code: 'NOT_FOUND' },
  })
  expect(await call(page, 'cancelJob', { job: 'compact-99' })).toMatchObject({ error: { code: 'NOT_FOUND' } })
})

test('P7: doctor and compaction run as jobs and end with their receipts', async ({ launch, stores }) => {
  const { page } = await launch({ store: await stores.sample() })
  const doctor = await finish(page, 'doctor', null)
  expect(doctor).toMatchObject({ kind: 'doctor', state: 'done', result: { kind: 'doctor' } })
  const planned = await finish(page, 'compact', { dryRun: true })
  const done = await finish(page, 'compact', {})
  if (planned.result?.kind !== 'compact' || done.result?.kind !== 'compact') throw new Error('no receipt')
  expect(planned.result.receipt.days.every((day) => day.skipped === 'dry run')).toBe(true)
  expect(done.result.receipt.days.filter((day) => day.skipped === null).map((day) => day.day)).toEqual(
    planned.result.receipt.days.map((day) => day.day),
  )
  const info = await call(page, 'storeInfo', null)
  expect(info).toMatchObject({ ok: true, value: { partsWaiting: 0 } })
})

test('P8: a store that can’t be opened leaves a window that says why', async ({ launch }) => {
  const missing = path.join(folder, 'nowhere')
  const { page } = await launch({ store: missing })
  expect(await call(page, 'storeInfo', null)).toMatchObject({ ok: false, error: { code: 'NO_STORE' } })
  expect(await call(page, 'launchInfo', null)).toMatchObject({ ok: true, value: { storePath: null } })
  expect(await call(page, 'doctor', null)).toMatchObject({ ok: false, error: { code: 'NO_STORE' } })
  await expect(page.getByText(missing).first()).toBeVisible()
})

test('P6: Open Store… opens the chosen folder, a cancelled or bad choice leaves the old one, and it is remembered', async ({
  launch,
  stores,
}) => {
  const first = await stores.empty()
  const second = await stores.sample()
  const userData = path.join(folder, 'settings')
  const { app, page } = await launch({ store: first, userData })

  await answerDialogs(app, null)
  expect(await call(page, 'openStore', null)).toEqual({ ok: true, value: null })
  await answerDialogs(app, path.join(folder, 'nowhere'))
  expect(await call(page, 'openStore', null)).toMatchObject({ ok: false, error: { code: 'NO_STORE' } })
  expect(await call(page, 'storeInfo', null)).toMatchObject({
    ok: true,
    value: { path: first, hasData: false },
  })

  await answerDialogs(app, second)
  expect(await call(page, 'openStore', null)).toMatchObject({
    ok: true,
    value: { path: second, hasData: true },
  })
  await app.close()

  const again = await launch({ store: null, userData })
  expect(await call(again.page, 'launchInfo', null)).toMatchObject({ ok: true, value: { storePath: second } })
})

test('X1: an import from the menu takes the chosen file in and tells the window', async ({
  launch,
  stores,
}) => {
  const { app, page } = await launch({ store: await stores.empty() })
  const file = path.join(folder, 'bars.ndjson')
  await writeFile(
    file,
    `${line('2024-03-08T14:30:00Z')}\n${line('2024-03-08T14:32:00Z')}\n{"symbol":"SPY"}\n`,
  )
  await answerDialogs(app, file)

  const changed = await barsHeard(page)
  await app.evaluate(({ Menu }) => {
    Menu.getApplicationMenu()?.getMenuItemById('import-candles')?.click()
  })
  expect(await changed()).toBe(true)
  expect(await call(page, 'storeInfo', null)).toMatchObject({
    ok: true,
    value: { hasData: true, partsWaiting: 2 },
  })

  const again = await finish(page, 'importFile', { table: 'candles' })
  expect(again.result).toMatchObject({ kind: 'import', file, receipt: { accepted: 0, duplicates: 2 } })
  await answerDialogs(app, null)
  expect(await call(page, 'importFile', { table: 'candles' })).toEqual({ ok: true, value: null })
})

test('P6: the theme of the menu reaches the page, and preferences survive closing the window at once', async ({
  launch,
  stores,
}) => {
  const userData = path.join(folder, 'settings')
  const { app, page } = await launch({ store: await stores.empty(), userData })
  await app.evaluate(({ Menu }) => {
    Menu.getApplicationMenu()?.getMenuItemById('theme-light')?.click()
  })
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
  await call(page, 'setPreferences', { logScale: true })
  const gone = new Promise((resolve) => app.process().once('exit', resolve))
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  expect(await gone).toBe(0)

  const again = await launch({ store: null, userData })
  expect(await call(again.page, 'preferences', null)).toMatchObject({
    ok: true,
    value: { theme: 'light', logScale: true },
  })
  expect(await again.app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('light')
})

test('R3: bars that another program writes are noticed', async ({ launch, stores }) => {
  const store = await stores.empty()
  const { page } = await launch({ store })
  const changed = await barsHeard(page)
  const file = path.join(folder, 'bars.ndjson')
  await writeFile(file, `${line('2024-03-08T14:30:00Z')}\n`)
  expect((await barkeep('ingest', 'candles', file, '--store', store)).code).toBe(0)
  expect(await changed()).toBe(true)
})

/** Listens from when it resolves on. @returns waits until the page hears of changed candles */
async function barsHeard(page: Page): Promise<() => Promise<boolean>> {
  await page.evaluate(() => {
    const { barkeep } = window as unknown as { barkeep: EngineBridge }
    const heard = new Promise<boolean>((resolve) => {
      barkeep.on('live', ({ tables }) => {
        if (tables.includes('candles')) resolve(true)
      })
    })
    Object.assign(window, { heard: () => heard })
  })
  return () => page.evaluate(() => (window as unknown as { heard(): Promise<boolean> }).heard())
}
