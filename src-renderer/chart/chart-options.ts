import {
  type CandlestickSeriesPartialOptions,
  type ChartOptionsBase,
  CrosshairMode,
  type DeepPartial,
  type HistogramSeriesPartialOptions,
  LineStyle,
} from 'lightweight-charts'
import { type ChartColours, withAlpha } from './chart-colours.ts'
import { formatVolume } from './price-format.ts'

/** What never changes. */
export const FIXED_OPTIONS: DeepPartial<ChartOptionsBase> = {
  autoSize: true,
  // Its link would leave the window, which the shell forbids; the notice it stands for belongs in the About panel.
  layout: { attributionLogo: false, fontSize: 12 },
  crosshair: { mode: CrosshairMode.Normal },
  hoveredSeriesOnTop: false,
  kineticScroll: { mouse: false, touch: false },
  rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.06 }, minimumWidth: 64, entireTextOnly: true },
  timeScale: {
    timeVisible: true,
    rightOffset: 8,
    minBarSpacing: 0.02,
    // A safety net for the moments before a coarser level arrives.
    enableConflation: true,
    tickMarkMaxCharacterLength: 9,
  },
}

/** What follows the theme. */
export function themedOptions(colours: ChartColours): DeepPartial<ChartOptionsBase> {
  const line = {
    color: withAlpha(colours.muted, 0.7),
    labelBackgroundColor: colours.lineStrong,
    style: LineStyle.Dashed,
  }
  return {
    layout: {
      background: { color: colours.background },
      textColor: colours.muted,
      fontFamily: colours.font,
      panes: { separatorColor: colours.line, separatorHoverColor: withAlpha(colours.accent, 0.3) },
    },
    grid: {
      vertLines: { color: withAlpha(colours.line, 0.55) },
      horzLines: { color: withAlpha(colours.line, 0.55) },
    },
    crosshair: { vertLine: line, horzLine: line },
    rightPriceScale: { borderColor: colours.line },
    timeScale: { borderColor: colours.line },
  }
}

export function candleOptions(colours: ChartColours): CandlestickSeriesPartialOptions {
  const { up, down } = colours
  return {
    upColor: up,
    downColor: down,
    borderUpColor: up,
    borderDownColor: down,
    wickUpColor: up,
    wickDownColor: down,
  }
}

export const VOLUME_OPTIONS: HistogramSeriesPartialOptions = {
  priceFormat: { type: 'custom', minMove: 1, formatter: formatVolume },
  lastValueVisible: false,
  priceLineVisible: false,
}
