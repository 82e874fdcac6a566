import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { candleKey, candleLine } from './candle-rows.ts'

/** A part's bars in its order, those of the day alone. */
export interface CandlePart {
  readonly file: StorePath
  readonly rows: readonly CandleRow[]
  /**
   * Why the part must stay where it is: it can't be read, or holds a row that would be lost with it. Its bars that can
   * be used are shown all the same.
   */
  readonly blemish: Problem | null
}

/** Everything on disk that says something of one day. */
export interface DayBars {
  /** The dayfile's rows; null when there is none. */
  readonly standing: readonly CandleRow[] | null
  /** In any order. */
  readonly parts: readonly CandlePart[]
}

/** What becomes of a day's bars and parts: C1's rule applied to all of them. */
export interface Resolution {
  /** Bars that the dayfile must hold, each once, in no order. */
  readonly rows: readonly CandleRow[]
  /** Those of them that it doesn't hold yet. */
  readonly added: readonly CandleRow[]
  /** Every row that went in, losers and repetitions included. */
  readonly inputs: readonly CandleRow[]
  /** Parts whose values stand in the dayfile afterwards, or lost to a later part. By name. */
  readonly merged: readonly StorePath[]
  /** Parts with a value that lost against the dayfile. By name. */
  readonly lost: readonly StorePath[]
  /** Parts that are not touched: blemished ones, and those that one of them outranks. By name. */
  readonly left: readonly Problem[]
  /** Parts that lost a bar to another file's with other values. */
  readonly conflicts: number
}

/**
 * The one rule for versions of a bar (SPEC C1): the dayfile wins, of parts the last by name, of one file the last row.
 * A part that must stay keeps its say: a part that it outranks stays with it, so that merging changes no answer.
 */
export function resolveDay({ standing, parts }: DayBars): Resolution {
  const held = new Map<string, Version>()
  for (const row of standing ?? []) held.set(candleKey(row), { row, line: candleLine(row) })
  const kept = new Map<string, string>()
  const added = new Map<string, Version>()
  const inputs = [...(standing ?? [])]
  const merged: StorePath[] = []
  const lost: StorePath[] = []
  const left: Problem[] = []
  let conflicts = 0
  // Last first: whoever comes to a key first has it.
  for (const part of byName(parts).reverse()) {
    const versions = part.rows.map((row) => ({ row, key: candleKey(row), line: candleLine(row) })).reverse()
    const problem = part.blemish ?? outrankedBy(versions, held, kept, part.file)
    if (problem !== null) {
      left.push(problem)
      for (const { key, line } of versions) if (!kept.has(key)) kept.set(key, line)
      continue
    }
    let loses = false
    let losesToDayfile = false
    for (const { row, key, line } of versions) {
      inputs.push(row)
      const winner = held.get(key) ?? added.get(key)
      if (winner === undefined) added.set(key, { row, line })
      else if (winner.line !== line) {
        loses = true
        losesToDayfile ||= held.has(key)
      }
    }
    if (loses) conflicts += 1
    if (losesToDayfile) lost.push(part.file)
    else merged.push(part.file)
  }
  const rows = [...held.values(), ...added.values()].map(({ row }) => row)
  return {
    rows,
    added: rows.slice(held.size),
    inputs,
    merged: merged.reverse(),
    lost: lost.reverse(),
    left: left.reverse(),
    conflicts,
  }
}

interface Version {
  readonly row: CandleRow
  readonly line: string
}

function outrankedBy(
  versions: readonly { readonly key: string; readonly line: string }[],
  held: ReadonlyMap<string, Version>,
  kept: ReadonlyMap<string, string>,
  file: StorePath,
): Problem | null {
  const outranked = versions.some(({ key, line }) => {
    const winner = kept.get(key)
    return winner !== undefined && winner !== line && !held.has(key)
  })
  return outranked
    ? { file, code: 'CONFLICT', detail: 'stays with a later part of other values that can’t be compacted' }
    : null
}

/** What a viewport shows of the day, by key: the rule over all of its files, parts that stay included. */
export function shownBars({ standing, parts }: DayBars): ReadonlyMap<string, CandleRow> {
  const shown = new Map<string, CandleRow>()
  for (const { rows } of byName(parts)) for (const row of rows) shown.set(candleKey(row), row)
  for (const row of standing ?? []) shown.set(candleKey(row), row)
  return shown
}

/** All parts of a day stand in one folder (or its companion), so names alone give the order. */
function byName(parts: readonly CandlePart[]): CandlePart[] {
  return [...parts].sort((a, b) => {
    const [left, right] = [nameOf(a.file), nameOf(b.file)]
    return left < right ? -1 : left > right ? 1 : 0
  })
}

function nameOf(file: StorePath): string {
  return file.slice(file.lastIndexOf('/') + 1)
}

/** The table's order (SPEC C2) within one timeframe: symbols by code unit, which for their alphabet is UTF-8 order. */
export function compareBars(a: CandleRow, b: CandleRow): number {
  if (a.symbol !== b.symbol) return a.symbol < b.symbol ? -1 : 1
  return a.ts - b.ts
}
