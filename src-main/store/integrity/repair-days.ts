import path from 'node:path'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { candleKey, candleLine } from '../candles/candle-rows.ts'
import { readDay } from '../candles/day-files.ts'
import { BarNumbers } from '../candles/numbering.ts'
import { replaceDay } from '../candles/replace-day.ts'
import { shownBars } from '../candles/resolve.ts'
import { compactDay } from '../compact/compact-day.ts'
import { inputsOf, isUnchanged, moveParts, removeUnretained, tidyPartLines } from '../compact/publish.ts'
import type { DayResolver, Target } from '../compact/resolver.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { tellChange } from '../write/change-news.ts'
import { inTurn } from '../write/turns.ts'
import { NotDone } from './repair-files.ts'

const nothing = (): void => undefined

/** Makes a damaged file again through the path of compaction: verified, published by rename, the damaged one kept. */
export async function makeAgain(
  context: StoreContext,
  resolver: DayResolver,
  target: Target,
  signal: AbortSignal | undefined,
): Promise<string> {
  const options = { dryRun: false, keepParts: false, signal, onStep: nothing }
  const { rows, skipped } = await compactDay(context, resolver, target, options)
  if (skipped !== null) throw new NotDone(`${target.file} is whole again`)
  return `made again with its ${rows} rows; the damaged file is in quarantine`
}

/**
 * Publishes what a viewport shows of a day whose dayfile is damaged and can't be proven: its previous generation, filled up
 * with what parts hold (SPEC R17).
 */
export async function putBack(
  context: StoreContext,
  { series, day, file }: Target,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (series.table !== 'candles') throw new NotDone(`${file} has no generation before it`)
  const { timeframe } = series
  const { dayfile, parts } = await readDay(context, timeframe, day, signal)
  const standIn = dayfile?.standIn ?? null
  if (standIn?.standing == null) throw new NotDone(`${file} is whole again, or nothing is left of it`)
  const shown = shownBars({ standing: standIn.standing, parts: [...standIn.recovered, ...parts] })
  const bars = new Map(
    [...shown.values()].map((row) => [candleKey(row), { ...row, global_x: null }] as const),
  )
  const lines = new Set([...bars.values()].map(candleLine))
  const numbers = new BarNumbers(context)
  const options = { dryRun: false, numbers, signal, onStep: nothing }
  await replaceDay(context, { timeframe, day, bars, lines }, options)
  return `put back: ${standIn.shown}; the damaged file is in quarantine`
}

/** Moves parts of a day of candles that say nothing its dayfile doesn't. @returns how many */
export async function moveHeldCandles(
  context: StoreContext,
  { series, day, file }: Target,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (series.table !== 'candles') return 0
  const { timeframe } = series
  return inTurn(context, series, day, async () => {
    const { dayfile, parts } = await readDay(context, timeframe, day, signal)
    if (dayfile === null || dayfile.damage !== null) throw new NotDone(`${file} can't vouch for its parts`)
    const lines = new Set(dayfile.rows.map(candleLine))
    const held = parts.filter(
      ({ rows, blemish }) =>
        blemish === null && rows.length > 0 && rows.every((row) => lines.has(candleLine(row))),
    )
    await moveHeld(
      context,
      held.map((part) => part.file),
      new Map([[file, dayfile.stat]]),
    )
    tellChange(context, { kind: 'day', series, day })
    return held.length
  })
}

/** Parts leave only once what holds their rows is durable, whoever wrote it, and still the file that was compared. */
export async function moveHeld(
  context: StoreContext,
  held: readonly StorePath[],
  holders: ReadonlyMap<StorePath, FileStat>,
): Promise<void> {
  if (held.length === 0) throw new NotDone('they are gone, or say something new')
  for (const file of holders.keys()) {
    await context.env.syncFile(at(context, file))
    await context.env.syncDir(path.dirname(at(context, file)))
  }
  const inputs = await inputsOf(context, { merged: held, lost: [], keepParts: false })
  for (const [file, stat] of holders)
    if (!(await isUnchanged(context, file, stat))) throw new NotDone(`${file} was replaced meanwhile`)
  await moveParts(context, inputs)
  await tidyPartLines(context, inputs)
  await removeUnretained(context, inputs)
}
