import { access, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Page } from '@playwright/test'
import type { EngineBridge } from '../../schemas/contract/engine.ts'
import { openStore } from '../../src-main/store/index.ts'
import { warningsLogged } from '../live/app-log.ts'
import { BOT_ENTRY, RunningBot } from '../live/bot.ts'
import type { BotOrder } from '../live/bot-orders.ts'
import { barsOfSeries, type LiveStore, writeLiveStore } from '../live/market-store.ts'
import { compactDay } from '../live/window-watch.ts'
import { bundleChild, type ChildBundle } from '../support/kill-runner.ts'
import { PAGE, smallDisk } from '../support/small-disk.ts'
import { barkeep, expect, type RunningApp, test } from './support/app.ts'
import { ChartPage } from './support/chart-page.ts'

const SOAK = process.env.BARKEEP_SOAK === '1'
const PLAN = {
  symbols: ['LIVA', 'LIVB', 'LIVC'],
  minutes: [1, 5],
  bars: 120,
  barsPerSecond: 60,
  foreignEvery: 5,
  talkEvery: 10,
}

let bundle: ChildBundle
test.beforeAll(async () => {
  bundle = await bundleChild(BOT_ENTRY)
})
test.afterAll(async () => {
  await bundle.remove()
})

/** Every bar of the order is in the store once, in each series, whoever wrote it and however often. */
async function checkStore({ order, barsBefore }: LiveStore): Promise<void> {
  const opened = await openStore(order.store)
  try {
    let before = 0
    for (const symbol of order.symbols)
      for (const length of order.minutes) {
        const timeframe = `${length}m`
        const shown = await opened.reader.viewport({ symbol, timeframe, from: 0, to: 8e15 })
        const ts = [...shown.candles.ts]
        expect(
          ts.filter((each) => each >= order.from),
          `${symbol} ${timeframe}`,
        ).toEqual(barsOfSeries(order, symbol, timeframe))
        expect(shown.problems).toEqual([])
        before += ts.filter((each) => each < order.from).length
      }
    expect(before, 'bars of the day before').toBe(barsBefore)
  } finally {
    await opened.close()
  }
}

/** A bot writes it all, and the window draws the last bar of its series. */
async function drawn({ page }: RunningApp, order: BotOrder): Promise<void> {
  const chart = new ChartPage(page)
  const { symbol, timeframe } = await chart.data()
  const bot = new RunningBot(bundle, order)
  await bot.ended
  expect(bot.failures).toEqual([])
  const last = barsOfSeries(order, symbol, timeframe).at(-1)
  await expect.poll(async () => (await chart.data()).last, { message: 'the last bar is drawn' }).toBe(last)
}

test('F76: the bot is killed while it writes and the app while it compacts; both go on where they were', async ({
  launch,
  stores,
}) => {
  const live = await writeLiveStore(await stores.empty(), PLAN, 240)
  const { order, dayBefore } = live
  const userData = await mkdtemp(join(tmpdir(), 'barkeep-chaos-'))
  const first = await launch({
    store: order.store,
    view: 'chart',
    userData,
    expectedTroubles: [/the app ended with SIGKILL/],
  })
  await new ChartPage(first.page).calm()
  for (const bars of [7, 40]) {
    const bot = new RunningBot(bundle, order)
    await bot.wrote(bars)
    bot.kill()
    await bot.ended
  }
  const bot = new RunningBot(bundle, order)
  await bot.wrote(10)
  void compactDay(first.page, dayBefore).catch(() => undefined)
  const lock = join(order.store, '.barkeep', 'writer.lock')
  const dayfile = join(order.store, 'data', '1m', `${dayBefore}.parquet`)
  const there = (file: string) =>
    access(file).then(
      () => true,
      () => false,
    )
  while (!(await there(lock)) && !(await there(dayfile))) await setImmediate()
  first.app.process().kill('SIGKILL')
  const second = await launch({ store: order.store, view: 'chart', userData })
  const chart = new ChartPage(second.page)
  const { symbol, timeframe } = await chart.calm()
  await bot.ended
  expect(bot.failures).toEqual([])
  await expect.poll(async () => (await chart.data()).last).toBe(barsOfSeries(order, symbol, timeframe).at(-1))
  expect(await compactDay(second.page, dayBefore)).toBe('done')
  await expect(second.page.locator('.bk-notice')).toHaveCount(0)
  await checkStore(live)
  // A bot that writes files itself writes them again: named, and each bar counts once all the same.
  const { stdout } = await barkeep('doctor', '--json', '--store', order.store)
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly { readonly code: string }[] }
  expect(findings.filter(({ code }) => !['PARTS_WAITING', 'DUPLICATE'].includes(code))).toEqual([])
  expect(await warningsLogged(userData)).toEqual([])
  await rm(userData, { recursive: true, force: true })
})

