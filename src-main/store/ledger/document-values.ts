import { type Checked, HALF_PAIR, shown } from '../write/validate.ts'

/** Objects and arrays inside each other, as ingest counts them (SPEC X7): JSON text in a field adds to it. */
const MAX_DEPTH = 64
/** From here on a number is written with an exponent, and nobody takes it for a whole one. */
const LARGEST_WHOLE = 1e21

/** A way through a document that can't be gone on: where, and why. */
class BadValue {
  readonly way: readonly string[]
  readonly why: string

  constructor(way: readonly string[], why: string) {
    this.way = way
    this.why = why
  }
}

/**
 * A copy of a document with what JSON allows and a file can't hold told apart (SPEC V12): numbers that are not finite,
 * whole numbers that are not exact, halves of surrogate pairs, in names too. −0 becomes 0, undefined is absent.
 * Names are kept whatever they are: `__proto__` is a name like any other.
 */
export function exactDocument(document: unknown): Checked<Readonly<Record<string, unknown>>> {
  if (document === null || typeof document !== 'object' || Array.isArray(document)) {
    const kind = typeof document === 'bigint' || typeof document === 'symbol' ? typeof document : null
    const got = kind ?? (typeof document === 'function' ? 'a function' : shownFlat(document))
    return { rejection: { field: null, reason: `a line must be one JSON object, got ${got}` } }
  }
  const copy = exact(document, [])
  if (!(copy instanceof BadValue)) return { row: copy as Readonly<Record<string, unknown>> }
  const { way, why } = copy
  // A way through a name of a million characters is no help.
  const at = way.map((step) => (step.length > 60 ? `${step.slice(0, 57)}…` : step)).join('.')
  return { rejection: { field: way[0] ?? null, reason: `${at || 'the line'} ${why}` } }
}

/** An array is told by its size: writing it out may not end. */
function shownFlat(value: unknown): string {
  return Array.isArray(value) ? `a list of ${value.length}` : shown(value)
}

function exact(value: unknown, way: readonly string[]): unknown {
  switch (typeof value) {
    case 'string':
      return HALF_PAIR.test(value)
        ? new BadValue(way, `has half of a surrogate pair, got ${shown(value)}`)
        : value
    case 'number':
      return exactNumber(value, way)
    case 'boolean':
      return value
    case 'object':
      if (value === null) return null
      if (way.length >= MAX_DEPTH)
        return new BadValue(way.slice(0, 1), `nests deeper than ${MAX_DEPTH} levels`)
      return Array.isArray(value) ? exactList(value, way) : exactObject(value, way)
    default:
      return new BadValue(way, `is ${typeof value}, which JSON doesn't have`)
  }
}

function exactNumber(value: number, way: readonly string[]): number | BadValue {
  if (!Number.isFinite(value)) return new BadValue(way, `is ${value}, not a finite number`)
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < LARGEST_WHOLE) {
    return new BadValue(
      way,
      `is a whole number beyond ±${Number.MAX_SAFE_INTEGER}, which is not exact, got ${value}`,
    )
  }
  return value + 0
}

function exactList(list: readonly unknown[], way: readonly string[]): unknown {
  const copy: unknown[] = []
  for (const [index, item] of list.entries()) {
    const held = exact(item, [...way, String(index)])
    if (held instanceof BadValue) return held
    copy.push(held)
  }
  return copy
}

function exactObject(value: object, way: readonly string[]): unknown {
  // A Date or a Map has no fields of its own: it would become {} without a word.
  const kind = Object.prototype.toString.call(value)
  if (kind !== '[object Object]') return new BadValue(way, `is ${kind.slice(8, -1)}, which JSON doesn't have`)
  const entries: [string, unknown][] = []
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined) continue
    if (HALF_PAIR.test(name))
      return new BadValue(way, `has a name with half of a surrogate pair, got ${shown(name)}`)
    const held = exact(item, [...way, name])
    if (held instanceof BadValue) return held
    entries.push([name, held])
  }
  // Defines names, where an assignment to __proto__ would be lost.
  return Object.fromEntries(entries)
}
