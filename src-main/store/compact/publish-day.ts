import path from 'node:path'
import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import { discard } from '../fs/atomic-file.ts'
import { type ChecksumState, recordChecksum } from '../layout/checksums.ts'
import { digestOfLines } from '../layout/digest.ts'
import { partFolder, type Series } from '../layout/file-names.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { tellChange } from '../write/change-news.ts'
import type { Row } from '../write/part-writer.ts'
import type { Generation, Undoable } from './generation.ts'
import { carriedOver } from './left-of-file.ts'
import {
  commitGeneration,
  finishGeneration,
  inputsOf,
  isUnchanged,
  moveAway,
  numbersOf,
  removeUnretained,
  tidyPartLines,
} from './publish.ts'
import type { ReplacedFile } from './resolver.ts'
import { type StagedFile, stageFile } from './staged-file.ts'
import { forgetReplaced } from './tombstones.ts'

export type DayStep = 'read' | 'write' | 'verify' | 'publish' | 'move'

/** The next generation of a day's or month's file, decided but not written. */
export interface DayPlan {
  readonly series: Series
  readonly table: TableSchema
  /** Of a month its first. */
  readonly day: UtcDay
  readonly month?: UtcMonth | null
  readonly file: StorePath
  /** The file when its day was read. */
  readonly before: ChecksumState
  readonly origin: Generation['origin']
  /** Of a ledger's backfill or undo: the days that it replaces. */
  readonly days?: readonly UtcDay[]
  readonly operation?: string
  readonly others?: readonly Undoable[]
  /** In the table's order. */
  readonly rows: readonly Row[]
  /** Canonical lines of all rows that went in; repeated ones count once (C6). */
  readonly inputLines: readonly string[]
  /** Parts that go to recovery, and those that go to quarantine. */
  readonly merged: readonly StorePath[]
  readonly lost: readonly StorePath[]
  readonly keepParts: boolean
  /** Of a month: the day files among them. */
  readonly replaced?: readonly ReplacedFile[]
  /** Those of them that another program wrote. */
  readonly foreign?: ReadonlySet<StorePath>
  readonly contested?: readonly StorePath[]
  /** Where the file that is replaced stays, if it does. */
  readonly keptAs: StorePath | null
}

/** Runs work while no append of this process touches the day. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>

export interface PublishHooks {
  readonly signal?: AbortSignal | undefined
  readonly onStep: (step: DayStep) => void
  /** Asked in turn, right before the commit. */
  readonly isCurrent: () => Promise<boolean>
  /** `inTurn` of the day, unless the caller has the turn already. */
  readonly turn: Turn
}

/**
 * Stages, verifies and publishes a day's or month's file, then moves what it was made of away (SPEC C4–C7, C9).
 * @returns false when the files changed since the plan was made: nothing happened, plan again
 * @throws VERIFY_FAILED, NO_SPACE, IO, CANCELLED
 */
export async function publishDay(
  context: StoreContext,
  plan: DayPlan,
  hooks: PublishHooks,
): Promise<boolean> {
  const { table, series, day, file, before, rows } = plan
  const inputsDigest = digestOfLines([...new Set(plan.inputLines)])
  const staged = await stageFile(context, table, file, rows, inputsDigest, hooks)
  try {
    const generation: Generation = {
      version: 1,
      file,
      table: series.table,
      timeframe: series.table === 'candles' ? series.timeframe : null,
      day,
      ...(plan.month == null ? {} : { month: plan.month }),
      origin: plan.origin,
      ...(plan.days === undefined ? {} : { days: plan.days }),
      ...(plan.operation === undefined ? {} : { operation: plan.operation }),
      ...(plan.others === undefined || plan.others.length === 0 ? {} : { others: plan.others }),
      sha256: staged.sha256,
      rows: staged.rows,
      digest: staged.digest,
      inputsDigest,
      replaces: before.state === 'missing' ? null : { sha256: before.sha256, keptAs: plan.keptAs },
      inputs: await inputsOf(context, plan),
      ...(await carriedOver(context, file, partFolder(series, day))),
      numbers: numbersOf(rows),
      writtenAt: new Date(context.env.now()).toISOString(),
    }
    // The moves too are in turn: an append that reads the day meanwhile would see parts vanish again and again.
    const published = await hooks.turn(async () => {
      try {
        if (!(await commitIfCurrent(context, plan, staged, generation, hooks))) return false
        hooks.onStep('move')
        await finishGeneration(context, generation)
        return true
      } finally {
        // Still in turn: the next append must know that the day is compacted, whatever became of the moves.
        tellChange(context, { kind: 'day', series, day })
      }
    })
    if (!published) await discard(context.env, staged.path)
    return published
  } catch (error) {
    await discard(context.env, staged.path)
    throw error
  }
}

async function commitIfCurrent(
  context: StoreContext,
  { file, before }: DayPlan,
  staged: StagedFile,
  generation: Generation,
  { signal, onStep, isCurrent }: PublishHooks,
): Promise<boolean> {
  throwIfAborted(signal)
  onStep('publish')
  const seen = before.state === 'missing' ? null : before.stat
  return commitGeneration(
    context,
    staged,
    generation,
    async () => (await isUnchanged(context, file, seen)) && (await isCurrent()),
  )
}

/**
 * For parts, or day files, that say nothing the standing file doesn't hold: it stays as it is, and they go (SPEC C3).
 * @returns false when the file, or one of them, was replaced since the plan was made
 */
export async function moveHeldParts(
  context: StoreContext,
  plan: DayPlan,
  { signal, onStep, isCurrent, turn }: PublishHooks,
): Promise<boolean> {
  const { series, day, file, before } = plan
  if (before.state === 'missing') {
    // Events that were all outdone by versions of another day leave nothing to hold; any other rows need their file.
    if (plan.rows.length > 0) return false
  } else {
    // Another program need not have synced its dayfile; the parts leave only once it is durable.
    await context.env.syncFile(at(context, file))
    await context.env.syncDir(path.dirname(at(context, file)))
  }
  const inputs = await inputsOf(context, plan)
  if (!(await isUnchanged(context, file, before.state === 'missing' ? null : before.stat))) return false
  if (!(await isCurrent())) return false
  // Another program's generation is adopted: from here on its bytes are known.
  if (before.state !== 'missing' && before.state !== 'same')
    await recordChecksum(context, file, before.sha256)
  throwIfAborted(signal)
  onStep('move')
  await turn(async () => {
    try {
      const sha256 = before.state === 'missing' ? '' : before.sha256
      await moveAway(context, { file, sha256 }, inputs)
      await forgetReplaced(context, inputs)
      await tidyPartLines(context, inputs)
      await removeUnretained(context, inputs)
    } finally {
      tellChange(context, { kind: 'day', series, day })
    }
  })
  return true
}
