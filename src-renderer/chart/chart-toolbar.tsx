import {
  CalendarSearch,
  Camera,
  ChartSpline,
  Expand,
  ListChecks,
  ListTree,
  Ruler,
  SquareDashedMousePointer,
} from 'lucide-react'
import { useStore } from 'zustand'
import { appStore } from '../state/app-store.ts'
import { runCommand } from '../state/commands.ts'
import { preferencesStore } from '../state/preferences.ts'
import { Button } from '../ui/button.tsx'
import { formatCount } from '../ui/figures.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { Popover } from '../ui/popover.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { Select } from '../ui/select.tsx'
import { Tooltip } from '../ui/tooltip.tsx'
import type { ChartSession } from './chart-session.ts'
import { toggleDecisions } from './decision-commands.ts'
import { chartDecisionsStore } from './decision-store.ts'
import { toggleEmas } from './ema-choice.ts'
import { GoToDate } from './go-to-date.tsx'
import { symbolsOf, timeframesOf } from './series-choice.ts'
import { seriesStore } from './state/series-store.ts'
import { toggleBrushing, toggleMeasuring, toolsStore } from './state/tools-store.ts'

/** More timeframes than this and a row of buttons takes the room of the other controls. */
const MOST_SEGMENTS = 8

export interface ChartToolbarProps {
  readonly session: ChartSession | null
  readonly goToOpen: boolean
  readonly onGoToOpen: (open: boolean) => void
  readonly panelOpen: boolean
  readonly onTogglePanel: () => void
}

/** What is shown, where to look, how to draw it. */
export function ChartToolbar(props: ChartToolbarProps) {
  const { session, goToOpen, onGoToOpen, panelOpen, onTogglePanel } = props
  const { measuring, brushing } = useStore(toolsStore)
  const showsDecisions = useStore(preferencesStore, (state) => state.showDecisions !== false)
  const showsEmas = useStore(preferencesStore, (state) => state.showEmas !== false)
  const logScale = useStore(preferencesStore, (state) => state.logScale ?? false)
  return (
    <header className="bk-topbar">
      <SeriesSwitch session={session} />
      <span className="bk-topbar-rule" />
      <Popover
        label="Go to date"
        open={goToOpen}
        onOpenChange={onGoToOpen}
        trigger={<IconButton icon={CalendarSearch} label="Go to date" keys="G" />}
      >
        {session !== null && <GoToDate session={session} onDone={() => onGoToOpen(false)} />}
      </Popover>
      <IconButton icon={Expand} label="Fit everything" keys="F" onClick={() => session?.fit()} />
      <IconButton
        icon={Ruler}
        label="Measure: drag over the chart"
        keys="M"
        pressed={measuring}
        onClick={toggleMeasuring}
      />
      <IconButton
        icon={SquareDashedMousePointer}
        label="Brush a time range: drag over the chart to list its decisions"
        keys="B"
        pressed={brushing}
        onClick={toggleBrushing}
      />
      <IconButton
        icon={ListChecks}
        label="Decisions on the chart: filled hit, hollow miss, faint open"
        keys="D"
        pressed={showsDecisions}
        onClick={toggleDecisions}
      />
      <IconButton
        icon={ChartSpline}
        label="Exponential moving averages"
        keys="E"
        pressed={showsEmas}
        onClick={toggleEmas}
      />
      <Tooltip label="Logarithmic prices" keys="L">
        <button
          type="button"
          className="bk-chart-toggle"
          aria-pressed={logScale}
          onClick={() => session?.toggleLog()}
        >
          Log
        </button>
      </Tooltip>
      <span className="bk-topbar-space" />
      {showsDecisions && <DecisionCount />}
      <Level />
      <IconButton
        icon={Camera}
        label="Save a picture of the chart in the store’s images folder"
        keys="P"
        disabled={session === null}
        onClick={() => runCommand('picture')}
      />
      <IconButton icon={ListTree} label="Object list" keys="O" pressed={panelOpen} onClick={onTogglePanel} />
    </header>
  )
}

function SeriesSwitch({ session }: { readonly session: ChartSession | null }) {
  const series = useStore(appStore, (state) => state.store?.series) ?? []
  const symbol = useStore(seriesStore, (state) => state.feed.symbol)
  const timeframe = useStore(seriesStore, (state) => state.feed.timeframe)
  const symbols = symbolsOf(series)
  const timeframes = timeframesOf(series, symbol)
  const openSymbol = (wanted: string) => {
    const ofWanted = timeframesOf(series, wanted)
    const same = ofWanted.includes(timeframe) ? timeframe : ofWanted[0]
    if (same !== undefined) session?.open(wanted, same)
  }
  const options = timeframes.map((value) => ({ value, label: value }))
  const control = {
    label: 'Timeframe',
    value: timeframe,
    options,
    onChange: (wanted: string) => session?.open(symbol, wanted),
  }
  return (
    <>
      <Select
        label="Symbol"
        value={symbol}
        options={symbols.map((value) => ({ value, label: value }))}
        onChange={openSymbol}
      />
      {options.length > MOST_SEGMENTS ? <Select {...control} /> : <Segmented {...control} />}
    </>
  )
}

/** Says when candles are coarser than the stored bars, and leads back to these. */
function Level() {
  const { barsPerCandle, level, timeframe } = useStore(seriesStore, (state) => state.feed)
  if (barsPerCandle === 1) return null
  return (
    <Tooltip
      label={`So many ${timeframe} bars are in view that each candle gathers up to ${barsPerCandle} of them. Zoom in to see every bar.`}
    >
      <span className="bk-chart-level" data-testid="level">
        {level.label} candles
      </span>
    </Tooltip>
  )
}

/** A button with a label for the empty and failed states, which are all made alike. */
export function RetryButton({ session }: { readonly session: ChartSession | null }) {
  return <Button onClick={() => session?.retry()}>Try again</Button>
}

/** Said only when not all of them are drawn. */
function DecisionCount() {
  const { markers, total } = useStore(chartDecisionsStore)
  if (total <= markers.length) return null
  return (
    <span className="muted" title="Zoom in to see them all">
      latest {formatCount(markers.length)} of {formatCount(total, 'decision')}
    </span>
  )
}
