import { expect, test } from './support/app.ts'
import { axeFindings } from './support/axe.ts'
import { ChartPage } from './support/chart-page.ts'
import { chartStore, chicago, FIRST_DAY, LAST_DAY, OBJECTS } from './support/chart-store.ts'

const MINUTE = 60_000
const size = { width: 1440, height: 900 }

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
