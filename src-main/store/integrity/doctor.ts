import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { Finding } from '../../../schemas/contract/health.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { StoreSettings } from '../../../schemas/generated/requests.ts'
import type { WorkOptions } from '../api.ts'
import { candleResolver } from '../candles/day-resolver.ts'
import { BarNumbers } from '../candles/numbering.ts'
import type { DayResolver } from '../compact/resolver.ts'
import type { StoreContext } from '../context.ts'
import { type EmaSources, periodsOf } from '../emas/stored-emas.ts'
import type { Snapshot } from '../events/snapshot.ts'
import type { Timeline } from '../events/timeline.ts'
import { STORE_SETTINGS } from '../layout/file-names.ts'
import { indexOf, logFiles } from '../operations/log-files.ts'
import { countLedgerFiles } from '../read/ledger-overview.ts'
import { listDays, listTimeframes } from '../read/listing.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { checkTimeframe } from './candle-checks.ts'
import { setAside } from './damage.ts'
import { checkEmas } from './ema-checks.ts'
import { checkEvents } from './event-checks.ts'
import { FindingList } from './finding-list.ts'
import { checkFolders } from './folder-checks.ts'
import { GapCheck } from './gap-check.ts'
import { checkLedger } from './ledger-checks.ts'
import { overdueBy } from './overdue.ts'
import { checkRecords } from './record-checks.ts'
import { readStoreSettings } from './store-settings.ts'

export interface DoctorSources {
  readonly context: StoreContext
  readonly timeline: Timeline
  readonly snapshot: Snapshot
  readonly eventDays: DayResolver
  /** For a repair of stored averages; without them they are looked at all the same. */
  readonly emas?: EmaSources
}

/** Steps beside the days of candles and files of the ledger: events, snapshot, averages, operations, records, folders. */
const OTHER_STEPS = 6

/**
 * Reads every file of the store and says what is wrong with which (SPEC D1–D7). Changes nothing, and may run beside
 * writers: a file that vanishes on the way is looked for again.
 * @returns by path; none for a healthy store
 * @throws CANCELLED, and Node's own errors of the file system
 */
export async function doctor(sources: DoctorSources, options: WorkOptions = {}): Promise<readonly Finding[]> {
  return (await diagnose(sources, options)).all()
}

/**
 * The same, with what repair can do about each finding.
 * @param options `isWriter`: the caller holds the writer lock, so nothing is under way elsewhere
 */
export async function diagnose(
  sources: DoctorSources,
  { onProgress, signal, isWriter = false }: WorkOptions & { readonly isWriter?: boolean } = {},
): Promise<FindingList> {
  const { context, snapshot } = sources
  const findings = new FindingList()
  const settings = await settingsOf(context, findings)
  const isOverdue = overdueBy(context.env.now(), settings ?? {})
  const listings = []
  for (const timeframe of await listTimeframes(context))
    listings.push({ timeframe, days: await listDays(context, timeframe) })
  const ledgerFiles = await countLedgerFiles(context)
  const total = listings.reduce((sum, { days }) => sum + days.length, OTHER_STEPS + ledgerFiles)
  let done = 0
  const step = (name: string): void => onProgress?.({ done, total, step: name })

  const numbers = new BarNumbers(context)
  for (const { timeframe, days } of listings) {
    const onDay = (day: string): void => {
      done++
      step(`${timeframe} ${day}`)
    }
    const gaps = settings === null ? null : new GapCheck(context, timeframe, settings, findings)
    const resolver = candleResolver(context, timeframe, numbers)
    const check = { context, timeframe, resolver, findings, gaps, isOverdue, onDay, signal }
    await checkTimeframe(check, days)
  }
  const onFile = (file: string): void => {
    done = Math.min(done + 1, total)
    step(file)
  }
  await checkLedger({ context, findings, onFile, signal })
  const others = [
    ['object events', () => checkEvents(sources, findings, isOverdue, signal)],
    ['snapshot', () => checkSnapshot(snapshot, findings)],
    ['averages', () => checkEmas(context, findings, settings === null ? null : periodsOf(settings), signal)],
    ['operations', () => checkOperations(context, findings)],
    ['records', () => checkRecords(context, findings, isWriter, signal)],
    ['folders', () => checkFolders(context, findings)],
  ] as const
  for (const [name, check] of others) {
    throwIfAborted(signal)
    step(name)
    await check()
    done++
  }
  onProgress?.({ done: total, total, step: 'done' })
  return findings
}

/** Whatever is wrong with the snapshot, the timeline tells what it should be. */
async function checkSnapshot(snapshot: Snapshot, findings: FindingList): Promise<void> {
  for (const { code, path, detail } of await snapshot.compare())
    findings.add(code, path, detail, { kind: 'rebuild-snapshot' })
}

/** Their rows are in no other file: a damaged one is kept in quarantine. */
async function checkOperations(context: StoreContext, findings: FindingList): Promise<void> {
  const { problems } = await indexOf(context, await logFiles(context))
  for (const { file, code, detail } of problems)
    findings.add(code, file, detail, await setAside(context, file as StorePath))
}

/** Null when nobody can tell what should be there: a finding of its own. */
async function settingsOf(context: StoreContext, findings: FindingList): Promise<StoreSettings | null> {
  try {
    return await readStoreSettings(context)
  } catch (error) {
    if (!(error instanceof BarkeepError)) throw error
    findings.add(error.code, STORE_SETTINGS, error.message)
    return null
  }
}