test('F77: the clock jumps an hour, the folder goes and comes back; each is said, and live goes on by itself', async ({
  launch,
  stores,
}) => {
  test.skip(!SOAK, 'waits for the periodic looks of the engine: part of npm run test:soak -- live')
  const live = await writeLiveStore(await stores.empty(), { ...PLAN, bars: 60 }, 60)
  const { order } = live
  const running = await launch({ store: order.store, view: 'chart' })
  const { app, page } = running
  await new ChartPage(page).calm()
  const warning = (kind: string) => page.locator(`[data-testid="live-warning"][data-kind="${kind}"]`)

  await app.evaluate(() => {
    const real = Date.now
    Object.assign(globalThis, { barkeepRealNow: real })
    Date.now = () => real() + 3_600_000
  })
  await expect(warning('clock')).toBeVisible()
  await drawn(running, order)
  await app.evaluate(() => {
    Date.now = (globalThis as unknown as { barkeepRealNow: () => number }).barkeepRealNow
  })
  await expect(warning('clock')).toBeHidden()

  await rename(order.store, `${order.store}-away`)
  await expect(warning('folder')).toBeVisible()
  await rename(`${order.store}-away`, order.store)
  await expect(warning('folder')).toBeHidden()
  await drawn(running, { ...order, bars: 120 })
  await expect(page.locator('.bk-notice')).toHaveCount(0)
  await checkStore({ ...live, order: { ...order, bars: 120 } })
})

test('F77: the disk fills under the bot and under a compaction; both are told so, and live goes on once there is room', async ({
  launch,
}) => {
  test.skip(!SOAK, 'part of npm run test:soak -- live')
  const disk = await smallDisk(48)
  test.skip(disk === null, 'no file system can be mounted here')
  if (disk === null) return
  try {
    const live = await writeLiveStore(join(disk.folder, 'store'), { ...PLAN, bars: 60 }, 60)
    const { order, dayBefore } = live
    // What the page is told is a console error of no one: the job says it in words.
    const running = await launch({ store: order.store, view: 'chart' })
    const { page } = running
    await new ChartPage(page).calm()
    await disk.fill(2 * PAGE)
    const bot = new RunningBot(bundle, { ...order, talkEvery: 0, foreignEvery: 0 })
    await bot.ended
    expect(bot.failures.length).toBeGreaterThan(0)
    for (const failure of bot.failures) expect(failure).toContain('disk is full')
    expect(await compactOutcome(page, dayBefore)).toContain('NO_SPACE')
    await disk.empty()
    await drawn(running, order)
    expect(await compactDay(page, dayBefore)).toBe('done')
    await checkStore(live)
    // The app must be gone before its file system.
    await running.close()
  } finally {
    await disk.remove()
  }
})

/** Compacts a day. @returns the codes of what failed in it, however it is told */
function compactOutcome(page: Page, day: string): Promise<string> {
  return page.evaluate(
    (wanted) =>
      new Promise<string>((resolve) => {
        const { barkeep } = window as unknown as { readonly barkeep: EngineBridge }
        barkeep.on('job', (update) => {
          if (update.kind === 'compact' && update.state !== 'running') resolve(JSON.stringify(update))
        })
        void barkeep.call('compact', { day: wanted })
      }),
    day,
  )
}
