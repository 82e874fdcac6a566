import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { barkeepJson, expect, type RunningApp, test } from './support/app.ts'
import { axeFindings } from './support/axe.ts'
import type { TestStores } from './support/stores.ts'

interface Given {
  readonly id: string
  readonly time: string
  readonly session: string
  readonly policy: string
  readonly pnl: number | null
}

/** Eight decisions over three trading dates of Chicago: `late` is a UTC day later than its date. */
const DECISIONS: readonly Given[] = [
  { id: 'ny-win', time: '2024-03-07T19:00:00Z', session: 'NY', policy: 'v1', pnl: 2 },
  { id: 'ny-loss', time: '2024-03-07T19:05:00Z', session: 'NY', policy: 'v1', pnl: -1 },
  { id: 'overlap-win', time: '2024-03-07T15:00:00Z', session: 'LONDON_NY_OVERLAP', policy: 'v1', pnl: 4 },
  { id: 'ny-open', time: '2024-03-08T19:00:00Z', session: 'NY', policy: 'v1', pnl: null },
  { id: 'late', time: '2024-03-09T05:30:00Z', session: 'NONE', policy: 'v2', pnl: 1 },
  { id: 'ny-win-2', time: '2024-03-11T19:00:00Z', session: 'NY', policy: 'v2', pnl: 3 },
  { id: 'ny-win-3', time: '2024-03-11T19:05:00Z', session: 'NY', policy: 'v2', pnl: 5 },
  { id: 'overlap-loss', time: '2024-03-11T15:00:00Z', session: 'LONDON_NY_OVERLAP', policy: 'v2', pnl: -2 },
]

const rows = DECISIONS.map(({ id, time, session, policy, pnl }) => ({
  run_id: `run-${time.slice(0, 10)}`,
  decision_id: id,
  timestamp_utc: time,
  symbol: 'SPY',
  timeframe: '5m',
  session_regime: session,
  macro_regimes: [],
  key_features: { rsi_14: 61.5 },
  evaluation_score: 0.5,
  action: 'long',
  outcome_pnl: pnl,
  outcome_holding_period_bars: pnl === null ? null : 3,
  policy_version: policy,
  engine_version: 'e1',
}))

/** v2 is dated after a decision that names it. */
const policies = [
  { policy_version: 'v1', timestamp_utc: '2024-03-01T12:00:00Z', rsi: 1, session: 1.5 },
  { policy_version: 'v2', timestamp_utc: '2024-03-10T12:00:00Z', rsi: 0.75, session: 1.5 },
].map(({ rsi, session, ...given }) => ({
  ...given,
  base_weights: { rsi_14: rsi },
  trust: { rsi_14: 0.5 },
  regime_multipliers: { NY: { rsi_14: session } },
  metadata: { source: 'test' },
}))

const stats = ['2024-03-07', '2024-03-08', '2024-03-11'].map((day, index) => ({
  run_id: `run-${day}`,
  timestamp_utc: `${day}T21:00:00Z`,
  regime: 'NY',
  feature_name: 'rsi_14',
  stability: 0.5 + index / 10,
}))

async function researchedStore(stores: TestStores): Promise<string> {
  const store = await stores.empty()
  const inbox = await stores.empty()
  for (const [table, documents] of Object.entries({ decisions: rows, policies, stats })) {
    const file = join(inbox, `${table}.ndjson`)
    await writeFile(file, documents.map((one) => JSON.stringify(one)).join('\n'))
    await barkeepJson('ingest', table, file, '--store', store)
  }
  return store
}

