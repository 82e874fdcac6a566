import type { Series } from '../../schemas/contract/health.ts'
import type { MarketZone } from '../../schemas/contract/market-time.ts'
import type { Viewport, ViewportObject } from '../../schemas/contract/viewport.ts'
import { counted, grouped, type TextColumn, textTable } from './text-table.ts'
import { zoneTime } from './zone-time.ts'

/** A screenful from either end; all of it is what `--json` is for. */
const HEAD = 20

/** A viewport for a person, times in the market zone. */
export function viewportText(viewport: Viewport, zone: MarketZone, series: readonly Series[]): string {
  const { symbol, timeframe, candles, objects, level, barsPerCandle } = viewport
  const count = candles.ts.length
  const length = barsPerCandle === 1 ? timeframe : `${level.label} (${barsPerCandle} × ${timeframe})`
  const title = `${symbol} ${length}: ${counted(count, 'bar')}, ${counted(objects.length, 'object')}. Times in ${zone.name}.\n`
  const hint = count === 0 && objects.length === 0 ? `\n${whatThereIs(series, zone)}` : ''
  return `${title}${hint}${barTable(viewport, zone)}${objectTable(objects, zone)}`
}

function whatThereIs(series: readonly Series[], zone: MarketZone): string {
  const at = zoneTime(zone)
  if (series.length === 0) return 'The store holds no bars yet. Add some with: barkeep ingest candles FILE\n'
  const columns: readonly TextColumn<Series>[] = [
    { name: 'SYMBOL', value: ({ symbol }) => symbol },
    { name: 'TIMEFRAME', value: ({ timeframe }) => timeframe },
    { name: 'FROM', value: ({ firstTs }) => at(firstTs) },
    { name: 'TO', value: ({ lastTs }) => at(lastTs) },
  ]
  return `Nothing in this window. The store holds:\n${textTable(columns, series)}`
}

function barTable({ candles }: Viewport, zone: MarketZone): string {
  const at = zoneTime(zone)
  const count = candles.ts.length
  const cut = count > 2 * HEAD
  const rows = Array.from({ length: count }, (_, row) => row).filter(
    (row) => !cut || row < HEAD || row >= count - HEAD,
  )
  const number = (name: 'open' | 'high' | 'low' | 'close' | 'volume'): TextColumn<number> => ({
    name: name.toUpperCase(),
    right: true,
    value: (row) => (name === 'volume' ? grouped(candles.volume[row] ?? 0) : String(candles[name][row])),
  })
  const columns: readonly TextColumn<number>[] = [
    { name: 'BAR OPEN', value: (row) => at(candles.ts[row] ?? 0) },
    ...(['open', 'high', 'low', 'close', 'volume'] as const).map(number),
  ]
  const lines = textTable(columns, rows).split('\n')
  if (cut) lines.splice(HEAD + 1, 0, `… ${grouped(count - 2 * HEAD)} more; all with --json`)
  return rows.length === 0 ? '' : `\n${lines.join('\n')}`
}

function objectTable(objects: readonly ViewportObject[], zone: MarketZone): string {
  const at = zoneTime(zone)
  const columns: readonly TextColumn<ViewportObject>[] = [
    { name: 'OBJECT', value: ({ id }) => id },
    { name: 'TYPE', value: ({ type }) => type },
    { name: 'STATUS', value: ({ status }) => status },
    { name: 'TOP', right: true, value: ({ top, y }) => String(top ?? y ?? '') },
    { name: 'BOTTOM', right: true, value: ({ bottom }) => String(bottom ?? '') },
    { name: 'FROM', value: ({ start_ts }) => at(start_ts) },
    { name: 'TO', value: ({ end_ts }) => (end_ts === null ? '' : at(end_ts)) },
    { name: 'LABEL', value: ({ label }) => label ?? '' },
  ]
  return objects.length === 0 ? '' : `\n${textTable(columns, objects)}`
}
