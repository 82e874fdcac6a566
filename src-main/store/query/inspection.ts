import type { StorePath } from '../../../schemas/contract/units.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { identifier } from '../read/duckdb.ts'
import { eachAloneOnFailure, fileList } from '../read/file-types.ts'
import type { FileTypes } from '../read/projection.ts'
import { fileRelation, kindOfForm, mergedForms, type ReadingForm } from './file-relation.ts'
import { hasOffset, isFixedForm, isUtcForm, resolveTimes, type TimeText } from './times.ts'

/** What is to be known of another program's file before its rows are used; all of it is read for that, once. */
export interface Inspection {
  readonly times: ReadingForm['times']
  /** Rows that break the schema. */
  readonly breaches: number
  /** Places of rows whose key stands before them in the file. */
  readonly repeated: readonly number[]
}

/**
 * Reads files of one kind through. One that turns out unreadable is told to `failed`.
 * @param form of all of them
 * @throws CANCELLED
 */
export async function inspectFiles(
  context: StoreContext,
  table: TableSchema,
  files: readonly StorePath[],
  form: Omit<ReadingForm, 'times'>,
  failed: (file: StorePath, error: unknown) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<StorePath, Inspection>> {
  const found = await eachAloneOnFailure(
    files,
    async (batch) => {
      const times = await timesOf(context, table, batch, form.types, signal)
      const alike = new Map<string, StorePath[]>()
      for (const [file, texts] of times) {
        const kind = kindOfForm({ ...form, times: texts })
        alike.set(kind, [...(alike.get(kind) ?? []), file])
      }
      const inspected: [StorePath, Inspection][] = []
      for (const some of alike.values()) {
        const forms = some.map((file): ReadingForm => ({ ...form, times: times.get(file) ?? new Map() }))
        const whole = forms.reduce((a, b) => mergedForms(a, b) ?? a)
        const rows = await rowsOf(context, table, some, whole, signal)
        for (const [index, file] of some.entries()) {
          const counted = rows[index]
          if (counted !== undefined)
            inspected.push([file, { times: times.get(file) ?? new Map(), ...counted }])
        }
      }
      return inspected
    },
    failed,
  )
  return new Map(found)
}

/** By file, how each text column of times is written. */
async function timesOf(
  context: StoreContext,
  table: TableSchema,
  files: readonly StorePath[],
  types: FileTypes,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<StorePath, ReadonlyMap<string, TimeText>>> {
  const found = new Map(files.map((file) => [file, new Map<string, TimeText>()]))
  for (const { name, format } of table.columns) {
    if (format !== 'time' || types.get(name) !== 'VARCHAR') continue
    const raw = identifier(name)
    const rows = await context.duck.rows(
      `SELECT file_index, bool_and(${isFixedForm(raw)}) AS fixed, bool_and(${isUtcForm(raw)}) AS utc,
          list(DISTINCT ${raw}) FILTER (WHERE NOT ${isFixedForm(raw)} AND NOT ${hasOffset(raw)}) AS others
        FROM read_parquet([${fileList(context, files)}], hive_partitioning=false, union_by_name=true)
        WHERE ${raw} IS NOT NULL GROUP BY file_index`,
      [],
      signal,
    )
    for (const { file_index, fixed, utc, others } of rows) {
      const file = files[Number(file_index)]
      if (file === undefined) continue
      const texts = others !== null && typeof others === 'object' && 'items' in others ? others.items : []
      const written = fixed === true ? 'fixed' : utc === true ? 'utc' : 'other'
      found.get(file)?.set(name, { written, others: resolveTimes(texts.map(String), context.zone) })
    }
  }
  return found
}

/** Of each file, in the order given. */
async function rowsOf(
  context: StoreContext,
  table: TableSchema,
  files: readonly StorePath[],
  form: ReadingForm,
  signal: AbortSignal | undefined,
): Promise<readonly { readonly breaches: number; readonly repeated: readonly number[] }[]> {
  const found = files.map(() => ({ breaches: 0, repeated: [] as number[] }))
  const checked = fileRelation(context, table, files, form, 0, new Set(['__breach']))
  for (const { __file, breaches } of await context.duck.rows(
    `SELECT __file, count(__breach) AS breaches FROM (${checked}) GROUP BY __file`,
    [],
    signal,
  )) {
    const each = found[Number(__file)]
    if (each !== undefined) each.breaches = Number(breaches)
  }
  const key = table.key.map(identifier).join(', ')
  const keyed = fileRelation(context, table, files, form, 0, new Set(table.key))
  for (const { __file, __row } of await context.duck.rows(
    `SELECT __file, __row FROM (SELECT __file, __row, row_number() OVER (PARTITION BY __file, ${key} ORDER BY __row) AS place
        FROM (${keyed}) WHERE ${keyIsWhole(table)}) WHERE place > 1 ORDER BY __file, __row`,
    [],
    signal,
  ))
    found[Number(__file)]?.repeated.push(Number(__row))
  return found
}

/** A row that lacks a part of its key that must be there repeats none. */
export function keyIsWhole(table: TableSchema): string {
  const needed = table.columns.filter(({ name, nullable }) => !nullable && table.key.includes(name))
  return needed.map(({ name }) => `${identifier(name)} IS NOT NULL`).join(' AND ') || 'true'
}
