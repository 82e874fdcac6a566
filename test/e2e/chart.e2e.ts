import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from './support/app.ts'
import { ChartPage } from './support/chart-page.ts'
import { chartStore, chicago, FIRST_DAY, LAST_DAY, writeChartStore } from './support/chart-store.ts'

const MINUTE = 60_000
const size = { width: 1440, height: 900 }

test('K3: opens at the last bars and reads back to the first without moving what is in view', async ({
  launch,
  stores,
}) => {
  const { page } = await launch({ store: await chartStore(stores), size })
  const chart = new ChartPage(page)
  const opened = await chart.calm()
  expect(opened).toMatchObject({ symbol: 'WAVE', timeframe: '2m', barsPerCandle: 1 })
  expect(opened.last).toBe(chicago(`${LAST_DAY} 14:58`))
  await expect(page.getByTestId('legend')).toContainText('WAVE 2m · Chicago (CDT)')
  await expect(page.getByTestId('legend')).toContainText(/O [\d.]+H [\d.]+L [\d.]+C [\d.]+/)

  for (let i = 0; i < 6; i++) await chart.press('-')
  let [{ rangeFrom, rangeTo }, screens] = [await chart.data(), 0]
  while (rangeFrom > chicago(`${FIRST_DAY} 08:30`)) {
    const now = await chart.press('PageUp')
    // A tenth of the old view is left in the new one: nothing was skipped.
    expect(now.rangeTo).toBeGreaterThan(rangeFrom)
    expect(now.rangeTo).toBeLessThan(rangeTo)
    ;({ rangeFrom, rangeTo } = now)
    if (++screens > 200) throw new Error('the first bar is never reached')
  }
  const reached = await chart.data()
  expect(reached.first).toBe(chicago(`${FIRST_DAY} 08:30`))
  expect(reached.bars).toBe(30 * 195)
  expect(screens).toBeGreaterThan(8)
})

test('K3: a drag keeps the bar under the pointer while older bars arrive', async ({ launch, stores }) => {
  const { page } = await launch({ store: await chartStore(stores), size })
  const chart = new ChartPage(page)
  await chart.calm()
  for (let round = 0; round < 3; round++) {
    const before = await chart.data()
    const from = await chart.point(before.viewFrom + 10, (before.priceTop + before.priceBottom) / 2)
    await page.mouse.move(from.x, from.y)
    await page.mouse.down()
    // The library lets the first pixels of a drag pass, as they might still be a click.
    await page.mouse.move(from.x + 20, from.y, { steps: 20 })
    await page.mouse.move(from.x + 700, from.y, { steps: 20 })
    await page.mouse.up()
    const after = await chart.calm()
    const spacing = (await chart.point(1, 500)).x - (await chart.point(0, 500)).x
    // Places count from the first loaded bar: what was put in front is in both, so the move is told by the last bar.
    const moved = before.bars - before.viewTo - (after.bars - after.viewTo)
    expect(Math.abs(-moved * spacing - 700)).toBeLessThan(12 + spacing)
  }
})

test('K4: fits years into one screen at a coarser level, named, and comes back to every bar', async ({
  launch,
  stores,
}) => {
  const { page } = await launch({ store: await chartStore(stores), size })
  const chart = new ChartPage(page)
  await chart.calm()
  const fitted = await chart.press('f')
  expect(fitted.barsPerCandle).toBeGreaterThan(1)
  expect(fitted.rangeFrom).toBeLessThanOrEqual(chicago(`${FIRST_DAY} 08:30`))
  expect(fitted.rangeTo).toBeGreaterThan(chicago(`${LAST_DAY} 14:00`))
  await expect(page.getByTestId('level')).toHaveText(`${fitted.level} candles`)
  for (let i = 0; i < 40 && (await chart.data()).barsPerCandle > 1; i++) await chart.press('+')
  expect(await chart.data()).toMatchObject({ barsPerCandle: 1, level: '2m' })
  await expect(page.getByTestId('level')).toBeHidden()
})

test('K5: a switch of timeframe keeps the time in view', async ({ launch, stores }) => {
  const { page } = await launch({ store: await chartStore(stores), size })
  const chart = new ChartPage(page)
  await chart.calm()
  const before = await chart.goTo('2024-03-20 11:30')
  await page.getByRole('button', { name: '15m', exact: true }).click()
  await expect(chart.root).toHaveAttribute('data-timeframe', '15m')
  const coarse = await chart.calm()
  expect(Math.abs(coarse.rangeFrom - before.rangeFrom)).toBeLessThan(15 * MINUTE)
  expect(Math.abs(coarse.rangeTo - before.rangeTo)).toBeLessThan(15 * MINUTE)
  await page.keyboard.press('1')
  await expect(chart.root).toHaveAttribute('data-timeframe', '2m')
  const back = await chart.calm()
  expect(Math.abs(back.rangeFrom - before.rangeFrom)).toBeLessThan(2 * MINUTE)
  expect(Math.abs(back.rangeTo - before.rangeTo)).toBeLessThan(2 * MINUTE)
})

