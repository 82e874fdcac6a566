import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatUtcIso } from '../../schemas/contract/market-time.ts'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import { readGeneration } from '../../src-main/store/compact/generation.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { appendLedger } from '../../src-main/store/ledger/append.ts'
import { backfillLedger } from '../../src-main/store/ledger/backfill.ts'
import { setPartition } from '../../src-main/store/ledger/partition.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { allFiles, fingerprints } from '../support/compaction.ts'
import { rounds } from '../support/fault-plan.ts'
import { bundleChild, type ChildBundle } from '../support/kill-runner.ts'
import type { LedgerOrder } from '../support/ledger-child.ts'
import { decision } from '../support/ledger-store.ts'
import { type Random, seeded } from '../support/seeded.ts'
import { temporaryFolder } from '../support/store-fixture.ts'

const NOW = Date.parse('2024-03-09T12:00:00Z')
const DAY = 86_400_000
const ROUNDS = rounds(3, 60)
const NAMES = ['a', 'B', 'é', '日本', '😀', '', '\ue000', 'ﬀ', 'z'] as const

let bundle: ChildBundle
let folder: string
let taken = 0
beforeAll(async () => {
  bundle = await bundleChild('test/support/ledger-child.ts')
  folder = await temporaryFolder('ledger')
})
afterAll(async () => {
  console.log(`ledger: ${taken} rows taken in ${ROUNDS} rounds`)
  await bundle.remove()
  await rm(folder, { recursive: true, force: true })
})

/** Entries of three days with times that repeat, and of some the same entry again, with what is known of it so far. */
function randomRows(random: Random): DecisionRow[] {
  const rows: DecisionRow[] = []
  for (let index = 0; index < random.int(5, 60); index++) {
    const time = formatUtcIso(NOW - DAY + 3_600_000 * random.int(0, 40))
    const known = {
      outcome_pnl: random.chance(0.5) ? random.int(-8, 8) / 8 : null,
      outcome_hit: random.chance(0.5) ? random.chance(0.5) : null,
    }
    const given: Partial<DecisionRow> = {
      run_id: `run ${random.pick(NAMES)}`,
      symbol: random.pick(['SPY', 'QQQ', 'BRK.B']),
      key_features: { [random.pick(NAMES)]: random.next(), x: random.pick([1, 'one', true, null]) },
      ...known,
    }
    rows.push(decision(`${random.pick(NAMES)}${index}`, time, given))
    // What was told before it was known, and told twice.
    if (random.chance(0.4))
      rows.push(
        decision(rows.at(-1)?.decision_id ?? '', time, { ...given, outcome_pnl: null, outcome_hit: null }),
      )
    if (random.chance(0.2))
      rows.push(decision(rows.at(-1)?.decision_id ?? '', time, { ...given, outcome_hit: null }))
  }
  return rows
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const rest = [...items]
  return items.map(() => rest.splice(random.int(0, rest.length - 1), 1)[0] as T)
}

function inBatches<T>(items: readonly T[], random: Random): T[][] {
  const batches: T[][] = []
  for (let at = 0; at < items.length; ) {
    const size = random.int(1, items.length)
    batches.push(items.slice(at, at + size))
    at += size
  }
  return batches
}

describe('the ledger, whatever the order', () => {
  it('E2, E3: the same rows in any order, batches and process give the same bytes and digests; again, and as a backfill, they change no file', async () => {
    const random = seeded('the ledger')
    for (let round = 0; round < ROUNDS; round++) {
      const rows = randomRows(random)
      const stores: { readonly files: Record<string, string>; readonly digests: string[] }[] = []
      const isHive = random.chance(0.5)
      for (const how of ['whole', 'split', 'split', 'child'] as const) {
        const batches = how === 'whole' ? [rows] : inBatches(shuffled(rows, random), random)
        stores.push(await takenBy(`${round} ${stores.length}`, batches, how === 'child', isHive))
        taken += rows.length
      }
      const [first, ...others] = stores
      expect(Object.keys(first?.files ?? {}).length).toBeGreaterThan(0)
      for (const other of others) expect(other, `round ${round}`).toEqual(first)
    }
  }, 600_000)

  async function takenBy(
    name: string,
    batches: readonly (readonly DecisionRow[])[],
    inChild: boolean,
    isHive: boolean,
  ): Promise<{ files: Record<string, string>; digests: string[] }> {
    const root = path.join(folder, name)
    await mkdir(root)
    const context = await openContext(root, { env: { ...nodeEnv, now: () => NOW } })
    if (isHive) await setPartition(context, { column: 'symbol' })
    if (inChild) {
      const file = path.join(folder, `${name}.json`)
      await writeFile(file, JSON.stringify(batches))
      const order: LedgerOrder = { root, now: NOW, table: 'decisions', batches: file }
      const child = bundle.start(order)
      expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0)
    } else {
      for (const batch of batches) {
        const outcomes = await appendLedger(context, 'decisions', batch)
        const kinds = new Set(outcomes.map(({ outcome }) => outcome))
        expect([...kinds].filter((kind) => kind === 'conflict' || kind === 'rejected')).toEqual([])
      }
    }
    const before = await fingerprints(root)
    const all = batches.flat()
    for (const { outcome } of await appendLedger(context, 'decisions', all)) expect(outcome).toBe('duplicate')
    const past = all.filter(({ timestamp_utc }) => timestamp_utc < formatUtcIso(NOW).slice(0, 10))
    const { days } = await backfillLedger(context, 'decisions', past)
    expect(days.map(({ file }) => file)).toEqual(days.map(() => null))
    expect(await fingerprints(root)).toEqual(before)
    const files: Record<string, string> = {}
    const digests: string[] = []
    for (const file of await allFiles(path.join(root, 'decisions'))) {
      const named = path.relative(root, file).split(path.sep).join('/')
      files[named] = (await readFile(file)).toString('base64')
      digests.push((await readGeneration(context, named as StorePath))?.digest ?? '')
    }
    await closeContext(context)
    return { files, digests }
  }
})
