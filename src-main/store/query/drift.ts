import type { Column } from '../../../schemas/tables/index.ts'
import { literal } from '../read/duckdb.ts'
import type { FileTypes } from '../read/projection.ts'
import { jsonOf, mapExpression } from './drift-json.ts'

/**
 * One column of a file in the table's own type, whoever wrote the file (SPEC Q2): an SQL expression over what the file
 * has. What can't be told exactly becomes null, never a guess; `breach.ts` names it. Text of times is left as it is:
 * see `times.ts`.
 * @param raw SQL of the column as the file has it
 */
export function canonicalExpression(column: Column, types: FileTypes, raw: string): string {
  const actual = types.get(column.name)
  if (actual === undefined) return `NULL::${column.type}`
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
      if (actual === 'BOOLEAN') return raw
      if (actual === 'VARCHAR') return `TRY_CAST(${raw} AS BOOLEAN)`
      return isNumber(actual) ? `CASE ${raw} WHEN 0 THEN false WHEN 1 THEN true END` : 'NULL::BOOLEAN'
    case 'VARCHAR[]':
      return actual.endsWith('[]')
        ? `CAST(${raw} AS VARCHAR[])`
        : `TRY_CAST(${jsonOf(raw, actual)} AS VARCHAR[])`
    case 'JSON':
      return jsonOf(raw, actual)
    default:
      return mapExpression(column.type, raw, actual)
  }
}

/** The greatest integer up to which every one has a double of its own. */
export const LARGEST = Number.MAX_SAFE_INTEGER

/** Floating point may hold NaN and infinities, which no column of ours does. */
export function finite(expression: string): string {
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

export function isInteger(actual: string): boolean {
  return /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(actual)
}

export function isNumber(actual: string): boolean {
  return isInteger(actual) || /^(DOUBLE|FLOAT|DECIMAL)/.test(actual)
}

/** Literal list for SQL's IN. */
export function textList(values: readonly string[]): string {
  return values.map(literal).join(', ')
}
