import { readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { coloursIn, decodePng } from '../support/png.ts'
import { barkeepJson, expect, test } from './support/app.ts'
import { axeFindings } from './support/axe.ts'
import { ChartPage } from './support/chart-page.ts'
import { SMALL_STORE_DAYS, smallStore } from './support/small-store.ts'

const [THURSDAY, FRIDAY, MONDAY] = SMALL_STORE_DAYS

const DIALOG = '[role=dialog]'

/** What axe says in both themes of a part of the window. */
async function findingsInBothThemes(page: Page, part: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme)
    found.push(...(await axeFindings(page, part)).map((finding) => `${colorScheme}: ${finding}`))
  }
  return found
}

async function daysOf(store: string, timeframe: string): Promise<readonly string[]> {
  return (await readdir(join(store, 'data', timeframe)))
    .filter((name) => name.endsWith('.parquet'))
    .toSorted()
}

/** As if it had all been written on its day: what came just now is left for a later run. */
async function aged(store: string): Promise<string> {
  const files = await readdir(join(store), { recursive: true, withFileTypes: true })
  const then = new Date('2024-03-12T12:00:00Z')
  for (const file of files) if (file.isFile()) await utimes(join(file.parentPath, file.name), then, then)
  return store
}

test('F45–F49: schedule, range, run by hand and history, each with what it would do first and what it did', async ({
  launch,
  stores,
}) => {
  const store = await aged(await smallStore(stores))
  const settingsFile = join(store, '.barkeep', 'settings.json')
  const { page } = await launch({ store, view: 'storage' })
  const dialog = page.getByRole('dialog')
  await expect(page.getByRole('tab', { name: 'History' })).toBeVisible()

  const panel = page.getByRole('tabpanel')
  await page.getByRole('tab', { name: 'After the close' }).click()
  await expect(panel.getByText(/^\d{4}-\d{2}-\d{2} 1[25]:15 C[SD]T/)).toBeVisible()

  // The schedule: a wrong time is said to be wrong and not kept, a right one stands in the file.
  await page.keyboard.press('s')
  const time = dialog.getByLabel('Time')
  await time.fill('14:59')
  await expect(dialog.getByText('choose 15:00 or later')).toBeVisible()
  await expect(dialog.getByRole('button', { name: 'Save' })).toBeDisabled()
  expect(await findingsInBothThemes(page, DIALOG)).toEqual([])
  await time.fill('16:30')
  await expect(dialog.getByText('close early (12:00) at 13:30')).toBeVisible()
  await dialog.getByRole('checkbox').click()
  await dialog.getByLabel('Merged parts').fill('30')
  await dialog.getByLabel('Periods').fill('9, 21')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toBeHidden()
  expect(JSON.parse(await readFile(settingsFile, 'utf8'))).toEqual({
    afterClose: { on: false, time: '16:30' },
    recoveryDays: 30,
    emaPeriods: [9, 21],
  })
  await expect(panel.getByText('no: it is switched off')).toBeVisible()
  await expect(panel.getByText('merged parts stay 30 days')).toBeVisible()

  // A range: its plan writes nothing, its run makes those days alone.
  await page.keyboard.press('r')
  await dialog.getByLabel('First day').fill(THURSDAY)
  await dialog.getByLabel('Last day').fill('2024-03-0')
  await expect(dialog.getByText('The last day is a date')).toBeVisible()
  await dialog.getByLabel('Last day').fill(FRIDAY)
  await dialog.getByRole('combobox', { name: 'What to compact' }).click()
  await page.getByRole('option', { name: '2m candles' }).click()
  expect(await findingsInBothThemes(page, DIALOG)).toEqual([])
  await dialog.getByRole('button', { name: 'Show the plan' }).click()
  await expect(page.getByRole('table', { name: 'Plan of the compaction' })).toHaveAttribute(
    'aria-rowcount',
    '3',
  )
  expect(await daysOf(store, '2m')).toEqual([])
  await page.getByRole('button', { name: 'Compact 2 days' }).click()
  await expect(page.getByRole('table', { name: 'Receipt of the compaction' })).toBeVisible()
  expect(await daysOf(store, '2m')).toEqual([`${THURSDAY}.parquet`, `${FRIDAY}.parquet`])

  // The run after the close: what is left is due, as all of it is long past.
  await page.keyboard.press('a')
  await expect(page.getByRole('table', { name: 'Plan of the run' })).toContainText(
    `data/2m/${MONDAY}.parquet`,
  )
  expect(await daysOf(store, '15m')).toEqual([])
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await expect(page.getByRole('table', { name: 'Receipt of the run' })).toContainText('compacted')
  expect(await daysOf(store, '2m')).toContain(`${MONDAY}.parquet`)
  expect(await daysOf(store, '15m')).toHaveLength(3)

  // The history: what was done here and by the command line, the newest first.
  await barkeepJson('rebuild', 'snapshot', '--store', store)
  await page.keyboard.press('y')
  const history = page.getByRole('table', { name: 'History of the store' })
  const first = (kind: string) => history.getByRole('row').filter({ hasText: kind }).first()
  await expect(first('After the close')).toContainText('by hand')
  await expect(first('Compaction')).toContainText('window')
  await expect(first('Rebuild')).toContainText('command line')
  await first('Compaction').getByRole('button').click()
  const details = page.getByRole('region', { name: 'Details of the operation' })
  await expect(details.getByRole('listitem').filter({ hasText: `2m ${FRIDAY}` })).toBeVisible()
  expect(await findingsInBothThemes(page, '.bk-tabs')).toEqual([])
  await page.getByRole('combobox', { name: 'What was done' }).click()
  await page.getByRole('option', { name: 'Purge' }).click()
  await expect(page.getByText('0 operations')).toBeVisible()

  // A file that a person broke is shown with what to do, and stays as they left it.
  await writeFile(settingsFile, '{"recoveryDays": ')
  await page.keyboard.press('s')
  await expect(dialog.getByRole('alert')).toContainText('BAD_SETTINGS')
  expect(await findingsInBothThemes(page, DIALOG)).toEqual([])
  await writeFile(settingsFile, '{"recoveryDays": 3}')
  await dialog.getByRole('button', { name: 'Read them again' }).click()
  await expect(dialog.getByLabel('Merged parts')).toHaveValue('3')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
})

