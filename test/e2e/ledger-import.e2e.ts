import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineBridge } from '../../schemas/contract/engine.ts'
import { projectRoot } from '../../scripts/setup/project.mjs'
import type { StoreContext } from '../../src-main/store/context.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { acquireWriterLock } from '../../src-main/store/fs/writer-lock.ts'
import { expect, test } from './support/app.ts'
import { axeFindings } from './support/axe.ts'
import { dropFiles } from './support/drop-files.ts'
import { answerOpenDialogs, chooseMenuItem } from './support/native-dialogs.ts'

let folder: string

test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-ledger-import-'))
})

test.afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** A decision as the store keeps it, at a minute after 14:30 UTC on a Friday. */
function decisionLine(id: string, minute: number, change: object = {}): string {
  return JSON.stringify({
    run_id: 'run-1',
    decision_id: id,
    timestamp_utc: new Date(Date.UTC(2024, 2, 8, 14, 30 + minute)).toISOString().replace('Z', '+00:00'),
    symbol: 'SPY',
    timeframe: '5m',
    session_regime: 'LONDON_NY_OVERLAP',
    macro_regimes: ['risk_on'],
    key_features: { rsi_14: 71.5 },
    evaluation_score: 0.25,
    action: 'long',
    policy_version: 'v1',
    engine_version: 'e1',
    ...change,
  })
}

async function written(name: string, ...lines: string[]): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, `${lines.join('\n')}\n`)
  return file
}

test('U12, U13, U14, U15, U17, U18, P10: decisions are dropped, backfilled after their difference was shown, and brought back', async ({
  launch,
  stores,
}) => {
  const store = await stores.empty()
  const { page } = await launch({ store, view: 'storage', size: { width: 1280, height: 800 } })
  await expect(page.getByRole('contentinfo')).toContainText('No bars yet')
  const first = await written(
    'monday.ndjson',
    decisionLine('a', 0),
    decisionLine('a', 0, { action: 'short' }),
    decisionLine('b', 5, { surprise: 1 }),
    decisionLine('c', 10),
    decisionLine('d', 15),
  )
  await dropFiles(page, [first])
  const form = page.getByRole('dialog', { name: 'Import NDJSON' })
  await expect(form).toContainText('monday.ndjson')
  await expect(form).toContainText('Its first line has the fields of decisions.')
  await expect(form.getByRole('button', { name: 'Decisions' })).toHaveAttribute('aria-pressed', 'true')
  expect(await axeFindings(page)).toEqual([])
  await form.getByRole('button', { name: 'Import', exact: true }).click()
  const receipt = page.getByRole('dialog', { name: 'Imported' })
  await expect(receipt).toContainText(first)
  await expect(receipt).toContainText('Accepted3stored')
  await expect(receipt).toContainText('Conflicts1already there with other values; the first stays')
  await expect(receipt).toContainText('with the field that differs, in .barkeep/rejects/decisions-')
  await expect(receipt.getByRole('table', { name: 'Rejected lines' }).getByRole('row').nth(1)).toContainText(
    /^3surprise/,
  )
  await expect(receipt).toContainText('.barkeep/rejects/decisions-')
  expect(await axeFindings(page)).toEqual([])
  await receipt.getByRole('button', { name: 'Done' }).click()
  const stored = join(store, 'decisions/decisions_20240308.parquet')
  const before = await readFile(stored)

  // One added, one with another action, one gone, one as it was.
  const second = await written(
    'friday.ndjson',
    decisionLine('a', 0),
    decisionLine('c', 10, { action: 'short' }),
    decisionLine('e', 20),
  )
  await dropFiles(page, [second])
  await form.getByRole('checkbox', { name: 'Backfill whole past days' }).click()
  await expect(form.getByRole('checkbox', { name: 'Dry run' })).toHaveCount(0)
  await form.getByRole('button', { name: 'Show the difference…' }).click()
  const difference = page.getByRole('dialog', { name: 'Backfill: what would change' })
  const day = difference.getByRole('table', { name: 'Row difference by day' }).getByRole('row').nth(1)
  await expect(day).toContainText('Decisions2024-03-081111would hold 3 rows')
  expect(await axeFindings(page)).toEqual([])
  expect(await readFile(stored)).toEqual(before)

  // While another process owns the store: told, nothing done, and the difference stays for another try.
  const context = { env: nodeEnv, root: store, staging: join(store, '.barkeep/staging/other') }
  const lock = await acquireWriterLock(context as StoreContext, 'compact')
  await difference.getByRole('button', { name: 'Replace 1 day' }).click()
  await expect(page.getByRole('dialog')).toContainText('LOCKED')
  await expect(page.getByRole('dialog')).toContainText(`process ${process.pid}`)
  await lock.release()
  expect(await readFile(stored)).toEqual(before)
  await page.getByRole('button', { name: 'Replace 1 day' }).click()
  await expect(receipt.getByRole('table', { name: 'Days of the backfill' })).toContainText(
    'decisions/decisions_20240308.parquet',
  )
  expect(await axeFindings(page)).toEqual([])
  expect(await readFile(stored)).not.toEqual(before)

  await receipt.getByRole('button', { name: 'Undo 2024-03-08' }).click()
  const undo = page.getByRole('dialog', { name: 'Undo the backfill of decisions of 2024-03-08' })
  await expect(undo).toContainText('1 would come back, 1 would change back, 1 would go, 1 stay.')
  expect(await axeFindings(page)).toEqual([])
  await undo.getByRole('button', { name: 'Bring back what stood there' }).click()
  const undone = page.getByRole('dialog', { name: 'Undone: decisions of 2024-03-08' })
  await expect(undone).toContainText('1 came back, 1 changed back, 1 went, 1 stayed.')
  expect(await readFile(stored)).toEqual(before)
  await undone.getByRole('button', { name: 'Done' }).click()
  await expect(receipt.getByRole('button', { name: 'Undo 2024-03-08' })).toHaveCount(0)
  await receipt.getByRole('button', { name: 'Done' }).click()

  // Storage offers the same of the day, and its month as one file.
  await page.getByRole('gridcell', { name: 'Decisions 2024-03-08: Stored, 3 rows' }).click()
  await page.keyboard.press('u')
  await expect(undo).toContainText('1 would come back, 1 would change back, 1 would go, 1 stay.')
  await undo.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Compact 2024-03 into one file…' }).click()
  await page.getByRole('button', { name: 'Compact 1 file' }).click()
  await expect(page.getByRole('table', { name: 'Receipt of the compaction' })).toContainText(
    'decisions/decisions_202403.parquet',
  )
  await expect(page.getByRole('gridcell', { name: 'Decisions 2024-03-08: Stored, 3 rows' })).toBeVisible()
  await expect(page.getByText('In the month’s file')).toBeVisible()

  // By the palette, with what it comes to before it is set.
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').fill('partition decisions')
  await expect(page.getByRole('option', { selected: true })).toHaveText(/^Partition decisions/)
  await page.keyboard.press('Enter')
  const partition = page.getByRole('dialog', { name: 'Partition decisions' })
  await expect(partition.getByRole('button', { name: 'This is how it is' })).toBeDisabled()
  await partition.getByRole('button', { name: 'Symbol' }).click()
  await expect(partition).toContainText('Values1a folder each')
  expect(await axeFindings(page)).toEqual([])
  await partition.getByRole('button', { name: 'Use for days to come' }).click()
  await expect(partition).toBeHidden()
  await expect(page.getByRole('contentinfo')).toContainText('Decisions to come are split by symbol')
})

