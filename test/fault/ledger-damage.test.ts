import { cp, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LEDGER_TABLES, type LedgerTable } from '../../schemas/tables/index.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { canonicalJson } from '../../src-main/store/layout/digest.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { allFiles, brokenChecksums, fingerprints } from '../support/compaction.ts'
import { damage } from '../support/damaged-store.ts'
import { SOAK } from '../support/fault-plan.ts'
import { audit, decision, ledgerDay, policy, stat, symbolSeries } from '../support/ledger-store.ts'
import { seeded } from '../support/seeded.ts'
import { memoryFolder } from '../support/store-fixture.ts'

/** Of each file of the ledger one bit is flipped, or its end cut off, so many times. */
const ROUNDS = SOAK ? 120 : 1
const NOW = Date.parse('2024-04-20T12:00:00Z')
const OPTIONS = { env: { ...nodeEnv, now: () => NOW } }

type Shown = Readonly<Record<LedgerTable, readonly string[]>>

let folder: string
let files: readonly string[]
let right: Shown
/** Rows that a backfill replaced: these too may be shown, in its place. */
const BEFORE = decision('e', '2024-04-11T10:00', { action: 'flat' })

beforeAll(async () => {
  folder = await memoryFolder('ledger damage')
  const root = path.join(folder, 'healthy')
  const store = await openStore(root, { ...OPTIONS, create: true })
  const { appendLedger, backfillLedger } = store.writer
  await appendLedger('policies', [policy('v1', '2024-01-01'), policy('v2', '2024-04-01')])
  await appendLedger('decisions', [decision('a', '2024-03-04T10:00'), decision('b', '2024-03-05T10:00')])
  await store.compactor.compact({ month: '2024-03', table: 'decisions' })
  await appendLedger('decisions', [decision('c', '2024-04-10T10:00'), BEFORE])
  await backfillLedger('decisions', [{ ...BEFORE, action: 'long' }, decision('f', '2024-04-11T11:00')])
  await appendLedger('audits', [audit('x', '2024-03-04'), audit('y', '2024-03-05')])
  await store.compactor.compact({ month: '2024-03', table: 'audits' })
  await appendLedger('stats', [stat('rsi_14', '2024-03-04')])
  await store.close()
  const context = await openContext(root, OPTIONS)
  await ledgerDay(context, symbolSeries('QQQ'), '2024-04-12', [
    decision('h', '2024-04-12', { symbol: 'QQQ' }),
  ])
  await closeContext(context)
  const all = await Promise.all(LEDGER_TABLES.map((table) => allFiles(path.join(root, table))))
  files = all.flat().map((file) => path.relative(root, file))
  const looked = await look(root)
  right = looked.shown
  expect(looked.named).toEqual([])
  expect(LEDGER_TABLES.map((table) => right[table].length)).toEqual([6, 2, 1, 2])
  expect(files).toHaveLength(7)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What a store answers, and what it names. */
async function look(root: string): Promise<{ readonly shown: Shown; readonly named: readonly string[] }> {
  const store = await openStore(root, OPTIONS)
  try {
    const named = new Set<string>()
    const shown: Partial<Record<LedgerTable, readonly string[]>> = {}
    for (const table of LEDGER_TABLES) {
      const page = await store.reader.ledger.query({ table, filter: {}, offset: 0, limit: 100 })
      shown[table] = page.entries.map(({ row }) => canonicalJson(row)).sort()
      for (const { file } of page.problems) named.add(file)
    }
    await store.reader.overview()
    return { shown: shown as Shown, named: [...named] }
  } finally {
    await store.close()
  }
}

/** No row that was never written; all of them unless their file is named. */
function expectSound({ shown, named }: Awaited<ReturnType<typeof look>>, file: string | null): void {
  for (const table of LEDGER_TABLES) {
    const known = [...right[table], ...(table === 'decisions' ? [canonicalJson(BEFORE)] : [])]
    for (const row of shown[table]) expect(known).toContain(row)
    expect(new Set(shown[table]).size).toBe(shown[table].length)
    if (file === null || !file.startsWith(`${table}/`)) expect(shown[table]).toEqual(right[table])
  }
  // A bit of what tells our files from others': then nothing else is amiss, and it is taken for another program's.
  if (file !== null && canonicalJson(shown) !== canonicalJson(right)) expect(named).toContain(file)
}

describe('a damaged file of the ledger', () => {
  it('Q3, D11, D16: is named, never answers wrongly, and what repair does about it stays done', async () => {
    const random = seeded('damage of ledgers')
    let copies = 0
    const counts = { tried: 0, whole: 0, less: 0 }
    for (let round = 0; round < ROUNDS; round++) {
      for (const file of files) {
        const root = path.join(folder, String(++copies))
        await cp(path.join(folder, 'healthy'), root, { recursive: true, preserveTimestamps: true })
        const what = await damage(random, root, file, random.chance(0.6) ? 'flip' : 'cut')
        try {
          expectSound(await look(root), file)
          const store = await openStore(root, OPTIONS)
          const found = await store.reader.doctor()
          expect(found.map(({ path: where }) => where)).toContain(file)
          const { findings } = await store.compactor.repair()
          const isMended = findings.some(({ path: where, repaired }) => where === file && repaired)
          const after = await fingerprints(root)
          await store.compactor.repair()
          expect(await fingerprints(root)).toEqual(after)
          await store.close()
          const again = await look(root)
          expectSound(isMended ? { ...again, named: [file] } : again, file)
          if (isMended) expect(again.named).toEqual([])
          expect(await brokenChecksums(root)).toHaveLength(isMended ? 0 : 1)
          counts[canonicalJson(again.shown) === canonicalJson(right) ? 'whole' : 'less'] += 1
        } catch (cause) {
          throw new Error(`seed ${random.seed}, ${what}`, { cause })
        }
        counts.tried += 1
        await rm(root, { recursive: true })
      }
    }
    console.log(
      `damaged ledgers: ${counts.tried} files flipped or cut, after repair ${counts.whole} stores with all rows, ${counts.less} with less, 0 wrong`,
    )
    expect(counts.whole).toBeGreaterThan(0)
  }, 3_600_000)
})
