import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { LedgerTable } from '../../schemas/tables/index.ts'
import type { Random } from './seeded.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
export type Fields = Readonly<Record<string, Json>>

export interface GoodDocument {
  readonly name: string
  readonly table: LedgerTable
  readonly document: Fields
}

const FOLDER = path.resolve(import.meta.dirname, '../golden/documents')

/** A sound document of each form, from the golden files. */
export const GOOD_DOCUMENTS: readonly GoodDocument[] = readdirSync(FOLDER).map((file) => ({
  ...(JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Omit<GoodDocument, 'name'>),
  name: path.parse(file).name,
}))

const NO_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, -(2 ** 60), 1e20]
const HALVES = ['\ud800', 'a\udc00b', '\udfff\ud800']
const NO_TIMES = [
  '',
  'yesterday',
  '2024-02-30T00:00:00Z',
  '2024-13-01',
  '24-03-08',
  '2024-03-08T25:00:00Z',
  '2024-03-08T14:30:00+25:00',
  '1970-01-01T00:00:00Z',
  '+275760-09-13',
  "2024-03-08'; --",
]
const NO_TEXT = [1, true, [], {}, ['x'], { $gt: '' }]
const LONG = 'x'.repeat(257)

/** Fields that each form can't do without. */
const REQUIRED: Readonly<Record<LedgerTable, readonly string[]>> = {
  decisions: ['run_id', 'decision_id', 'timestamp_utc', 'symbol', 'timeframe', 'evaluation_score', 'action'],
  audits: ['timestamp_utc', 'issues'],
  stats: ['run_id', 'timestamp_utc'],
  policies: ['timestamp_utc', 'base_weights', 'trust', 'regime_multipliers'],
}
const TEXTS: Readonly<Record<LedgerTable, readonly string[]>> = {
  decisions: ['run_id', 'decision_id', 'symbol', 'timeframe', 'action'],
  audits: ['run_id', 'audit_id', 'session_regime', 'policy_version'],
  stats: ['run_id'],
  policies: ['timestamp_utc'],
}

export interface BadDocument {
  readonly what: string
  readonly document: unknown
  /** The line's own field at fault; undefined where several may be named. */
  readonly field?: string | undefined
}

/** A sound document with one thing wrong, whatever the rest is. */
export function badDocument(random: Random, { table, document }: GoodDocument): BadDocument {
  const changed = structuredClone(document) as Record<string, unknown>
  const given = (names: readonly string[]): string => {
    const there = names.filter((name) => Object.hasOwn(document, name))
    return there.length === 0 ? 'timestamp_utc' : random.pick(there)
  }
  switch (random.int(0, 8)) {
    case 0: {
      const field = given(REQUIRED[table])
      delete changed[field]
      return { what: `without ${field}`, document: changed }
    }
    case 1: {
      const field = random.pick(['zz', 'Run_id', 'run_id ', '', '__proto__', 'constructor', 'toString'])
      return { what: `with ${field}`, document: { ...changed, [field]: 1 }, field }
    }
    case 2: {
      const field = given(TEXTS[table])
      return { what: `${field} no text`, document: { ...changed, [field]: random.pick(NO_TEXT) }, field }
    }
    case 3:
      return placed(random, changed, random.pick(NO_NUMBERS), 'no number')
    case 4:
      return placed(random, changed, random.pick(HALVES), 'half a pair')
    case 5: {
      const field = 'timestamp_utc'
      return { what: 'no time', document: { ...changed, [field]: random.pick(NO_TIMES) }, field }
    }
    case 6: {
      const field = given(TEXTS[table])
      return { what: `${field} too long`, document: { ...changed, [field]: LONG }, field }
    }
    case 7:
      return placed(random, changed, nested(80), 'too deep')
    default: {
      const other = random.pick([
        null,
        [],
        [changed],
        'text',
        1,
        true,
        10n,
        Symbol('x'),
        () => 1,
        new Date(0),
      ])
      return { what: 'no document', document: other }
    }
  }
}

/** Puts a value in the place of another, or beside others, anywhere in a document. */
function placed(
  random: Random,
  document: Record<string, unknown>,
  value: unknown,
  what: string,
): BadDocument {
  const field = random.pick(Object.keys(document))
  let holder: Record<string, unknown> | unknown[] = document
  let step: string | number = field
  for (;;) {
    const here: unknown = (holder as Record<string | number, unknown>)[step]
    if (here === null || typeof here !== 'object' || random.chance(0.3)) break
    const inner: Record<string, unknown> | unknown[] = here as Record<string, unknown> | unknown[]
    const steps: readonly (string | number)[] = Array.isArray(inner)
      ? [...inner.keys(), inner.length]
      : [...Object.keys(inner), 'a new one']
    holder = inner
    step = random.pick(steps)
  }
  ;(holder as Record<string | number, unknown>)[step] = value
  return { what: `${what} in ${field}`, document, field }
}

function nested(levels: number): Json {
  let value: Json = 1
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

/** Any JSON, with names and values that documents have among them. */
export function anyJson(random: Random, depth = 0): Json {
  const words = [
    'run_id',
    'audit_id',
    'issues',
    'feature',
    'issue',
    'missing_value',
    'timestamp_utc',
    '2025-10-22T13:30:00Z',
    'feature_vector',
    'key_features',
    'metadata',
    '__proto__',
    'constructor',
    '{"a":1}',
    '[[[',
    '',
    'é\u0000',
  ]
  const kind = depth > 4 ? random.int(0, 4) : random.int(0, 7)
  if (kind === 0) return null
  if (kind === 1) return random.chance(0.5)
  if (kind === 2) return random.next() * 1e6 - 5e5
  if (kind === 3) return random.int(-5, 5)
  if (kind === 4) return random.pick(words)
  const size = random.int(0, 5)
  if (kind === 5) return Array.from({ length: size }, () => anyJson(random, depth + 1))
  return Object.fromEntries(
    Array.from({ length: size }, () => [random.pick(words), anyJson(random, depth + 1)]),
  )
}

/** The same document with its names in another order, at every depth. */
export function shuffled(random: Random, value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => shuffled(random, item))
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).map(([name, item]) => [name, shuffled(random, item)] as const)
  return Object.fromEntries(
    entries
      .map((entry) => ({ entry, at: random.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ entry }) => entry),
  )
}
