import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { UndoReceipt } from '../../../schemas/contract/jobs.ts'
import { parseUtcDay } from '../../../schemas/contract/market-time.ts'
import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import type { UndoRequest } from '../../../schemas/generated/requests.ts'
import { type DailyTable, LEDGER } from '../../../schemas/tables/index.ts'
import type { WorkOptions } from '../api.ts'
import type { Undoable } from '../compact/generation.ts'
import { at, type StoreContext } from '../context.ts'
import { sha256OfFile } from '../layout/digest.ts'
import type { Row } from '../write/part-writer.ts'
import { forgetAcknowledged } from './acknowledged.ts'
import { receiptOf } from './backfill.ts'
import { compareDays } from './compose-days.ts'
import { dayOfRow } from './entry-rows.ts'
import { readLedgerRows } from './read-rows.ts'
import { type FileChange, replaceFiles } from './replace-days.ts'
import { lastReplacement } from './replacements.ts'
import { readStanding, type StandingFile, strangeColumns, type WorkUnit } from './standing-files.ts'
import { asLedgerWriter } from './writer-turn.ts'

const ATTEMPTS = 10

/**
 * Brings back the rows of a day that its last backfill, or undo, replaced (SPEC E11). What stands now is kept in turn: an
 * undo can be undone.
 * @throws NOT_FOUND when no backfill of the day can be taken back, CONFLICT when its files were written since, BAD_CHECKSUM,
 * BAD_ROW, LOCKED, VERIFY_FAILED, NO_SPACE, IO
 */
export async function undoBackfill(
  context: StoreContext,
  request: UndoRequest,
  options: WorkOptions = {},
): Promise<UndoReceipt> {
  const { table } = request
  const day = parseUtcDay(request.day)
  const work = (): Promise<UndoReceipt> => undoDay(context, table, day, request.dryRun === true, options)
  return request.dryRun === true ? work() : asLedgerWriter(context, `undo ${table} ${day}`, 0, work)
}

async function undoDay(
  context: StoreContext,
  table: DailyTable,
  day: UtcDay,
  dryRun: boolean,
  { signal, onProgress }: WorkOptions,
): Promise<UndoReceipt> {
  const unit: WorkUnit = { table, month: day.slice(0, 7) as UtcMonth, days: [day] }
  const onStep = (step: string): void => onProgress?.({ done: 0, total: 1, step: `${table} ${day}: ${step}` })
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    onStep('read')
    const standing = await readStanding(context, unit, signal)
    const replaced = await lastReplacement(context, unit, standing)
    const changes: FileChange[] = []
    for (const { undoable, target } of replaced) {
      const before = standing.find(({ file }) => file === target.file) ?? null
      const rows = [
        ...othersOf(before, day),
        ...(await rowsBefore(context, table, target.file, undoable, day)),
      ]
      if (before !== null || rows.length > 0) changes.push({ target, standing: before, rows })
    }
    const difference = compareDays(unit, standing, changes)
    const how = { origin: 'undo', days: [day], signal, onStep } as const
    if (!dryRun) await forgetAcknowledged(context, table, [day])
    if (dryRun || (await replaceFiles(context, unit, standing, changes, how)))
      return { days: difference.map((each) => receiptOf(unit, each, dryRun)) }
  }
  throw new BarkeepError(
    'CONFLICT',
    `The files of ${table} of ${day} were replaced by another program each of the ${ATTEMPTS} times that they were about to be written. Stop that program, then try again.`,
  )
}

/** Of a month's file: its other days stay. */
function othersOf(before: StandingFile | null, day: UtcDay): readonly Row[] {
  if (before === null) return []
  if (before.day !== null) return []
  if (before.obstacle !== null) throw new BarkeepError(before.obstacle.code, before.obstacle.reason)
  return [...before.rows.values()].filter((row) => dayOfRow(row) !== day)
}

/** What the generation before held of the day. */
async function rowsBefore(
  context: StoreContext,
  table: DailyTable,
  file: StorePath,
  { replaces }: Undoable,
  day: UtcDay,
): Promise<readonly Row[]> {
  if (replaces === null) return []
  const { keptAs, sha256 } = replaces
  if (keptAs === null || (await context.env.stat(at(context, keptAs))) === null) {
    throw new BarkeepError(
      'NOT_FOUND',
      `What the backfill of ${file} replaced is not kept any more: its retention is over.`,
      { file },
    )
  }
  if ((await sha256OfFile(context.env, at(context, keptAs))) !== sha256) {
    throw new BarkeepError('BAD_CHECKSUM', `${keptAs} is damaged: it can't be brought back.`, {
      file: keptAs,
    })
  }
  return soundRows(context, table, keptAs, day)
}

/** Rows that a file of ours could not keep would be lost by bringing the others back. */
async function soundRows(
  context: StoreContext,
  table: DailyTable,
  keptAs: StorePath,
  day: UtcDay,
): Promise<readonly Row[]> {
  const { files, problems } = await readLedgerRows(context, LEDGER[table], [keptAs])
  const [found] = files
  const [problem] = problems
  if (found === undefined) {
    const why = problem?.detail ?? 'it is gone'
    throw new BarkeepError(problem?.code ?? 'UNREADABLE', `${keptAs} can't be brought back: ${why}.`, {
      file: keptAs,
    })
  }
  const breach = found.rows.find((row) => row.breach !== null)?.breach ?? null
  const extra = found.foreign ? await strangeColumns(context, LEDGER[table], keptAs) : []
  if (breach !== null || extra.length > 0) {
    const why = breach ?? `it has columns of its own: ${extra.slice(0, 5).join(', ')}`
    throw new BarkeepError(
      'BAD_ROW',
      `${keptAs} is another program's and can't be brought back by this one (${why}). Copy the file itself to its place if you want it.`,
      { file: keptAs },
    )
  }
  return found.rows.map(({ row }) => row).filter((row) => dayOfRow(row) === day)
}
