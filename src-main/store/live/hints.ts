import type { StorePath, Timeframe, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import { LEDGER_TABLES, type LedgerTable } from '../../../schemas/tables/index.ts'
import {
  dayOfName,
  isParquet,
  monthOfName,
  parseStorePath,
  STORE_SETTINGS,
  timeframeOfFolder,
} from '../layout/file-names.ts'
import { parsePartitionFolder } from '../layout/partition-names.ts'

/**
 * Where something may have changed. A hint is never the truth: whoever gets one looks. `null` where the system told no
 * more than the folder above.
 */
export type Hint =
  /** Anything: a periodic look, a clock that was set, events that were dropped. */
  | { readonly kind: 'all' }
  | { readonly kind: 'candles'; readonly timeframe: Timeframe; readonly day: UtcDay | null }
  | { readonly kind: 'events'; readonly month: UtcMonth | null }
  | { readonly kind: 'ledger'; readonly table: LedgerTable }
  | { readonly kind: 'settings' }

/** One text for equal hints: a burst ends in one look a place. */
export function hintKey(hint: Hint): string {
  return JSON.stringify(hint)
}

/** Everything may be different. */
export const ALL: Hint = { kind: 'all' }

/** The store's own folder, as a path below itself. */
export const ROOT = '' as StorePath

/** A name in a folder of the store, the store's own included. */
export function inFolder(folder: StorePath, name: string): StorePath {
  return (folder === ROOT ? name : `${folder}/${name}`) as StorePath
}

/**
 * What a change of a file or folder may mean to those who look. Null when it means nothing: what is ours alone, another
 * program's staging, names that no reader takes. A file system that takes `DATA` for `data` tells either spelling, so
 * letters are compared without their case: a look too many is no harm.
 */
export function hintOf(path: StorePath): Hint | null {
  const spelled = path.toLowerCase() as StorePath
  if (spelled === ROOT) return ALL
  if (spelled === STORE_SETTINGS) return { kind: 'settings' }
  const steps = spelled.split('/')
  const table = LEDGER_TABLES.find((each) => each === steps[0])
  if (table !== undefined) return hintOfLedger(table, spelled, steps.slice(1))
  if (steps[0] === 'data') return hintOfCandles(spelled, steps)
  if (steps[0] === 'objects') return hintOfEvents(spelled, steps)
  return null
}

function hintOfCandles(path: StorePath, steps: readonly string[]): Hint | null {
  if (steps.length === 1) return ALL
  const timeframe = timeframeOfFolder(steps[1] ?? '')
  if (timeframe === null) return null
  if (steps.length === 2) return { kind: 'candles', timeframe, day: null }
  const file = parseStorePath(path)
  if (file.kind === 'dayfile') return { kind: 'candles', timeframe, day: file.day }
  const day = dayOfName(steps[2] ?? '')
  const isOfDay = file.kind === 'part' || (steps.length === 3 && !isParquet(path))
  return day !== null && isOfDay ? { kind: 'candles', timeframe, day } : null
}

function hintOfEvents(path: StorePath, steps: readonly string[]): Hint | null {
  if (steps.length === 1) return { kind: 'events', month: null }
  // The snapshot beside it is made of the timeline, which is looked at.
  if (steps[1] !== 'timeline') return null
  if (steps.length === 2) return { kind: 'events', month: null }
  const month = monthOfName(steps[2] ?? '')
  if (month === null || isParquet(steps[2] ?? '')) return null
  return steps.length === 3 || parseStorePath(path).kind !== 'unknown' ? { kind: 'events', month } : null
}

function hintOfLedger(table: LedgerTable, path: StorePath, steps: readonly string[]): Hint | null {
  const [name] = steps
  const isFolder = name === undefined || (steps.length === 1 && parsePartitionFolder(name) !== null)
  return isFolder || parseStorePath(path).kind !== 'unknown' ? { kind: 'ledger', table } : null
}
