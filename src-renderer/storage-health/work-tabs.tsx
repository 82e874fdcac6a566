import { Tabs } from '@base-ui/react/tabs'
import { useEffect, useRef } from 'react'
import { useStore } from 'zustand'
import type { StorageOverview } from '../../schemas/contract/health.ts'
import { afterCloseStore } from '../state/after-close.ts'
import { compactionStore } from '../state/compaction.ts'
import { healthStore } from '../state/health.ts'
import { jobsStore } from '../state/jobs.ts'
import { CompactionPanel } from './compaction-panel.tsx'
import { HealthPanel } from './health-panel.tsx'
import { HistoryPanel } from './history-panel.tsx'
import { KeptAside } from './kept-aside.tsx'
import { SchedulePanel } from './schedule-panel.tsx'
import { showWorkTab, type WorkTab, workTabStore } from './work-tab-store.ts'

export interface WorkTabsProps {
  readonly overview: StorageOverview
  readonly partsWaiting: number
}

/** The work on the store, each kind with its plan, progress and receipt; and what was done to it. */
export function WorkTabs({ overview, partsWaiting }: WorkTabsProps) {
  const tab = useStore(workTabStore, (state) => state.tab)
  const plans = useStore(compactionStore, (state) => state.plans)
  const runs = useStore(afterCloseStore, (state) => state.plans)
  const checks = useStore(
    jobsStore,
    (state) => state.running.find(({ kind }) => kind === 'doctor' || kind === 'repair')?.job,
  )
  const mending = useStore(healthStore, ({ phase }) => phase === 'planned')
  useForward(plans, 'compaction')
  useForward(runs, 'schedule')
  useForward(checks, 'health')
  useForward(mending, 'health')
  return (
    <Tabs.Root className="bk-tabs" value={tab} onValueChange={(value: WorkTab) => showWorkTab(value)}>
      <Tabs.List className="bk-tabs-list" aria-label="Work on the store">
        <Tabs.Tab value="compaction">Compaction</Tabs.Tab>
        <Tabs.Tab value="schedule">After the close</Tabs.Tab>
        <Tabs.Tab value="health">Health check</Tabs.Tab>
        <Tabs.Tab value="aside">Kept aside</Tabs.Tab>
        <Tabs.Tab value="history">History</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="compaction" className="bk-tabs-panel">
        <CompactionPanel partsWaiting={partsWaiting} />
      </Tabs.Panel>
      <Tabs.Panel value="schedule" className="bk-tabs-panel">
        <SchedulePanel />
      </Tabs.Panel>
      <Tabs.Panel value="health" className="bk-tabs-panel">
        <HealthPanel />
      </Tabs.Panel>
      <Tabs.Panel value="aside" className="bk-tabs-panel">
        <KeptAside overview={overview} />
      </Tabs.Panel>
      <Tabs.Panel value="history" className="bk-tabs-panel">
        <HistoryPanel />
      </Tabs.Panel>
    </Tabs.Root>
  )
}

/** New work comes to the front: whenever the sign of it becomes another while the view is open. */
function useForward(sign: string | number | boolean | undefined, tab: WorkTab): void {
  const seen = useRef(sign)
  useEffect(() => {
    if (seen.current === sign) return
    seen.current = sign
    if (sign !== undefined && sign !== false) showWorkTab(tab)
  }, [sign, tab])
}