test('F40–F44: a picture of the chart and one of a flag are kept with what they show in words', async ({
  launch,
  stores,
}) => {
  const store = await smallStore(stores)
  const open = Date.parse(`${FRIDAY}T15:00:00Z`)
  const at = (bar: number, price: number) => ({ ts: new Date(open + bar * 120_000).toISOString(), price })
  const flag = {
    ts: open + 600_000,
    action: 'create',
    object_id: 'flag:1/2',
    type: 'flag',
    symbol: 'SPY',
    timeframe: '2m',
    left_ts: open,
    top: 512.9,
    bottom: 511.4,
    label: 'Bull flag',
    payload: {
      side: 'bull',
      pole: [at(0, 511.2), at(2, 512.9)],
      channel: { upper: [at(2, 512.9), at(5, 512.6)], lower: [at(2, 512.2), at(5, 511.9)] },
    },
  }
  const inbox = join(await stores.empty(), 'flag.ndjson')
  await writeFile(inbox, JSON.stringify(flag))
  await barkeepJson('ingest', 'events', inbox, '--store', store)
  const { app, page } = await launch({
    store,
    view: 'chart',
    colorScheme: 'dark',
    size: { width: 1280, height: 800 },
  })
  const chart = new ChartPage(page)
  await chart.calm()
  const told = page.getByRole('contentinfo').getByRole('status')

  await page.getByRole('button', { name: /^Save a picture of the chart/ }).click()
  await expect(told).toContainText('Saved images/SPY_')
  const [name = ''] = await readdir(join(store, 'images'))
  expect(name).toMatch(/^SPY_2m_\d{8}T\d{4}-0[56]00_\d{8}T\d{4}-0[56]00\.png$/)
  const picture = decodePng(await readFile(join(store, 'images', name)))
  const canvas = await page.locator('.bk-chart-canvas').evaluate((element) => ({
    width: Math.round(element.clientWidth * devicePixelRatio),
    height: Math.round(element.clientHeight * devicePixelRatio),
  }))
  // The library rounds to whole pixels that it can halve.
  expect(Math.abs(picture.width - canvas.width)).toBeLessThanOrEqual(1)
  const header = picture.height - canvas.height
  expect(header).toBeGreaterThan(40)
  // Words at the left and at the right of the header, candles below it.
  const half = Math.floor(picture.width / 2)
  for (const x of [0, half])
    expect(coloursIn(picture, { x, y: 0, width: half, height: header - 2 })).toBeGreaterThan(8)
  expect(
    coloursIn(picture, { x: 0, y: header, width: picture.width, height: canvas.height }),
  ).toBeGreaterThan(20)

  // A click on the message shows the file in its folder.
  await app.evaluate(({ shell }) => {
    shell.showItemInFolder = (file) => {
      Object.assign(globalThis, { shownFile: file })
    }
  })
  await told.getByRole('button').click()
  const shown = () => app.evaluate(() => String(Reflect.get(globalThis, 'shownFile')))
  await expect.poll(shown).toBe(join(store, 'images', name))

  await page.keyboard.press('Shift+P')
  await expect(told).toContainText('clipboard')
  const copied = await app.evaluate(({ clipboard }) => clipboard.readImage().getSize())
  expect(copied).toEqual({ width: picture.width, height: picture.height })

  // The flag: zoomed to it, and back to where one looked.
  const before = await chart.calm()
  await page.getByRole('option', { name: /^Bull flag/ }).click()
  await page.getByRole('button', { name: /^Save a picture of this flag/ }).click()
  await expect(told).toContainText('Saved flags/flag%3A1%2F2_2m_')
  const [flagName = ''] = await readdir(join(store, 'flags'))
  expect(decodePng(await readFile(join(store, 'flags', flagName))).width).toBe(picture.width)
  const after = await chart.calm()
  expect(Math.abs(after.rangeFrom - before.rangeFrom)).toBeLessThan(600_000)
  expect(await readdir(join(store, 'images'))).toHaveLength(1)
})
