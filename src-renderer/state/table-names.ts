import { LEDGER_TABLES, type StoreTable } from '../../schemas/tables/index.ts'

/** What each table is called where a person reads it. */
export const TABLE_NAMES: Readonly<Record<StoreTable, string>> = {
  candles: 'Candles',
  object_events: 'Object events',
  decisions: 'Decisions',
  audits: 'Audits',
  stats: 'Stats',
  policies: 'Policies',
}

/** Every table that a file can be imported for, in the order of the lists that show them. */
export const STORE_TABLES: readonly StoreTable[] = ['candles', 'object_events', ...LEDGER_TABLES]
