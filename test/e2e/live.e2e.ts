import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../src-main/store/index.ts'
import { warningsLogged } from '../live/app-log.ts'
import { BOT_ENTRY, RunningBot } from '../live/bot.ts'
import { barsOfSeries, writeLiveStore } from '../live/market-store.ts'
import { slopeOf, spreadOf, tenths, told } from '../live/statistics.ts'
import {
  compactDay,
  cpuTaken,
  HeapWatch,
  mainDelay,
  noteBars,
  notedBars,
  pageDelay,
} from '../live/window-watch.ts'
import { bundleChild, type ChildBundle } from '../support/kill-runner.ts'
import { expect, test } from './support/app.ts'
import { ChartPage } from './support/chart-page.ts'

const SOAK = process.env.BARKEEP_SOAK === '1'
/** Of the long form. */
const SOAK_MINUTES = Number(process.env.BARKEEP_LIVE_MINUTES ?? 10)
const SYMBOLS = ['LIVA', 'LIVB', 'LIVC', 'LIVD', 'LIVE']
const MINUTES = [1, 2, 3]
const RATE = SOAK ? 10 : 30
const BARS = SOAK ? SOAK_MINUTES * 60 * RATE : 180
const BEFORE = SOAK ? 3_000 : 300
const IDLE_SECONDS = SOAK ? 30 : 1
const SCROLL_EVERY = SOAK ? 1_500 : 400
const SAMPLE_EVERY = SOAK ? 15_000 : 3_000

let bundle: ChildBundle
test.beforeAll(async () => {
  bundle = await bundleChild(BOT_ENTRY)
})
test.afterAll(async () => {
  await bundle.remove()
})

