import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { MARKET_ZONE, MarketZone } from '../../schemas/contract/market-time.ts'
import type { StoreWriter } from '../../src-main/store/api.ts'
import { openStore } from '../../src-main/store/index.ts'
import { expect, test } from './support/app.ts'
import { ChartPage } from './support/chart-page.ts'
import { DECISIONS, writeManyDecisions } from './support/decision-store.ts'

const MINUTE = 60_000
/** Pictures of what is tested go here, when asked for. */
const PICTURES = process.env.BARKEEP_PICTURES

function bar(ts: number) {
  const price = 500 + Math.sin(ts / (9 * MINUTE))
  return {
    symbol: 'WAVE',
    timeframe: '1m',
    ts,
    open: price,
    high: price + 1,
    low: price - 1,
    close: price,
    volume: 1,
  }
}

/** As another program does: by files alone, the window hears nothing of it from us. */
async function write(store: string, work: (writer: StoreWriter) => Promise<unknown>): Promise<void> {
  const opened = await openStore(store, { create: true })
  try {
    await work(opened.writer)
  } finally {
    await opened.close()
  }
}

function decision(id: string, change: object = {}) {
  const [first] = DECISIONS
  return {
    ...first,
    decision_id: id,
    timestamp_utc: new Date().toISOString(),
    outcome_pnl: null,
    outcome_hit: null,
    outcome_holding_period_bars: null,
    ...change,
  }
}

const sign = (page: Page) => page.getByTestId('live-sign')
const warning = (page: Page, kind: string) =>
  page.locator(`[data-testid="live-warning"][data-kind="${kind}"]`)
const picture = async (page: Page, name: string) => {
  if (PICTURES === undefined) return
  for (const [width, height] of [
    [1440, 900],
    [1280, 800],
  ] as const) {
    await page.setViewportSize({ width, height })
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await page.screenshot({ path: join(PICTURES, `${name}-${theme}-${width}.png`) })
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 })
}

test('F50, F56, F58: a feed that stopped is told since when until a bar comes; decisions come without moving what one reads', async ({
  launch,
  stores,
}) => {
  const store = await stores.empty()
  await mkdir(join(store, '.barkeep'), { recursive: true })
  const settings = { defaultCalendar: '24x7', afterClose: { on: false } }
  await writeFile(join(store, '.barkeep', 'settings.json'), JSON.stringify(settings))
  const minute = Math.floor(Date.now() / MINUTE) * MINUTE
  const last = minute - 6 * MINUTE
  await write(store, (writer) =>
    writer.appendCandles(Array.from({ length: 60 }, (_, at) => bar(last - at * MINUTE))),
  )
  const stored = await writeManyDecisions(store, 2, 400)
  const { page } = await launch({ store, view: 'chart', size: { width: 1440, height: 900 } })
  await new ChartPage(page).calm()

  const zone = new MarketZone(MARKET_ZONE)
  const due = last + 2 * MINUTE
  const { hour, minute: past } = zone.wallClock(due)
  const since = `${String(hour).padStart(2, '0')}:${String(past).padStart(2, '0')} ${zone.abbreviation(due)}`
  await expect(sign(page)).toHaveText(`Stale since ${since}: WAVE 1m`)
  await expect(warning(page, 'stale')).toContainText(`WAVE 1m: no bar since ${since}`)
  await picture(page, 'stale')
  const now = Math.floor(Date.now() / MINUTE) * MINUTE
  await write(store, (writer) =>
    writer.appendCandles(
      Array.from({ length: (now - last) / MINUTE - 1 }, (_, at) => bar(now - (at + 1) * MINUTE)),
    ),
  )
  await expect(sign(page)).toHaveText('Live')
  await expect(warning(page, 'stale')).toBeHidden()

  await rename(store, `${store}-away`)
  await expect(warning(page, 'folder')).toBeVisible()
  await expect(sign(page)).toContainText('Folder gone since')
  await picture(page, 'folder')
  await rename(`${store}-away`, store)
  await expect(warning(page, 'folder')).toBeHidden()
  await expect(sign(page)).toHaveText('Live')

  await page.keyboard.press('ControlOrMeta+2')
  const grid = page.getByRole('grid', { name: 'Decisions' })
  await expect(grid).toHaveAttribute('aria-rowcount', String(stored + 1))
  const pill = page.getByTestId('newer-rows')
  const top = () =>
    grid.evaluate((element) => {
      const { top: edge } = element.getBoundingClientRect()
      const rows = [...element.querySelectorAll('tbody tr:not([data-waiting])')]
      const shown = rows.map((row) => ({
        y: Math.round(row.getBoundingClientRect().top - edge),
        text: row.textContent,
      }))
      return shown.filter(({ y }) => y >= 28).sort((a, b) => a.y - b.y)[0]
    })
  await grid.evaluate((element) => element.scrollTo(0, 250 * 28))
  await expect.poll(async () => (await top())?.text).toContain('d-20240102-000149')
  const before = await top()
  const come = (...decisions: object[]) =>
    write(store, (writer) => writer.appendLedger('decisions', decisions))
  await come(decision('new-1'), decision('new-2'), decision('new-3'))
  await expect(pill).toHaveText('3 newer decisions')
  await expect(grid).toHaveAttribute('aria-rowcount', String(stored + 4))
  expect(await top()).toEqual(before)
  await picture(page, 'newer')

  await pill.click()
  await expect.poll(async () => (await top())?.text).toContain('new-')
  await expect(pill).toBeHidden()
  const opened = decision('new-4')
  await come(opened)
  await expect.poll(async () => (await top())?.text).toContain('new-4')
  await expect(page.locator('.bk-decisions-totals')).toContainText(`${stored + 4}`)
  await come({ ...opened, outcome_pnl: 2.5, outcome_hit: true, outcome_holding_period_bars: 3 })
  await expect.poll(async () => (await top())?.text).toContain('2.5')
  await expect(page.locator('.bk-notice')).toHaveCount(0)
})
