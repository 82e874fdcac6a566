import { useStore } from 'zustand'
import { preferencesStore } from '../state/preferences.ts'
import { storeSettingsStore } from '../state/store-settings.ts'
import { emaPeriods } from './ema-choice.ts'
import { formatPrice } from './price-format.ts'
import { cursorStore } from './state/cursor-store.ts'
import { seriesStore } from './state/series-store.ts'

/** The moving averages at the bar under the crosshair, else at the last one, each in its line's colour. */
export function EmaLegend() {
  const isShown = useStore(preferencesStore, (state) => state.showEmas !== false)
  const settings = useStore(storeSettingsStore, (state) => state.settings)
  const pointed = useStore(cursorStore, (state) => state.bar)
  const { emas, bars, barsPerCandle, timeframe } = useStore(seriesStore, (state) => state.feed)
  const decimals = useStore(seriesStore, (state) => state.decimals)
  const periods = emaPeriods(settings)
  if (!isShown || periods.length === 0 || bars.ts.length === 0) return null
  if (barsPerCandle > 1) {
    return (
      <span className="muted" data-testid="emas">
        EMA on {timeframe} bars only
      </span>
    )
  }
  const row = pointed ?? bars.ts.length - 1
  return (
    <span className="bk-chart-values" data-testid="emas">
      <span className="muted">EMA</span>
      {periods.map((period, at) => {
        const value = emas.find((ema) => ema.period === period)?.values[row]
        const isKnown = value !== undefined && !Number.isNaN(value)
        return (
          <span key={period} className="bk-ema" data-line={(at % 3) + 1} data-testid={`ema-${period}`}>
            <i aria-hidden />
            {period} {isKnown ? formatPrice(value, decimals) : '–'}
          </span>
        )
      })}
    </span>
  )
}
