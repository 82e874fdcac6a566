import { ArrowRightToLine } from 'lucide-react'
import { useStore } from 'zustand'
import { formatCount } from '../ui/figures.ts'
import { Kbd } from '../ui/kbd.tsx'
import type { ChartSession } from './chart-session.ts'
import { seriesStore } from './state/series-store.ts'

/** Says that bars came while one looks elsewhere, and leads to them. */
export function NewerPill({ session }: { readonly session: ChartSession }) {
  const { newer, phase, barsPerCandle } = useStore(seriesStore, (state) => state.feed)
  const { width, height } = useStore(seriesStore, (state) => state.axes)
  if (newer === 0 || phase !== 'ready') return null
  return (
    <button
      type="button"
      className="bk-chart-newer"
      data-testid="newer"
      // In the lower right corner of the plot, over the volume: axes are as wide as their labels.
      style={{ right: width + 10, bottom: height + 8 }}
      onClick={() => session.goToEnd('last')}
    >
      {formatCount(newer, barsPerCandle === 1 ? 'newer bar' : 'newer candle')}
      <ArrowRightToLine size={14} aria-hidden />
      <Kbd keys="End" />
    </button>
  )
}
