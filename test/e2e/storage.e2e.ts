import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import type { CompactReceipt } from '../../schemas/contract/jobs.ts'
import { barkeepJson, expect, test } from './support/app.ts'
import { barLine, smallStore } from './support/small-store.ts'

const day = (page: Page, name: string) => page.getByRole('gridcell', { name: new RegExp(`^${name}:`) })

/** What a compaction would do, from the command line: the other way to the same engine. */
async function planned(store: string): Promise<CompactReceipt['days']> {
  const { days } = await barkeepJson<CompactReceipt>('compact', '--all', '--dry-run', '--store', store)
  return days.filter((one) => one.parts > 0)
}

test('U3, U6: a plan comes first; after the run the receipt lists each day and the calendar shows them compacted', async ({
  launch,
  stores,
}) => {
  const store = await smallStore(stores)
  const before = await planned(store)
  expect(before.length).toBeGreaterThan(0)
  const { page } = await launch({ store, view: 'storage', size: { width: 2560, height: 1440 } })
  const first = before.find((one) => one.timeframe === '15m')
  const name = `15m ${first?.day}`
  await expect(day(page, name)).toHaveAttribute('data-status', /waiting|both/)

  await page.getByRole('button', { name: 'Compact everything…' }).first().click()
  await expect(page.getByRole('table', { name: 'Plan of the compaction' })).toHaveAttribute(
    'aria-rowcount',
    String(before.length + 1),
  )
  // Looking changed nothing.
  expect(await planned(store)).toEqual(before)

  await page.getByRole('button', { name: /^Compact \d+ days?$/ }).click()
  const receipt = page.getByRole('table', { name: 'Receipt of the compaction' })
  await expect(receipt).toHaveAttribute('aria-rowcount', String(before.length + 1), { timeout: 40_000 })
  const line = receipt.getByRole('row').filter({ hasText: first?.file ?? '' })
  await expect(line).toContainText('compacted')
  await expect(line.getByRole('button', { name: 'Copy the digest' })).toBeVisible()
  await expect(day(page, name)).toHaveAttribute('data-status', 'compacted')
  await expect(page.getByRole('contentinfo')).toContainText('0 parts waiting')
  expect(await planned(store)).toEqual([])

  await page.getByRole('button', { name: 'Put the receipt away' }).click()
  await expect(page.getByRole('heading', { name: 'Nothing waits' })).toBeVisible()
})

test('U3: one day is compacted by itself, with its files named', async ({ launch, stores }) => {
  const store = await smallStore(stores)
  const target = (await planned(store)).find((one) => one.timeframe === '15m')
  if (target === undefined) throw new Error('the store has no 15m parts')
  const { page } = await launch({ store, view: 'storage' })
  await page.getByRole('button', { name: '15m', exact: true }).click()
  await day(page, `15m ${target.day}`).click()
  await expect(page.getByRole('heading', { name: `15m candles ${target.day}` })).toBeVisible()
  await page.keyboard.press('c')
  await page.getByRole('button', { name: 'Compact 1 day' }).click()
  await expect(page.getByText(`Compacted ${target.parts} parts into 1 dayfile.`)).toBeVisible()
  await expect(page.getByText(target.file, { exact: true }).first()).toBeVisible()
  await expect(page.getByText('Nothing waits here: there is nothing to compact.')).toBeVisible()
  const left = await planned(store)
  expect(left.some((one) => one.timeframe === '15m' && one.day === target.day)).toBe(false)
  expect(left.length).toBeGreaterThan(0)
})

test('U3: a run that is cancelled keeps what was finished and says what was not', async ({
  launch,
  stores,
}) => {
  // A day takes some tens of milliseconds: so many that nobody is too late to cancel.
  const store = await stores.empty()
  const file = join(await stores.empty(), 'bars.ndjson')
  const bars = Array.from({ length: 150 }, (_, day) => barLine('2m', Date.UTC(2023, 0, 1 + day, 15)))
  await writeFile(file, bars.join('\n'))
  await barkeepJson('ingest', 'candles', file, '--store', store)
  const before = await planned(store)
  const { page } = await launch({ store, view: 'storage' })
  await page.getByRole('button', { name: 'Compact everything…' }).first().click()
  await page.getByRole('button', { name: /^Compact \d+ days?$/ }).click()
  await page.getByRole('main').getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByText(/^Cancelled\. Compacted/)).toBeVisible()
  await expect(page.getByRole('contentinfo').getByRole('status')).toContainText('Compaction cancelled')
  const after = await planned(store)
  expect(before).toHaveLength(150)
  expect(after.length).toBeGreaterThan(0)
  // The receipt told each day's fate truly.
  const skipped = page
    .getByRole('table', { name: 'Receipt of the compaction' })
    .getByText('cancelled', { exact: true })
  await expect(skipped.first()).toBeAttached()
  await expect(page.getByText(`into ${150 - after.length} dayfile`)).toBeVisible()
})

