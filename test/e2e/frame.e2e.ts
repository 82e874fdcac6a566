import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { defaultStore } from '../../scripts/setup/project.mjs'
import { isEmptyStore } from '../../scripts/setup/sample-store.mjs'
import { barkeepJson, expect, test } from './support/app.ts'
import { answerOpenDialogs, chooseMenuItem } from './support/native-dialogs.ts'
import { barLine, smallStore } from './support/small-store.ts'

let folder: string

test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-frame-test-'))
})

test.afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** A bar so many minutes after 09:00 in Chicago on a Friday in winter time. */
const bar = (minute: number, change: object = {}): string =>
  barLine('2m', Date.UTC(2024, 2, 8, 15, minute), change)

test('U8: an empty folder opens, says how to bring data in, and shows the first bar that is imported', async ({
  launch,
  stores,
}) => {
  const store = await stores.empty()
  const { app, page } = await launch({ store })
  await expect(page.getByRole('heading', { name: 'This store holds no bars yet' })).toBeVisible()
  await expect(page.getByText(`ingest candles bars.ndjson --store ${store}`)).toBeVisible()

  const file = join(folder, 'bars.ndjson')
  await writeFile(
    file,
    [bar(0), bar(2, { high: 500 }), bar(4, { surprise: 1 }), bar(6), '{"symbol":"SPY"'].join('\n'),
  )
  await answerOpenDialogs(app, file)
  await page.getByRole('button', { name: 'Import NDJSON…' }).click()
  await page.getByRole('button', { name: 'Choose a file…' }).click()
  const receipt = page.getByRole('dialog', { name: 'Imported' })
  await expect(receipt.getByText(file)).toBeVisible()
  // Head and three bad lines: each with its number, its field and the reason with the value.
  const rows = receipt.getByRole('table').getByRole('row')
  await expect(rows).toHaveCount(4)
  await expect(rows.nth(1)).toContainText(/^2high.*500/)
  await expect(rows.nth(2)).toContainText(/^3surprise/)
  await expect(rows.nth(3)).toContainText(/^5whole line/)
  await receipt.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('heading', { name: 'This store holds no bars yet' })).toBeHidden()
  await expect(page.getByRole('contentinfo')).toContainText('Last bar SPY 2m · 2024-03-08 09:06 CST')
  await expect(page.getByRole('contentinfo')).toContainText('2 parts waiting')
})

test('U8: a dry run says what would be stored and stores nothing', async ({ launch, stores }) => {
  const { app, page } = await launch({ store: await stores.empty() })
  const file = join(folder, 'bars.ndjson')
  await writeFile(file, `${bar(0)}\n${bar(2)}\n`)
  await answerOpenDialogs(app, file)
  await expect(page.getByRole('heading', { name: 'This store holds no bars yet' })).toBeVisible()
  await page.keyboard.press('Control+i')
  await page.getByRole('checkbox', { name: 'Dry run' }).click()
  await page.getByRole('button', { name: 'Choose a file…' }).click()
  const receipt = page.getByRole('dialog', { name: 'Dry run: nothing was written' })
  await expect(receipt).toContainText('Accepted2would be stored')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('heading', { name: 'This store holds no bars yet' })).toBeVisible()
})

test('U8: a sample store can be written from the window, and the chart comes up on it', async ({
  launch,
  stores,
}) => {
  // Thousands of parts, each fsynced: on a busy machine that alone takes a minute.
  test.setTimeout(180_000)
  const { page } = await launch({ store: await stores.empty() })
  await page.getByRole('button', { name: 'Create a sample store' }).click()
  await expect(page.getByRole('contentinfo').getByRole('status')).toContainText(
    /^Sample written: [\d,]+ bars, \d+ events, [\d,]+ decisions$/,
    {
      timeout: 150_000,
    },
  )
  await expect(page.getByRole('heading', { level: 1, name: 'Chart' })).toBeAttached()
  await expect(page.getByRole('contentinfo')).toContainText('Last bar')
})

