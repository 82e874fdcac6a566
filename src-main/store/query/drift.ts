import type { Column } from '../../../schemas/tables/index.ts'
import { identifier, literal } from '../read/duckdb.ts'
import type { FileTypes } from '../read/projection.ts'
import { membersOf } from './struct-types.ts'

/**
 * One column of a file in the table's own type, whoever wrote the file (SPEC Q2): an SQL expression over what the file
 * has. What can't be told exactly becomes null, never a guess; `breach.ts` names it. Text of times is left as it is:
 * see `times.ts`.
 * @param raw SQL of the column as the file has it
 */
export function canonicalExpression(column: Column, types: FileTypes, raw: string): string {
  const actual = types.get(column.name)
  if (actual === undefined) return `NULL::${column.type}`
  if (actual === column.type && column.format !== 'time') return exactlyTyped(column, raw)
  switch (column.type) {
    case 'VARCHAR':
      return column.format === 'time' ? timeExpression(raw, actual) : `CAST(${raw} AS VARCHAR)`
    case 'DOUBLE':
      return isInteger(actual)
        ? `CASE WHEN ${raw} BETWEEN -${LARGEST} AND ${LARGEST} THEN CAST(${raw} AS DOUBLE) END`
        : finite(isNumber(actual) || actual === 'VARCHAR' ? `TRY_CAST(${raw} AS DOUBLE)` : 'NULL::DOUBLE')
    case 'BIGINT':
      return wholeNumber(raw, actual)
    case 'BOOLEAN':
      if (actual === 'VARCHAR') return `TRY_CAST(${raw} AS BOOLEAN)`
      return isNumber(actual) ? `CASE ${raw} WHEN 0 THEN false WHEN 1 THEN true END` : 'NULL::BOOLEAN'
    case 'VARCHAR[]':
      return actual.endsWith('[]')
        ? `CAST(${raw} AS VARCHAR[])`
        : `TRY_CAST(${jsonOf(raw, actual)} AS VARCHAR[])`
    case 'JSON':
      return jsonOf(raw, actual)
    default:
      return mapExpression(column, raw, actual)
  }
}

/** The greatest integer up to which every one has a double of its own. */
const LARGEST = Number.MAX_SAFE_INTEGER

/** Floating point may hold NaN and infinities, which no column of ours does. */
function exactlyTyped({ type }: Column, raw: string): string {
  if (type === 'DOUBLE') return finite(raw)
  return type === 'BIGINT' ? `CASE WHEN ${raw} BETWEEN -${LARGEST} AND ${LARGEST} THEN ${raw} END` : raw
}

function finite(expression: string): string {
  return `CASE WHEN isfinite(${expression}) THEN ${expression} END`
}

/** pandas writes integers among which one is missing as doubles. */
function wholeNumber(raw: string, actual: string): string {
  if (!isNumber(actual) && actual !== 'VARCHAR') return 'NULL::BIGINT'
  if (isInteger(actual))
    return `CASE WHEN ${raw} BETWEEN -${LARGEST} AND ${LARGEST} THEN CAST(${raw} AS BIGINT) END`
  const number = `TRY_CAST(${raw} AS DOUBLE)`
  return `CASE WHEN ${number} = trunc(${number}) AND abs(${number}) <= ${LARGEST} THEN CAST(${number} AS BIGINT) END`
}

function timeExpression(raw: string, actual: string): string {
  if (actual === 'VARCHAR') return raw
  if (actual.startsWith('TIMESTAMP WITH')) return utcText(`epoch_ms(${raw})`)
  if (actual.startsWith('TIMESTAMP') || actual === 'DATE') {
    // Without a zone, in a column that is named for UTC.
    return utcText(
      `CASE WHEN isfinite(CAST(${raw} AS TIMESTAMP)) THEN epoch_ms(CAST(${raw} AS TIMESTAMP)) END`,
    )
  }
  return isNumber(actual) ? utcText(wholeNumber(raw, actual)) : 'NULL::VARCHAR'
}

