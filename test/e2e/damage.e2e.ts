import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { barkeep, barkeepJson, expect, test } from './support/app.ts'
import { barLine, SMALL_STORE_DAYS, smallStore } from './support/small-store.ts'

/** The first file with this ending in a folder of the store. */
async function first(store: string, folder: string, ending: RegExp): Promise<string> {
  const name = (await readdir(join(store, folder))).sort().find((each) => ending.test(each))
  if (name === undefined) throw new Error(`nothing like ${ending} in ${folder}`)
  return `${folder}/${name}`
}

async function flipBit(file: string): Promise<void> {
  const bytes = await readFile(file)
  const middle = bytes.length >> 1
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle)
  await writeFile(file, bytes)
}

test('R7, D2: the app opens on a store with every kind of damage, shows what is whole, and names each file', async ({
  launch,
  stores,
}) => {
  const store = await smallStore(stores)
  await barkeepJson('compact', '--all', '--store', store)
  const inbox = await stores.empty()
  const late = Date.parse(SMALL_STORE_DAYS[2]) + 20 * 3_600_000
  await writeFile(join(inbox, 'late.ndjson'), barLine('2m', late))
  await barkeepJson('ingest', 'candles', join(inbox, 'late.ndjson'), '--store', store)

  const flipped = await first(store, 'data/15m', /\.parquet$/)
  await flipBit(join(store, flipped))
  const cut = await first(store, 'data/2m', /\.parquet$/)
  await truncate(join(store, cut), 700)
  const part = await first(store, `data/2m/${SMALL_STORE_DAYS[2]}`, /^part-/)
  await flipBit(join(store, part))
  const zero = `data/2m/${SMALL_STORE_DAYS[2]}/bot.parquet`
  await writeFile(join(store, zero), '')
  const events = await first(store, 'objects/timeline/2024-03', /\.parquet$/)
  await flipBit(join(store, events))
  const snapshot = 'objects/current/objects.parquet'
  await truncate(join(store, snapshot), 10)

  const { page } = await launch({ store, view: 'storage', size: { width: 2560, height: 1440 } })
  await expect(page.getByRole('grid', { name: 'Stored days' })).toBeVisible()
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  const findings = page.getByRole('table', { name: 'Findings' })
  for (const file of [flipped, cut, part, zero, events]) {
    const row = findings
      .getByRole('row')
      .filter({ hasText: file })
      .filter({ hasText: /UNREADABLE|BAD_CHECKSUM/ })
    await expect(row.first(), file).toBeVisible({ timeout: 30_000 })
  }
  // What is derived was made anew as the store was opened.
  await expect(findings.getByRole('row').filter({ hasText: snapshot })).toHaveCount(0)
  expect((await readFile(join(store, snapshot))).length).toBeGreaterThan(10)

  // The command line says the same of each, and ends with 1 for it.
  const { code, stdout } = await barkeep('doctor', '--json', '--store', store)
  expect(code).toBe(1)
  for (const file of [flipped, cut, part, zero, events]) expect(stdout).toContain(file)
})
