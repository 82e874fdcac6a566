import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from './support/app.ts'
import { axeFindings } from './support/axe.ts'
import { ChartPage } from './support/chart-page.ts'
import {
  chicago,
  FIRST_DAY,
  ingest,
  LAST_DAY,
  nextBar,
  OBJECTS,
  writeChartStore,
} from './support/chart-store.ts'
import type { TestStores } from './support/stores.ts'

const MINUTE = 60_000
const size = { width: 1440, height: 900 }

let shared: Promise<string> | null = null

/** One store for all tests that only look. */
function chartStore(stores: TestStores): Promise<string> {
  shared ??= stores.empty().then(writeChartStore)
  return shared
}

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

test('K6: an object stands at the same time and price on every timeframe, and a closed one ends', async ({
  launch,
  stores,
}) => {
  const { page } = await launch({ store: await chartStore(stores), size })
  const chart = new ChartPage(page)
  await chart.calm()
  await chart.goTo('2024-03-20 12:00')
  for (const [key, minutes] of [
    ['1', 2],
    ['2', 5],
    ['3', 15],
  ] as const) {
    await page.keyboard.press(key)
    await expect(chart.root).toHaveAttribute('data-timeframe', `${minutes}m`)
    await chart.calm()
    await chart.row(OBJECTS.broken.id).dblclick()
    await chart.calm()
    const { first, bars } = await chart.data()
    expect(bars).toBeGreaterThan(0)
    // Sessions stand side by side on the axis: within the day, places are a bar apart.
    const opens = openPlaces(first, bars, minutes)
    const placeAt = (instant: number) => {
      const bar = opens.findLastIndex((open) => open <= instant)
      return bar - 0.5 + (instant - (opens[bar] ?? 0)) / (minutes * MINUTE)
    }
    const [left, right] = [placeAt(OBJECTS.broken.left), placeAt(OBJECTS.broken.closed)]
    const over = async (place: number, dx: number, price = 485) => {
      const { x, y } = await chart.point(place, price)
      await page.mouse.move(x + dx, y)
      return page.locator('[data-hovered]').count()
    }
    await expect.poll(() => over(left, 3), { message: `${minutes}m, inside its left edge` }).toBe(1)
    await expect.poll(() => over(left, -4), { message: `${minutes}m, before its left edge` }).toBe(0)
    await expect.poll(() => over(right, -3), { message: `${minutes}m, inside its close` }).toBe(1)
    await expect.poll(() => over(right, 5), { message: `${minutes}m, after its close` }).toBe(0)
    await expect.poll(() => over(left, 10, 486.3), { message: `${minutes}m, above its top` }).toBe(0)
    await expect.poll(() => over(left, 10, 485.9), { message: `${minutes}m, under its top` }).toBe(1)
  }
})

/** The opens of the loaded bars, from what the store is known to hold. */
function openPlaces(first: number, bars: number, minutes: number): readonly number[] {
  const opens: number[] = []
  for (let day = Date.parse(`${FIRST_DAY}T00:00Z`); opens.length < bars; day += 24 * 60 * MINUTE) {
    const date = new Date(day).toISOString().slice(0, 10)
    if (date > LAST_DAY) break
    if ([0, 6].includes(new Date(day).getUTCDay())) continue
    if (minutes === 5 && date >= '2024-03-04' && date <= '2024-03-15') continue
    const open = chicago(`${date} 08:30`)
    for (let ts = open; ts < open + 390 * MINUTE; ts += minutes * MINUTE) if (ts >= first) opens.push(ts)
  }
  return opens
}