/** Outside of what a stored instant may be (SPEC V2) it is seconds, nanoseconds or nonsense: no time. */
export function utcText(millis: string): string {
  return `CASE WHEN ${millis} BETWEEN 100000000000 AND 253402300799999
    THEN strftime(make_timestamp(${millis} * 1000), '%Y-%m-%dT%H:%M:%S.%g+00:00') END`
}

/** A JSON text is what it says; any other text is itself. */
function jsonOf(raw: string, actual: string): string {
  if (actual === 'JSON') return raw
  if (actual === 'VARCHAR')
    return `CASE WHEN json_valid(${raw}) THEN CAST(${raw} AS JSON) ELSE to_json(${raw}) END`
  // A merge patch drops what is null: pandas gives a STRUCT every member that any row has.
  if (actual.startsWith('STRUCT')) return `json_merge_patch('{}'::JSON, to_json(${raw}))`
  return `to_json(${raw})`
}

/**
 * A key feature as a number; null when it is absent or no number: a text "70" is none (SPEC Q7).
 * @param source SQL of key_features as the file has it
 */
export function featureNumber(source: string, actual: string | undefined, name: string): string {
  if (actual === undefined) return 'NULL::DOUBLE'
  const member = membersOf(actual)?.get(identifier(name)) ?? membersOf(actual)?.get(name)
  if (actual.startsWith('STRUCT(') && !actual.endsWith(']')) {
    const value = `struct_extract(${source}, ${literal(name)})`
    return member !== undefined && isNumber(member) ? finite(`CAST(${value} AS DOUBLE)`) : 'NULL::DOUBLE'
  }
  const map = actual === 'MAP(VARCHAR, JSON)' ? source : entriesOf(source, actual, 'MAP(VARCHAR, JSON)')
  // As JSON writes it: a text keeps its quotes, and is no number then.
  const number = `TRY_CAST(CAST(${map}[${literal(name)}] AS VARCHAR) AS DOUBLE)`
  return actual === 'MAP(VARCHAR, JSON)' ? number : finite(number)
}

/** The names that DuckDB writes where JSON has no number. */
const NO_NUMBERS = "('NaN', 'Infinity', '-Infinity')"

function mapExpression({ type }: Column, raw: string, actual: string): string {
  switch (type) {
    case 'MAP(VARCHAR, JSON)':
      // A null of JSON's own is kept; what is no number is none.
      return mapped(
        entriesOf(raw, actual, type),
        `CASE WHEN e.value IS NULL OR e.value IN ${NO_NUMBERS} THEN 'null'::JSON ELSE e.value END`,
      )
    case 'MAP(VARCHAR, DOUBLE)':
      return mapped(entriesOf(raw, actual, type), finite('e.value'))
    default:
      return mapped(entriesOf(raw, actual, type), mapped('e.value', finite('i.value'), 'i'))
  }
}

/** True where a map has NaN or an infinity, which its canonical form has not. */
export function uncleanEntries(raw: string, actual: string): string {
  const values = `map_values(${entriesOf(raw, actual, 'MAP(VARCHAR, JSON)')})`
  return `len(list_filter(${values}, lambda x: x IN ${NO_NUMBERS})) > 0`
}

function entriesOf(raw: string, actual: string, type: string): string {
  return `TRY_CAST(${actual.startsWith('MAP(') ? `to_json(${raw})` : jsonOf(raw, actual)} AS ${type})`
}

function mapped(map: string, value: string, each = 'e'): string {
  return `map_from_entries(list_transform(map_entries(${map}), lambda ${each}: struct_pack(key := ${each}.key, value := ${value})))`
}

function isInteger(actual: string): boolean {
  return /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(actual)
}

function isNumber(actual: string): boolean {
  return isInteger(actual) || /^(DOUBLE|FLOAT|DECIMAL)/.test(actual)
}

/** Literal list for SQL's IN. */
export function textList(values: readonly string[]): string {
  return values.map(literal).join(', ')
}