test('U8: a first run says what a store is and offers to open one or to write a sample', async ({
  launch,
}) => {
  test.skip(!isEmptyStore(defaultStore), 'storage/ of this checkout holds data, so it is opened')
  const { app, page } = await launch({ store: null })
  await expect(page.getByRole('heading', { name: 'No store is open' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Create a sample store' })).toBeVisible()
  await answerOpenDialogs(app, folder)
  await page.getByRole('button', { name: 'Open store…' }).click()
  await expect(page.getByRole('heading', { name: 'This store holds no bars yet' })).toBeVisible()
  await expect(page.getByRole('contentinfo')).toContainText(folder)
})

test('U8: a store that is not there is told with its code; another can be opened from there', async ({
  launch,
  stores,
}) => {
  const missing = join(folder, 'nowhere')
  const { app, page } = await launch({ store: missing })
  const told = page.getByRole('alert').filter({ hasText: 'The store could not be opened' })
  await expect(told).toContainText('NO_STORE')
  await expect(told).toContainText(missing)
  await answerOpenDialogs(app, await smallStore(stores))
  await page.getByRole('button', { name: 'Open store…' }).click()
  await expect(told).toBeHidden()
  await expect(page.getByRole('contentinfo')).toContainText('Last bar')
})

test('U2: a failed call is shown with its code beside the view until it is dismissed', async ({
  launch,
  stores,
}) => {
  const { app, page } = await launch({ store: await smallStore(stores), view: 'storage' })
  await answerOpenDialogs(app, join(folder, 'nowhere'))
  const calendar = page.getByRole('grid', { name: 'Stored days' })
  await expect(calendar).toBeVisible()
  await page.keyboard.press('Control+o')
  const notice = page.getByRole('alert').filter({ hasText: 'NO_STORE' })
  await expect(notice).toContainText('The store could not be opened.')
  await page.keyboard.press('Control+o')
  await expect(notice).toContainText('2 times')
  // In the layout, not over it.
  const [view, strip] = [await page.getByRole('main').boundingBox(), await notice.boundingBox()]
  expect(view && strip && view.y + view.height).toBeLessThanOrEqual(strip?.y ?? 0)
  await notice.getByRole('button', { name: 'Dismiss' }).click()
  await expect(notice).toBeHidden()
  await expect(calendar).toBeVisible()
})

test('U4: keys, palette and native menu reach the same commands', async ({ launch, stores }) => {
  const { app, page } = await launch({ store: await smallStore(stores), view: 'chart' })
  const heading = page.getByRole('heading', { level: 1 })
  await expect(heading).toHaveText('Chart')
  await page.keyboard.press('Control+6')
  await expect(heading).toHaveText('Storage')
  await chooseMenuItem(app, 'view-chart')
  await expect(heading).toHaveText('Chart')

  await page.keyboard.press('Control+k')
  const palette = page.getByRole('dialog', { name: 'Command palette' })
  await palette.getByRole('combobox').fill('show storage')
  // The list follows what is typed a moment later.
  await expect(palette.getByRole('option', { selected: true })).toHaveText(/^Show storage/)
  await page.keyboard.press('Enter')
  await expect(palette).toBeHidden()
  await expect(heading).toHaveText('Storage')

  await page.keyboard.press('?')
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect(keys).toContainText('Check the storeH')
  // Under a dialog the keys of the view rest.
  await page.keyboard.press('h')
  await page.keyboard.press('Escape')
  await expect(keys).toBeHidden()
  await expect(page.getByRole('contentinfo')).toContainText('Not checked')
  await page.keyboard.press('h')
  await expect(page.getByRole('contentinfo')).not.toContainText('Not checked')
})

test('U1: view, theme, candle colours, the Storage filter and panel sizes survive a restart', async ({
  launch,
  stores,
}) => {
  const store = await smallStore(stores)
  const userData = join(folder, 'settings')
  const first = await launch({ store, userData, colorScheme: 'dark' })
  const root = first.page.locator('html')
  await expect(root).toHaveAttribute('data-theme', 'dark')
  await first.page.keyboard.press('Control+6')
  await first.page.getByRole('button', { name: '15m', exact: true }).click()
  await chooseMenuItem(first.app, 'theme-light')
  await expect(root).toHaveAttribute('data-theme', 'light')
  await first.page.keyboard.press('Control+k')
  await first.page.getByRole('combobox').fill('blue')
  await expect(first.page.getByRole('option', { selected: true })).toHaveText(/blue/)
  await first.page.keyboard.press('Enter')
  await expect(root).toHaveAttribute('data-candles', 'blue-orange')
  const details = (page: Page) => page.locator('#details')
  const separator = first.page.getByRole('separator', { name: 'Width of the day’s details' })
  const usual = (await details(first.page).boundingBox())?.width ?? 0
  await separator.focus()
  await first.page.keyboard.press('ArrowLeft')
  const wider = (await details(first.page).boundingBox())?.width ?? 0
  expect(wider).toBeGreaterThan(usual + 10)
  await first.close()

  const { page } = await launch({ store, userData, colorScheme: 'dark' })
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
  await expect(page.locator('html')).toHaveAttribute('data-candles', 'blue-orange')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Storage')
  await expect(page.getByRole('button', { name: '15m', exact: true })).toHaveAttribute('aria-pressed', 'true')
  expect(Math.abs(((await details(page).boundingBox())?.width ?? 0) - wider)).toBeLessThan(4)
})

test('U1: without a choice of its own the window follows the system', async ({ launch, stores }) => {
  const { page } = await launch({ store: await stores.empty(), colorScheme: 'light' })
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
})

test('U9: the status bar names the store, its newest bar in Chicago time, and follows what other programs write', async ({
  launch,
  stores,
}) => {
  const store = await smallStore(stores)
  const { page } = await launch({ store })
  const status = page.getByRole('contentinfo')
  await expect(status.getByRole('button', { name: `Store ${store}` })).toBeVisible()
  // 15m bars: the last opens at 16:15 UTC, which is summer time again.
  await expect(status).toContainText('Last bar SPY 15m · 2024-03-11 11:15 CDT')
  await expect(status).toContainText(/\d (d|y) ago/)
  await expect(status).toContainText('37 parts waiting')

  const file = join(folder, 'late.ndjson')
  await writeFile(file, bar(0, { ts: Date.UTC(2024, 10, 3, 7, 30), symbol: 'NEW' }))
  await barkeepJson('ingest', 'candles', file, '--store', store)
  await expect(status).toContainText('Last bar NEW 2m · 2024-11-03 01:30 CST')
  await expect(status).toContainText('38 parts waiting')
})
