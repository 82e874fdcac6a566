import { type Checked, HALF_PAIR, shown } from '../write/validate.ts'

/** Objects and arrays inside each other, as ingest counts them (SPEC X7): JSON text in a field adds to it. */
const MAX_DEPTH = 64
/** From here on a number is written with an exponent, and nobody takes it for a whole one. */
const LARGEST_WHOLE = 1e21
const TOO_DEEP = `nests deeper than ${MAX_DEPTH} levels`
const OWN = { configurable: true, enumerable: true, writable: true } as const

/** What can't be stored. The way to it is put together on the way out: of sound values none is ever made. */
class BadValue {
  readonly way: string[] = []
  readonly why: string

  constructor(why: string) {
    this.why = why
  }

  inside(step: string): this {
    this.way.unshift(step)
    return this
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
  const copy = exact(document, 0)
  if (!(copy instanceof BadValue)) return { row: copy as Readonly<Record<string, unknown>> }
  const { why } = copy
  // Of one that nests too deep the whole way is too long, and says nothing.
  const way = why === TOO_DEEP ? copy.way.slice(0, 1) : copy.way
  // A way through a name of a million characters is no help.
  const at = way.map((step) => (step.length > 60 ? `${step.slice(0, 57)}…` : step)).join('.')
  return { rejection: { field: way[0] ?? null, reason: `${at || 'the line'} ${why}` } }
}

/** An array is told by its size: writing it out may not end. */
function shownFlat(value: unknown): string {
  return Array.isArray(value) ? `a list of ${value.length}` : shown(value)
}

/** @param depth objects and arrays around the value */
function exact(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return HALF_PAIR.test(value) ? new BadValue(`has half of a surrogate pair, got ${shown(value)}`) : value
    case 'number':
      return exactNumber(value)
    case 'boolean':
      return value
    case 'object':
      if (value === null) return null
      if (depth >= MAX_DEPTH) return new BadValue(TOO_DEEP)
      return Array.isArray(value) ? exactList(value, depth) : exactObject(value, depth)
    default:
      return new BadValue(`is ${typeof value}, which JSON doesn't have`)
  }
}

function exactNumber(value: number): number | BadValue {
  if (!Number.isFinite(value)) return new BadValue(`is ${value}, not a finite number`)
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < LARGEST_WHOLE) {
    return new BadValue(
      `is a whole number beyond ±${Number.MAX_SAFE_INTEGER}, which is not exact, got ${value}`,
    )
  }
  return value + 0
}

function exactList(list: readonly unknown[], depth: number): unknown {
  const copy: unknown[] = []
  for (let index = 0; index < list.length; index++) {
    const held = exact(list[index], depth + 1)
    if (held instanceof BadValue) return held.inside(String(index))
    copy.push(held)
  }
  return copy
}

function exactObject(value: object, depth: number): unknown {
  // A Date or a Map has no fields of its own: it would become {} without a word.
  const kind = Object.prototype.toString.call(value)
  if (kind !== '[object Object]') return new BadValue(`is ${kind.slice(8, -1)}, which JSON doesn't have`)
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(value)) {
    const item = (value as Readonly<Record<string, unknown>>)[name]
    if (item === undefined) continue
    if (HALF_PAIR.test(name)) {
      return new BadValue(`has a name with half of a surrogate pair, got ${shown(name)}`)
    }
    const held = exact(item, depth + 1)
    if (held instanceof BadValue) return held.inside(name)
    // Assigned, __proto__ would be no name but lost.
    if (name === '__proto__') Object.defineProperty(copy, name, { ...OWN, value: held })
    else copy[name] = held
  }
  return copy
}
