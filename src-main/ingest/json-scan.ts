/**
 * Looks at JSON text without building its value: for what `JSON.parse` can't say (which field holds the NaN) and for
 * what must be known before a value is built (how deep it nests).
 */

/** A literal that Python and JavaScript write as a number and JSON doesn't have. */
export interface NonFinite {
  /** The line's own field that holds it, at any depth; null in a document that is no object. */
  readonly field: string | null
  /** The way to it: `payload.pole.from`. */
  readonly path: string
  readonly literal: string
  /** The text with every such literal as null: JSON, unless something else is wrong too. */
  readonly patched: string
}

const LITERALS = ['NaN', '-Infinity', 'Infinity'] as const

/** The index of the quote that ends the string beginning at `start`; the text's length when it never ends. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]
    if (char === '\\') at++
    else if (char === '"') return at
  }
  return text.length
}

/** How many objects and arrays stand inside each other at the deepest place. */
export function nestingDepth(text: string): number {
  let depth = 0
  let deepest = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '"') at = endOfString(text, at)
    else if (char === '{' || char === '[') deepest = Math.max(deepest, ++depth)
    else if (char === '}' || char === ']') depth--
  }
  return deepest
}

interface Container {
  /** Null for an object. */
  index: number | null
  key: string
}

/** Finds the first NaN, Infinity or -Infinity that stands outside strings; null when there is none. */
export function findNonFinite(text: string): NonFinite | null {
  const containers: Container[] = []
  let found: Omit<NonFinite, 'patched'> | null = null
  let patched = ''
  let copied = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    const inside = containers.at(-1)
    if (char === '"') {
      const end = endOfString(text, at)
      if (inside !== undefined && inside.index === null && /^\s*:/.test(text.slice(end + 1, end + 33))) {
        inside.key = text.slice(at + 1, end)
      }
      at = end
    } else if (char === '{') containers.push({ index: null, key: '' })
    else if (char === '[') containers.push({ index: 0, key: '' })
    else if (char === '}' || char === ']') containers.pop()
    else if (char === ',' && inside !== undefined && inside.index !== null) inside.index++
    else {
      const literal = LITERALS.find((candidate) => text.startsWith(candidate, at))
      if (literal === undefined) continue
      found ??= { ...whereIn(containers), literal }
      patched += `${text.slice(copied, at)}null`
      at += literal.length - 1
      copied = at + 1
    }
  }
  return found === null ? null : { ...found, patched: patched + text.slice(copied) }
}

function whereIn(containers: readonly Container[]): { field: string | null; path: string } {
  const steps = containers.map(({ index, key }) => (index === null ? key : String(index)))
  const field = containers[0]?.index === null ? (steps[0] ?? null) : null
  return { field, path: steps.join('.') }
}
