import { useEffect, useMemo, useState } from 'react'
import { Group, type Layout, type LayoutChangedMeta, Panel, Separator } from 'react-resizable-panels'
import { useStore } from 'zustand'
import type { StorageOverview } from '../../schemas/contract/health.ts'
import { tellDrawn } from '../app/drawn.ts'
import { NoData } from '../app/first-run.tsx'
import { appStore } from '../state/app-store.ts'
import { type Command, registerCommands } from '../state/commands.ts'
import { hasBackfill } from '../state/import.ts'
import { preferencesStore, setPreferences } from '../state/preferences.ts'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { calendarRows, type DaySeries, daySeries, isLedger } from './calendar-model.ts'
import type { DayPosition } from './calendar-moves.ts'
import { backfill, canUndoDay, compactDay, compactMonth, undoDay } from './day-actions.tsx'
import { DayCalendar } from './day-calendar.tsx'
import { DayDetails } from './day-details.tsx'
import { Legend } from './legend.tsx'
import { canCompactMonth } from './month-state.ts'
import { forgetOverview, overviewStore, refreshOverview } from './overview-store.ts'
import { PurgeDialog } from './purge-dialog.tsx'
import { RangeDialog } from './range-dialog.tsx'
import { ScheduleDialog } from './schedule-dialog.tsx'
import { StorageBar } from './storage-bar.tsx'
import { TotalsStrip } from './totals-strip.tsx'
import { WorkTabs } from './work-tabs.tsx'
import './storage-view.css'

/** What is where: the days of every table, what waits, what is wrong, and the work on it. */
export function StorageView() {
  const revision = useStore(appStore, (state) => state.storeRevision)
  const { overview, error } = useStore(overviewStore)
  useEffect(() => forgetOverview, [])
  useEffect(() => {
    // Asked again whenever the store's files changed; revision 0 is the first time.
    if (revision >= 0) void refreshOverview()
  }, [revision])
  useEffect(() => {
    if (overview !== null || error !== null) tellDrawn()
  }, [overview, error])

  if (overview === null && error !== null) {
    return (
      <EmptyState
        tone="problem"
        title="The store could not be listed"
        actions={<Button onClick={() => void refreshOverview()}>Try again</Button>}
      >
        {error.message} <span className="bk-code">{error.code}</span>
      </EmptyState>
    )
  }
  if (overview === null) return <EmptyState title="Looking through the store…" />
  return <StorageContent overview={overview} />
}

function StorageContent({ overview }: { readonly overview: StorageOverview }) {
  const filter = useStore(preferencesStore, (state) => state.storageFilter ?? 'all')
  const series = useMemo(() => daySeries(overview), [overview])
  const shown = useMemo(() => {
    const chosen = series.filter((one) => one.key === filter)
    return chosen.length > 0 ? chosen : series
  }, [series, filter])
  const rows = useMemo(() => calendarRows(shown), [shown])
  const [chosen, setChosen] = useState<DayPosition | null>(null)
  const selected = shownPosition(shown, chosen)
  const selectedSeries = shown.find((one) => one.key === selected?.series) ?? null
  const partsWaiting = rows.length === 0 ? 0 : series.reduce((sum, one) => sum + partsOf(one), 0)

  useEffect(() => {
    if (selectedSeries === null || selected === null) return
    return registerCommands(dayCommands(selectedSeries, selected.day))
  }, [selectedSeries, selected])

  return (
    <>
      <StorageBar series={series} filter={shown.length === series.length ? 'all' : filter} />
      <TotalsStrip series={series} overview={overview} />
      <StoragePanels
        calendar={
          rows.length === 0 ? (
            <NoData />
          ) : (
            <>
              <DayCalendar rows={rows} selected={selected} onSelect={setChosen} />
              <Legend />
            </>
          )
        }
        details={<DayDetails series={selectedSeries} day={selected?.day ?? null} />}
        tabs={<WorkTabs overview={overview} partsWaiting={partsWaiting} />}
      />
      <PurgeDialog />
      <ScheduleDialog />
      <RangeDialog series={series} />
    </>
  )
}