/** The ids in sight in Decisions, and that there are no others. */
async function expectRows(page: Page, ...ids: readonly string[]): Promise<void> {
  const table = page.getByRole('grid', { name: 'Decisions', exact: true })
  await expect(table).toHaveAttribute('aria-rowcount', String(ids.length + 1))
  for (const id of ids) await expect(table.getByText(id, { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Research', exact: true }).click()
}

test('N16–N19, N21: each figure opens exactly its rows; versions and their difference; all of it survives a restart', async ({
  launch,
  stores,
}) => {
  const store = await researchedStore(stores)
  const userData = await mkdtemp(join(tmpdir(), 'barkeep-settings-'))
  const { page, app } = await launch({
    store,
    view: 'research',
    size: { width: 1280, height: 800 },
    userData,
  })
  const groups = page.getByRole('table', { name: 'Performance by group' })
  const ny = groups.getByRole('row').filter({ hasText: /^NY/ })
  // Five decisions, four with PnL: 2, −1, 3, 5; the sum falls by 1 at most.
  for (const figure of ['+9.00', '+2.25', '2.17', '75.0%']) await expect(ny).toContainText(figure)
  await ny.getByRole('button', { name: 'Show the 5 decisions of NY' }).click()
  await expectRows(page, 'ny-win', 'ny-loss', 'ny-open', 'ny-win-2', 'ny-win-3')
  await ny.getByRole('button', { name: 'Show the 1 miss of NY' }).click()
  await expectRows(page, 'ny-loss')

  // By key on the plot: the second group.
  await page.getByRole('application', { name: 'PnL mean by group' }).focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await expect(
    page.locator('[aria-live]').filter({ hasText: 'LONDON_NY_OVERLAP: PnL mean +1.00' }),
  ).toBeAttached()
  await page.keyboard.press('Enter')
  await expectRows(page, 'overlap-win', 'overlap-loss')

  // By trading date of Chicago: 2024-03-09 05:30 UTC is the evening before there.
  await page.keyboard.press('3')
  await page.locator('[data-day="2024-03-08"]').click()
  await expectRows(page, 'ny-open', 'late')
  await expect(page.locator('[data-day="2024-03-09"]')).toHaveCount(0)

  await page.keyboard.press('2')
  await page.getByRole('application', { name: 'Stability of features, NY' }).focus()
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  await expectRows(page, 'ny-win-2', 'ny-win-3', 'overlap-loss')

  await page.keyboard.press('4')
  const sides = page.getByRole('table', { name: 'Figures of both versions' })
  await expect(sides.getByRole('row').filter({ hasText: /^PnL mean/ })).toContainText('+0.0833')
  await page.getByRole('button', { name: 'Difference of their weights' }).click()
  const weights = page.getByRole('table', { name: 'Weights from v1 to v2' })
  await expect(weights).toHaveAttribute('aria-rowcount', '2')
  await expect(weights).toContainText('−0.25')
  await page.getByRole('button', { name: 'All 3' }).click()
  await expect(weights).toHaveAttribute('aria-rowcount', '4')
  await page.getByRole('button', { name: 'Show the decisions that name v2 before then' }).click()
  await expectRows(page, 'late')

  await app.close()
  const again = await launch({ store, view: 'policies', userData })
  await expect(again.page.getByRole('button', { name: 'All 3' })).toHaveAttribute('aria-pressed', 'true')
  await again.page.getByRole('button', { name: 'Research', exact: true }).click()
  await expect(again.page.getByRole('button', { name: 'Policy comparison' })).toHaveAttribute(
    'aria-pressed',
    'true',
  )
  await rm(userData, { recursive: true, force: true })
})

/** In both themes, each at one of the sizes: one window that is resized and repainted. */
async function expectClean({ app, page }: RunningApp, state: string): Promise<void> {
  for (const [colorScheme, width, height] of [
    ['light', 1280, 800],
    ['dark', 2560, 1440],
  ] as const) {
    const frame = await app.browserWindow(page)
    await frame.evaluate((window, size) => window.setContentSize(size.width, size.height), { width, height })
    await page.waitForFunction((wanted) => window.innerWidth === wanted, width)
    await page.emulateMedia({ colorScheme })
    await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme)
    expect(await axeFindings(page), `${state}, ${colorScheme}`).toEqual([])
  }
}

test('N20, N22, U5: Research and Policies follow the files, name what was left out, and are clean', async ({
  launch,
  stores,
}) => {
  const empty = await launch({ store: await stores.empty(), view: 'research' })
  await expect(empty.page.getByRole('heading', { name: 'This store holds no decisions yet' })).toBeVisible()
  expect(await axeFindings(empty.page), 'empty').toEqual([])
  const store = await researchedStore(stores)
  const window = await launch({ store, view: 'research' })
  const { page } = window
  await expect(page.getByRole('button', { name: 'Show all 8 decisions' })).toBeVisible()
  const late = join(await stores.empty(), 'late.ndjson')
  const [first] = rows
  await writeFile(
    late,
    JSON.stringify({ ...first, decision_id: 'new', timestamp_utc: '2024-03-12T19:00:00Z' }),
  )
  await writeFile(join(store, 'decisions', 'decisions_20240313.parquet'), 'torn')
  await barkeepJson('ingest', 'decisions', late, '--store', store)
  await expect(page.getByRole('button', { name: 'Show all 9 decisions' })).toBeVisible()
  await expect(page.getByTestId('problems')).toContainText('decisions_20240313.parquet')
  await expectClean(window, 'performance')
  await page.keyboard.press('2')
  await expect(page.getByRole('table', { name: 'Latest figures of each feature' })).toBeVisible()
  await expectClean(window, 'stability')
  await page.keyboard.press('3')
  await expect(page.locator('[data-day="2024-03-08"]')).toBeVisible()
  await expectClean(window, 'calendar')
  await page.keyboard.press('4')
  await expect(page.getByRole('table', { name: 'Both versions by session regime' })).toBeVisible()
  await expectClean(window, 'comparison')
  await page.getByRole('button', { name: 'Policies', exact: true }).click()
  await expect(page.getByRole('table', { name: /^Weights from/ })).toBeVisible()
  await expectClean(window, 'policies')
})
