import type { StorePath } from '../../../schemas/contract/units.ts'
import {
  DATA,
  dayOfName,
  isParquet,
  LEDGER_FOLDERS,
  monthOfName,
  OBJECTS,
  PRIVATE,
  TIMELINE,
  timeframeOfFolder,
} from '../layout/file-names.ts'
import { parsePartitionFolder } from '../layout/partition-names.ts'
import { inFolder, ROOT } from './hints.ts'

/**
 * How many folders below one are watched: those that changed last. Part folders of days long compacted are gone, so only
 * a store that is never compacted has more; what changes in one that isn't watched is found by the next look.
 */
const AT_MOST_BELOW = 24

/** Folders watched in all: Linux gives a person 8,192 and more, of which every program of theirs takes some. */
export const AT_MOST = 512

const FIRST_STEPS: readonly StorePath[] = [DATA, OBJECTS, PRIVATE, ...LEDGER_FOLDERS]

/** The folder to watch that a path names, spelled as the store spells it; null for all others. */
export function placeOf(path: StorePath): StorePath | null {
  if (path === ROOT) return ROOT
  const steps = path.split('/')
  const first = FIRST_STEPS.find((each) => each === steps[0]?.toLowerCase())
  if (first === undefined || steps.length === 1) return first ?? null
  const second = steps[1] ?? ''
  if (first === DATA) {
    const timeframe = timeframeOfFolder(second.toLowerCase())
    if (timeframe === null || steps.length === 2) return timeframe && inFolder(DATA, second.toLowerCase())
    const day = steps.length === 3 && !isParquet(path) ? dayOfName(steps[2] ?? '') : null
    return day && inFolder(inFolder(DATA, second.toLowerCase()), day)
  }
  if (first === OBJECTS) {
    if (second.toLowerCase() !== 'timeline') return null
    const month = steps.length === 3 && !isParquet(path) ? monthOfName(steps[2] ?? '') : null
    return steps.length === 2 ? TIMELINE : month && inFolder(TIMELINE, month)
  }
  return first !== PRIVATE && steps.length === 2 && parsePartitionFolder(second) !== null
    ? inFolder(first, second)
    : null
}

/** Whether folders to watch may stand in a watched one. */
export function isParent(place: StorePath): boolean {
  const steps = place === ROOT ? 0 : place.split('/').length
  if (place.startsWith(DATA)) return steps < 3
  if (place.startsWith(OBJECTS)) return steps < 3
  return steps === 0 || LEDGER_FOLDERS.includes(place)
}

/** How many folders in this one are watched. Each first step is, however many timeframes there are. */
export function limitBelow(place: StorePath): number {
  return place === ROOT || place === DATA ? AT_MOST : AT_MOST_BELOW
}
