import { lastRun, type Schedule, scheduleOf } from '../../../schemas/contract/close-schedule.ts'
import { type ErrorReport, reportOf } from '../../../schemas/contract/errors.ts'
import type { Progress, PurgeReceipt } from '../../../schemas/contract/jobs.ts'
import type { AfterCloseReceipt } from '../../../schemas/contract/live.ts'
import type { AfterCloseRequest, StoreSettings } from '../../../schemas/generated/requests.ts'
import type { AfterCloseWork, WorkOptions } from '../api.ts'
import { removeEmptyPartFolders } from '../compact/empty-folders.ts'
import { finishPending } from '../compact/interrupted.ts'
import { purgeAside } from '../compact/purge.ts'
import { recoveryDaysOf } from '../compact/retention.ts'
import { compactTargets } from '../compact/run.ts'
import type { StoreContext } from '../context.ts'
import type { EmaDay } from '../emas/ema-receipt.ts'
import { withWriterLock } from '../fs/writer-lock.ts'
import { readStoreSettings } from '../integrity/store-settings.ts'
import { type DueTargets, dueTargets, type EventSources } from './due-targets.ts'
import { emaDaysOf } from './ema-days.ts'
import { doneRun, logRun } from './run-log.ts'

export interface AfterCloseSources extends EventSources {
  /** Writes the moving averages of days. Their failures are told, and are no reason for anything else to fail. */
  readonly writeEmas: (
    days: readonly EmaDay[],
    work: WorkOptions,
  ) => Promise<{ readonly files: readonly string[]; readonly problems: readonly ErrorReport[] }>
}

/**
 * The run after the close (SPEC F20–F25): compacts what is due, writes the moving averages of those days, purges what
 * retention lets go, and puts a row into the log of operations, which is the proof that the session's run happened. By a
 * schedule it does so once a session, whoever else has one; by hand always. A second run finds nothing to do.
 * @throws LOCKED naming who is at work, BAD_SETTINGS, IO; a day that fails carries its error in the receipt
 */
export async function runAfterClose(
  context: StoreContext,
  sources: AfterCloseSources,
  request: AfterCloseRequest,
  work: AfterCloseWork = {},
): Promise<AfterCloseReceipt> {
  const settings = await readStoreSettings(context)
  const schedule = scheduleOf(settings)
  const startedAt = context.env.now()
  const { session } = lastRun(startedAt, schedule, context.zone)
  const run: Run = { context, sources, settings, schedule, session, startedAt, work }
  // A dry run changes nothing, the lock file included.
  if (request.dryRun === true) return carriedOut(run, true)
  return withWriterLock(context, 'run after the close', async () => {
    // Under the lock: of several programs with a schedule the first one runs, the others find its row.
    const before =
      work.origin === undefined || work.origin === 'manual' ? null : await doneRun(context, session)
    if (before !== null) return { ...NOTHING, session, already: before.ts }
    const told = { origin: work.origin ?? 'manual', session, startedAt } as const
    let receipt: AfterCloseReceipt
    try {
      await finishPending(context)
      receipt = await carriedOut(run, false)
    } catch (thrown) {
      await logRun(context, told, reportOf(thrown))
      throw thrown
    }
    const problem = await logRun(context, told, receipt)
    return problem === null ? receipt : { ...receipt, problems: [...(receipt.problems ?? []), problem] }
  })
}

interface Run {
  readonly context: StoreContext
  readonly sources: AfterCloseSources
  readonly settings: StoreSettings
  readonly schedule: Schedule
  readonly session: string
  readonly startedAt: number
  readonly work: AfterCloseWork
}

const CUT: ErrorReport = {
  code: 'CANCELLED',
  message: 'Cancelled before the end; what was done stays done.',
}

const NOTHING: Omit<AfterCloseReceipt, 'session'> = { days: [], emas: [], purge: null, left: [] }

async function carriedOut(run: Run, dryRun: boolean): Promise<AfterCloseReceipt> {
  const { context, sources, settings, schedule, session, startedAt, work } = run
  const due = await dueTargets(context, sources, {
    now: startedAt,
    schedule,
    settings,
    zone: context.zone,
    insists: work.insists === true,
  })
  const progress = stepsOf(due, work)
  const tried = await compactTargets(context, due.planned, { dryRun }, { ...work, onProgress: progress.days })
  // Parts that can't be merged wait for good; doctor names them.
  const days = tried.filter(({ skipped }) => skipped !== 'nothing to do')
  const failed = days.some(({ skipped }) => skipped === 'failed')
  const receipt = { ...NOTHING, session, days, left: due.left }
  const isAborted = (): boolean => work.signal?.aborted === true
  if (isAborted()) return { ...receipt, unfinished: true, problems: [CUT] }
  const emas = dryRun
    ? { files: [], problems: [] }
    : await emasOf(run, days, { ...work, onProgress: progress.rest })
  const aside = await purged(run, dryRun, { ...work, onProgress: progress.rest })
  const isCut = isAborted() && !dryRun
  const beside = [...emas.problems, ...aside.problems]
  const problems = isCut ? [...beside.filter(({ code }) => code !== 'CANCELLED'), CUT] : beside
  progress.rest({ done: 1, total: 1, step: 'done' })
  return {
    ...receipt,
    emas: emas.files,
    purge: aside.purge,
    ...(failed || due.isPutOff || isCut || aside.problems.length > 0 ? { unfinished: true } : {}),
    ...(problems.length === 0 ? {} : { problems }),
  }
}

/** Compacted bars stand whatever becomes of what is derived from them. */
async function emasOf(
  { context, sources }: Run,
  days: AfterCloseReceipt['days'],
  work: WorkOptions,
): ReturnType<AfterCloseSources['writeEmas']> {
  try {
    return await sources.writeEmas(await emaDaysOf(context, days), work)
  } catch (thrown) {
    return { files: [], problems: [reportOf(thrown)] }
  }
}

async function purged(
  { context, settings }: Run,
  dryRun: boolean,
  work: WorkOptions,
): Promise<{ readonly purge: PurgeReceipt | null; readonly problems: readonly ErrorReport[] }> {
  try {
    const recoveryDays = await recoveryDaysOf(context)
    const ages = { recoveryDays, previousDays: settings.previousDays ?? null, dryRun }
    const purge = await purgeAside(context, ages, work)
    if (!dryRun) await removeEmptyPartFolders(context)
    return { purge, problems: [] }
  } catch (thrown) {
    return { purge: null, problems: [reportOf(thrown)] }
  }
}

/** One count over all of it: each file to compact is a step, and what follows is one more. */
function stepsOf(
  { planned }: DueTargets,
  { onProgress }: WorkOptions,
): { readonly days: (progress: Progress) => void; readonly rest: (progress: Progress) => void } {
  const total = planned.length + 1
  return {
    days: ({ done, step }) => onProgress?.({ done, total, step: step === 'done' ? 'compacted' : step }),
    rest: ({ done, total: of, step }) =>
      onProgress?.({
        done: of !== null && done >= of && step === 'done' ? total : planned.length,
        total,
        step,
      }),
  }
}
