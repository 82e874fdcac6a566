import type { ObjectSnapshotRow } from '../../../schemas/generated/rows.ts'
import { OBJECT_SNAPSHOT } from '../../../schemas/tables/index.ts'
import { canonicalJson } from '../layout/digest.ts'

/**
 * How a stored snapshot differs from the fold, in words; null when it doesn't. Order and key order don't matter.
 * @param stored null when there is no file
 */
export function compareSnapshotRows(
  expected: readonly ObjectSnapshotRow[],
  stored: readonly ObjectSnapshotRow[] | null,
): string | null {
  if (stored === null) return `is missing; the timeline has ${expected.length} objects`
  const rows = new Map<string, ObjectSnapshotRow>()
  let repeated = 0
  for (const row of stored) {
    if (rows.has(row.id)) repeated++
    rows.set(row.id, row)
  }
  const missing: string[] = []
  const differing: string[] = []
  for (const row of expected) {
    const found = rows.get(row.id)
    rows.delete(row.id)
    if (found === undefined) missing.push(row.id)
    else {
      const columns = OBJECT_SNAPSHOT.columns
        .map(({ name }) => name as keyof ObjectSnapshotRow)
        .filter((name) => canonicalJson(found[name] ?? null) !== canonicalJson(row[name] ?? null))
      if (columns.length > 0) differing.push(`${row.id} (${columns.join(', ')})`)
    }
  }
  const parts = [
    told(missing, 'not in it'),
    told(differing, 'other than the fold of its events'),
    told([...rows.keys()], 'that no event names'),
    repeated === 0 ? null : `${repeated} rows of an object that it holds already`,
  ].filter((part) => part !== null)
  return parts.length === 0 ? null : parts.join('; ')
}

function told(ids: readonly string[], what: string): string | null {
  const [first] = ids
  if (first === undefined) return null
  return `${ids.length} ${ids.length === 1 ? 'object' : 'objects'} ${what}, such as ${first}`
}
