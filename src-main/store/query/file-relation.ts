import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Column, TableSchema } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import type { Partition } from '../layout/partition-names.ts'
import { identifier, literal } from '../read/duckdb.ts'
import { fileList } from '../read/file-types.ts'
import type { FileTypes } from '../read/projection.ts'
import { breachExpression, rawName } from './breach.ts'
import { canonicalExpression } from './drift.ts'
import { featureNumber } from './drift-json.ts'
import { kindOf, mergedTypes } from './struct-types.ts'
import { type TimeText, textTimeExpression } from './times.ts'

/** How the files of one SELECT are to be read: the same for all of them. */
export interface ReadingForm {
  /** Columns as DuckDB types them, nested types in full. */
  readonly types: FileTypes
  /** Whether the files differ in members of STRUCTs, and in nothing else. */
  readonly byName: boolean
  /** Rows of ours are sound and of the table's own types: they are taken as they stand. */
  readonly own: boolean
  /** Of another program's text columns of times, how they are written. */
  readonly times: ReadonlyMap<string, TimeText>
  /** What a hive folder's name says of all its rows, where the files themselves don't. */
  readonly partition: Partition | null
}

/**
 * Names of columns, `__breach`, and `feature:<name>` for a key feature as a number (its column is `featureColumn`): what of a relation is wanted.
 * Everything but features unless given.
 */
export type Wanted = ReadonlySet<string>

/**
 * The rows of some files in the table's own types: its columns, then `__file` (from `offset` on), `__row` and `__breach`
 * (see `LedgerScan`). What isn't wanted costs no planning, of which files in many forms need a lot.
 */
export function fileRelation(
  context: StoreContext,
  table: TableSchema,
  files: readonly StorePath[],
  form: ReadingForm,
  offset: number,
  wanted?: Wanted,
): string {
  // By name only where nothing but members of STRUCTs differs: with columns of two types it changes values (store.md §2).
  const from = `read_parquet([${fileList(context, files)}], hive_partitioning=false, union_by_name=${form.byName})`
  const place = `CAST(file_index AS INTEGER) + ${offset} AS __file, file_row_number AS __row`
  const columns = table.columns.filter(({ name }) => wanted?.has(name) ?? true)
  if (form.own) {
    const own = [
      ...columns.map(({ name }) => identifier(name)),
      ...featureColumns(wanted, 'key_features', form.types, true),
    ]
    return `SELECT ${own.map((each) => `${each}, `).join('')}${place}, NULL::VARCHAR AS __breach FROM ${from}`
  }
  const { partition } = form
  const types =
    partition === null || form.types.has(partition.column)
      ? form.types
      : new Map([...form.types, [partition.column, 'VARCHAR']])
  const withBreach = wanted?.has('__breach') ?? true
  const features = featureColumns(wanted, rawName('key_features'), types, false)
  const needed = withBreach
    ? table.columns
    : table.columns.filter(
        (each) => columns.includes(each) || (features.length > 0 && each.name === 'key_features'),
      )
  const raw = needed.flatMap(({ name }) => {
    if (!types.has(name)) return []
    const source = form.types.has(name) ? identifier(name) : literal(partition?.value ?? '')
    return [`${source} AS ${rawName(name)}`]
  })
  const rows = `SELECT ${[...raw, place].join(', ')} FROM ${from}`
  const canonical = (withBreach ? table.columns : columns).map(
    (column) => `${columnExpression(column, types, form.times)} AS ${identifier(column.name)}`,
  )
  if (!withBreach)
    return `SELECT ${[...canonical, ...features].map((each) => `${each}, `).join('')}__file, __row, NULL::VARCHAR AS __breach FROM (${rows})`
  const names = [
    ...columns.map(({ name }) => identifier(name)),
    ...[...(wanted ?? [])]
      .filter((name) => name.startsWith(FEATURE))
      .map((name) => featureColumn(name.slice(FEATURE.length))),
  ]
  return `SELECT ${names.map((name) => `${name}, `).join('')}__file, __row, ${breachExpression(table, types)} AS __breach
    FROM (SELECT *, ${[...canonical, ...features].join(', ')} FROM (${rows}))`
}

/** Before the name of a key feature among what is wanted: its number, as column `featureColumn`. */
export const FEATURE = 'feature:'

/** SQL knows no case in names, features do. */
export function featureColumn(feature: string): string {
  return `feature_${Buffer.from(feature).toString('hex')}`
}

function featureColumns(
  wanted: Wanted | undefined,
  source: string,
  types: FileTypes,
  own: boolean,
): readonly string[] {
  return [...(wanted ?? [])]
    .filter((name) => name.startsWith(FEATURE))
    .map((name) => {
      const feature = name.slice(FEATURE.length)
      return `${featureNumber(source, types.get('key_features'), feature, own)} AS ${featureColumn(feature)}`
    })
}

function columnExpression(column: Column, types: FileTypes, times: ReadonlyMap<string, TimeText>): string {
  const raw = rawName(column.name)
  const text = times.get(column.name)
  return text === undefined ? canonicalExpression(column, types, raw) : textTimeExpression(raw, text)
}

/** One form for the files of two of a kind; null when one SELECT can't read both. */
export function mergedForms(a: ReadingForm, b: ReadingForm): ReadingForm | null {
  const types = a.types === b.types ? a.types : mergedTypes(a.types, b.types)
  if (types === null) return null
  const times = new Map(a.times)
  for (const [name, { written, others }] of b.times)
    if (others.size > 0 || !times.has(name))
      times.set(name, { written, others: new Map([...(times.get(name)?.others ?? []), ...others]) })
  return { ...a, types, times, byName: a.byName || b.byName || types !== a.types }
}

/** Forms of two kinds can't be merged. */
export function kindOfForm({ own, types, times, partition }: ReadingForm): string {
  const written = [...times].map(([name, each]) => [name, each.written])
  return JSON.stringify([own, kindOf(types), written, partition])
}
