import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../../schemas/contract/ledger.ts'
import type { LedgerChange } from '../../schemas/contract/live.ts'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import type { Store } from '../../src-main/store/api.ts'
import { openStore } from '../../src-main/store/index.ts'
import { rounds } from '../support/fault-plan.ts'
import { decision, foreignRows } from '../support/ledger-store.ts'
import { type OpenTails, openTails } from '../support/live-tails.ts'
import { type Random, seeded } from '../support/seeded.ts'
import { memoryFolder } from '../support/store-fixture.ts'

const STORES = rounds(1, 25)
const STEPS = 14
/** Past days are written by backfills, other programs and while they have no file; of today's, batches add to a file. */
const PAST = ['2024-03-07', '2024-03-08', '2024-03-31', '2024-04-01']

/** What a table on screen holds: rows by key. */
type Shown = Map<string, string>

class LedgerRun {
  readonly #random: Random
  readonly #store: Store
  readonly #live: OpenTails
  readonly #counts: Map<string, number>
  #shown: Shown = new Map()
  #made = 0

  constructor(random: Random, store: Store, live: OpenTails, counts: Map<string, number>) {
    this.#random = random
    this.#store = store
    this.#live = live
    this.#counts = counts
  }

  async step(place: string): Promise<void> {
    const changes = [this.#batch, this.#batch, this.#complete, this.#backfill, this.#foreign]
    const rare = [this.#undo, this.#takeAway, this.#compact]
    await this.#random.pick(this.#random.chance(0.7) ? changes : rare).call(this)
    if (this.#random.chance(0.3)) await this.#batch()
    const isHinted = this.#random.chance(0.5)
    const found = await (isHinted
      ? this.#live.look({ kind: 'ledger', table: 'decisions' })
      : this.#live.look())
    await this.#check(found?.ledger?.find(({ table }) => table === 'decisions') ?? null, isHinted, place)
  }

  async #check(change: LedgerChange | null, isHinted: boolean, place: string): Promise<void> {
    const fresh = await this.#fresh()
    this.#count(change === null ? 'nothing told' : change.incomplete ? 'to be asked again' : 'told by row')
    for (const entry of change?.entries ?? []) {
      expect(fresh.get(keyOf(entry)), `an entry that is shown: ${place}`).toBe(textOf(entry))
      this.#shown.set(keyOf(entry), textOf(entry))
    }
    const times = (change?.entries ?? []).map(({ row }) => String(row.timestamp_utc))
    expect(times, place).toEqual([...times].sort().reverse())
    const marked = (change?.entries ?? []).filter(({ row }) => row.symbol === 'SPY')
    expect(change?.markers.map(({ decisionId }) => decisionId) ?? [], place).toEqual(
      marked.map(({ row }) => row.decision_id),
    )
    if (change?.incomplete === true) this.#shown = fresh
    expect(sorted(this.#shown), `${isHinted ? 'hinted' : 'full'} look: ${place}`).toEqual(sorted(fresh))
  }

  async #fresh(): Promise<Shown> {
    const page = await this.#store.reader.ledger.query({
      ...{ table: 'decisions', filter: {}, offset: 0, limit: 100_000 },
    } as const)
    return new Map(page.entries.map((entry) => [keyOf(entry), textOf(entry)]))
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1)
  }

  #rows(day: string, count: number): DecisionRow[] {
    return Array.from({ length: count }, () => {
      const minute = String(this.#random.int(0, 59)).padStart(2, '0')
      const symbol = this.#random.pick(['SPY', 'SPY', 'QQQ'])
      return decision(`d${this.#made++}`, `${day}T00:${minute}`, {
        symbol,
        evaluation_score: this.#random.next(),
      })
    })
  }

  #day(): string {
    return this.#random.chance(0.6) ? new Date().toISOString().slice(0, 10) : this.#random.pick(PAST)
  }

  async #batch(): Promise<void> {
    await this.#store.writer.appendLedger('decisions', this.#rows(this.#day(), this.#random.int(1, 6)))
    this.#count('batches')
  }

  /** Outcomes of what is there. */
  async #complete(): Promise<void> {
    const page = await this.#store.reader.ledger.query({
      ...{ table: 'decisions', filter: { outcome: 'open' }, offset: 0, limit: 3 },
    } as const)
    const rows = page.entries.map(({ row }) => ({
      ...row,
      outcome_pnl: this.#random.int(-5, 5),
      outcome_hit: true,
    }))
    if (rows.length > 0) await this.#store.writer.appendLedger('decisions', rows)
    this.#count('completions')
  }

  async #backfill(): Promise<void> {
    await this.#store.writer.backfillLedger('decisions', this.#rows(this.#random.pick(PAST), 3))
    this.#count('backfills')
  }

  async #undo(): Promise<void> {
    const day = this.#random.pick(PAST)
    try {
      await this.#store.compactor.undo({ table: 'decisions', day })
      this.#count('undone')
    } catch {
      this.#count('nothing to undo')
    }
  }

  async #foreign(): Promise<void> {
    const day = this.#random.pick(PAST)
    const file = `decisions/decisions_${day.replaceAll('-', '')}.parquet`
    await foreignRows(this.#live.context, 'decisions', file, this.#rows(day, this.#random.int(1, 4)))
    this.#count('foreign days')
  }

  async #takeAway(): Promise<void> {
    const folder = path.join(this.#store.root, 'decisions')
    const names = (await readdir(folder).catch(() => [])).sort()
    if (names.length > 0) await rm(path.join(folder, this.#random.pick(names)))
    this.#count('taken away')
  }

  async #compact(): Promise<void> {
    await this.#store.compactor.compact({ month: '2024-03', table: 'decisions' })
    this.#count('months')
  }
}

function keyOf({ row, place }: LedgerEntry): string {
  return `${row.run_id ?? ''} ${row.decision_id ?? place}`
}

function textOf({ row }: LedgerEntry): string {
  return JSON.stringify(row)
}

function sorted(shown: Shown): [string, string][] {
  return [...shown].sort(([a], [b]) => (a < b ? -1 : 1))
}

describe('increments of the ledger', () => {
  it(`F17 F18: in ${STORES} stores what is told of decisions, laid over what was shown, is what a question answers`, async () => {
    const random = seeded('live ledger')
    const counts = new Map<string, number>()
    for (let index = 0; index < STORES; index++) {
      const root = await memoryFolder('live-ledger')
      const store = await openStore(root)
      const live = await openTails(root)
      live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
      await live.look()
      const run = new LedgerRun(random, store, live, counts)
      for (let step = 0; step < STEPS; step++)
        await run.step(`seed ${random.seed}, store ${index}, step ${step}`)
      await live.close()
      await store.close()
      await rm(root, { recursive: true, force: true })
    }
    console.log(Object.fromEntries([...counts].sort()))
    expect(counts.get('told by row')).toBeGreaterThan(0)
  }, 600_000)
})
