import { COMMON_DEFINITIONS, type Column, type TableSchema } from '../../../schemas/tables/index.ts'
import { identifier, literal } from '../read/duckdb.ts'
import type { FileTypes } from '../read/projection.ts'
import { isInteger, isNumber, LARGEST } from './drift.ts'
import { hasNoNumber, isBeyondDouble, losesNumbers } from './drift-json.ts'
import { membersOf } from './struct-types.ts'

/** What of a column's JSON Schema is asked of rows here: the words that the ledger's tables use. */
interface ValueSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minimum?: number
  readonly maxItems?: number
  readonly items?: ValueSchema
  readonly propertyNames?: ValueSchema
  readonly additionalProperties?: ValueSchema | boolean
}

/**
 * SQL that says what of its schema a row of another program's file breaks, `field: reason`, the first column that does;
 * null for a sound row. Over a relation that has the table's columns in canonical form under their names, and as the
 * file has them under `rawName` (SPEC Q2). It asks of each column what validation asks of a document.
 */
export function breachExpression(table: TableSchema, types: FileTypes): string {
  const { properties } = table.schema as { readonly properties: Readonly<Record<string, ValueSchema>> }
  const cases = table.columns.flatMap((column) =>
    breaches(column, resolved(properties[column.name] ?? {}), types.get(column.name)).map(
      ([broken, reason]) => `WHEN ${broken} THEN ${literal(`${column.name}: `)} || ${reason}`,
    ),
  )
  return `CASE ${cases.join('\n')} END`
}

/** The name under which a scan has a column as the file has it. */
export function rawName(name: string): string {
  return identifier(`__raw_${name}`)
}

type Breach = readonly [condition: string, reason: string]

function breaches(column: Column, schema: ValueSchema, actual: string | undefined): readonly Breach[] {
  const name = identifier(column.name)
  const raw = rawName(column.name)
  const found: Breach[] = []
  if (actual === undefined) return column.nullable ? [] : [['true', "'is missing'"]]
  if (!column.nullable) found.push([`${raw} IS NULL`, "'is null'"])
  const isPlainMap = column.type === 'MAP(VARCHAR, JSON)' || column.type === 'MAP(VARCHAR, DOUBLE)'
  const flat = isPlainMap ? flatMembers(actual) : null
  if (flat !== null) return [...found, ...memberBreaches(column, raw, flat, schema)]
  found.push([
    `${raw} IS NOT NULL AND ${name} IS NULL`,
    `${shown(raw)} || ${literal(` is no ${wordOf(column)}`)}`,
  ])
  switch (column.type) {
    case 'VARCHAR':
      found.push(...textBreaches(name, schema))
      break
    case 'BIGINT':
      if (schema.minimum !== undefined)
        found.push([`${name} < ${schema.minimum}`, `'must be at least ${schema.minimum}, got ' || ${name}`])
      break
    case 'VARCHAR[]':
      found.push([`len(list_filter(${name}, lambda x: x IS NULL)) > 0`, "'holds a null'"])
      if (schema.maxItems !== undefined)
        found.push([`len(${name}) > ${schema.maxItems}`, `'has more than ${schema.maxItems} entries'`])
      if (schema.items?.maxLength !== undefined)
        found.push([
          `len(list_filter(${name}, lambda x: length(x) > ${schema.items?.maxLength})) > 0`,
          "'has an entry that is too long'",
        ])
      break
    case 'JSON':
      found.push(...jsonBreaches(name, raw, actual, schema))
      break
    case 'MAP(VARCHAR, DOUBLE)':
      found.push([
        `len(list_filter(map_values(${name}), lambda x: x IS NULL)) > 0`,
        "'has a value that is no number'",
      ])
      break
    case 'MAP(VARCHAR, MAP(VARCHAR, DOUBLE))':
      found.push([
        `len(list_filter(map_values(${name}), lambda x: x IS NULL OR len(list_filter(map_values(x), lambda y: y IS NULL)) > 0)) > 0`,
        "'has a value that is no number'",
      ])
      break
    case 'MAP(VARCHAR, JSON)':
      found.push([losesNumbers(raw, actual), "'has a value that no double holds'"])
      if (typeof schema.additionalProperties === 'object')
        found.push([
          `len(list_filter(map_values(${name}), lambda x: json_type(x) IN ('OBJECT', 'ARRAY'))) > 0`,
          "'has a value that is neither number, text nor truth'",
        ])
      break
    default:
  }
  if (column.type.startsWith('MAP') && schema.propertyNames?.maxLength !== undefined)
    found.push([
      `len(list_filter(map_keys(${name}), lambda x: length(x) > ${schema.propertyNames.maxLength})) > 0`,
      "'has a name that is too long'",
    ])
  return found
}

