import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import { LEDGER } from '../../../schemas/tables/index.ts'
import type { Generation } from '../compact/generation.ts'
import { isUnchanged } from '../compact/publish.ts'
import type { DayStep } from '../compact/publish-day.ts'
import { applyRedo, commitRedo, type Redo, type RedoChange, stageForRedo } from '../compact/redo.ts'
import { stageFile } from '../compact/staged-file.ts'
import type { StoreContext } from '../context.ts'
import { digestOfLines } from '../layout/digest.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { tellChange } from '../write/change-news.ts'
import type { Row } from '../write/part-writer.ts'
import { lineOf } from './entry-rows.ts'
import type { LedgerFile } from './ledger-files.ts'
import { keptAs, publishLedgerFile } from './publish-file.ts'
import { inLedgerOrder } from './row-order.ts'
import type { StandingFile, WorkUnit } from './standing-files.ts'
import { stillUndoable } from './undoable.ts'

/** A file as a backfill or undo leaves it. */
export interface FileChange {
  readonly target: LedgerFile
  /** What was read of it; null when nothing stood there. */
  readonly standing: StandingFile | null
  /** None: the file goes. */
  readonly rows: readonly Row[]
}

export interface Replacing {
  readonly origin: 'backfill' | 'undo'
  readonly days: readonly UtcDay[]
  readonly signal?: AbortSignal | undefined
  readonly onStep: (step: DayStep) => void
}

/** Names a backfill or undo; later ones sort behind. */
export function operationName(context: StoreContext): string {
  const time = new Date(context.env.now()).toISOString().replaceAll(/[-:.]/g, '')
  return `${time}-${context.env.randomId()}`
}

/**
 * Publishes what a backfill or undo makes of a unit's files: a single file by its rename, several together by a record
 * that is led to its end whatever happens (SPEC E14).
 * @returns false when a file was replaced since it was read: nothing happened, read again
 * @throws VERIFY_FAILED, NO_SPACE, IO, CANCELLED
 */
export async function replaceFiles(
  context: StoreContext,
  unit: WorkUnit,
  standing: readonly StandingFile[],
  changes: readonly FileChange[],
  how: Replacing,
): Promise<boolean> {
  const operation = operationName(context)
  const [only] = changes
  if (changes.length === 1 && only !== undefined && only.rows.length > 0) {
    return publishLedgerFile(context, only.target, only.standing, only.rows, standing, { ...how, operation })
  }
  const staged: RedoChange[] = []
  for (const [place, change] of changes.entries()) {
    throwIfAborted(how.signal)
    staged.push(await stageChange(context, change, place, operation, how))
  }
  how.onStep('publish')
  throwIfAborted(how.signal)
  for (const { file, before } of standing) if (!(await isUnchanged(context, file, before.stat))) return false
  for (const { target, standing: before } of changes)
    if (before === null && !(await isUnchanged(context, target.file, null))) return false
  const redo: Redo = { version: 1, operation, changes: staged }
  await commitRedo(context, redo)
  try {
    await applyRedo(context, redo)
  } finally {
    for (const { target } of changes)
      for (const day of target.day === null ? unit.days : [target.day])
        tellChange(context, { kind: 'day', series: target.series, day })
  }
  return true
}

async function stageChange(
  context: StoreContext,
  { target, standing, rows }: FileChange,
  place: number,
  operation: string,
  { origin, days, signal, onStep }: Replacing,
): Promise<RedoChange> {
  const table = LEDGER[target.series.table]
  const kept = standing === null ? null : await keptAs(context, standing, origin)
  const base = {
    version: 1,
    file: target.file,
    table: target.series.table,
    timeframe: null,
    day: target.day ?? (`${target.month}-01` as UtcDay),
    ...(target.day === null ? { month: target.month } : {}),
    origin,
    days,
    operation,
    others: await stillUndoable(context, target.file, days),
    replaces: standing === null ? null : { sha256: standing.before.sha256, keptAs: kept },
    inputs: [],
    numbers: [],
    writtenAt: new Date(context.env.now()).toISOString(),
  } as const
  if (rows.length === 0) {
    if (standing === null) throw new BarkeepError('INTERNAL', `${target.file} would go, and isn't there`)
    const nothing = digestOfLines([])
    const gone = { sha256: '', rows: 0, digest: nothing, inputsDigest: nothing, removed: true } as const
    return { generation: { ...base, ...gone }, staged: null }
  }
  const sorted = inLedgerOrder(table, rows)
  const inputsDigest = digestOfLines(sorted.map((row) => lineOf(table, row)))
  const file = await stageFile(context, table, target.file, sorted, inputsDigest, { signal, onStep })
  const path: StorePath = await stageForRedo(context, operation, place, file)
  const generation: Generation = {
    ...base,
    sha256: file.sha256,
    rows: file.rows,
    digest: file.digest,
    inputsDigest,
  }
  return { generation, staged: path }
}
