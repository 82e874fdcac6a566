import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineBridge } from '../../schemas/contract/engine.ts'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import { expect, test } from './support/app.ts'
import { ChartPage } from './support/chart-page.ts'
import { ingest } from './support/chart-store.ts'

const STEP = 120_000
const size = { width: 1280, height: 800 }

/** A bar of a market that never closes: what is live is told by the machine's own clock. */
function bar(ts: number): object {
  const open = 500 + 8 * Math.sin(ts / (80 * STEP)) + 2 * Math.sin(ts / (13 * STEP))
  const close = 500 + 8 * Math.sin((ts + STEP) / (80 * STEP)) + 2 * Math.sin((ts + STEP) / (13 * STEP))
  const [high, low] = [Math.max(open, close) + 0.4, Math.min(open, close) - 0.4]
  return { symbol: 'LIVE', timeframe: '2m', ts, open, high, low, close, volume: 1_000 + ((ts / STEP) % 89) }
}

function barsOf(from: number, to: number): object[] {
  return Array.from({ length: (to - from) / STEP + 1 }, (_, i) => bar(from + i * STEP))
}

test('F60–F67: bars of another process are drawn as they come, and a view scrolled back stays', async ({
  launch,
  stores,
}) => {
  const store = await stores.empty()
  await mkdir(join(store, '.barkeep'), { recursive: true })
  await writeFile(join(store, '.barkeep', 'settings.json'), JSON.stringify({ defaultCalendar: '24x7' }))
  // Six bars too old, so that the bot seems to stand still.
  const end = Math.floor(Date.now() / STEP) * STEP - 6 * STEP
  await ingest(store, 'candles', barsOf(end - 299 * STEP, end))

  const { page } = await launch({ store, size })
  const chart = new ChartPage(page)
  const opened = await chart.calm()
  expect(opened).toMatchObject({ last: end, symbol: 'LIVE', newer: 0 })

  // A chart that stands still says so, and counts nothing down.
  await expect(page.getByTestId('no-bar-since')).toHaveText(/^no bar since (.* )?\d\d:\d\d C[DS]T$/)
  await expect(chart.root).toHaveAttribute('data-frozen', '')
  await expect(chart.root).not.toHaveAttribute('data-countdown', /\d/)

  // The averages in the legend are the engine's.
  const emas = [13, 48, 200]
  await page.mouse.move(size.width - 20, 400)
  const answer = await page.evaluate(
    async ({ from, to, emas }) => {
      const { barkeep } = globalThis as unknown as { barkeep: EngineBridge }
      const request = { symbol: 'LIVE', timeframe: '2m', from, to, emas, maxBars: 20_000 }
      const told = await barkeep.call('viewport', request)
      const of = told.ok ? (told.value as Viewport).emas : []
      return (of ?? []).map(({ period, values }) => ({ period, last: values.at(-1) }))
    },
    { from: end - 10 * STEP, to: end, emas },
  )
  expect(answer.map(({ period }) => period)).toEqual(emas)
  for (const { period, last } of answer) {
    const text = (last ?? 0).toLocaleString('en-US', { minimumFractionDigits: 6, maximumFractionDigits: 6 })
    await expect(page.getByTestId(`ema-${period}`)).toHaveText(`${period} ${text}`)
  }

  // Scrolled back: nothing moves, and what came is counted.
  const back = await chart.press('PageUp')
  await expect(page.getByTestId('newer')).toBeHidden()
  await ingest(store, 'candles', [bar(end + STEP), bar(end + 2 * STEP)])
  await expect(page.getByTestId('newer')).toContainText('2 newer bars')
  // In the lower right corner of the plot, over no price.
  const pill = await page.getByTestId('newer').boundingBox()
  const corner = await chart.point(back.viewTo, back.priceBottom)
  expect(pill?.y).toBeGreaterThan(corner.y)
  expect(corner.x - (pill?.x ?? 0)).toBeLessThan(200)
  expect((pill?.x ?? 0) + (pill?.width ?? 0)).toBeLessThan(corner.x)
  const stayed = await chart.calm()
  expect(stayed).toMatchObject({
    last: end + 2 * STEP,
    bars: back.bars + 2,
    rangeFrom: back.rangeFrom,
    rangeTo: back.rangeTo,
    priceTop: back.priceTop,
    priceBottom: back.priceBottom,
  })
  await page.keyboard.press('End')
  await expect(page.getByTestId('newer')).toBeHidden()
  const atEnd = await chart.calm()
  expect(atEnd.rangeTo).toBeGreaterThan(end + 2 * STEP)

  // Nothing comes under the hand.
  const { x, y } = await chart.point(atEnd.viewTo - 40, (atEnd.priceTop + atEnd.priceBottom) / 2)
  await page.mouse.move(x, y)
  await page.mouse.down()
  const revision = await chart.root.getAttribute('data-live-revision')
  await ingest(store, 'candles', [bar(end + 3 * STEP), bar(end + 4 * STEP), bar(end + 5 * STEP)])
  await expect(chart.root).not.toHaveAttribute('data-live-revision', revision ?? '')
  expect(await chart.data()).toMatchObject({ last: end + 2 * STEP, viewTo: atEnd.viewTo })

  // Once it lets go the chart goes with what came; no bar is drawn twice.
  await page.mouse.up()
  await expect(chart.root).toHaveAttribute('data-last', String(end + 5 * STEP))
  const followed = await chart.calm()
  expect(followed.bars).toBe(atEnd.bars + 3)
  expect(followed.viewTo - followed.bars).toBeCloseTo(atEnd.viewTo - atEnd.bars, 3)
  expect(followed.newer).toBe(0)
  await expect
    .poll(() => chart.root.getAttribute('data-drawn-revision'))
    .toBe(await chart.root.getAttribute('data-live-revision'))

  // Live again: the bar under way is counted down.
  await expect(page.getByTestId('no-bar-since')).toBeHidden()
  await expect(chart.root).not.toHaveAttribute('data-frozen')
  await expect(chart.root).toHaveAttribute('data-countdown', /^[01]:[0-5]\d$|^2:00$/)
  const first = await chart.root.getAttribute('data-countdown')
  await expect(chart.root).not.toHaveAttribute('data-countdown', first ?? '')

  await page.keyboard.press('e')
  await expect(page.getByTestId('emas')).toBeHidden()
  await page.keyboard.press('e')
  await expect(page.getByTestId('ema-200')).toBeVisible()

  // Who looked at the last bar does so again, after a look at another view in which others came.
  await page.keyboard.press('Control+2')
  await expect(chart.root).toBeHidden()
  await ingest(store, 'candles', [bar(end + 6 * STEP)])
  await page.keyboard.press('Control+1')
  await expect(chart.root).toHaveAttribute('data-last', String(end + 6 * STEP))
  const again = await chart.calm()
  expect(again.viewTo).toBeGreaterThan(again.bars - 1)
  expect(again.newer).toBe(0)
})
