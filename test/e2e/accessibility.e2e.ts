import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, test } from './support/app.ts'
import { axeFindings } from './support/axe.ts'
import { answerOpenDialogs } from './support/native-dialogs.ts'
import { smallStore } from './support/small-store.ts'

const SIZES = [
  { width: 1280, height: 800 },
  { width: 2560, height: 1440 },
] as const

/** Nothing wider than its place: no sideways scrolling of the page, no control cut off at the window's edge. */
async function expectNothingCutOff(page: Page): Promise<void> {
  const cut = await page.evaluate(() => {
    const { innerWidth, innerHeight } = window
    return [...document.querySelectorAll('button, [role="combobox"], h1, h2')]
      .filter((element) => !element.closest('.sr-only, [role="grid"], .bk-table-scroller'))
      .filter((element) => {
        const box = element.getBoundingClientRect()
        return (
          box.width > 0 && (box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight)
        )
      })
      .map((element) => element.outerHTML.slice(0, 160))
  })
  expect(cut).toEqual([])
  expect(
    await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
  ).toBeLessThanOrEqual(0)
}

for (const colorScheme of ['dark', 'light'] as const) {
  for (const size of SIZES) {
    const where = `${colorScheme}, ${size.width}×${size.height}`

    test(`U5: frame, dialogs and Storage are clean (${where})`, async ({ launch, stores }) => {
      const store = await smallStore(stores)
      const { app, page } = await launch({ store, view: 'storage', size, colorScheme })
      await expect(page.getByRole('grid', { name: 'Stored days' })).toBeVisible()
      const clean = async (state: string) => {
        expect(await axeFindings(page), state).toEqual([])
        await expectNothingCutOff(page)
      }
      await clean('calendar')
      await page.locator('[data-day][tabindex="0"]').hover()
      await expect(page.locator('.bk-day-tooltip')).toBeVisible()
      await clean('a day’s tooltip')

      await page.getByRole('button', { name: 'Compact everything…' }).first().click()
      await expect(page.getByRole('table', { name: 'Plan of the compaction' })).toBeVisible()
      await clean('plan')
      await page.keyboard.press('h')
      await expect(page.getByText(/\d findings?\.|No findings/).first()).toBeVisible({ timeout: 30_000 })
      await clean('findings')
      await page.getByRole('tab', { name: 'Kept aside' }).click()
      await clean('kept aside')

      await page.keyboard.press('Control+k')
      await expect(page.getByRole('dialog', { name: 'Command palette' })).toBeVisible()
      await clean('palette')
      await page.keyboard.press('Escape')
      await page.keyboard.press('?')
      await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
      await clean('keys')
      await page.keyboard.press('Escape')

      const file = join(await stores.empty(), 'bad.ndjson')
      await writeFile(file, '{"symbol":"SPY"}\nnot json\n')
      await answerOpenDialogs(app, file)
      await page.keyboard.press('Control+i')
      await expect(page.getByRole('dialog', { name: 'Import NDJSON' })).toBeVisible()
      await clean('import')
      await page.getByRole('button', { name: 'Choose a file…' }).click()
      await expect(page.getByRole('table', { name: 'Rejected lines' })).toBeVisible()
      await clean('receipt of an import')
      await page.keyboard.press('Escape')

      await answerOpenDialogs(app, join(store, 'nowhere'))
      await page.keyboard.press('Control+o')
      await expect(page.getByRole('alert').filter({ hasText: 'NO_STORE' })).toBeVisible()
      await clean('a failure')
    })

    test(`U5: the chart is clean (${where})`, async ({ launch, stores }) => {
      const { page } = await launch({ store: await stores.sample(), view: 'chart', size, colorScheme })
      await expect(page.locator('main canvas').first()).toBeVisible()
      expect(await axeFindings(page)).toEqual([])
      await expectNothingCutOff(page)
    })

    test(`U5, U8: an empty store and one that is not there are clean (${where})`, async ({
      launch,
      stores,
    }) => {
      const empty = await launch({ store: await stores.empty(), size, colorScheme })
      await expect(empty.page.getByRole('heading', { name: 'This store holds no bars yet' })).toBeVisible()
      expect(await axeFindings(empty.page)).toEqual([])
      await expectNothingCutOff(empty.page)
      const missing = await launch({ store: join(await stores.empty(), 'nowhere'), size, colorScheme })
      await expect(missing.page.getByRole('heading', { name: 'The store could not be opened' })).toBeVisible()
      expect(await axeFindings(missing.page)).toEqual([])
      await expectNothingCutOff(missing.page)
    })
  }
}
