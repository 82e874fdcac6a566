import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { companion, dayfilePath, parsePartName, partFolder, RECOVERY, within } from '../layout/file-names.ts'
import type { DayBlock, LoadedDayfile, LoadedPart } from './day-block.ts'
import { candleSeries, type ListedDay, parquetNames, sameLook } from './listing.ts'

/** A part that has to be read. */
export interface PartToRead {
  readonly name: string
  /** Its identity before it is read, where its name doesn't vouch for its content; else null. */
  readonly stat: FileStat | null
}

/** Parts that this process wrote, by path: their bars are known without reading them. */
export type WrittenParts = ReadonlyMap<StorePath, LoadedPart>

/** What of a day is known already, and what has to be read. */
export interface DayPlan {
  readonly listed: ListedDay
  readonly keptParts: readonly LoadedPart[]
  readonly partsToRead: ReadonlyMap<StorePath, PartToRead>
  /** The dayfile as it is known; null when there is none, or it has to be read. */
  readonly keptDayfile: LoadedDayfile | null
  readonly keptRecovered: readonly LoadedPart[]
  readonly dayfileToRead: StorePath | null
  /** A file is gone since it was listed. */
  readonly vanished: boolean
}

export function partPath({ timeframe, day }: ListedDay, name: string): StorePath {
  return within(partFolder(candleSeries(timeframe), day), name)
}

/** Parts of the day that compaction put by. */
export async function recoveryParts(
  context: StoreContext,
  { timeframe, day }: ListedDay,
): Promise<Map<StorePath, PartToRead>> {
  const folder = companion(RECOVERY, partFolder(candleSeries(timeframe), day))
  const names = await parquetNames(context, folder)
  return new Map(names.map((name) => [within(folder, name), { name, stat: null }]))
}

/** Whether a block still shows what a listing found. */
export async function isCurrent(context: StoreContext, block: DayBlock, day: ListedDay): Promise<boolean> {
  if (!sameLook(block.dayfile?.stat ?? null, day.dayfile)) return false
  if (block.parts.size !== day.parts.length) return false
  for (const name of day.parts) {
    const part = block.parts.get(name)
    if (part === undefined) return false
    if (part.stat !== null && !sameLook(part.stat, await partStat(context, day, name))) return false
  }
  return true
}

/**
 * Compares a listed day with its block. A part under a name of ours is whole and final once it is there (SPEC L1, W1)
 * and is never read twice; one under another name, or one that could not be read, is known by size and time.
 */
export async function planDay(
  context: StoreContext,
  listed: ListedDay,
  known: DayBlock | undefined,
  written: WrittenParts,
): Promise<DayPlan> {
  const keptParts: LoadedPart[] = []
  const partsToRead = new Map<StorePath, PartToRead>()
  let vanished = false
  for (const name of listed.parts) {
    const part = known?.parts.get(name) ?? written.get(partPath(listed, name))
    if (part?.stat === null) keptParts.push(part)
    else if (part === undefined && parsePartName(name) !== null) {
      partsToRead.set(partPath(listed, name), { name, stat: null })
    } else {
      const stat = await partStat(context, listed, name)
      vanished ||= stat === null
      if (part !== undefined && sameLook(part.stat, stat)) keptParts.push(part)
      else partsToRead.set(partPath(listed, name), { name, stat })
    }
  }
  const sameDayfile =
    known?.dayfile !== null && known?.dayfile !== undefined && sameLook(known.dayfile.stat, listed.dayfile)
  return {
    listed,
    keptParts,
    partsToRead,
    keptDayfile: sameDayfile ? known.dayfile : null,
    keptRecovered: sameDayfile ? known.recovered : [],
    dayfileToRead:
      sameDayfile || listed.dayfile === null ? null : dayfilePath(candleSeries(listed.timeframe), listed.day),
    vanished,
  }
}

function partStat(context: StoreContext, day: ListedDay, name: string): Promise<FileStat | null> {
  return context.env.stat(at(context, partPath(day, name)))
}