/** Members of a STRUCT of plain values, by name as SQL knows it; null for anything else. */
function flatMembers(actual: string): ReadonlyMap<string, string> | null {
  const members = membersOf(actual)
  const isFlat =
    members !== null &&
    [...members.values()].every((type) => /^[A-Z0-9 ]+(\(\d+,\d+\))?$/.test(type) && type !== 'JSON')
  return isFlat ? members : null
}

/** The same of a STRUCT's members as they stand: through JSON it would take tens of times as long. */
function memberBreaches(
  column: Column,
  raw: string,
  members: ReadonlyMap<string, string>,
  { propertyNames }: ValueSchema,
): readonly Breach[] {
  const found: Breach[] = []
  const lost: string[] = []
  const noNumber: string[] = []
  for (const [name, type] of members) {
    const value = `${raw}.${name}`
    if (isInteger(type)) {
      if (column.type === 'MAP(VARCHAR, JSON)') lost.push(`${value} NOT BETWEEN -${LARGEST} AND ${LARGEST}`)
    } else if (/^(DOUBLE|FLOAT)$/.test(type)) lost.push(`NOT isfinite(${value})`)
    else if (column.type !== 'MAP(VARCHAR, JSON)' && !isNumber(type))
      noNumber.push(`(${value} IS NOT NULL AND TRY_CAST(${value} AS DOUBLE) IS NULL)`)
  }
  const any = (conditions: readonly string[]): string =>
    conditions.map((each) => `coalesce(${each}, false)`).join(' OR ')
  if (noNumber.length > 0) found.push([any(noNumber), "'has a value that is no number'"])
  if (lost.length > 0) found.push([any(lost), "'has a value that no double holds'"])
  const longest = Math.max(0, ...[...members.keys()].map((name) => name.replaceAll('"', '').length))
  if (propertyNames?.maxLength !== undefined && longest > propertyNames.maxLength)
    found.push([`${raw} IS NOT NULL`, "'has a name that is too long'"])
  return found
}

function textBreaches(name: string, { minLength, maxLength, pattern }: ValueSchema): readonly Breach[] {
  const found: Breach[] = []
  if (minLength !== undefined) found.push([`length(${name}) < ${minLength}`, "'is empty'"])
  if (maxLength !== undefined)
    found.push([`length(${name}) > ${maxLength}`, `'is longer than ${maxLength} characters'`])
  if (pattern !== undefined)
    found.push([
      `NOT regexp_matches(${name}, ${literal(pattern)})`,
      `'is not written as expected, got ' || ${shown(name)}`,
    ])
  return found
}

function jsonBreaches(name: string, raw: string, actual: string, { type }: ValueSchema): readonly Breach[] {
  const allowed = new Set([type ?? []].flat())
  const kinds = allowed.has('object')
    ? ['OBJECT', 'NULL']
    : ['VARCHAR', 'BIGINT', 'UBIGINT', 'DOUBLE', 'BOOLEAN', 'NULL']
  const expected = allowed.has('object') ? 'an object' : 'a single value'
  return [
    [`json_type(${name}) NOT IN (${kinds.map(literal).join(', ')})`, `'must be ${expected}'`],
    [`(${hasNoNumber(raw, actual)}) OR ${isBeyondDouble(raw)}`, "'has a value that no double holds'"],
  ]
}

function wordOf({ type, format }: Column): string {
  if (format === 'time') return 'time'
  switch (type) {
    case 'DOUBLE':
      return 'finite number'
    case 'BIGINT':
      return 'whole number that a double holds'
    case 'BOOLEAN':
      return 'truth value'
    case 'VARCHAR[]':
      return 'list'
    case 'VARCHAR':
    case 'JSON':
      return 'text'
    default:
      return 'map'
  }
}

/** A value for a message: short. */
function shown(expression: string): string {
  return `left(CAST(${expression} AS VARCHAR), 60)`
}

function resolved(schema: ValueSchema): ValueSchema {
  const name = /^common\.schema\.json#\/\$defs\/(\w+)$/.exec(schema.$ref ?? '')?.[1]
  if (name === undefined) return schema
  const { $defs } = COMMON_DEFINITIONS as { readonly $defs: Readonly<Record<string, ValueSchema>> }
  return { ...$defs[name], ...schema }
}
