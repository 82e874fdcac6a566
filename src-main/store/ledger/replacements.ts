import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { type Generation, readGeneration, type Undoable } from '../compact/generation.ts'
import { at, type StoreContext } from '../context.ts'
import { companion, GENERATIONS, within } from '../layout/file-names.ts'
import { dayOfRow } from './entry-rows.ts'
import { type LedgerFile, ledgerFileOf } from './ledger-files.ts'
import { holdsSome, type StandingFile, type WorkUnit } from './standing-files.ts'
import { undoablesOf } from './undoable.ts'

/** A file that a backfill or undo wrote, or took away, and what it replaced there. */
export interface ReplacedFile {
  readonly target: LedgerFile
  readonly generation: Generation
  readonly undoable: Undoable
}

/**
 * The files of the last backfill or undo that replaced a day, provided that nothing else was written to the day since.
 * @param unit of that day alone
 * @throws NOT_FOUND when there is none, CONFLICT when another write came after it
 */
export async function lastReplacement(
  context: StoreContext,
  unit: WorkUnit,
  standing: readonly StandingFile[],
): Promise<readonly ReplacedFile[]> {
  const [day] = unit.days
  const records = new Map<StorePath, Generation>()
  const named: ReplacedFile[] = []
  for (const target of await recordedFiles(context, unit)) {
    const generation = await readGeneration(context, target.file)
    if (generation === null) continue
    records.set(target.file, generation)
    const undoable = undoablesOf(generation).find(({ days }) => days.some((each) => each === day))
    if (undoable !== undefined) named.push({ target, generation, undoable })
  }
  const last = named
    .map(({ undoable }) => undoable.operation)
    .sort()
    .at(-1)
  if (last === undefined) {
    throw new BarkeepError(
      'NOT_FOUND',
      `No backfill of ${unit.table} of ${day} can be taken back: there was none, or its file was written since.`,
    )
  }
  const replaced = named.filter(({ undoable }) => undoable.operation === last)
  for (const file of standing) {
    const record = records.get(file.file)
    const isReplaced = replaced.some(({ target }) => target.file === file.file)
    if (
      isReplaced ? record?.sha256 === file.before.sha256 : !holdsDay(file, unit) || isBefore(record, replaced)
    )
      continue
    throw new BarkeepError(
      'CONFLICT',
      `${file.file} was written since the backfill of ${day}: taking that back would lose what came later. Backfill the day anew instead.`,
      { file: file.file },
    )
  }
  const back = replaced.find(
    ({ target, generation }) =>
      generation.removed !== true && !standing.some(({ file }) => file === target.file),
  )
  if (back !== undefined) {
    throw new BarkeepError('CONFLICT', `${back.target.file} was taken away since the backfill of ${day}.`, {
      file: back.target.file,
    })
  }
  return replaced
}

function holdsDay({ rows, day, unknown }: StandingFile, unit: WorkUnit): boolean {
  return day !== null || unknown || [...rows.values()].some((row) => unit.days.includes(dayOfRow(row)))
}

/** A file of another program's has no record, and may have come at any time. */
function isBefore(record: Generation | undefined, replaced: readonly ReplacedFile[]): boolean {
  const [first] = replaced
  return record !== undefined && first !== undefined && record.writtenAt <= first.undoable.writtenAt
}

/** Files of the unit of which a record tells, those that are gone too. */
async function recordedFiles(context: StoreContext, unit: WorkUnit): Promise<readonly LedgerFile[]> {
  const root = companion(GENERATIONS, unit.table as string as StorePath)
  const found: LedgerFile[] = []
  const take = (path: StorePath): void => {
    const file = ledgerFileOf(path.slice(GENERATIONS.length + 1).replace(/\.json$/, '') as StorePath)
    if (path.endsWith('.json') && file !== null && holdsSome(file, unit)) found.push(file)
  }
  for (const { name, isDirectory } of await context.env.readDir(at(context, root))) {
    const entry = within(root, name)
    if (!isDirectory) take(entry)
    else
      for (const inside of await context.env.readDir(at(context, entry)))
        if (!inside.isDirectory) take(within(entry, inside.name))
  }
  return found
}
