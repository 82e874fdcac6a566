import { isAwaited } from '../../schemas/contract/live-feeds.ts'
import type { MarketZone } from '../../schemas/contract/market-time.ts'
import type { ViewportObject } from '../../schemas/contract/viewport.ts'
import { appStore } from '../state/app-store.ts'
import { liveStore } from '../state/live.ts'
import { preferencesStore } from '../state/preferences.ts'
import type { ChartColours } from './chart-colours.ts'
import { barKind } from './chicago-format.ts'
import { chartDecisionsStore } from './decision-store.ts'
import { nameOf } from './object-meaning.ts'
import type { DrawnChart } from './picture-canvas.ts'
import type { PictureDoubt, PictureEma, PictureFacts } from './picture-facts.ts'
import { objectsStore } from './state/objects-store.ts'
import { seriesStore } from './state/series-store.ts'
import type { ZoneOffsets } from './zone-offsets.ts'

/** What the chart shows in its window's stores. @returns null while there is no bar in view */
export function factsNow(
  { colours }: DrawnChart,
  subject: ViewportObject | null,
  { zone }: ZoneOffsets,
): PictureFacts | null {
  const { feed, view, decimals } = seriesStore.getState()
  const { symbol, timeframe, level, barsPerCandle, bars } = feed
  if (view === null || feed.phase !== 'ready') return null
  const [first, last] = [Math.max(0, Math.ceil(view.from)), Math.min(bars.ts.length - 1, Math.floor(view.to))]
  const [from, to] = [bars.ts[first], bars.ts[last]]
  if (from === undefined || to === undefined || first > last) return null
  const { shown, passing, filter, removed } = objectsStore.getState()
  const { markers, total } = chartDecisionsStore.getState()
  const inView = markers.filter(({ ts }) => ts >= from && ts <= to + feed.step)
  const showsDecisions = preferencesStore.getState().showDecisions !== false
  const store = appStore.getState().store?.path ?? ''
  return {
    symbol,
    timeframe,
    level: barsPerCandle === 1 ? null : level.label,
    kind: barKind(timeframe, level.label),
    from,
    to,
    candles: last - first + 1,
    emas: emasAt(last, colours),
    objects: { drawn: shown.length, passing: Math.max(passing, shown.length), filter, removed },
    decisions: showsDecisions ? { drawn: inView.length, isAll: total <= markers.length } : null,
    decimals,
    taken: Date.now(),
    doubts: doubtsNow(last === bars.ts.length - 1, zone),
    store: store.split(/[\\/]/).findLast((step) => step !== '') ?? store,
    subject: subject === null ? null : `${nameOf(subject)} (${subject.id})`,
  }
}

/** The averages that are drawn, in the colours of their lines. @param bar place of the last candle in view */
function emasAt(bar: number, { emas: lines }: ChartColours): readonly PictureEma[] {
  const { emas } = seriesStore.getState().feed
  if (preferencesStore.getState().showEmas === false) return []
  return emas.map(({ period, values }, at) => {
    const value = values[bar]
    const isKnown = value !== undefined && !Number.isNaN(value)
    return { period, colour: lines[at % lines.length] ?? '', value: isKnown ? value : null }
  })
}

/** A picture of a frozen chart must not look like the present. @param showsEnd the last bar that is loaded is in view */
function doubtsNow(showsEnd: boolean, zone: MarketZone): readonly PictureDoubt[] {
  const { health } = liveStore.getState()
  const { symbol, timeframe, atEnd } = seriesStore.getState().feed
  const doubts: PictureDoubt[] = []
  if (health?.folder.state === 'gone') doubts.push({ what: 'the folder is gone', since: health.folder.since })
  const feed = health?.feeds.find((one) => one.symbol === symbol && one.timeframe === timeframe)
  // Of a store that nobody writes to any more, bars that end long ago are no doubt.
  const isStale = feed?.state === 'stale' && isAwaited(feed, Date.now(), zone)
  if (showsEnd && atEnd && isStale) doubts.push({ what: 'no new bar', since: feed.since })
  return doubts
}
