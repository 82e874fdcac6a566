import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, type RunningApp, test } from './support/app.ts'
import { axeFindings } from './support/axe.ts'
import { answerOpenDialogs } from './support/native-dialogs.ts'
import { smallStore } from './support/small-store.ts'

const SIZES = [
  { width: 1280, height: 800 },
  { width: 2560, height: 1440 },
] as const

/**
 * Checks the window as it stands with axe and for what is cut off, in both themes at both sizes: one window that is
 * resized and repainted takes a third of the time of four.
 */
async function expectClean({ app, page }: RunningApp, state: string): Promise<void> {
  for (const size of SIZES) {
    const frame = await app.browserWindow(page)
    await frame.evaluate((window, { width, height }) => window.setContentSize(width, height), size)
    await page.waitForFunction(({ width }) => window.innerWidth === width, size)
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme)
      const where = `${state} (${colorScheme}, ${size.width}×${size.height})`
      expect(await axeFindings(page), where).toEqual([])
      expect(await cutOff(page), where).toEqual([])
    }
  }
}

/** Controls and headings that reach over the window's edge, and the page itself where it would scroll sideways. */
async function cutOff(page: Page): Promise<readonly string[]> {
  return await page.evaluate(() => {
    const { innerWidth, innerHeight } = window
    const over = [...document.querySelectorAll('button, [role="combobox"], h1, h2')]
      .filter((element) => !element.closest('.sr-only, [role="grid"], .bk-table-scroller'))
      .filter((element) => {
        const box = element.getBoundingClientRect()
        const beyond = box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight
        return box.width > 0 && beyond
      })
      .map((element) => element.outerHTML.slice(0, 160))
    return document.documentElement.scrollWidth > innerWidth ? [...over, 'the page scrolls sideways'] : over
  })
}

test('U5: Storage is clean: calendar, a day, plans, findings, and what is kept aside', async ({
  launch,
  stores,
}) => {
  const store = await smallStore(stores)
  const tiers = join(store, '.barkeep/derived/candles/2m')
  await mkdir(tiers, { recursive: true })
  await writeFile(join(tiers, '2024.tier'), 'something for a repair to mend')
  const window = await launch({ store, view: 'storage' })
  const { page } = window
  await expect(page.getByRole('grid', { name: 'Stored days' })).toBeVisible()
  await expectClean(window, 'calendar')
  await page.locator('[data-day][tabindex="0"]').hover()
  await expect(page.locator('.bk-day-tooltip')).toBeVisible()
  expect(await axeFindings(page), 'a day’s tooltip').toEqual([])

  await page.getByRole('button', { name: 'Compact everything…' }).first().click()
  await expect(page.getByRole('table', { name: 'Plan of the compaction' })).toBeVisible()
  await expectClean(window, 'plan')
  await page.keyboard.press('h')
  await expect(page.getByRole('table', { name: 'Findings' })).toBeVisible()
  await expectClean(window, 'findings')
  await page.getByRole('button', { name: 'Repair…' }).click()
  await expect(page.getByRole('table', { name: 'Plan of the repair' })).toBeVisible()
  await expectClean(window, 'plan of a repair')
  await page.getByRole('tab', { name: 'Kept aside' }).click()
  await expectClean(window, 'kept aside')
})

test('U5: what lies over a view is clean: palette, keys, import and its receipt, a failure', async ({
  launch,
  stores,
}) => {
  const store = await smallStore(stores)
  const window = await launch({ store, view: 'storage' })
  const { app, page } = window
  await expect(page.getByRole('grid', { name: 'Stored days' })).toBeVisible()
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog', { name: 'Command palette' })).toBeVisible()
  await expectClean(window, 'palette')
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  await expectClean(window, 'keys')
  await page.keyboard.press('Escape')

  const file = join(await stores.empty(), 'bad.ndjson')
  await writeFile(file, '{"symbol":"SPY"}\nnot json\n')
  await answerOpenDialogs(app, file)
  await page.keyboard.press('Control+i')
  await expect(page.getByRole('dialog', { name: 'Import NDJSON' })).toBeVisible()
  await expectClean(window, 'import')
  await page.getByRole('button', { name: 'Choose a file…' }).click()
  await expect(page.getByRole('table', { name: 'Rejected lines' })).toBeVisible()
  await expectClean(window, 'receipt of an import')
  await page.keyboard.press('Escape')

  await page.keyboard.press('Control+e')
  await expect(page.getByRole('dialog', { name: 'Export rows' })).toBeVisible()
  await expectClean(window, 'export')
  await page.keyboard.press('Escape')

  await answerOpenDialogs(app, join(store, 'nowhere'))
  await page.keyboard.press('Control+o')
  await expect(page.getByRole('alert').filter({ hasText: 'NO_STORE' })).toBeVisible()
  await expectClean(window, 'a failure')
})

test('U5: the chart is clean', async ({ launch, stores }) => {
  const window = await launch({ store: await smallStore(stores), view: 'chart' })
  await expect(window.page.locator('main canvas').first()).toBeVisible()
  await expectClean(window, 'chart')
})

test('U5, U8: a store without data and one that is not there are clean', async ({ launch, stores }) => {
  const empty = await launch({ store: await stores.empty() })
  await expect(empty.page.getByRole('heading', { name: 'This store holds no bars yet' })).toBeVisible()
  await expectClean(empty, 'no data')
  const missing = await launch({ store: join(await stores.empty(), 'nowhere') })
  await expect(missing.page.getByRole('heading', { name: 'The store could not be opened' })).toBeVisible()
  await expectClean(missing, 'no store')
})
