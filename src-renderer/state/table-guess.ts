import type { StoreTable } from '../../schemas/tables/index.ts'

/** What a file seems to hold, and what says so. */
export interface TableGuess {
  readonly table: StoreTable
  readonly by: 'first line' | 'name'
}

/** So much of a file is looked at: the first line of any bot is shorter, and a dropped file may have gigabytes. */
export const GUESS_BYTES = 65_536

/** Fields that only documents of that table have, the most telling first (store.md §2). */
const FIELDS: readonly (readonly [StoreTable, readonly (readonly string[])[]])[] = [
  ['candles', [['open', 'high', 'low', 'close']]],
  ['object_events', [['object_id', 'action']]],
  ['decisions', [['decision_id'], ['feature_vector'], ['key_features']]],
  ['audits', [['audit_id'], ['issues']]],
  [
    'stats',
    [
      ['feature_performance_by_regime'],
      ['feature_importance'],
      ['feature_stability'],
      ['feature_name', 'stability'],
    ],
  ],
  ['policies', [['base_weights', 'trust', 'regime_multipliers']]],
]

const NAMES: readonly (readonly [StoreTable, RegExp])[] = [
  ['decisions', /decision/i],
  ['audits', /audit/i],
  ['policies', /polic(y|ies)/i],
  ['stats', /stat(s|istics)?([^a-z]|$)|stability|importance/i],
  ['object_events', /event|object|zone|timeline/i],
  ['candles', /candle|bars?([^a-z]|$)|ohlc/i],
]

/**
 * Guesses which table a file is for: by the fields of its first line, else by its name. @param head its first bytes
 * @returns null where neither says anything
 */
export function guessTable(name: string, head: string): TableGuess | null {
  const fields = new Set(fieldsOf(head))
  const byFields = FIELDS.find(([, signs]) => signs.some((sign) => sign.every((field) => fields.has(field))))
  if (byFields !== undefined) return { table: byFields[0], by: 'first line' }
  const byName = NAMES.find(([, pattern]) => pattern.test(name))
  return byName === undefined ? null : { table: byName[0], by: 'name' }
}

function fieldsOf(head: string): readonly string[] {
  const line = head
    .replace(/^\uFEFF/, '')
    .split('\n')
    .find((text) => text.trim() !== '')
  if (line === undefined) return []
  try {
    const document: unknown = JSON.parse(line)
    return typeof document === 'object' && document !== null ? Object.keys(document) : []
  } catch {
    // Torn by the cut, or no JSON: the import will say which. Its name is left to go by.
    return []
  }
}