/** What can be done about the selected day: the same as its details offer. */
function dayCommands(series: DaySeries, day: string): readonly Command[] {
  const month = day.slice(0, 7)
  const group = 'Storage'
  const commands: Command[] = []
  if (!isLedger(series)) {
    commands.push({
      id: 'storage.compact-day',
      name: `Compact ${series.label} ${day}…`,
      group,
      keys: ['C'],
      run: () => compactDay(series, day),
    })
  }
  if (hasBackfill(series.table)) {
    commands.push({
      id: 'storage.backfill',
      name: `Backfill ${series.label.toLowerCase()} from a file…`,
      group,
      keys: ['B'],
      run: () => backfill(series),
    })
  }
  if (canUndoDay(series, day)) {
    commands.push({
      id: 'storage.undo',
      name: `Undo the backfill of ${series.label.toLowerCase()} ${day}…`,
      group,
      keys: ['U'],
      run: () => undoDay(series, day),
    })
  }
  if (canCompactMonth(series, month, Date.now())) {
    const what = series.table === 'object_events' ? 'object events' : series.label.toLowerCase()
    commands.push({
      id: 'storage.compact-month',
      name: `Compact ${what} of ${month} into one file…`,
      group,
      run: () => compactMonth(series, month),
    })
  }
  return commands
}

interface StoragePanelsProps {
  readonly calendar: React.ReactNode
  readonly details: React.ReactNode
  readonly tabs: React.ReactNode
}

function StoragePanels({ calendar, details, tabs }: StoragePanelsProps) {
  // Read once: the panels own their sizes from then on.
  const [{ storageSideSize: side, storageBottomSize: bottom }] = useState(() => preferencesStore.getState())
  return (
    <Group
      orientation="vertical"
      className="bk-panels"
      onLayoutChanged={keepSize('storageBottomSize', 'work')}
    >
      <Panel id="days" minSize={160}>
        <Group className="bk-panels" onLayoutChanged={keepSize('storageSideSize', 'details')}>
          <Panel id="calendar" minSize={360} className="bk-panel">
            {calendar}
          </Panel>
          <Separator className="bk-separator" aria-label="Width of the day’s details" />
          <Panel
            id="details"
            minSize={220}
            defaultSize={side === undefined ? 316 : `${side}%`}
            groupResizeBehavior="preserve-pixel-size"
            className="bk-panel"
          >
            {details}
          </Panel>
        </Group>
      </Panel>
      <Separator className="bk-separator" aria-label="Height of the work panel" />
      <Panel
        id="work"
        minSize={120}
        defaultSize={bottom === undefined ? 244 : `${bottom}%`}
        groupResizeBehavior="preserve-pixel-size"
        className="bk-panel"
      >
        {tabs}
      </Panel>
    </Group>
  )
}

/** Keeps a panel's share when a person moved it; a window that changes its size moves nothing of theirs. */
function keepSize(name: 'storageSideSize' | 'storageBottomSize', panel: string) {
  return (layout: Layout, { isUserInteraction }: LayoutChangedMeta) => {
    const size = layout[panel]
    if (isUserInteraction && size !== undefined) setPreferences({ [name]: Math.round(size * 10) / 10 })
  }
}

/** The chosen day while its series is shown, else the newest day of the first series. */
function shownPosition(shown: readonly DaySeries[], chosen: DayPosition | null): DayPosition | null {
  if (chosen !== null && shown.some((one) => one.key === chosen.series)) return chosen
  const first = shown[0]
  return first === undefined ? null : { series: first.key, day: first.last }
}

function partsOf(series: DaySeries): number {
  let parts = 0
  for (const day of series.days.values()) parts += day.partsWaiting
  return parts
}
