import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { barkeepJson, expect, test } from './support/app.ts'
import { SMALL_STORE_DAYS, smallStore } from './support/small-store.ts'

test('F24, F25: a window that is opened makes up for the close that was missed, tells it, and leaves the session to nobody else', async ({
  launch,
  stores,
}) => {
  const store = await smallStore(stores)
  // As if it had all been written on its day: what came just now is put off.
  const then = new Date('2024-03-12T12:00:00Z')
  for (const file of await readdir(store, { recursive: true, withFileTypes: true }))
    if (file.isFile()) await utimes(join(file.parentPath, file.name), then, then)
  await mkdir(join(store, '.barkeep'), { recursive: true })
  await writeFile(join(store, '.barkeep', 'settings.json'), '{"afterClose":{"on":true},"emaPeriods":[3]}')
  const { page } = await launch({ store, view: 'storage' })
  // Three days of two timeframes, and the month of the zone's event.
  await expect(page.getByText(/After the close of \d{4}-\d{2}-\d{2}: compacted 7 files/).first()).toBeVisible(
    {
      timeout: 30_000,
    },
  )
  for (const timeframe of ['2m', '15m']) {
    const dayfiles = SMALL_STORE_DAYS.map((day) => `${day}.parquet`)
    expect(
      (await readdir(join(store, 'data', timeframe))).filter((name) => name.endsWith('.parquet')).sort(),
    ).toEqual(dayfiles)
    expect((await readdir(join(store, 'emas', timeframe))).sort()).toEqual(dayfiles)
  }
  // Cron that comes second finds the proof.
  const second = await barkeepJson('compact', '--after-close', '--store', store)
  expect(second).toMatchObject({ days: [], already: expect.any(Number) })
  await page.getByRole('tab', { name: 'After the close' }).click()
  await expect(page.getByRole('tabpanel').getByText(/^\d{4}-\d{2}-\d{2} 1[25]:15 C[SD]T/)).toBeVisible()
})