test('D2, U6: damaged files are shown in the calendar and explained by the check', async ({
  launch,
  stores,
}) => {
  const store = await smallStore(stores)
  await barkeepJson('compact', '--all', '--store', store)
  const dayfile = (await readdir(join(store, 'data', '15m'))).find((name) => name.endsWith('.parquet')) ?? ''
  await writeFile(join(store, 'data', '15m', dayfile), '')
  const { page } = await launch({ store, view: 'storage', size: { width: 2560, height: 1440 } })
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  const findings = page.getByRole('table', { name: 'Findings' })
  const row = findings
    .getByRole('row')
    .filter({ hasText: `data/15m/${dayfile}` })
    .first()
  await expect(row).toBeVisible({ timeout: 30_000 })
  await expect(row).toContainText(/UNREADABLE|BAD_CHECKSUM/)
  await expect(page.getByRole('contentinfo')).toContainText(/\d+ findings?$/)
  await expect(day(page, `15m ${dayfile.slice(0, 10)}`)).toHaveAttribute('data-status', 'problem')

  await page.getByRole('tab', { name: 'Kept aside' }).click()
  await page.getByRole('button', { name: 'Rebuild the snapshot' }).click()
  await expect(page.getByRole('contentinfo').getByRole('status')).toContainText('Snapshot rebuilt: 1 object')
  // What was found before a change is said to be.
  await expect(page.getByRole('contentinfo')).toContainText('(before changes)')
})

test('U10: what can be mended is repaired after it was shown, and the day is whole again', async ({
  launch,
  stores,
}) => {
  const store = await smallStore(stores)
  await barkeepJson('compact', '--all', '--store', store)
  const folder = join(store, 'data', '15m')
  const dayfile = (await readdir(folder)).find((name) => name.endsWith('.parquet')) ?? ''
  const whole = await readFile(join(folder, dayfile))
  await writeFile(join(folder, dayfile), '')
  const { page } = await launch({ store, view: 'storage', size: { width: 2560, height: 1440 } })
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  await page.getByRole('button', { name: 'Repair…' }).click()
  const plan = page.getByRole('table', { name: 'Plan of the repair' })
  await expect(plan.getByRole('row').filter({ hasText: `data/15m/${dayfile}` })).toContainText(
    'make the file again',
  )
  expect(await readFile(join(folder, dayfile))).toHaveLength(0)

  await page.getByRole('button', { name: 'Repair 1 finding', exact: true }).click()
  const findings = page.getByRole('table', { name: 'Findings' })
  await expect(findings.getByRole('row').filter({ hasText: 'Repaired: made again' })).toBeVisible()
  await expect(page.getByText(/^Repaired 1 finding, \d+ findings? left/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Repair…' })).toHaveCount(0)
  expect(await readFile(join(folder, dayfile))).toEqual(whole)
  await expect(day(page, `15m ${dayfile.slice(0, 10)}`)).toHaveAttribute('data-status', 'compacted')
})

test('U7: the calendar is walked by keys, and the day in focus is the selected one', async ({
  launch,
  stores,
}) => {
  const store = await smallStore(stores)
  const { page } = await launch({ store, view: 'storage' })
  const focused = page.locator('[data-day]:focus')
  const start = page.locator('[data-day][tabindex="0"]')
  await start.focus()
  const from = await start.getAttribute('data-day')
  await page.keyboard.press('ArrowLeft')
  await expect(focused).toHaveAttribute('aria-selected', 'true')
  await expect(focused).not.toHaveAttribute('data-day', from ?? '')
  await page.keyboard.press('ArrowRight')
  await expect(focused).toHaveAttribute('data-day', from ?? '')
  await page.keyboard.press('ArrowDown')
  await expect(focused).toHaveAttribute('data-series', '15m')
  await page.keyboard.press('Control+End')
  await expect(focused).toHaveAttribute('data-series', 'object_events')
})

test('U6: what another program writes shows by itself', async ({ launch, stores }) => {
  const store = await smallStore(stores)
  const { page } = await launch({ store, view: 'storage' })
  await expect(page.getByRole('grid', { name: 'Stored days' })).toBeVisible()
  await expect(page.getByRole('button', { name: '1h', exact: true })).toHaveCount(0)
  const file = join(await stores.empty(), 'bar.ndjson')
  await writeFile(file, barLine('1h', Date.UTC(2024, 2, 8, 15)))
  await barkeepJson('ingest', 'candles', file, '--store', store)
  await page.getByRole('button', { name: '1h', exact: true }).click()
  await expect(day(page, '1h 2024-03-08')).toHaveAttribute('data-status', 'waiting')
})
