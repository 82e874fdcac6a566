import type { UtcMonth } from '../../../schemas/contract/units.ts'
import { OPERATIONS } from '../../../schemas/tables/index.ts'
import { stageFile } from '../compact/staged-file.ts'
import { at, type StoreContext } from '../context.ts'
import { discard } from '../fs/atomic-file.ts'
import { canonicalRow, sha256 } from '../layout/digest.ts'
import { OPERATIONS_LOG, within } from '../layout/file-names.ts'
import {
  monthOfOperations,
  operationsFolder,
  operationsMonth,
  type RollLevel,
  rollName,
} from '../layout/operation-names.ts'
import { recordParts, tidyPartChecksums } from '../layout/part-checksums.ts'
import { readFiles, rowsOf } from '../read/table-files.ts'
import type { Row } from '../write/part-writer.ts'
import { damageOf, forgetFiles, type LogFile, logFilesOf } from './log-files.ts'

/** So many files of one level become one of the next: parts to rolls of 64, those to rolls of 1,024. */
const ROLL_AT: Readonly<Record<0 | 1, number>> = { 0: 64, 1: 16 }

/** Months of the log that this process has looked at since they were over. */
const rolledMonths = new WeakMap<StoreContext, Set<UtcMonth>>()

/**
 * Gathers files of the log where there are many, and each month that is over into one (SPEC F31). A roll is a new file beside those it was
 * made of, which go once it is durable: no crash loses a row, and what stands twice is told once. Two processes that do
 * this at once write the same rows twice, no more.
 * @throws NO_SPACE, IO, VERIFY_FAILED; the log is as it was then
 */
export async function rollUp(context: StoreContext): Promise<void> {
  const current = operationsMonth(context.env.now())
  const files = await logFilesOf(context, current)
  for (const level of [0, 1] as const) {
    const ofLevel = files.filter((file) => file.level === level)
    if (ofLevel.length >= ROLL_AT[level]) await roll(context, current, ofLevel, level === 0 ? 1 : 2)
  }
  const looked = rolledMonths.get(context) ?? new Set<UtcMonth>()
  rolledMonths.set(context, looked)
  if (looked.has(current)) return
  looked.add(current)
  for (const { name, isDirectory } of await context.env.readDir(at(context, OPERATIONS_LOG))) {
    const month = isDirectory ? monthOfOperations(name) : null
    if (month === null || month >= current) continue
    const ofMonth = await logFilesOf(context, month)
    if (ofMonth.length > 1) await roll(context, month, ofMonth, 3)
  }
}

async function roll(
  context: StoreContext,
  month: UtcMonth,
  files: readonly LogFile[],
  level: RollLevel,
): Promise<void> {
  const { env } = context
  // A file that is damaged stays where it is, for doctor to name.
  const damaged = await damageOf(context, files)
  const sound = files.filter(({ file }) => !damaged.has(file))
  const read = await readFiles(
    context,
    OPERATIONS,
    sound.map(({ file }) => file),
  )
  // Another process was quicker.
  if (read.vanished.length > 0) return
  const readable = new Set(read.files.map(({ file }) => file))
  const rolled = sound.filter(({ file }) => readable.has(file))
  if (rolled.length < 2) return
  const rows = onceInOrder(read.files.flatMap((found) => rowsOf(OPERATIONS, found)))
  const folder = operationsFolder(month)
  const inputs = sha256(rows.map((row) => canonicalRow(OPERATIONS.columns, row)).join('\n'))
  const name = rollName(level, env.now() * 1000, env.randomId())
  const target = within(folder, name)
  const staged = await stageFile(context, OPERATIONS, target, rows, inputs, { onStep: () => {} })
  try {
    await recordParts(env, context.root, folder, [{ name, sha256: staged.sha256 }])
    await env.rename(staged.path, at(context, target))
  } catch (error) {
    await discard(env, staged.path)
    throw error
  }
  await env.syncDir(at(context, folder))
  for (const { file } of rolled) await env.removeFile(at(context, file))
  await env.syncDir(at(context, folder))
  await tidyPartChecksums(context, folder)
  forgetFiles(context, rolled)
}

/** In the table's order, each operation once. */
function onceInOrder(rows: readonly Row[]): readonly Row[] {
  const once = new Map(rows.map((row) => [String(row.operation_id), row]))
  return [...once.values()].sort((a, b) => {
    const [first, second] = [Number(a.ts), Number(b.ts)]
    return first - second || (String(a.operation_id) < String(b.operation_id) ? -1 : 1)
  })
}
