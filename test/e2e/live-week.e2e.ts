import type { ElectronApplication, Page } from '@playwright/test'
import type { EngineBridge } from '../../schemas/contract/engine.ts'
import { openStore } from '../../src-main/store/index.ts'
import { slopeOf, tenths } from '../live/statistics.ts'
import { barsOfDay, hoursOf, tradingDaysFrom } from '../live/trading-week.ts'
import { HeapWatch } from '../live/window-watch.ts'
import { expect, test } from './support/app.ts'
import { ChartPage } from './support/chart-page.ts'

const SOAK = process.env.BARKEEP_SOAK === '1'
const DAYS = Number(process.env.BARKEEP_LIVE_DAYS ?? 5)
const SYMBOLS = ['QQQ', 'SPY']
const MINUTES = [2, 15]
const MINUTE = 60_000
/** What may come and go without being a leak: a timer, a tooltip, a file that is being read. */
const TOLERANCE = { files: 3, watches: 3, listeners: 2, nodes: 60, canvases: 0, pageListeners: 12 } as const
/** Megabytes a day that the heap may rise by: a day of bars is in it, which the window holds up to a bound. */
const HEAP_A_DAY = 1

/** The main process's clock, as its code sees it. */
function setClock(app: ElectronApplication, instant: number): Promise<void> {
  return app.evaluate((_electron, to) => {
    const kept = globalThis as unknown as { barkeepRealNow?: () => number }
    kept.barkeepRealNow ??= Date.now.bind(Date)
    const real = kept.barkeepRealNow
    const ahead = to - real()
    Date.now = () => real() + ahead
  }, instant)
}

type Counts = Record<keyof typeof TOLERANCE, number>

/** What both processes hold on to, after a forced collection. */
async function heldBy(app: ElectronApplication, page: Page, heap: HeapWatch): Promise<Counts> {
  const main = await app.evaluate(({ app: own, ipcMain, webContents }) => {
    const fs = process.getBuiltinModule('node:fs')
    const files = process.platform === 'linux' ? fs.readdirSync('/proc/self/fd') : []
    const watches = files.flatMap((file) => {
      try {
        const lines = fs.readFileSync(`/proc/self/fdinfo/${file}`, 'utf8').split('\n')
        return lines.filter((line) => line.startsWith('inotify '))
      } catch {
        return []
      }
    })
    const emitters = [process, own, ipcMain, ...webContents.getAllWebContents()]
    const listeners = emitters.reduce(
      (sum, emitter) =>
        sum + emitter.eventNames().reduce((count, name) => count + emitter.listenerCount(name as 'exit'), 0),
      0,
    )
    return { files: files.length, watches: watches.length, listeners }
  })
  const { nodes, jsEventListeners } = await heap.counters()
  const canvases = await page.locator('canvas').count()
  return { ...main, nodes, canvases, pageListeners: jsEventListeners }
}

test('F78: a window open over a week of trading days, each compacted after its close, grows in nothing', async ({
  launch,
  stores,
}) => {
  test.skip(!SOAK, 'a minute a day: part of npm run test:soak -- live')
  test.setTimeout(120_000 + DAYS * 120_000)
  const folder = await stores.empty()
  const days = tradingDaysFrom(Date.now(), DAYS)
  const before = new Date(Date.parse(days[0] ?? '') - 3 * 86_400_000).toISOString().slice(0, 10)
  const bot = await openStore(folder, { create: true })
  await bot.writer.appendCandles(barsOfDay(before, SYMBOLS, MINUTES))
  await bot.writer.changeSettings({ set: { afterClose: { on: true, time: '15:15' } } })
  const { app, page } = await launch({ store: folder, view: 'chart', args: ['--js-flags=--expose-gc'] })
  const chart = new ChartPage(page)
  const { symbol, timeframe } = await chart.calm()
  await setClock(app, hoursOf(days[0] ?? '').open - 5 * MINUTE)
  const heap = await HeapWatch.of(app, page)
  const counts: Counts[] = []
  const heaps: { readonly main: number; readonly page: number }[] = []
  for (const day of days) {
    const { open, close } = hoursOf(day)
    const bars = barsOfDay(day, SYMBOLS, MINUTES)
    for (let at = 0; at < bars.length; at += 40) {
      await setClock(app, (bars[at]?.ts ?? open) + 2 * MINUTE)
      await bot.writer.appendCandles(bars.slice(at, at + 40))
      await page.waitForTimeout(200)
    }
    const own = bars.filter((bar) => bar.symbol === symbol && bar.timeframe === timeframe)
    await expect
      .poll(async () => (await chart.data()).last, { message: `${day} is drawn` })
      .toBe(own.at(-1)?.ts)
    await setClock(app, close + 16 * MINUTE)
    const lastRun = (): Promise<string> =>
      page.evaluate(async () => {
        const { barkeep } = window as unknown as { readonly barkeep: EngineBridge }
        const answer = await barkeep.call('afterCloseState', null)
        if (!answer.ok) return answer.error.message
        const { last, error } = answer.value
        return `${last?.session ?? 'none'} ${last?.state ?? ''} ${error?.message ?? ''}`.trim()
      })
    await expect.poll(lastRun, { message: `${day} is compacted`, timeout: 90_000 }).toBe(`${day} done`)
    heaps.push(await heap.sample())
    counts.push(await heldBy(app, page, heap))
  }
  const [, second] = counts
  const last = counts.at(-1)
  const slopes = {
    main: slopeOf(heaps.slice(1).map(({ main }, index) => [index, main])),
    page: slopeOf(heaps.slice(1).map((sample, index) => [index, sample.page])),
  }
  console.log(
    [
      `live week in the window: ${days.join(', ')}`,
      `held after each day: ${counts.map((each) => JSON.stringify(each)).join('\n  ')}`,
      `heap after collection, MB: main ${heaps.map(({ main }) => tenths(main)).join(' ')} (${slopes.main.toFixed(2)} a day), page ${heaps.map((each) => tenths(each.page)).join(' ')} (${slopes.page.toFixed(2)})`,
    ].join('\n'),
  )
  for (const kind of Object.keys(TOLERANCE) as (keyof typeof TOLERANCE)[])
    expect(last?.[kind], kind).toBeLessThanOrEqual((second?.[kind] ?? 0) + TOLERANCE[kind])
  expect(slopes.main, 'heap of the main process, MB a day').toBeLessThanOrEqual(HEAP_A_DAY)
  expect(slopes.page, 'heap of the page, MB a day').toBeLessThanOrEqual(HEAP_A_DAY)
  for (const minutes of MINUTES) {
    const { candles, problems } = await bot.reader.viewport({
      symbol,
      timeframe: `${minutes}m`,
      from: hoursOf(days[0] ?? '').open,
      to: 8e15,
    })
    expect(problems).toEqual([])
    expect([...candles.ts]).toEqual(
      days.flatMap((day) => barsOfDay(day, [symbol], [minutes]).map(({ ts }) => ts)),
    )
  }
  await bot.close()
  await expect(page.locator('.bk-notice')).toHaveCount(0)
})
