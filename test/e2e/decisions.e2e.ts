import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { MarketZone, parseInstant } from '../../schemas/contract/market-time.ts'
import { expect, test } from './support/app.ts'
import { axeFindings } from './support/axe.ts'
import { ChartPage } from './support/chart-page.ts'
import { DECISIONS, writeDecisionStore, writeManyDecisions } from './support/decision-store.ts'
import { watchScrolling } from './support/scroll-watch.ts'

const grid = (page: Page) => page.getByRole('grid', { name: 'Decisions' })
const rowsShown = (page: Page) => grid(page).locator('tbody tr:not([data-waiting])')
const filters = (page: Page) => page.locator('.bk-decisions-filters')
const inspector = (page: Page) => page.getByTestId('decision-inspector')

/** Rows of the answer in force, by what the grid tells a screen reader. */
async function expectRows(page: Page, rows: number): Promise<void> {
  await expect(grid(page)).toHaveAttribute('aria-rowcount', String(rows + 1))
  await expect(grid(page)).toHaveAttribute('aria-busy', 'false')
}

test('N3, N5, N6, N7: from a filter to a decision, to its bar on the chart, back, and by a brush to its neighbours', async ({
  launch,
  stores,
}) => {
  const store = await writeDecisionStore(stores)
  const userData = await mkdtemp(join(tmpdir(), 'barkeep-decisions-'))
  const size = { width: 1440, height: 900 }
  const running = await launch({ store, view: 'decisions', size, userData })
  const { page } = running
  await expectRows(page, DECISIONS.length)
  await expect(page.getByText('Chicago time')).toBeVisible()

  // A filter, a condition on a feature, a sort.
  await filters(page).getByRole('button', { name: 'Action', exact: true }).click()
  await page.getByRole('button', { name: /^LONG/ }).click()
  await page.keyboard.press('Escape')
  await expectRows(page, DECISIONS.filter(({ action }) => action === 'LONG').length)
  await filters(page).getByRole('button', { name: 'Features', exact: true }).click()
  await page.getByLabel('Feature', { exact: true }).fill('rsi_14')
  await page.getByLabel('Number', { exact: true }).fill('60')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  const wanted = DECISIONS.filter(({ action, key_features }) => action === 'LONG' && key_features.rsi_14 > 60)
  await expectRows(page, wanted.length)
  await page.getByRole('columnheader', { name: 'Score' }).getByRole('button').click()
  await expect(page.getByRole('columnheader', { name: 'Score' })).toHaveAttribute('aria-sort', 'descending')
  const best = wanted.toSorted((a, b) => b.evaluation_score - a.evaluation_score)
  await expect(rowsShown(page).first()).toContainText(best[0]?.decision_id ?? 'one')

  // By keys into the inspector: what was known and stood then.
  await grid(page).focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  const chosen = best[1]
  if (chosen === undefined) throw new Error('the filter leaves too few')
  await expect(inspector(page)).toHaveAttribute('aria-label', `Decision ${chosen.decision_id}`)
  await expect(inspector(page)).toContainText(chosen.policy_version)
  await expect(inspector(page)).toContainText('as recorded when it was written')
  await expect(inspector(page)).toContainText('Upper band')
  expect(await axeFindings(page)).toEqual([])

  // What stands there is of the moment: before noon the zone had not been moved yet.
  await page.keyboard.press('Shift+C')
  await expectRows(page, DECISIONS.length)
  await page.getByRole('columnheader', { name: 'Time', exact: true }).getByRole('button').click()
  await page.getByRole('columnheader', { name: 'Time', exact: true }).getByRole('button').click()
  await grid(page).focus()
  await page.keyboard.press('Home')
  await expect(inspector(page)).toHaveAttribute('aria-label', 'Decision d-00')
  await expect(inspector(page)).toContainText('505.00 to 506.00')
  await page.getByRole('button', { name: 'Columns' }).focus()
  await page.keyboard.press('n')
  await expect(inspector(page)).toHaveAttribute('aria-label', 'Decision d-01')
  await page.keyboard.press('End')
  await expect(inspector(page)).toHaveAttribute('aria-label', 'Decision d-38')
  await expect(inspector(page)).toContainText('505.00 to 508.00')

  // As known at 11:20: no later decision, and no outcome whose fifteen minutes had not passed.
  const asOf = Date.parse('2024-03-08T17:20:59.999Z')
  await filters(page).getByRole('button', { name: 'Time', exact: true }).click()
  await page.getByLabel('As known at').fill('2024-03-08T11:20')
  await page.keyboard.press('Escape')
  const then = DECISIONS.filter(({ timestamp_utc: text }) => Date.parse(text) <= asOf)
  await expectRows(page, then.length)
  const known = then.filter(
    ({ timestamp_utc: text, outcome_pnl: pnl }) => pnl !== null && Date.parse(text) + 15 * 60_000 <= asOf,
  )
  expect(known.length).toBeLessThan(then.filter(({ outcome_pnl: pnl }) => pnl !== null).length)
  await expect(page.getByText(`of ${known.length}`, { exact: true }).first()).toBeVisible()
  await page.keyboard.press('Shift+C')
  await expectRows(page, DECISIONS.length)

  // To the chart and back by key.
  await page.keyboard.press('c')
  const chart = new ChartPage(page)
  const { rangeFrom, rangeTo } = await chart.calm()
  await expect(chart.root).toHaveAttribute('data-decision', 'd-38')
  await expect(chart.root).toHaveAttribute('data-timeframe', '5m')
  const at = Date.parse(DECISIONS[38]?.timestamp_utc ?? '')
  expect(rangeFrom).toBeLessThan(at)
  expect(rangeTo).toBeGreaterThan(at)
  await expect(chart.root).toHaveAttribute('data-decisions', String(DECISIONS.length))
  await page.keyboard.press('Shift+N')
  await expect(page.getByTestId('decision-card')).toContainText('SHORT')
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('i')
  await expect(inspector(page)).toHaveAttribute('aria-label', 'Decision d-37')

  // The table has it in sight, too.
  await expect(grid(page).locator('tr[aria-selected="true"]')).toContainText('d-37')
  await page.keyboard.press('c')
  await chart.calm()
  await page.keyboard.press('Escape')
  await expect(chart.root).not.toHaveAttribute('data-decision', /./)

  // A brush over the chart: just the decisions in it.
  await page.keyboard.press('b')
  const canvas = await page.locator('.bk-chart-canvas').boundingBox()
  if (canvas === null) throw new Error('the chart has no size')
  await page.mouse.move(canvas.x + canvas.width * 0.3, canvas.y + 200)
  await page.mouse.down()
  await page.mouse.move(canvas.x + canvas.width * 0.5, canvas.y + 220, { steps: 4 })
  await page.mouse.up()
  const time = page.getByRole('button', { name: /^Time: / })
  await expect(time).toBeVisible()
  await expect(page.getByRole('button', { name: 'Symbol: WAVE' })).toBeVisible()
  const [, day, first, last] =
    /Time: (\S+) (\d\d:\d\d) to (\d\d:\d\d)/.exec((await time.textContent()) ?? '') ?? []
  const [from, to] = [
    parseInstant(`${day}T${first}`, new MarketZone()),
    parseInstant(`${day}T${last}`, new MarketZone()) + 59_999,
  ]
  const inside = DECISIONS.filter(
    ({ timestamp_utc: text }) => Date.parse(text) >= from && Date.parse(text) <= to,
  )
  expect(inside.length).toBeGreaterThan(2)
  expect(inside.length).toBeLessThan(DECISIONS.length)
  await expectRows(page, inside.length)

  // It is all there again after a restart.
  expect(await running.close()).toEqual([])
  const again = await launch({ store, size, userData })
  await expectRows(again.page, inside.length)
  await expect(again.page.getByRole('button', { name: 'Symbol: WAVE' })).toBeVisible()
  await again.close()
  await rm(userData, { recursive: true, force: true })
})

test('N1, N2: 100,000 decisions are scrolled without a blank frame, and each page comes', async ({
  launch,
  stores,
}) => {
  const store = await stores.empty()
  const rows = await writeManyDecisions(store, 10, 10_000)
  const { page } = await launch({ store, view: 'decisions', size: { width: 1280, height: 800 } })
  await expectRows(page, rows)
  // What is asked for after the rows is there: the engine has both cores to itself otherwise.
  await expect(page.getByText('Hit rate')).toBeVisible()
  const watched = await watchScrolling(page, 'Decisions', 1_500)
  // A frame that the machine was late with is not blank: rows on their way are drawn as rows.
  expect(watched.frames).toBeGreaterThan(3)
  expect(watched.longestBlank).toBeLessThan(300)
  process.stdout.write(
    `scrolled ${rows} rows in 1.5 s: ${watched.frames} frames, blank ${watched.longestBlank} ms at longest\n`,
  )
  await expect(rowsShown(page).last()).toHaveAttribute('aria-rowindex', String(rows + 1))
  await expect(rowsShown(page).last()).toContainText('d-20240101-000000')
  await grid(page).focus()
  await page.keyboard.press('Home')
  await expect(rowsShown(page).first()).toContainText('d-20240110-009999')
})
