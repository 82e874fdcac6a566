import type { Column } from '../../../schemas/tables/index.ts'
import { identifier, literal } from '../read/duckdb.ts'
import type { FileTypes } from '../read/projection.ts'

/**
 * One column of a file in the table's own type, whoever wrote the file (SPEC Q2): an SQL expression over what the file
 * has. What can't be told exactly becomes null, never a guess; `breach.ts` names it.
 */
export function canonicalExpression(column: Column, types: FileTypes): string {
  const actual = types.get(column.name)
  if (actual === undefined) return `NULL::${column.type}`
  const raw = identifier(column.name)
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

const FIXED_FORM = "'^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}\\+00:00$'"
/** ISO 8601 with an offset: groups date, time, fraction, offset. */
const WITH_OFFSET =
  "'^(\\d{4}-\\d\\d-\\d\\d)[T ](\\d\\d:\\d\\d:\\d\\d)(?:[.,](\\d{1,9}))? ?(Z|z|[+-]\\d\\d(?::?\\d\\d)?)$'"

/** Whether text has the table's own form; anything else is asked for by `other-times.ts`. */
export function isFixedForm(expression: string): string {
  return `regexp_full_match(${expression}, ${FIXED_FORM})`
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
function utcText(millis: string): string {
  return `CASE WHEN ${millis} BETWEEN 100000000000 AND 253402300799999
    THEN strftime(make_timestamp(${millis} * 1000), '%Y-%m-%dT%H:%M:%S.%g+00:00') END`
}

/** Text with an offset in the table's own form; text without one needs the market zone's rules and is left null. */
export function offsetTimeExpression(raw: string): string {
  const part = (group: number): string => `regexp_extract(${raw}, ${WITH_OFFSET}, ${group})`
  const offset = `replace(regexp_replace(${part(4)}, '^[Zz]$', '+00'), ':', '')`
  const minutes = `(TRY_CAST(substr(${offset}, 2, 2) AS INTEGER) * 60 + coalesce(TRY_CAST(substr(${offset}, 4, 2) AS INTEGER), 0))`
  // The clock's reading is cast without its offset, which DuckDB would ignore.
  const wall = `epoch_ms(TRY_CAST(${part(1)} || ' ' || ${part(2)} AS TIMESTAMP))`
  const millis = `TRY_CAST(rpad(substr(${part(3)}, 1, 3), 3, '0') AS INTEGER)`
  return utcText(
    `(${wall} + ${millis} - (CASE WHEN ${offset}[1] = '-' THEN -1 ELSE 1 END) * ${minutes} * 60000)`,
  )
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

function mapExpression({ type }: Column, raw: string, actual: string): string {
  const isMap = actual.startsWith('MAP(')
  const entries = `TRY_CAST(${isMap ? `to_json(${raw})` : jsonOf(raw, actual)} AS ${type})`
  if (type !== 'MAP(VARCHAR, JSON)') return entries
  // NaN and infinities, which are no JSON though DuckDB writes them as such, are no values.
  return `map_from_entries(list_transform(map_entries(${entries}), lambda e: struct_pack(key := e.key,
    value := CASE WHEN e.value IS NULL OR e.value IN ('NaN', 'Infinity', '-Infinity') THEN 'null'::JSON ELSE e.value END)))`
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
