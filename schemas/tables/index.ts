import audits from './audits.schema.json' with { type: 'json' }
import candles from './candles.schema.json' with { type: 'json' }
import common from './common.schema.json' with { type: 'json' }
import decisions from './decisions.schema.json' with { type: 'json' }
import emas from './emas.schema.json' with { type: 'json' }
import objectEvents from './object-events.schema.json' with { type: 'json' }
import objectSnapshot from './object-snapshot.schema.json' with { type: 'json' }
import operations from './operations.schema.json' with { type: 'json' }
import policies from './policies.schema.json' with { type: 'json' }
import stats from './stats.schema.json' with { type: 'json' }

/** Logical type of a column, in DuckDB's words; the Parquet type follows from it (SPEC S2). */
export type ColumnType = FlatType | NestedType

/** A value in one piece. */
export type FlatType = 'BIGINT' | 'DOUBLE' | 'VARCHAR' | 'JSON' | 'BOOLEAN'

/** Lists and maps: the same in every file of ours, whatever its rows hold (store.md §2). */
export type NestedType =
  | 'VARCHAR[]'
  | 'MAP(VARCHAR, DOUBLE)'
  | 'MAP(VARCHAR, JSON)'
  | 'MAP(VARCHAR, MAP(VARCHAR, DOUBLE))'

/** How a person reads a column: drives alignment and formatting of tables and legends. */
export type ColumnFormat =
  | 'text'
  | 'price'
  | 'volume'
  | 'count'
  | 'number'
  | 'time'
  | 'truth'
  | 'list'
  | 'map'
  | 'json'

export interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly nullable: boolean
  /** Computed by the writer when the bot doesn't give it. */
  readonly derived: boolean
  readonly label: string
  readonly format: ColumnFormat
}

/** Tables of which a day is one file, each row of it final but for outcomes. */
export const DAILY_TABLES = ['decisions', 'audits', 'stats'] as const
export type DailyTable = (typeof DAILY_TABLES)[number]

/** The ledger: what the bot did and why. Policies are one file, a row a version. */
export const LEDGER_TABLES = ['decisions', 'audits', 'stats', 'policies'] as const
export type LedgerTable = (typeof LEDGER_TABLES)[number]

/** Every table that bots hand in. */
export type StoreTable = 'candles' | 'object_events' | LedgerTable

export interface TableSchema {
  readonly name: StoreTable | 'object_snapshot' | 'emas' | 'operations'
  readonly version: number
  readonly key: readonly string[]
  /** A total order over the rows of a de-duplicated table: the order in the file. */
  readonly order: readonly string[]
  readonly columns: readonly Column[]
  /** The JSON Schema itself, for the validator. */
  readonly schema: object
}

/** The parts of a column's JSON Schema that are read here. */
interface ColumnSchema {
  readonly 'x-duckdb': string
  readonly 'x-label': string
  readonly 'x-format'?: string
  readonly 'x-derived'?: boolean
}

interface TableDocument {
  readonly 'x-table': {
    readonly name: string
    readonly version: number
    readonly key: readonly string[]
    readonly order: readonly string[]
  }
  readonly required: readonly string[]
  readonly properties: Readonly<Record<string, ColumnSchema>>
}

function tableOf(document: TableDocument): TableSchema {
  const { name, version, key, order } = document['x-table']
  return {
    name: name as TableSchema['name'],
    version,
    key,
    order,
    columns: Object.entries(document.properties).map(([column, schema]) => ({
      name: column,
      type: schema['x-duckdb'] as ColumnType,
      nullable: !document.required.includes(column),
      derived: schema['x-derived'] ?? false,
      label: schema['x-label'],
      format: (schema['x-format'] ?? 'text') as ColumnFormat,
    })),
    schema: document,
  }
}

/** Definitions that the tables refer to; the validator loads it first. */
export const COMMON_DEFINITIONS: object = common

export const CANDLES: TableSchema = tableOf(candles)
export const OBJECT_EVENTS: TableSchema = tableOf(objectEvents)
export const OBJECT_SNAPSHOT: TableSchema = tableOf(objectSnapshot)
/** Derived from candles: `emas/<tf>/<day>.parquet`. */
export const EMAS: TableSchema = tableOf(emas)
/** What was done to the store: `.barkeep/operations/`. */
export const OPERATIONS: TableSchema = tableOf(operations)
export const DECISIONS: TableSchema = tableOf(decisions)
export const AUDITS: TableSchema = tableOf(audits)
export const STATS: TableSchema = tableOf(stats)
export const POLICIES: TableSchema = tableOf(policies)

/** The ledger's tables by name. */
export const LEDGER: Readonly<Record<LedgerTable, TableSchema>> = {
  decisions: DECISIONS,
  audits: AUDITS,
  stats: STATS,
  policies: POLICIES,
}
