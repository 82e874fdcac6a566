import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { barkeepJson, expect, test } from './support/app.ts'
import { axeFindings } from './support/axe.ts'
import { smallStore } from './support/small-store.ts'
import type { TestStores } from './support/stores.ts'

const AUDITS = [
  { run_id: 'run-1', audit_id: 'morning', timestamp_utc: '2024-03-07T15:00:00Z', issues: [] },
  { run_id: 'run-1', audit_id: 'noon', timestamp_utc: '2024-03-07T18:00:00Z', issues: [] },
  {
    run_id: 'run-2',
    audit_id: 'b',
    timestamp_utc: '2024-03-08T15:00:00Z',
    policy_version: 'v1',
    issues: [
      {
        feature: 'rsi_14',
        issue: 'type_mismatch',
        message: 'rsi_14 is text',
        value: '61.5',
        expected_dtype: 'float64',
        observed_dtype: 'str',
      },
      { feature: 'atr_14', issue: 'missing_value', message: 'atr_14 has no value yet' },
    ],
  },
  {
    run_id: 'run-3',
    audit_id: 'c',
    timestamp_utc: '2024-03-11T15:00:00Z',
    summary: { checked: 2 },
    issues: [{ feature: 'rsi_14', issue: 'constraint_violation', value: 104.5, allowed: [0, 100] }],
  },
]

const decision = (runId: string, id: string) => ({
  run_id: runId,
  decision_id: id,
  timestamp_utc: '2024-03-08T15:30:00Z',
  symbol: 'SPY',
  timeframe: '15m',
  session_regime: 'NY',
  macro_regimes: [],
  key_features: { rsi_14: 61.5 },
  evaluation_score: 0.5,
  action: 'LONG',
  policy_version: 'v1',
  engine_version: 'e1',
})

async function auditedStore(stores: TestStores): Promise<string> {
  const store = await smallStore(stores)
  const inbox = await stores.empty()
  const lines = (documents: readonly object[]) => documents.map((one) => JSON.stringify(one)).join('\n')
  await writeFile(join(inbox, 'audits.ndjson'), lines(AUDITS))
  await writeFile(
    join(inbox, 'decisions.ndjson'),
    lines([decision('run-2', 'd1'), decision('run-2', 'd2'), decision('run-3', 'd3')]),
  )
  await barkeepJson('ingest', 'audits', join(inbox, 'audits.ndjson'), '--store', store)
  await barkeepJson('ingest', 'decisions', join(inbox, 'decisions.ndjson'), '--store', store)
  return store
}

const rowsShown = (page: Page) => page.getByRole('grid', { name: 'Rows of audits' }).locator('tbody tr')

test('N11, N12: figures of audits lead to their rows and decisions, by mouse and keys, and are there again after a restart', async ({
  launch,
  stores,
}) => {
  const store = await auditedStore(stores)
  const userData = await mkdtemp(join(tmpdir(), 'barkeep-audits-'))
  const { page, app } = await launch({ store, view: 'audits', userData, colorScheme: 'dark' })
  await expect(rowsShown(page)).toHaveCount(5)
  const runs = page.getByRole('table', { name: 'Audits by run' })
  await expect(runs.locator('tbody tr')).toHaveCount(3)
  await expect(page.getByText('3 runs, 1 without issues')).toBeVisible()
  // Times are the market's: 15:00 UTC is 10:00 after the change of clocks, 09:00 before.
  await expect(rowsShown(page).first()).toContainText('2024-03-11 10:00')

  // A figure shows exactly its rows.
  await runs.getByRole('button', { name: '2 clean audits of run-1: show these rows' }).click()
  await expect(rowsShown(page)).toHaveCount(2)
  await expect(rowsShown(page).first()).toContainText('clean')
  await page.getByRole('button', { name: 'No longer only run-1, clean' }).click()
  await expect(rowsShown(page)).toHaveCount(5)

  // The plot by keys: from the clean bar of the first day to the issue of the last.
  const plot = page.getByRole('application', { name: 'Issues and clean audits by trading date' })
  await plot.focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(rowsShown(page)).toHaveCount(1)
  await page.keyboard.press('Backspace')
  await expect(rowsShown(page)).toHaveCount(5)

  // By feature, then a row by keys and what the audit says of it.
  await page.getByRole('button', { name: 'By feature' }).click()
  await page.getByRole('button', { name: '1 type_mismatch: show these rows' }).click()
  await expect(rowsShown(page)).toHaveCount(1)
  await expect(rowsShown(page)).toContainText('"61.5"')
  await page.getByRole('grid', { name: 'Rows of audits' }).focus()
  await page.keyboard.press('ArrowDown')
  const detail = page.getByTestId('audit-detail')
  await expect(detail).toContainText('rsi_14 is text')
  await expect(detail).toContainText('float64')
  expect(await axeFindings(page)).toEqual([])
  await page.emulateMedia({ colorScheme: 'light' })
  expect(await axeFindings(page)).toEqual([])

  // To the run's decisions, from there back to the run's audits; and that is there again after a restart.
  await page.keyboard.press('d')
  const decisions = page.getByRole('grid', { name: 'Decisions' }).locator('tbody tr')
  await expect(decisions).toHaveCount(2)
  await decisions.first().click()
  await page.getByRole('button', { name: 'Show all in Audits' }).click()
  await expect(rowsShown(page)).toHaveCount(2)
  await app.close()
  const again = await launch({ store, view: 'audits', userData })
  await expect(rowsShown(again.page)).toHaveCount(2)
  await expect(again.page.getByRole('table', { name: 'Issues by feature' })).toBeVisible()

  // A filter that leaves none says so, and what to do.
  await again.page.getByRole('button', { name: 'Policy', exact: true }).first().click()
  await again.page.getByRole('button', { name: 'v1' }).click()
  await again.page.keyboard.press('Escape')
  await expect(again.page.getByRole('button', { name: 'Policy: v1' })).toBeVisible()
  await again.page.getByRole('button', { name: 'Clean', exact: true }).click()
  await expect(again.page.getByRole('heading', { name: 'No audit meets the filter' })).toBeVisible()
  await again.page.getByRole('button', { name: 'Clear all filters' }).last().click()
  await expect(rowsShown(again.page)).toHaveCount(5)
  await rm(userData, { recursive: true, force: true })
})

test('N11: a store without audits says what to do', async ({ launch, stores }) => {
  const { page } = await launch({ store: await smallStore(stores), view: 'audits' })
  await expect(page.getByRole('heading', { name: 'No audits stored' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Import audits…' })).toBeVisible()
  expect(await axeFindings(page)).toEqual([])
})