test('K5: a window without bars says so and leads to the nearest', async ({ launch, stores }) => {
  const { page } = await launch({ store: await chartStore(stores), size })
  const chart = new ChartPage(page)
  await chart.calm()
  await chart.goTo('2024-03-08 12:00')
  await page.keyboard.press('2')
  await expect(page.getByRole('heading', { name: 'No bars of WAVE 5m in this window' })).toBeVisible()
  await page.getByRole('button', { name: 'Go to the nearest bars' }).click()
  await expect(chart.root).toHaveAttribute('data-phase', 'ready')
  expect((await chart.calm()).rangeFrom).toBeLessThan(chicago('2024-03-01 15:00'))
})

test('K5: goes to a date by the clock in Chicago, says when nothing is there, and what it can’t read', async ({
  launch,
  stores,
}) => {
  const { page } = await launch({ store: await chartStore(stores), size })
  const chart = new ChartPage(page)
  await chart.calm()
  const centre = async (text: string) => {
    const { rangeFrom, rangeTo } = await chart.goTo(text)
    return (rangeFrom + rangeTo) / 2
  }
  // 10:00 is 16:00 UTC before the change of 10 March and 15:00 UTC after it.
  expect(Math.abs((await centre('2024-03-07 11:45')) - Date.parse('2024-03-07T17:45:00Z'))).toBeLessThan(
    8 * MINUTE,
  )
  expect(Math.abs((await centre('2024-03-12 11:45')) - Date.parse('2024-03-12T16:45:00Z'))).toBeLessThan(
    8 * MINUTE,
  )
  await expect(page.getByTestId('detour')).toBeHidden()
  await chart.goTo('2024-03-10')
  await expect(page.getByTestId('detour')).toContainText('No bars at Sun 10 Mar 2024 08:30')
  await page.getByRole('button', { name: 'Dismiss' }).click()
  await expect(page.getByTestId('detour')).toBeHidden()
  await expect(page.getByTestId('legend')).toContainText('Chicago (CST/CDT)')

  await page.keyboard.press('g')
  await page.getByLabel(/^Date, and time/).fill('half past nine')
  await page.keyboard.press('Enter')
  await expect(page.getByText('"half past nine" is not a time')).toBeVisible()
  await page.keyboard.press('Escape')
})

test('K12: symbol, timeframe, time in view and filters survive a restart', async ({
  launch,
  stores,
}, testInfo) => {
  const store = await chartStore(stores)
  const userData = testInfo.outputPath('settings')
  const first = await launch({ store, size, userData })
  const chart = new ChartPage(first.page)
  await chart.calm()
  await first.page.keyboard.press('3')
  await expect(chart.root).toHaveAttribute('data-timeframe', '15m')
  await chart.calm()
  await chart.goTo('2024-02-27 10:00')
  await first.page.keyboard.press('l')
  await first.page.keyboard.press('o')
  await expect(first.page.getByTestId('object-count')).toBeHidden()
  const left = await chart.calm()
  await first.close()

  const second = await launch({ store, size, userData })
  const again = new ChartPage(second.page)
  const found = await again.calm()
  expect(found).toMatchObject({ symbol: 'WAVE', timeframe: '15m' })
  expect(Math.abs(found.rangeFrom - left.rangeFrom)).toBeLessThan(15 * MINUTE)
  expect(Math.abs(found.rangeTo - left.rangeTo)).toBeLessThan(15 * MINUTE)
  await expect(second.page.getByRole('button', { name: 'Log' })).toHaveAttribute('aria-pressed', 'true')
  await expect(second.page.getByTestId('object-count')).toBeHidden()
})

test('K11: a file that can’t be read is named above the chart, and the rest is shown', async ({
  launch,
  stores,
}) => {
  const store = await writeChartStore(await stores.empty())
  const file = `data/2m/${LAST_DAY}.parquet`
  await writeFile(join(store, file), '')
  const { page } = await launch({ store, size })
  const chart = new ChartPage(page)
  const { bars, last } = await chart.calm()
  expect(bars).toBeGreaterThan(100)
  expect(last).toBeLessThan(chicago(`${LAST_DAY} 08:00`))
  await expect(page.getByTestId('problems')).toContainText(file)
  await page.getByRole('button', { name: 'See storage' }).click()
  await expect(page.getByRole('grid', { name: 'Stored days' })).toBeVisible()
})
