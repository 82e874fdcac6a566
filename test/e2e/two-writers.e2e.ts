import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { barkeep, barkeepJson, expect, test } from './support/app.ts'
import { barLine } from './support/small-store.ts'

const DAYS = 120

test.skip(process.platform === 'win32', 'a process is held by a signal that Windows does not have')

test('C11: while the window compacts, barkeep compact is told who does, and nothing is done twice', async ({
  launch,
  stores,
}) => {
  const store = await stores.empty()
  const file = join(await stores.empty(), 'bars.ndjson')
  const bars = Array.from({ length: DAYS }, (_, day) => barLine('2m', Date.UTC(2023, 0, 1 + day, 15)))
  await writeFile(file, bars.join('\n'))
  await barkeepJson('ingest', 'candles', file, '--store', store)
  const { page } = await launch({ store, view: 'storage' })
  await page.getByRole('button', { name: 'Compact everything…' }).first().click()
  await page.getByRole('button', { name: /^Compact \d+ days?$/ }).click()

  const lock = join(store, '.barkeep', 'writer.lock')
  const owner = async (): Promise<number> => {
    const text = await readFile(lock, 'utf8').catch(() => '{}')
    return (JSON.parse(text) as { pid?: number }).pid ?? 0
  }
  let pid = await owner()
  while (pid === 0) {
    await setImmediate()
    pid = await owner()
  }
  // Held in the middle of its work, so that the other comes in time.
  process.kill(pid, 'SIGSTOP')
  try {
    expect(await owner()).toBe(pid)
    const { code, stderr, stdout } = await barkeep('compact', '--all', '--json', '--store', store)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`compact (process ${pid} on`)
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await expect(page.getByText(`Compacted ${DAYS} parts into ${DAYS} dayfiles.`)).toBeVisible({
    timeout: 90_000,
  })
  const { days } = await barkeepJson<{ days: unknown[] }>('compact', '--all', '--store', store)
  expect(days).toEqual([])
})
