import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { formatUtcIso } from '../../schemas/contract/market-time.ts'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import type { LedgerTable } from '../../schemas/tables/index.ts'
import { acquireWriterLock } from '../../src-main/store/fs/writer-lock.ts'
import { openStore } from '../../src-main/store/index.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { bundleCli, type CliBundle, resultOf } from '../support/cli-process.ts'
import { fingerprints, plainRows } from '../support/compaction.ts'
import { decisions } from '../support/ledger-fixture.ts'
import { audit, decision, policy } from '../support/ledger-store.ts'

const MINUTE = 60_000
const DAY = 86_400_000

let cli: CliBundle
let folder: string
beforeAll(async () => {
  cli = await bundleCli()
})
afterAll(() => cli.remove())
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'barkeep cli '))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const store = (): string => path.join(folder, 'a store')
const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const today = (): number => Math.floor(Date.now() / DAY) * DAY
const compact = (ts: number): string => formatUtcIso(ts).slice(0, 10).replaceAll('-', '')

async function run(
  args: readonly string[],
  input = '',
): Promise<{ code: number | null; out: never; stderr: string }> {
  const { code, stdout, stderr } = await cli.run([...args, '--store', store(), '--json'], { input })
  return { code, out: (stdout === '' ? null : JSON.parse(stdout)) as never, stderr }
}

/** In this process: a process for each preparation would cost more than what is tried. */
async function prepared(table: LedgerTable, rows: readonly unknown[]): Promise<void> {
  const opened = await openStore(store(), { create: true })
  await opened.writer.appendLedger(table, rows)
  await opened.close()
}

async function storedDecisions(): Promise<Record<string, unknown>[]> {
  const root = path.join(store(), 'decisions')
  const files = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.parquet'))
  const list = files.map((file) => `'${path.join(root, file).replaceAll("'", "''")}'`).join(', ')
  return plainRows(
    `SELECT * FROM read_parquet([${list}], hive_partitioning=false) ORDER BY timestamp_utc, decision_id`,
  )
}

