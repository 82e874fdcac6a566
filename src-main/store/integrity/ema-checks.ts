import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { StoreContext } from '../context.ts'
import { emaDays, emaTimeframes, isReadable, type JudgedEmas, judgeEmas } from '../emas/ema-files.ts'
import { checkFile } from '../layout/checksums.ts'
import { EMAS_FOLDER, emasPath, within } from '../layout/file-names.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { setAside } from './damage.ts'
import type { FindingList } from './finding-list.ts'

/**
 * Looks at the stored moving averages (SPEC F39): all of them derived, so that nothing is lost whatever is found.
 * @param periods that are to be stored; null when nobody can tell
 */
export async function checkEmas(
  context: StoreContext,
  findings: FindingList,
  periods: readonly number[] | null,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const timeframe of await emaTimeframes(context)) {
    const judged = periods === null ? null : await judgeEmas(context, timeframe, periods)
    const damaged = new Set<UtcDay>()
    for (const day of await emaDays(context, timeframe)) {
      throwIfAborted(signal)
      const isForeign = judged?.others.includes(day) ?? false
      if (await checkOne(context, findings, { timeframe, day, isForeign })) damaged.add(day)
    }
    if (judged !== null) tellJudged(findings, timeframe, judged, damaged)
  }
}

/** One finding for all days of a timeframe: a backfill leaves months of them behind, and one repair mends all. */
function tellJudged(
  findings: FindingList,
  timeframe: Timeframe,
  { missing, stale, left }: JudgedEmas,
  damaged: ReadonlySet<UtcDay>,
): void {
  const folder = within(EMAS_FOLDER, timeframe)
  const remedy = { kind: 'write-emas', timeframe, day: null } as const
  const behind = stale.filter((day) => !damaged.has(day))
  if (behind.length > 0)
    findings.add(
      'EMAS_STALE',
      folder,
      `bars or periods changed since the averages of ${spanOf(behind)} were written`,
      remedy,
    )
  if (left.length > 0)
    findings.add('EMAS_STALE', folder, `averages of ${spanOf(left)} stand without a dayfile`, remedy)
  if (missing.length > 0)
    findings.add('EMAS_MISSING', folder, `no averages are stored of ${spanOf(missing)}`, remedy)
}

function spanOf(days: readonly UtcDay[]): string {
  const [first, last] = [days[0], days.at(-1)]
  return days.length === 1 ? `${first}` : `${days.length} days from ${first} to ${last}`
}

interface LookedAt {
  readonly timeframe: Timeframe
  readonly day: UtcDay
  /** It doesn't bear our metadata. */
  readonly isForeign: boolean
}

/** @returns whether it is damaged */
async function checkOne(
  context: StoreContext,
  findings: FindingList,
  { timeframe, day, isForeign }: LookedAt,
): Promise<boolean> {
  const file = emasPath(timeframe, day)
  const check = await checkFile(context, file)
  if (check.state === 'missing' || (check.state === 'same' && !isForeign)) return false
  if (isForeign && (await isReadable(context, file))) {
    findings.add('FOREIGN_FILE', file, 'was written by another program; it stays until averages are rebuilt')
    return false
  }
  if (check.state === 'unrecorded') {
    if (!isForeign) return false
    findings.add('UNREADABLE', file, 'can’t be read', await setAside(context, file))
    return true
  }
  const detail = 'its SHA-256 is not the one on record; charts work averages out from the bars and are right'
  findings.add('BAD_CHECKSUM', file, detail, { kind: 'write-emas', timeframe, day })
  return true
}