test('P11, P3, U12, U14: what is no single ordinary file is refused, whoever asks; the menu’s imports show their receipt', async ({
  launch,
  stores,
}) => {
  const { app, page } = await launch({ store: await stores.empty(), view: 'storage' })
  await expect(page.getByRole('contentinfo')).toContainText('No bars yet')
  const line = decisionLine('a', 0)
  const [one, two] = [await written('one.ndjson', line), await written('two.ndjson', line)]
  const inner = join(folder, 'inner')
  await mkdir(inner)
  const alert = page.getByRole('alert').filter({ hasText: 'The drop was not taken' })
  await dropFiles(page, [one, two])
  await expect(alert).toContainText('2 files were dropped')
  await dropFiles(page, [inner])
  await expect(alert).toContainText('That is a folder')
  await expect(page.getByRole('dialog')).toHaveCount(0)

  const ask = async (target: string) => {
    const { barkeep } = window as unknown as { barkeep: EngineBridge }
    const file = new File(['{}'], target)
    const forged = Object.assign(new File(['{}'], target), { path: target })
    const loose = barkeep as unknown as {
      call(name: unknown, payload: unknown): ReturnType<EngineBridge['importDropped']>
      importDropped(file: unknown, payload: unknown): ReturnType<EngineBridge['importDropped']>
    }
    const table = { table: 'decisions' } as const
    const answers = await Promise.all([
      barkeep.importDropped(file, table),
      barkeep.importDropped(forged, table),
      loose.importDropped({ name: target, size: 2, path: target }, table),
      loose.importDropped(target, table),
      loose.importDropped(null, table),
      loose.importDropped(file, { ...table, file: target }),
      loose.call('importDropped', { ...table, file: target }),
      loose.call('barkeep:drop', target),
      loose.call('importFile', { ...table, file: target }),
      loose.call('importFile', { ...table, fileOf: target }),
    ])
    return answers.map((answer) => (answer.ok ? 'taken' : answer.error.code))
  }
  const codes = await page.evaluate(ask, one)
  expect(codes.slice(0, 9)).toEqual(Array(9).fill('BAD_REQUEST'))
  expect(codes[9]).toBe('NOT_FOUND')

  // A window of the same app, page and preload that isn't ours to answer.
  const opened = app.waitForEvent('window')
  const preload = join(projectRoot, 'out', 'preload', 'preload.cjs')
  const other = await app.evaluate(async ({ BrowserWindow }, script) => {
    const second = new BrowserWindow({ show: false, webPreferences: { preload: script, sandbox: true } })
    await second.loadURL('app://bundle/index.html')
    return second.id
  }, preload)
  const stranger = await opened
  expect(new Set(await stranger.evaluate(ask, one))).toEqual(new Set(['FORBIDDEN']))
  await app.evaluate(({ BrowserWindow }, id) => BrowserWindow.fromId(id)?.destroy(), other)

  await answerOpenDialogs(app, one)
  await chooseMenuItem(app, 'import-decisions')
  await page.getByRole('contentinfo').getByRole('button', { name: 'Imported 1 row' }).click()
  await expect(page.getByRole('dialog', { name: 'Imported' })).toContainText('Decisions from')
})