describe('barkeep ingest of a ledger', () => {
  it('E1, E3, X5: counts what becomes of each line, and exits 1 for rejects and conflicts', async () => {
    const [first, second, third] = decisions(3, today()) as [DecisionRow, DecisionRow, DecisionRow]
    expect(await run(['ingest', 'decisions', '-'], lines([first, second, first]))).toMatchObject({
      code: 0,
      out: { accepted: 2, duplicates: 1, conflicts: 0, completed: 0, rejected: [] },
    })
    const torn = lines([third]).slice(0, 40)
    const input = [
      lines([
        { ...first, outcome_pnl: 1.5 },
        { ...second, action: 'short' },
        { ...third, mood: 'good' },
      ]),
      lines([{ ...third, evaluation_score: '1.5abc' }, { ...third, timestamp_utc: '2024-02-31' }, third]),
      JSON.stringify({ ...third, evaluation_score: 0.5 }).replace('0.5', 'NaN'),
      '\n',
      torn,
    ]
    const { code, out } = await run(['ingest', 'decisions', '-'], input.join(''))
    expect(code).toBe(1)
    expect(out).toMatchObject({ accepted: 1, duplicates: 0, conflicts: 1, completed: 1 })
    expect((out as { rejected: { line: number; field: string | null }[] }).rejected).toMatchObject([
      { line: 3, field: 'mood' },
      { line: 4, field: 'evaluation_score' },
      { line: 5, field: 'timestamp_utc' },
      { line: 7, field: 'evaluation_score' },
      { line: 8, field: null },
    ])
    const rejects = path.join(store(), '.barkeep/rejects')
    const kept = await Promise.all(
      (await readdir(rejects)).map((name) => readFile(path.join(rejects, name), 'utf8')),
    )
    // The conflict too: what it said is in no other file.
    expect(kept.join('').split('\n').filter(Boolean)).toHaveLength(6)
    expect(kept.join('')).toContain('stands with another action')
    expect(await storedDecisions()).toMatchObject([
      { decision_id: first.decision_id, outcome_pnl: 1.5 },
      { decision_id: second.decision_id, action: 'long' },
      { decision_id: third.decision_id },
    ])
  })

  it('E1: lines of a stream that stays open are stored once it falls silent', async () => {
    const child = cli.start(['ingest', 'audits', '-', '--store', store(), '--json'])
    const done = resultOf(child)
    child.stdin.write(lines([audit('a1#0', formatUtcIso(today()))]))
    const file = path.join(store(), `audits/audits_${compact(today())}.parquet`)
    await expect
      .poll(
        () =>
          readFile(file).then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true)
    child.stdin.end()
    expect(await done).toMatchObject({ code: 0, stdout: expect.stringContaining('"accepted":1') })
  })

  it('E5, E10, E11: a sealed day takes no rows but by a backfill, which an undo takes back', async () => {
    const past = today() - 10 * DAY
    await prepared('decisions', decisions(2, past))
    const late = { ...decision('late', formatUtcIso(past + 5 * MINUTE)) }
    const refused = await run(['ingest', 'decisions', '-'], lines([late]))
    expect(refused).toMatchObject({
      code: 1,
      out: { rejected: [{ line: 1, field: 'timestamp_utc', reason: expect.stringContaining('--backfill') }] },
    })
    const input = path.join(folder, 'day.ndjson')
    await writeFile(input, lines([...decisions(1, past), late]))
    const day = formatUtcIso(past).slice(0, 10)
    const difference = { table: 'decisions', day, added: 1, changed: 0, removed: 1, rows: 2 }
    const before = await fingerprints(store())
    expect(await run(['ingest', 'decisions', input, '--backfill', '--dry-run'])).toMatchObject({
      code: 0,
      out: { days: [{ ...difference, file: null }], dryRun: true },
    })
    expect(await fingerprints(store())).toEqual(before)
    expect(await run(['ingest', 'decisions', input, '--backfill'])).toMatchObject({
      code: 0,
      out: { days: [{ ...difference, file: `decisions/decisions_${compact(past)}.parquet` }] },
    })
    expect((await run(['undo', 'decisions', '--day', day])).code).toBe(0)
    expect(await storedDecisions()).toMatchObject(
      decisions(2, past).map(({ decision_id }) => ({ decision_id })),
    )
    const { code, out, stderr } = await run(['undo', 'audits', '--day', day])
    expect([code, out]).toEqual([2, null])
    expect(stderr).toMatch(/No backfill of audits/)
  })

  it('E9: a policy version with other content is refused', async () => {
    const first = policy('v1', '2024-03-01T00:00:00.000+00:00')
    await prepared('policies', [first])
    expect(await run(['ingest', 'policies', '-'], lines([first, { ...first, trust: {} }]))).toMatchObject({
      code: 1,
      out: {
        duplicates: 1,
        rejected: [
          { line: 2, field: 'policy_version', reason: expect.stringContaining('other content (trust)') },
        ],
      },
    })
    const backfill = await run(['ingest', 'policies', '-', '--backfill'], lines([first]))
    expect(backfill.code).toBe(2)
    expect(backfill.stderr).toMatch(/Policies have no backfill/)
  })

  it('E10, E13: a backfill over a locked store is told who holds it', async () => {
    const context = await openContext(store(), { create: true })
    const lock = await acquireWriterLock(context, 'compact')
    const { code, stderr } = await run(
      ['ingest', 'decisions', '-', '--backfill'],
      lines(decisions(1, today() - DAY)),
    )
    await lock.release()
    await closeContext(context)
    expect(code).toBe(2)
    expect(stderr).toMatch(/Another writer is at work: compact \(process \d+/)
  })

  it('E12: a partition tells what it comes to, and is refused above its limit', async () => {
    const past = today()
    await prepared('decisions', [...decisions(2, past), ...decisions(2, past + 1000, { symbol: 'QQQ' })])
    expect((await run(['partition', '--by', 'symbol', '--dry-run'])).out).toEqual({
      column: 'symbol',
      current: null,
      values: 2,
      filesAMonth: 2,
      filesAMonthNow: 1,
      limit: 2000,
      refused: null,
      applied: false,
    })
    await writeFile(path.join(store(), '.barkeep/settings.json'), '{"partitionFileLimit":1,"sealHours":48}')
    expect((await run(['partition', '--by', 'session_regime'])).out).toMatchObject({
      applied: true,
      values: 1,
    })
    await prepared('decisions', decisions(2, past - DAY))
    expect(await readdir(path.join(store(), 'decisions'))).toEqual([
      `decisions_${compact(past)}.parquet`,
      'session_regime=NY',
    ])
    const settings = JSON.parse(
      await readFile(path.join(store(), '.barkeep/settings.json'), 'utf8'),
    ) as unknown
    expect(settings).toEqual({ partitionFileLimit: 1, sealHours: 48, partitionDecisionsBy: 'session_regime' })
    expect(await run(['partition', '--by', 'symbol'])).toMatchObject({
      code: 1,
      out: { refused: expect.stringContaining('more than 1'), applied: false },
    })
  })
})
