import type { Series, StoreInfo } from '../../../schemas/contract/health.ts'
import { compareTimeframes } from '../../../schemas/contract/timeframe.ts'
import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { StoreContext } from '../context.ts'
import { TIER } from '../events/event-set.ts'
import { listTimeline } from '../events/timeline-listing.ts'
import type { DayBlocks } from './day-blocks.ts'
import type { DayfileFactsCache } from './dayfile-facts.ts'
import { countLedgerFiles } from './ledger-overview.ts'
import { type ListedDay, listTimeframes } from './listing.ts'

/** Looks at the timeline during which a file vanished each time. */
const LOOKS = 25

export interface InfoSources {
  readonly context: StoreContext
  readonly blocks: DayBlocks
  readonly facts: DayfileFactsCache
}

/**
 * What series the store holds. Dayfiles are read once each and remembered; days with parts come through the day blocks,
 * which a chart of the latest day needs anyway.
 * @throws CANCELLED; IO when the file system fails
 */
export async function storeInfo(sources: InfoSources, signal?: AbortSignal): Promise<StoreInfo> {
  const { context } = sources
  const series: Series[] = []
  let partsWaiting = 0
  let files = 0
  for (const timeframe of await listTimeframes(context)) {
    const days = await sources.blocks.listed(timeframe)
    series.push(...(await seriesOf(sources, timeframe, days, signal)))
    for (const { parts, dayfile } of days) {
      partsWaiting += parts.length
      files += parts.length + (dayfile === null ? 0 : 1)
    }
  }
  await sources.facts.keep()
  const events = await countEventFiles(context)
  const order = (a: Series, b: Series): number =>
    a.symbol === b.symbol
      ? compareTimeframes(a.timeframe as Timeframe, b.timeframe as Timeframe)
      : a.symbol < b.symbol
        ? -1
        : 1
  series.sort(order)
  const [last] = [...series].sort((a, b) => b.lastTs - a.lastTs || order(a, b))
  return {
    path: context.root,
    // Also when no file of it can be read: a damaged store is no empty one.
    hasData: files + events.files > 0 || (await countLedgerFiles(context)) > 0,
    marketZone: context.zone.name,
    series,
    partsWaiting: partsWaiting + events.parts,
    lastBar: last === undefined ? null : { symbol: last.symbol, timeframe: last.timeframe, ts: last.lastTs },
  }
}

async function seriesOf(
  { blocks, facts }: InfoSources,
  timeframe: Timeframe,
  days: readonly ListedDay[],
  signal: AbortSignal | undefined,
): Promise<readonly Series[]> {
  const unsettled: UtcDay[] = []
  const settled: ListedDay[] = []
  for (const listed of days) {
    if (listed.parts.length > 0) unsettled.push(listed.day)
    else if (listed.dayfile !== null) settled.push(listed)
  }
  const recalled = await facts.spansOf(settled)
  const spans = [...recalled.spans]
  const read = await facts.of(recalled.rest, false, signal)
  for (const { day } of recalled.rest) {
    const dayfile = read.get(day)
    // One that gives way to its recovery parts, or that vanished since it was listed.
    if (dayfile?.problem !== null) unsettled.push(day)
    else spans.push(...dayfile.spans)
  }
  for (const { symbols } of await blocks.ofDays(timeframe, unsettled, signal)) {
    for (const [symbol, { ts }] of symbols) {
      if (ts.length > 0) spans.push({ symbol, firstTs: ts[0] as number, lastTs: ts.at(-1) as number })
    }
  }
  const joined = new Map<string, Series>()
  for (const { symbol, firstTs, lastTs } of spans) {
    const before = joined.get(symbol)
    joined.set(symbol, {
      symbol,
      timeframe,
      firstTs: Math.min(firstTs, before?.firstTs ?? firstTs),
      lastTs: Math.max(lastTs, before?.lastTs ?? lastTs),
    })
  }
  return [...joined.values()]
}

async function countEventFiles(
  context: StoreContext,
): Promise<{ readonly files: number; readonly parts: number }> {
  for (let look = 0; ; look++) {
    const listed = await listTimeline(context, () => true)
    // Null: a file vanished on the way. A count needs no more than the last look.
    if (listed === null && look < LOOKS) continue
    const parts = listed?.filter(({ tier }) => tier === TIER.part).length ?? 0
    return { files: listed?.length ?? 0, parts }
  }
}