test('F75: bars of a bot beside the window are each drawn once, while a day is compacted and the chart is scrolled', async ({
  launch,
  stores,
}) => {
  test.setTimeout(120_000 + (SOAK ? SOAK_MINUTES * 90_000 : 0))
  const plan = {
    symbols: SYMBOLS,
    minutes: MINUTES,
    bars: BARS,
    barsPerSecond: RATE,
    foreignEvery: 5,
    talkEvery: 10,
  }
  const { order, dayBefore } = await writeLiveStore(await stores.empty(), plan, BEFORE)
  const { store } = order
  const userData = await mkdtemp(join(tmpdir(), 'barkeep-live-'))
  const { app, page } = await launch({ store, view: 'chart', userData, args: ['--js-flags=--expose-gc'] })
  const chart = new ChartPage(page)
  const { symbol, timeframe } = await chart.calm()
  await noteBars(page)
  const heap = await HeapWatch.of(app, page)

  const idle = { main: await mainDelay(app), page: await pageDelay(page) }
  await page.waitForTimeout(IDLE_SECONDS * 1_000)
  const idleDelay = { main: await idle.main.stop(), page: await idle.page.stop() }

  const cpuBefore = await cpuTaken(app)
  const delay = { main: await mainDelay(app), page: await pageDelay(page) }
  const bot = new RunningBot(bundle, order)
  const begun = performance.now()
  const samples: { readonly minutes: number; readonly main: number; readonly page: number }[] = []
  let ended = false
  const end = bot.ended.finally(() => {
    ended = true
  })
  const compaction = bot.wrote(30).then(() => compactDay(page, dayBefore))
  let scrolls = 0
  for (let nextSample = 0; !ended; ) {
    await page.keyboard.press(['ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'End'][scrolls++ % 4] ?? 'End')
    if (performance.now() - begun >= nextSample) {
      const used = await heap.sample()
      samples.push({ minutes: (performance.now() - begun) / 60_000, ...used })
      nextSample += SAMPLE_EVERY
    }
    await Promise.race([end, page.waitForTimeout(SCROLL_EVERY)])
  }
  const loaded = { main: await delay.main.stop(), page: await delay.page.stop() }
  const [cpuAfter, seconds] = [await cpuTaken(app), (performance.now() - begun) / 1_000]
  expect(bot.failures).toEqual([])
  expect(await compaction).toBe('done')
  await page.keyboard.press('End')
  const wanted = barsOfSeries(order, symbol, timeframe)
  await expect
    .poll(async () => (await chart.data()).last, { message: 'the last bar is drawn' })
    .toBe(wanted.at(-1))
  const { bars, first, last } = await chart.calm()

  // The store: every bar of every series once, whoever wrote it.
  const opened = await openStore(store)
  try {
    for (const each of SYMBOLS)
      for (const minutes of MINUTES) {
        const series = { symbol: each, timeframe: `${minutes}m` }
        const shown = await opened.reader.viewport({
          ...series,
          from: order.from,
          to: Date.now() + 86_400_000,
        })
        expect([...shown.candles.ts], `${each} ${minutes}m`).toEqual(barsOfSeries(order, each, `${minutes}m`))
        expect(shown.problems).toEqual([])
      }
    const held = await opened.reader.viewport({ symbol, timeframe, from: first, to: last })
    expect(bars, 'bars in the chart').toBe(held.candles.ts.length)
  } finally {
    await opened.close()
  }
  const compacted = await readdir(join(store, 'data', timeframe))
  expect(compacted).toContain(`${dayBefore}.parquet`)

  // The chart: each in turn, none twice, none skipped but those that came in one increment with a later one.
  const { lasts, drawn, told: heard } = await notedBars(page)
  expect(lasts).toEqual([...new Set(lasts)].sort((a, b) => a - b))
  const ours = bot.bars.filter((bar) => bar.symbol === symbol && bar.timeframe === timeframe)
  expect(ours.map(({ ts }) => ts)).toEqual(wanted)
  const waits = ours.map(({ ts, renamedAt }) => {
    const shown = drawn.find((each) => each.last >= ts)
    return shown === undefined ? Number.NaN : shown.at - renamedAt
  })
  expect(waits.filter(Number.isNaN), 'bars that were never drawn').toEqual([])
  const latency = spreadOf(waits)
  const toPage = spreadOf(
    ours.map(({ ts, renamedAt }) => (heard.find((each) => each.last >= ts)?.at ?? Number.NaN) - renamedAt),
  )
  // With the bot's parts merged into dayfiles nothing is left to be kept of each.
  expect(await compactDay(page, null)).toBe('done')
  await chart.calm()
  const afterwards = await heap.sample()
  // What the page and the engine load and compile in the beginning is no slope.
  const settled = samples.slice(Math.floor(samples.length / 2))
  const slope = {
    main: slopeOf(settled.map(({ minutes, main }) => [minutes, main])),
    page: slopeOf(settled.map((sample) => [sample.minutes, sample.page])),
  }
  console.log(
    [
      `live: ${bot.bars.length} bars (${bot.bars.filter(({ foreign }) => foreign).length} foreign) at ${RATE} a second over ${SYMBOLS.length * MINUTES.length} series, ${bot.events} events, ${bot.decisions} decisions, ${scrolls} moves`,
      `rename to drawn: ${told(latency)}; to the page's being told: ${told(toPage)}`,
      `main loop delay: ${told(loaded.main)}; idle ${told(idleDelay.main)}`,
      `page loop delay: ${told(loaded.page)}; idle ${told(idleDelay.page)}`,
      `heap after collection: main ${samples.map(({ main }) => tenths(main)).join(' ')} MB (second half: ${slope.main.toFixed(3)} MB a minute), page ${samples.map((sample) => tenths(sample.page)).join(' ')} MB (${slope.page.toFixed(3)})`,
      `heap once all days are compacted: main ${tenths(afterwards.main)} MB, page ${tenths(afterwards.page)} MB`,
      `processor: ${Object.entries(cpuAfter)
        .map(([kind, taken]) => `${kind} ${tenths((100 * (taken - (cpuBefore[kind] ?? 0))) / seconds)}%`)
        .join(', ')} of one core`,
      `load: ${loadavg().map(tenths).join(' ')} on ${cpus().length} cores`,
    ].join('\n'),
  )
  if (SOAK) {
    expect(latency.p95, 'rename to drawn, p95, ms').toBeLessThanOrEqual(250)
    expect(loaded.main.p99, 'delay of the main loop, p99, ms').toBeLessThanOrEqual(50)
    expect(loaded.page.p99, "delay of the page's loop, p99, ms").toBeLessThanOrEqual(50)
    // The main process keeps the name and times of each part (some 1 kB) until its day is compacted.
    expect(afterwards.main - (samples[1]?.main ?? 0), 'heap of the main process, MB').toBeLessThanOrEqual(3)
    expect(slope.page, 'heap of the page, MB a minute').toBeLessThanOrEqual(0.3)
  }
  await expect(page.locator('.bk-notice')).toHaveCount(0)
  await expect(page.getByTestId('live-warning')).toHaveCount(0)
  expect(await warningsLogged(userData)).toEqual([])
  await rm(userData, { recursive: true, force: true })
})