test('K6: zones are painted in the colour of their side, levels and markers over the chart', async ({
  launch,
  stores,
}) => {
  const { page } = await launch({ store: await chartStore(stores), size, colorScheme: 'dark' })
  const chart = new ChartPage(page)
  await chart.calm()
  await chart.goTo('2024-03-20 12:00')
  await chart.row(OBJECTS.supply.id).dblclick()
  await chart.row(OBJECTS.broken.id).dblclick()
  await page.keyboard.press('Escape')
  await chart.calm()
  const { viewFrom, viewTo } = await chart.data()
  const middle = (viewFrom + viewTo) / 2
  const colour = async (price: number) => {
    const { x, y } = await chart.point(middle + 8, price)
    const picture = await page.screenshot({
      clip: { x: Math.round(x), y: Math.round(y), width: 1, height: 1 },
    })
    return page.evaluate(
      async (bytes) => {
        const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]))
        const context = new OffscreenCanvas(1, 1).getContext('2d')
        context?.drawImage(image, 0, 0)
        return [...(context?.getImageData(0, 0, 1, 1).data ?? [])].slice(0, 3)
      },
      [...picture],
    )
  }
  const [red = 0, green = 0] = await colour(515.4)
  expect(red).toBeGreaterThan(green + 12)
  const [bareRed = 0, bareGreen = 0] = await colour(518)
  expect(Math.abs(bareRed - bareGreen)).toBeLessThan(8)
})

test('K9, K10: list and chart are one selection, and the inspector tells an object’s life', async ({
  launch,
  stores,
}) => {
  const { page } = await launch({ store: await chartStore(stores), size })
  const chart = new ChartPage(page)
  await chart.calm()
  await chart.goTo('2024-03-20 12:00')
  const row = chart.row(OBJECTS.supply.id)
  await expect(row).toContainText('Upper supply')
  await expect(row).toContainText('514.00–516.00')
  await row.click()
  await expect(row).toHaveAttribute('aria-selected', 'true')
  const inspector = page.getByTestId('inspector')
  await expect(inspector.getByText('3 events')).toBeVisible()
  await expect(inspector.getByRole('row', { name: /^Status/ })).toHaveText('Statusactivetouched')
  await expect(inspector.getByText('swing high')).toBeVisible()
  const touched = inspector.getByRole('button', { name: /touch 1/ })
  await expect(touched).toContainText('20 Mar 2024 13:30')
  await expect(touched).toContainText('Top 516.00 → 517.00')
  await touched.click()
  await expect(inspector.getByRole('columnheader', { name: 'After event 2' })).toBeVisible()
  await expect(inspector.getByRole('row', { name: /^Top/ })).toHaveText('Top517.00516.00')

  // By key through the list, and centred with Enter.
  await row.click()
  await page.keyboard.press('ArrowDown')
  await expect(row).toHaveAttribute('aria-selected', 'false')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await chart.calm()

  // From the chart: the row lights up and a click selects it.
  await page.keyboard.press('Escape')
  await expect(inspector).toBeHidden()
  const data = await chart.data()
  const { x, y } = await chart.point((data.viewFrom + data.viewTo) / 2 + 8, 515)
  await page.mouse.move(x, y)
  await expect(row).toHaveAttribute('data-hovered', '')
  await page.mouse.click(x, y)
  await expect(row).toHaveAttribute('aria-selected', 'true')
  await expect(inspector).toBeVisible()
})

test('K7: filters and the removed ones', async ({ launch, stores }) => {
  const { page } = await launch({ store: await chartStore(stores), size })
  const chart = new ChartPage(page)
  await chart.calm()
  await chart.goTo('2024-03-20 12:00')
  const rows = page.getByTestId('object-row')
  await expect(rows).toHaveCount(4)
  await expect(chart.row(OBJECTS.removed.id)).toBeHidden()
  await page.getByRole('button', { name: 'Filter', exact: true }).click()
  await page.getByRole('button', { name: /^level 1/ }).click()
  await expect(rows).toHaveCount(1)
  await page.getByRole('button', { name: 'Clear filter' }).click()
  await page.getByLabel('From').fill('511')
  await expect(rows).toHaveCount(2)
  await page.getByLabel('To', { exact: true }).fill('513')
  await expect(rows).toHaveCount(1)
  await expect(chart.row(OBJECTS.level.id)).toBeVisible()
  await page.getByRole('button', { name: 'Clear filter' }).click()
  await page.getByRole('checkbox').click()
  await expect(chart.row(OBJECTS.removed.id)).toBeVisible()
  await expect(rows).toHaveCount(5)
})

