import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import type { PartName, StorePath, UtcMonth } from '../../../schemas/contract/units.ts'
import { isParquet, monthOfName, OPERATIONS_LOG, parsePartName, partName, within } from './file-names.ts'

/**
 * Names in the log of operations, `.barkeep/operations/<month>/`: a part an operation, and rolls of many
 * (`roll1-<time>-<id>.parquet`), named as parts are.
 */

/** How much a roll holds: parts, rolls of parts, all of a month that is over. Parts themselves are 0. */
export type RollLevel = 1 | 2 | 3

/** The month of an operation, by when it ended (ms UTC). */
export function operationsMonth(ts: number): UtcMonth {
  return utcDayOf(ts).slice(0, 7) as UtcMonth
}

export function operationsFolder(month: UtcMonth): StorePath {
  return within(OPERATIONS_LOG, month)
}

/** The month that a folder of the log is of; null for any other entry. */
export function monthOfOperations(name: string): UtcMonth | null {
  return isParquet(name) ? null : monthOfName(name)
}

export function rollName(level: RollLevel, writtenMicros: number, id: string): PartName {
  return partName(writtenMicros, id).replace(/^part/, `roll${level}`) as PartName
}

/** 0 for a part, the level of a roll, null for a file that is no part of the log. */
export function rollLevelOf(name: string): 0 | RollLevel | null {
  if (!isParquet(name)) return null
  const [, level] = /^roll([123])-/.exec(name) ?? []
  if (level === undefined) return parsePartName(name) === null ? null : 0
  return parsePartName(name.replace(/^roll\d/, 'part')) === null ? null : (Number(level) as RollLevel)
}
