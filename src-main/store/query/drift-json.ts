import type { ColumnType } from '../../../schemas/tables/index.ts'
import { identifier, literal } from '../read/duckdb.ts'
import { finite, isInteger, isNumber, LARGEST } from './drift.ts'
import { membersOf } from './struct-types.ts'

/**
 * A column of another program as JSON: a JSON text is what it says, any other text is itself, a STRUCT an object of its
 * members that are not null. NaN and infinities, which DuckDB and Python write as if JSON had them, are null.
 */
export function jsonOf(raw: string, actual: string): string {
  const json = writtenJson(raw, actual)
  // Text is stepped over as a whole: what follows it is the mark alone, what follows nothing was no number.
  const marked = `regexp_replace(CAST(${json} AS VARCHAR), '("(?:[^"\\\\]|\\\\.)*")|(?i:[+-]?(?:nan|infinity|inf))', '\\1' || chr(1), 'g')`
  const cleaned = `replace(replace(${marked}, '"' || chr(1), '"'), chr(1), 'null')`
  return `CASE WHEN ${mayHaveNoNumber(json)} THEN CAST(${cleaned} AS JSON) ELSE ${json} END`
}

function writtenJson(raw: string, actual: string): string {
  if (actual === 'JSON') return raw
  if (actual === 'VARCHAR')
    return `CASE WHEN json_valid(${raw}) THEN CAST(${raw} AS JSON) ELSE to_json(${raw}) END`
  // A merge patch drops what is null: pandas gives a STRUCT every member that any row has.
  if (actual.startsWith('STRUCT') && !actual.endsWith(']'))
    return `json_merge_patch('{}'::JSON, to_json(${raw}))`
  return `to_json(${raw})`
}

function mayHaveNoNumber(json: string): string {
  return `regexp_matches(CAST(${json} AS VARCHAR), '(?i)nan|inf')`
}

/** True where JSON has a NaN or an infinity, which its canonical form has not. */
export function hasNoNumber(raw: string, actual: string): string {
  const json = writtenJson(raw, actual)
  return `${mayHaveNoNumber(json)} AND CAST(${json} AS VARCHAR) <> CAST(${jsonOf(raw, actual)} AS VARCHAR)`
}

/** True for a JSON number that no double holds: beyond the largest, or a whole one beyond 2^53 − 1. */
export function isBeyondDouble(value: string): string {
  const text = `CAST(${value} AS VARCHAR)`
  const number = `TRY_CAST(${text} AS DOUBLE)`
  return `coalesce(NOT isfinite(${number}) OR (abs(${number}) > ${LARGEST} AND regexp_full_match(${text}, '-?\\d+')), false)`
}

/** A map of any of the table's types; null for what is no map, or names one thing twice. */
export function mapExpression(type: ColumnType, raw: string, actual: string): string {
  const entries = `TRY_CAST(${jsonOf(raw, actual)} AS ${type})`
  switch (type) {
    case 'MAP(VARCHAR, JSON)':
      // A null of JSON's own is kept: the name was given.
      return mapped(
        entries,
        `CASE WHEN e.value IS NULL OR ${isBeyondDouble('e.value')} THEN 'null'::JSON ELSE e.value END`,
      )
    case 'MAP(VARCHAR, DOUBLE)':
      return mapped(entries, finite('e.value'))
    default:
      return mapped(entries, mapped('e.value', finite('i.value'), 'i'))
  }
}

/** True where a map has a number that its canonical form can't have. */
export function losesNumbers(raw: string, actual: string): string {
  const values = `map_values(TRY_CAST(${jsonOf(raw, actual)} AS MAP(VARCHAR, JSON)))`
  return `(${hasNoNumber(raw, actual)}) OR len(list_filter(${values}, lambda x: ${isBeyondDouble('x')})) > 0`
}

function mapped(map: string, value: string, each = 'e'): string {
  const entries = `list_transform(map_entries(${map}), lambda ${each}: struct_pack(key := ${each}.key, value := ${value}))`
  return `TRY(map_from_entries(${entries}))`
}

/**
 * A key feature as a number; null when it is absent or no number: a text "70" is none (SPEC Q7).
 * @param source SQL of key_features as the file has it
 * @param own the file is ours: its numbers are sound
 */
export function featureNumber(
  source: string,
  actual: string | undefined,
  name: string,
  own: boolean,
): string {
  if (actual === undefined) return 'NULL::DOUBLE'
  const key = literal(name)
  // As JSON writes it: a text keeps its quotes, and is no number then.
  if (own) return `TRY_CAST(CAST(${source}[${key}] AS VARCHAR) AS DOUBLE)`
  if (actual.startsWith('STRUCT(') && !actual.endsWith(']')) {
    const members = membersOf(actual)
    const member = members?.get(identifier(name)) ?? members?.get(name)
    if (member === undefined || !isNumber(member)) return 'NULL::DOUBLE'
    const value = `struct_extract(${source}, ${key})`
    return isInteger(member)
      ? `CASE WHEN ${value} BETWEEN -${LARGEST} AND ${LARGEST} THEN CAST(${value} AS DOUBLE) END`
      : finite(`CAST(${value} AS DOUBLE)`)
  }
  const value = `${mapExpression('MAP(VARCHAR, JSON)', source, actual)}[${key}]`
  return finite(`TRY_CAST(CAST(${value} AS VARCHAR) AS DOUBLE)`)
}
