import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { formatUtcIso, type MarketZone, parseInstant } from '../../../schemas/contract/market-time.ts'
import type { CandleRow, ObjectEventRow } from '../../../schemas/generated/rows.ts'
import {
  CANDLES,
  COMMON_DEFINITIONS,
  OBJECT_EVENTS,
  type TableSchema,
} from '../../../schemas/tables/index.ts'
import { canonicalJson, canonicalRow, sha256 } from '../layout/digest.ts'

export interface Rejection {
  readonly field: string | null
  readonly reason: string
}

export type Checked<Row> = { readonly row: Row } | { readonly rejection: Rejection }

/** Turns a bot's document into the one row form of a table, or says which field is wrong and why (SPEC V1–V9). */
export interface Validator<Row> {
  check(document: unknown): Checked<Row>
}

const ajv = new Ajv2020({ $data: true, allErrors: true, verbose: true, strict: true, allowUnionTypes: true })
for (const keyword of ['x-table', 'x-duckdb', 'x-label', 'x-format', 'x-derived']) ajv.addKeyword(keyword)
ajv.addSchema(COMMON_DEFINITIONS)

/** Checks rows that are already in table form: foreign files, and our own before they are written. */
export function rowChecker(table: TableSchema): (row: unknown) => Rejection | null {
  return schemaChecker(table.schema)
}

/** Checks a value against a JSON Schema that refers to the tables' common definitions. */
export function schemaChecker(schema: object): (value: unknown) => Rejection | null {
  const validate = compiled(schema)
  return (value) => (validate(value) ? null : rejectionOf(validate.errors))
}

const compiledSchemas = new Map<object, ValidateFunction>()

function compiled(schema: object): ValidateFunction {
  const known = compiledSchemas.get(schema)
  if (known !== undefined) return known
  const made = ajv.compile(schema)
  compiledSchemas.set(schema, made)
  return made
}

export function candleValidator(zone: MarketZone): Validator<CandleRow> {
  return rowValidator<CandleRow>(CANDLES, zone)
}

export function objectEventValidator(zone: MarketZone): Validator<ObjectEventRow> {
  return rowValidator<ObjectEventRow>(OBJECT_EVENTS, zone)
}

function rowValidator<Row>(table: TableSchema, zone: MarketZone): Validator<Row> {
  const validate = compiled(table.schema)
  return {
    check(document) {
      if (document === null || typeof document !== 'object' || Array.isArray(document)) {
        return {
          rejection: { field: null, reason: `a line must be one JSON object, got ${shown(document)}` },
        }
      }
      const prepared = rowForm(table, document as Readonly<Record<string, unknown>>, zone)
      if ('rejection' in prepared) return prepared
      if (!validate(prepared.row)) return { rejection: rejectionOf(validate.errors) }
      return { row: prepared.row as Row }
    },
  }
}

/** With the flag u a whole pair is one code point and no surrogate. */
export const HALF_PAIR = /\p{Surrogate}/u

/** Resolves `timestamp`, derives what may be derived, fills absent nullable columns: column order is the schema's. */
function rowForm(
  table: TableSchema,
  document: Readonly<Record<string, unknown>>,
  zone: MarketZone,
): Checked<Record<string, unknown>> {
  const { timestamp, ...given } = document
  const time = instantOf(timestamp, given.ts, given.ts_iso, zone)
  if ('rejection' in time) return time
  const row: Record<string, unknown> = {}
  for (const { name } of table.columns) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value !== undefined) row[name] = value
    else if (table.columns.some((column) => column.name === name && column.nullable)) row[name] = null
  }
  row.ts = time.row
  row.ts_iso = formatUtcIso(time.row)
  if (typeof row.timeframe === 'string') row.timeframe = row.timeframe.toLowerCase()
  const payload = parsedPayload(row.payload)
  if ('rejection' in payload) return payload
  if ('payload' in row) row.payload = payload.row
  for (const [name, value] of Object.entries(row)) {
    if (Object.is(value, -0)) row[name] = 0
    // Stored, it would read back as U+FFFD: two ids of this kind would become one.
    if (typeof value === 'string' && HALF_PAIR.test(value)) {
      return {
        rejection: { field: name, reason: `${name} has half of a surrogate pair, got ${shown(value)}` },
      }
    }
  }
  const unknown = Object.keys(given).find((name) => !table.columns.some((column) => column.name === name))
  if (unknown !== undefined) {
    return { rejection: { field: unknown, reason: `${unknown} is not a field of ${table.name}` } }
  }
  if (table.columns.some(({ name }) => name === 'event_id') && (row.event_id ?? null) === null) {
    // A bot that gives no id still repeats itself safely: the same content is the same event.
    row.event_id = sha256(canonicalRow(table.columns, { ...row, event_id: null })).slice(0, 32)
  }
  return { row }
}