test('K13: while measuring, a drag draws a box and the chart stays', async ({ launch, stores }) => {
  const { page } = await launch({ store: await chartStore(stores), size })
  const chart = new ChartPage(page)
  const before = await chart.calm()
  const middle = (before.viewFrom + before.viewTo) / 2
  const from = await chart.point(middle - 20, before.priceBottom + 1)
  const to = await chart.point(middle + 20, before.priceTop - 1)
  const drag = async () => {
    await page.mouse.move(from.x, from.y)
    await page.mouse.down()
    await page.mouse.move(to.x, to.y, { steps: 10 })
    await page.mouse.up()
    return chart.calm()
  }
  await page.keyboard.press('m')
  await expect(page.getByRole('button', { name: /^Measure/ })).toHaveAttribute('aria-pressed', 'true')
  const clip = { x: to.x - 60, y: to.y - 60, width: 120, height: 60 }
  const bare = await page.screenshot({ clip })
  expect((await drag()).rangeFrom).toBe(before.rangeFrom)
  expect((await page.screenshot({ clip })).equals(bare)).toBe(false)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: /^Measure/ })).toHaveAttribute('aria-pressed', 'false')
  expect((await drag()).rangeFrom).toBeLessThan(before.rangeFrom)
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

test('K3: a bar that a bot writes while the window is open appears', async ({ launch, stores }) => {
  const store = await writeChartStore(await stores.empty())
  const { page } = await launch({ store, size })
  const chart = new ChartPage(page)
  const before = await chart.calm()
  await ingest(store, 'candles', [nextBar()])
  await expect(chart.root).toHaveAttribute('data-last', String(chicago(`${LAST_DAY} 15:00`)))
  expect((await chart.calm()).bars).toBe(before.bars + 1)
  await page.mouse.move(5, 5)
  await expect(page.getByTestId('legend')).toContainText('C 500.50')
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

for (const colorScheme of ['dark', 'light'] as const) {
  for (const size of [
    { width: 1280, height: 800 },
    { width: 2560, height: 1440 },
  ]) {
    test(`U5: axe finds nothing in any state of the chart (${colorScheme}, ${size.width}×${size.height})`, async ({
      launch,
      stores,
    }) => {
      const { page } = await launch({ store: await chartStore(stores), size, colorScheme })
      const chart = new ChartPage(page)
      await chart.calm()
      const clean = async (state: string) => expect(await axeFindings(page), state).toEqual([])
      const share = await page
        .locator('.bk-chart-root')
        .evaluate((root) => root.clientWidth / window.innerWidth)
      expect(share).toBeGreaterThanOrEqual(0.7)
      await clean('bars, nothing in the list')
      await chart.goTo('2024-03-20 12:00')
      await chart.row(OBJECTS.supply.id).click()
      await expect(page.getByTestId('inspector').getByText('3 events')).toBeVisible()
      await clean('an object with its events')
      await page.getByRole('button', { name: 'Filter', exact: true }).click()
      await expect(page.getByRole('button', { name: /^level 1/ })).toBeVisible()
      await clean('filters')
      await page.keyboard.press('Escape')
      await chart.goTo('2024-03-10')
      await clean('a date without bars')
      await page.keyboard.press('2')
      await expect(page.getByRole('heading', { name: /No bars of WAVE 5m/ })).toBeVisible()
      await page.keyboard.press('g')
      await expect(page.getByLabel(/^Date, and time/)).toBeVisible()
      await clean('a window without bars, and the form for a date')
    })
  }
}
