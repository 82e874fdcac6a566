import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { registerCommands } from '../state/commands.ts'
import { Segmented } from '../ui/segmented.tsx'
import { CalendarTab } from './calendar-tab.tsx'
import { ComparisonTab } from './comparison-tab.tsx'
import { PerformanceTab } from './performance-tab.tsx'
import { ResearchFilters } from './research-filters.tsx'
import { type ResearchTab, researchStore, restoreResearch, setResearch } from './research-state.ts'
import { StabilityTab } from './stability-tab.tsx'
import './research.css'

const TABS: readonly { readonly value: ResearchTab; readonly label: string }[] = [
  { value: 'performance', label: 'Performance' },
  { value: 'stability', label: 'Feature stability' },
  { value: 'calendar', label: 'Hit calendar' },
  { value: 'policies', label: 'Policy comparison' },
]

/** Whether the bot was right: in which regimes, under which policy, on which features, on which days. */
export function ResearchView() {
  // Before the first question: what was kept decides what is asked.
  useState(restoreResearch)
  const tab = useStore(researchStore, (state) => state.tab)
  useEffect(
    () =>
      registerCommands(
        TABS.map(({ value, label }, index) => ({
          id: `research.${value}`,
          name: label,
          group: 'Research',
          keys: [String(index + 1)],
          run: () => setResearch({ tab: value }),
        })),
      ),
    [],
  )
  return (
    <>
      <header className="bk-topbar">
        <span className="bk-topbar-title">Research</span>
        <Segmented
          label="Kind of research"
          value={tab}
          options={TABS}
          onChange={(chosen) => setResearch({ tab: chosen })}
        />
      </header>
      <ResearchFilters datesOnly={tab === 'stability'} />
      {tab === 'performance' && <PerformanceTab />}
      {tab === 'stability' && <StabilityTab />}
      {tab === 'calendar' && <CalendarTab />}
      {tab === 'policies' && <ComparisonTab />}
    </>
  )
}
