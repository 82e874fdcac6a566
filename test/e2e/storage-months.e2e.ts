import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { PurgeReceipt } from '../../schemas/contract/jobs.ts'
import { barkeepJson, expect, test } from './support/app.ts'
import { axeFindings } from './support/axe.ts'
import { smallStore } from './support/small-store.ts'

const MONTHFILE = 'objects/timeline/2024-03/2024-03.parquet'

test('U3, U11, C19, C22: a month of events becomes one file, and recovery is purged, each after its plan was shown', async ({
  launch,
  stores,
}) => {
  const store = await smallStore(stores)
  await barkeepJson('compact', '--all', '--store', store)
  const { page } = await launch({ store, view: 'storage' })
  const event = page.getByRole('gridcell', { name: /^Objects 2024-03-07:/ })
  await event.click()
  await page.getByRole('button', { name: 'Compact 2024-03 into one file…' }).click()
  await expect(page.getByRole('table', { name: 'Plan of the compaction' })).toContainText(MONTHFILE)
  expect(existsSync(join(store, MONTHFILE))).toBe(false)
  await page.getByRole('button', { name: 'Compact 1 file' }).click()
  await expect(page.getByText('Compacted 1 dayfile into 1 file.')).toBeVisible()
  expect(existsSync(join(store, MONTHFILE))).toBe(true)
  await expect(event).toHaveAttribute('data-status', 'compacted')
  await expect(page.getByText(MONTHFILE, { exact: true }).first()).toBeVisible()
  await expect(page.getByRole('button', { name: 'Compact 2024-03 into one file…' })).toHaveCount(0)

  await page.getByRole('tab', { name: 'Kept aside' }).click()
  await page.getByRole('button', { name: 'Purge…' }).click()
  const dialog = page.getByRole('dialog')
  // All of it was put aside just now.
  await expect(dialog.getByRole('button', { name: 'Nothing to remove' })).toBeDisabled()
  await expect(dialog.getByRole('table', { name: 'What stays' })).toContainText('stays until')
  await dialog.getByRole('button', { name: 'All that is safe' }).click()
  const { files } = await barkeepJson<PurgeReceipt>(
    'purge',
    '--older-than',
    '0',
    '--dry-run',
    '--store',
    store,
  )
  expect(files).toBeGreaterThan(30)
  await expect(dialog.getByRole('button', { name: `Remove ${files} files` })).toBeVisible()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: `Remove ${files} files` }).click()
  await expect(dialog.getByText(`Removed ${files} files`)).toBeVisible()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('heading', { name: 'Recovery' }).locator('..')).toContainText('empty')
})