function instantOf(timestamp: unknown, ts: unknown, tsIso: unknown, zone: MarketZone): Checked<number> {
  const texts = [
    ['timestamp', timestamp],
    ['ts_iso', tsIso],
  ] as const
  let instant: number | undefined
  if (ts !== undefined && ts !== null) {
    if (typeof ts !== 'number' || !Number.isSafeInteger(ts)) {
      return { rejection: { field: 'ts', reason: `ts must be whole milliseconds UTC, got ${shown(ts)}` } }
    }
    instant = ts
  }
  for (const [field, text] of texts) {
    if (text === undefined || text === null) continue
    if (typeof text !== 'string') {
      return { rejection: { field, reason: `${field} must be ISO 8601 text, got ${shown(text)}` } }
    }
    let parsed: number
    try {
      parsed = parseInstant(text, zone)
    } catch (error) {
      if (!(error instanceof BarkeepError)) throw error
      return { rejection: { field, reason: error.message } }
    }
    if (instant !== undefined && instant !== parsed) {
      return {
        rejection: { field, reason: `${field} ${shown(text)} is not the same instant as ts ${instant}` },
      }
    }
    instant = parsed
  }
  if (instant === undefined) return { rejection: { field: 'ts', reason: 'ts or timestamp is missing' } }
  const rejection = instantBounds(instant, ts === undefined || ts === null ? 'timestamp' : 'ts')
  return rejection === null ? { row: instant } : { rejection }
}

export const EARLIEST = 100_000_000_000
export const LATEST = 253_402_300_799_999

function instantBounds(instant: number, field: string): Rejection | null {
  if (instant >= EARLIEST && instant <= LATEST) return null
  const hint = instant > 0 && instant < EARLIEST ? '; is it in seconds? Give milliseconds' : ''
  return { field, reason: `${field} ${instant} is not between 1973-03-03 and 9999-12-31${hint}` }
}

/** Row form carries JSON as text; bots hand in the object itself. */
function parsedPayload(payload: unknown): Checked<unknown> {
  if (payload === null || payload === undefined) return { row: null }
  try {
    // Keys sorted, so that a payload has one text whatever order the bot's keys came in.
    const parsed: unknown = typeof payload === 'string' ? JSON.parse(payload) : payload
    return { row: JSON.parse(canonicalJson(parsed)) as unknown }
  } catch {
    return { rejection: { field: 'payload', reason: `payload is text but not JSON: ${shown(payload)}` } }
  }
}

/** A value for a message: short, and never a line break. */
export function shown(value: unknown): string {
  // JSON has no NaN or Infinity; a message must still show them.
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** The names on the way to a value, from a JSON pointer. */
function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** A wrong kind of value explains the comparisons that fail after it; high below low is high's fault, not open's. */
function rank(error: ErrorObject): number {
  if (error.keyword !== 'minimum' && error.keyword !== 'maximum') return 0
  return error.instancePath === '/high' ? 1 : 2
}

function rejectionOf(errors: readonly ErrorObject[] | null | undefined): Rejection {
  const [error] = [...(errors ?? [])].sort((a, b) => rank(a) - rank(b))
  if (error === undefined) return { field: null, reason: 'the row breaks its schema' }
  const steps = stepsOf(error.instancePath)
  const field = steps[0] ?? null
  const at = steps.join('.') || 'the row'
  const got = `got ${shown(error.data)}`
  const { limit, type, allowedValues, missingProperty, additionalProperty } = error.params as Record<
    string,
    unknown
  >
  const inside = (name: unknown): string => [...steps, String(name)].join('.')
  switch (error.keyword) {
    case 'required':
      return { field: field ?? String(missingProperty), reason: `${inside(missingProperty)} is missing` }
    case 'additionalProperties':
      return {
        field: field ?? String(additionalProperty),
        reason: `${inside(additionalProperty)} is not a field`,
      }
    case 'type':
      return { field, reason: `${at} must be ${[type].flat().join(' or ')}, ${got}` }
    case 'enum':
      return { field, reason: `${at} must be one of ${[allowedValues].flat().join(', ')}, ${got}` }
    case 'minimum':
      return { field, reason: `${at} must be at least ${String(limit)}, ${got}` }
    case 'maximum':
      return { field, reason: `${at} must be at most ${String(limit)}, ${got}` }
    case 'minLength':
      return { field, reason: `${at} must have at least ${String(limit)} characters, ${got}` }
    case 'maxLength':
      return { field, reason: `${at} must have at most ${String(limit)} characters, ${got}` }
    case 'pattern':
      return { field, reason: `${at} is not written as expected, ${got}` }
    default:
      return { field, reason: `${at} ${error.message ?? 'breaks its schema'}, ${got}` }
  }
}
