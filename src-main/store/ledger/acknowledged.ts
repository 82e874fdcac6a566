import path from 'node:path'
import type { UtcDay } from '../../../schemas/contract/units.ts'
import { type DailyTable, LEDGER } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import { canonicalJson } from '../layout/digest.ts'
import { acknowledgedFolder, acknowledgedPath, dayOfAcknowledged, within } from '../layout/file-names.ts'
import type { Row } from '../write/part-writer.ts'
import { rowChecker } from '../write/validate.ts'
import { dayOfRow } from './entry-rows.ts'
import type { OpenDays } from './seal.ts'

/**
 * Notes rows that are about to be acknowledged, for as long as their day is open: a bot that writes the day's file from
 * what it has in memory writes over ours, and the next ingest puts them back (SPEC E7). Durable when it resolves.
 */
export async function noteAcknowledged(
  context: StoreContext,
  table: DailyTable,
  rows: readonly Row[],
  open: OpenDays,
): Promise<void> {
  const { env } = context
  const byDay = new Map<UtcDay, string[]>()
  for (const row of rows) {
    const day = dayOfRow(row)
    if (open.isSealed(day)) continue
    const lines = byDay.get(day) ?? []
    lines.push(canonicalJson(row))
    byDay.set(day, lines)
  }
  if (byDay.size === 0) return
  const folder = at(context, acknowledgedFolder(table))
  await env.makeDir(folder)
  for (const [day, lines] of byDay) {
    const target = at(context, acknowledgedPath(table, day))
    const isNew = (await env.stat(target)) === null
    await env.appendLines(target, new TextEncoder().encode(`${lines.join('\n')}\n`))
    await env.syncFile(target)
    if (isNew) await env.syncDir(folder)
  }
  await forgetSealed(context, table, open)
}

/** In the order they were acknowledged in. A line that was cut off was never acknowledged. */
export async function acknowledgedRows(
  context: StoreContext,
  table: DailyTable,
  day: UtcDay,
): Promise<readonly Row[]> {
  const target = at(context, acknowledgedPath(table, day))
  if ((await context.env.stat(target)) === null) return []
  const check = rowChecker(LEDGER[table])
  const text = new TextDecoder().decode(await context.env.readFile(target))
  return text.split('\n').flatMap((line) => {
    const row = parsed(line)
    return row !== null && check(row) === null && dayOfRow(row) === day ? [row] : []
  })
}

function parsed(line: string): Row | null {
  try {
    const value: unknown = JSON.parse(line)
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Row) : null
  } catch {
    // Cut off by a kill or a power cut, or the empty text after the last line.
    return null
  }
}

/** A backfill or undo decides what these days hold from now on. */
export async function forgetAcknowledged(
  context: StoreContext,
  table: DailyTable,
  days: readonly UtcDay[],
): Promise<void> {
  const gone: string[] = []
  for (const day of days) {
    const target = at(context, acknowledgedPath(table, day))
    if ((await context.env.stat(target)) === null) continue
    await context.env.removeFile(target)
    gone.push(target)
  }
  for (const folder of new Set(gone.map((target) => path.dirname(target)))) await context.env.syncDir(folder)
}

/** What is sealed isn't put back. */
async function forgetSealed(context: StoreContext, table: DailyTable, open: OpenDays): Promise<void> {
  const folder = acknowledgedFolder(table)
  for (const { name } of await context.env.readDir(at(context, folder))) {
    const day = dayOfAcknowledged(name)
    if (day !== null && open.isSealed(day)) await context.env.removeFile(at(context, within(folder, name)))
  }
}
