import type { FileTypes } from '../read/projection.ts'

/** Members that one STRUCT may come to: each costs every row a null. */
const MOST_MEMBERS = 512

/**
 * Types of files that one SELECT can read by name without a value changing: equal in all but the members of STRUCTs, of
 * which pandas gives each file its own. Null when some column or member has two types.
 */
export function mergedTypes(a: FileTypes, b: FileTypes): FileTypes | null {
  if (a.size !== b.size) return null
  const merged = new Map<string, string>()
  let isSame = true
  for (const [name, type] of a) {
    const other = b.get(name)
    const both = other === undefined ? null : mergedType(type, other)
    if (both === null) return null
    if (both !== type || type !== other) isSame = false
    merged.set(name, both)
  }
  return isSame ? a : merged
}

/** What files that `mergedTypes` may take together have in common, for finding them fast. */
export function kindOf(types: FileTypes): string {
  const columns = [...types].map(([name, type]) => [
    name,
    type.startsWith('STRUCT(') && !type.endsWith(']') ? 'STRUCT' : type,
  ])
  return JSON.stringify(columns.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)))
}

function mergedType(a: string, b: string): string | null {
  if (a === b) return a
  const [left, right] = [membersOf(a), membersOf(b)]
  if (left === null || right === null) return null
  const members = new Map(left)
  // DuckDB finds members without case: two that differ in nothing else must not meet.
  const spelled = new Map([...left.keys()].map((name) => [name.toLowerCase(), name]))
  for (const [name, type] of right) {
    const known = spelled.get(name.toLowerCase())
    if (known === undefined) members.set(name, type)
    else {
      const both = known === name ? mergedType(left.get(name) ?? '', type) : null
      if (both === null) return null
      members.set(name, both)
    }
  }
  if (members.size > MOST_MEMBERS) return null
  return `STRUCT(${[...members].map(([name, type]) => `${name} ${type}`).join(', ')})`
}

const parsed = new Map<string, ReadonlyMap<string, string> | null>()

/** Names, as DuckDB quotes them, and types of a STRUCT's members; null for any other type. */
export function membersOf(type: string): ReadonlyMap<string, string> | null {
  const known = parsed.get(type)
  if (known !== undefined) return known
  if (parsed.size > 5_000) parsed.clear()
  const found = parseMembers(type)
  parsed.set(type, found)
  return found
}

function parseMembers(type: string): ReadonlyMap<string, string> | null {
  if (!type.startsWith('STRUCT(') || !type.endsWith(')')) return null
  const members = new Map<string, string>()
  const inside = type.slice('STRUCT('.length, -1)
  let depth = 0
  let quoted = false
  let start = 0
  let space = -1
  for (let index = 0; index <= inside.length; index++) {
    const char = inside[index]
    if (char === '"') quoted = !quoted
    if (quoted && char !== undefined) continue
    if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === ' ' && depth === 0 && space < 0) space = index
    else if (char === undefined || (char === ',' && depth === 0)) {
      members.set(inside.slice(start, space), inside.slice(space + 1, index))
      // Behind the comma and its blank.
      start = index + 2
      index++
      space = -1
    }
  }
  return members
}
