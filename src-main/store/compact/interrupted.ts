import { BarkeepError, type ErrorReport, reportOf } from '../../../schemas/contract/errors.ts'
import { at, type StoreContext } from '../context.ts'
import { isRunning } from '../fs/process-identity.ts'
import { RECOVER, sweepClaims, withWriterLock } from '../fs/writer-lock.ts'
import { checkFile, recordedChecksum } from '../layout/checksums.ts'
import { sha256OfFile } from '../layout/digest.ts'
import { STAGING, within } from '../layout/file-names.ts'
import { tidyAllPartChecksums } from '../layout/part-checksums.ts'
import {
  discardPending,
  type Generation,
  type GenerationInput,
  listPending,
  settlePending,
} from './generation.ts'
import { finishGeneration } from './publish.ts'
import { finishRedo, needsRedo } from './redo.ts'
import { expiredRecovery, purgeRecovery } from './retention.ts'

/** What an open found to tidy up. */
export interface Recovery {
  /** Compactions that had reached their commit point and are finished now. */
  readonly finished: number
  /** Compactions that had not: the day is as it was before them. */
  readonly discarded: number
  /** Recovery parts whose retention was over. */
  readonly purged: number
  /** What could not be done; the store can be read all the same, and the next open or compaction tries again. */
  readonly problems: readonly ErrorReport[]
}

const NOTHING: Recovery = { finished: 0, discarded: 0, purged: 0, problems: [] }

/**
 * Finishes what a crash, a kill or a failing disk interrupted (SPEC C7), sweeps the staging of dead processes and purges
 * recovery parts. Looks first and takes the lock only when there is something to do; when another process holds it,
 * that one does it. Never throws for a state of the disk.
 * @param keepExpired purge nothing
 */
export async function finishInterrupted(context: StoreContext, keepExpired = false): Promise<Recovery> {
  try {
    if (!(await needsRecovery(context, keepExpired))) return NOTHING
    return await withWriterLock(context, RECOVER, async () => {
      const { finished, discarded } = await finishPending(context)
      await sweepStaging(context)
      await sweepClaims(context)
      const purged = keepExpired ? 0 : await purgeRecovery(context)
      return { finished, discarded, purged, problems: [] }
    })
  } catch (error) {
    if (error instanceof BarkeepError && error.code === 'LOCKED') return NOTHING
    return { ...NOTHING, problems: [reportOf(error)] }
  }
}

async function needsRecovery(context: StoreContext, keepExpired: boolean): Promise<boolean> {
  if ((await listPending(context)).length > 0) return true
  if ((await deadStaging(context)).length > 0) return true
  if (await needsRedo(context)) return true
  return !keepExpired && (await expiredRecovery(context)).length > 0
}

/**
 * Leads each pending compaction to its end: when the dayfile that stands is the one it made, all that follows the
 * rename; else it never happened, and only its record goes. Under the writer lock.
 */
export async function finishPending(
  context: StoreContext,
): Promise<{ readonly finished: number; readonly discarded: number }> {
  let finished = 0
  let discarded = 0
  for (const generation of await listPending(context)) {
    const standing = await checkFile(context, generation.file)
    const sha256 = standing.state === 'missing' ? null : standing.sha256
    if (sha256 === generation.sha256) {
      await finishGeneration(context, generation, await sameInputs(context, generation))
      finished += 1
    } else if ((await recordedChecksum(context, generation.file)) === generation.sha256) {
      // It was published, and damaged or replaced since: its record may be what proves a rebuilt file.
      await settlePending(context, generation)
      discarded += 1
    } else {
      await discardPending(context, generation)
      discarded += 1
    }
  }
  // After them: one of these may have been on its way for a change of several files.
  finished += await finishRedo(context)
  // Also those of parts that were moved by a run which failed right after it, and of parts that never came to be.
  await tidyAllPartChecksums(context)
  return { finished, discarded }
}

/** The inputs that are still the parts that were read: another program may have put a new one under an old name. */
async function sameInputs(
  context: StoreContext,
  { inputs }: Generation,
): Promise<readonly GenerationInput[]> {
  const same: GenerationInput[] = []
  for (const input of inputs) {
    if ((await context.env.stat(at(context, input.file))) === null) continue
    if ((await sha256OfFile(context.env, at(context, input.file))) === input.sha256) same.push(input)
  }
  return same
}

/** Staging folders of processes that are no more. A folder is named for its process: `<pid>-<8 hex digits>`. */
export async function deadStaging(context: StoreContext): Promise<readonly string[]> {
  const started = Date.now() - process.uptime() * 1000
  const dead: string[] = []
  for (const { name, isDirectory } of await context.env.readDir(at(context, STAGING))) {
    const pid = Number(/^(\d+)-/.exec(name)?.[1] ?? Number.NaN)
    const folder = at(context, within(STAGING, name))
    if (!isDirectory || Number.isNaN(pid) || folder === context.staging) continue
    if (pid !== process.pid) {
      if (!isRunning(pid)) dead.push(folder)
      continue
    }
    // Ours by its number: another store context of this process, or of an earlier process with the same pid.
    const stat = await context.env.stat(folder)
    if (stat !== null && stat.mtimeMs < started) dead.push(folder)
  }
  return dead
}

async function sweepStaging(context: StoreContext): Promise<void> {
  const { env } = context
  for (const folder of await deadStaging(context)) {
    for (const { name, isDirectory } of await env.readDir(folder)) {
      if (!isDirectory) await env.removeFile(`${folder}/${name}`)
    }
    if ((await env.readDir(folder)).length === 0) await env.removeDir(folder)
  }
}
