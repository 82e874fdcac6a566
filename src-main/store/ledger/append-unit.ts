import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import type { LedgerAppend, LedgerOutcome } from '../api.ts'
import type { StoreContext } from '../context.ts'
import type { Row } from '../write/part-writer.ts'
import { acknowledgedRows, noteAcknowledged } from './acknowledged.ts'
import { dayOfRow } from './entry-rows.ts'
import { makeDurable } from './make-durable.ts'
import { type Merge, type MergeRules, mergeRows } from './merge-rows.ts'
import { publishLedgerFile } from './publish-file.ts'
import { readStanding, type StandingFile, type WorkUnit } from './standing-files.ts'

/** Times that a day is read again because another program replaced its file while ours was on its way. */
const ATTEMPTS = 10

/**
 * Merges rows into the files of a unit. A file of another program that is replaced on the way makes the whole unit be read
 * again: keys are unique over all its files.
 * @returns outcomes in the order of the rows, once they are durable
 */
export async function appendUnit(
  context: StoreContext,
  unit: WorkUnit,
  rows: readonly Row[],
  rules: MergeRules,
  { dryRun = false, signal, begun }: LedgerAppend,
): Promise<readonly LedgerOutcome[]> {
  /** What was published already, in an attempt that another file's replacement ended. */
  const settled = new Map<number, LedgerOutcome>()
  let missing: ReadonlySet<UtcDay> | null = null
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const standing = await readStanding(context, unit, signal)
    missing ??= new Set(unit.days.filter((day) => !standing.some((file) => holdsDay(file, day))))
    const begunNow = new Set([...rules.begun, ...(attempt === 0 ? [] : missing)])
    const restored = await overwrittenRows(context, unit, standing, rules)
    const merge = mergeRows(unit, standing, [...restored, ...rows], { ...rules, begun: begunNow })
    const given = merge.outcomes.slice(restored.length)
    if (dryRun) return given
    await makeDurable(context, merge.vouching)
    const written = await publishChanges(context, standing, merge, signal)
    for (const [index, outcome] of given.entries()) {
      const target = merge.targets[restored.length + index]
      if (target != null && written.files.has(target)) settled.set(index, outcome)
    }
    if (written.files.size > 0) for (const day of missing) begun?.add(day)
    if (!written.all) continue
    const fresh = [...settled.keys()].map((index) => rows[index] as Row)
    await noteAcknowledged(context, unit.table, fresh, rules.open)
    return given.map((outcome, index) => settled.get(index) ?? outcome)
  }
  throw new BarkeepError(
    'CONFLICT',
    `The files of ${unit.table} of ${unit.days.join(', ')} were replaced by another program each of the ${ATTEMPTS} times that they were about to be written. Hand the rows in again once it has ended.`,
  )
}

async function publishChanges(
  context: StoreContext,
  standing: readonly StandingFile[],
  { changed }: Merge,
  signal: AbortSignal | undefined,
): Promise<{ readonly files: ReadonlySet<StorePath>; readonly all: boolean }> {
  const files = new Set<StorePath>()
  for (const { target, standing: before, rows } of changed) {
    const others = standing.filter(({ file }) => !files.has(file))
    const how = { origin: 'ingest', signal } as const
    if (!(await publishLedgerFile(context, target, before, rows.values(), others, how)))
      return { files, all: false }
    files.add(target.file)
  }
  return { files, all: true }
}

/** Rows that we acknowledged of open days whose file another program has written since. */
async function overwrittenRows(
  context: StoreContext,
  { table, days }: WorkUnit,
  standing: readonly StandingFile[],
  { open }: MergeRules,
): Promise<readonly Row[]> {
  const found: Row[] = []
  for (const day of days) {
    const isForeign = standing.some((file) => file.foreign && holdsDay(file, day))
    if (isForeign && !open.isSealed(day)) found.push(...(await acknowledgedRows(context, table, day)))
  }
  return found
}

function holdsDay({ day, rows }: StandingFile, wanted: UtcDay): boolean {
  return day === wanted || [...rows.values()].some((row) => dayOfRow(row) === wanted)
}
