import type { DailyTable, StoreTable } from '../../../schemas/tables/index.ts'
import { LEDGER } from '../../../schemas/tables/index.ts'
import type { LedgerOutcome, Store, StoreReader } from '../../store/api.ts'
import { canonicalJson } from '../../store/layout/digest.ts'
import type { StoredDay } from './plan.ts'

/** Where a replayed day goes. */
export interface FeedTarget {
  /** Told once, before the first document. */
  begin?(day: StoredDay): Promise<void>
  /** Outcomes in the order of the documents, once everything accepted is durable. */
  hand(table: StoreTable, documents: readonly object[]): Promise<readonly LedgerOutcome[]>
}

/** A compaction of the target is waited for, ms. */
const PATIENCE = 60_000
/** More rows of a day than any replay has. */
const MANY = 100_000

type Rows = readonly Readonly<Record<string, unknown>>[]

/**
 * Another store, by the engine's own writer. The whole replay is one import to it: old days of the ledger that it makes
 * stay open to it (SPEC E5), and so do those of which a replay before made a part.
 */
export function storeTarget({ reader, writer }: Store, signal: AbortSignal): FeedTarget {
  const begun = new Map<StoreTable, Set<string>>()
  return {
    async begin(day) {
      const given = { decisions: day.decisions, audits: day.audits, stats: day.stats } as const
      for (const table of ['decisions', 'audits', 'stats'] as const) {
        const rows = given[table].map((row) => ({ ...row }))
        if (await isPartOf(reader, table, day.day, rows)) begun.set(table, new Set([day.day]))
      }
    },
    hand(table, documents) {
      if (table === 'candles') return writer.appendCandles(documents)
      if (table === 'object_events') return writer.appendEvents(documents)
      const days = begun.get(table) ?? new Set()
      begun.set(table, days)
      return writer.appendLedger(table, documents, { begun: days, patience: PATIENCE, signal })
    },
  }
}

/** Whether a store holds nothing of a day but rows that are given, with or without their outcomes. */
async function isPartOf(reader: StoreReader, table: DailyTable, day: string, given: Rows): Promise<boolean> {
  const from = Date.parse(day)
  const filter = { from, to: from + 86_399_999 }
  const { entries, total } = await reader.ledger.query({ table, filter, offset: 0, limit: MANY })
  if (total > entries.length) return false
  const { key, columns } = LEDGER[table]
  const keyOf = (row: Rows[number]): string => canonicalJson(key.map((name) => row[name] ?? null))
  const known = new Map(given.map((row) => [keyOf(row), row]))
  return entries.every(({ row }) => {
    const same = known.get(keyOf(row))
    return columns.every(({ name }) => {
      const [stands, wanted] = [row[name] ?? null, same?.[name] ?? null]
      return (
        (name.startsWith('outcome_') && stands === null) || canonicalJson(stands) === canonicalJson(wanted)
      )
    })
  })
}
