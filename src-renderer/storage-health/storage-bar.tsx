import { CalendarClock, Import, Stethoscope } from 'lucide-react'
import { useEffect } from 'react'
import { useStore } from 'zustand'
import { registerCommands, runCommand } from '../state/commands.ts'
import { compactionStore } from '../state/compaction.ts'
import { checkStore } from '../state/health.ts'
import { jobsStore } from '../state/jobs.ts'
import { setPreferences } from '../state/preferences.ts'
import { Button } from '../ui/button.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { Select } from '../ui/select.tsx'
import { Tooltip } from '../ui/tooltip.tsx'
import type { DaySeries } from './calendar-model.ts'
import { rebuildSnapshot } from './health-panel.tsx'
import { SCHEDULE_COMMANDS } from './schedule-commands.ts'

/** More choices than this and a row of buttons no longer fits 1280 pixels. */
const MOST_SEGMENTS = 7

/** The view's own controls: what is shown, and the work on all of it. */
export function StorageBar({
  series,
  filter,
}: {
  readonly series: readonly DaySeries[]
  readonly filter: string
}) {
  const compacting = useStore(compactionStore, ({ phase }) => phase === 'planning' || phase === 'running')
  const checking = useStore(jobsStore, ({ running }) => running.some((job) => job.kind === 'doctor'))
  useEffect(
    () =>
      registerCommands([
        { id: 'check-store', name: 'Check the store', group: 'Storage', keys: ['H'], run: checkStore },
        { id: 'storage.rebuild', name: 'Rebuild the snapshot', group: 'Storage', run: rebuildSnapshot },
        // The same as anywhere, with a key while the view is in front.
        { ...SCHEDULE_COMMANDS.range, keys: ['R'] },
        { ...SCHEDULE_COMMANDS.run, keys: ['A'] },
        { ...SCHEDULE_COMMANDS.schedule, keys: ['S'] },
        { ...SCHEDULE_COMMANDS.history, keys: ['Y'] },
      ]),
    [],
  )
  return (
    <header className="bk-topbar">
      <span className="bk-topbar-title">Storage</span>
      {series.length > 1 && <Filter series={series} filter={filter} />}
      <span className="bk-topbar-space" />
      <Tooltip label="Take in a file of any table; or drop one on the window" keys="Mod+I">
        <Button icon={Import} onClick={() => runCommand('store.import')}>
          Import…
        </Button>
      </Tooltip>
      <Tooltip label="Read every file and list what is wrong with it; changes nothing" keys="H">
        <Button icon={Stethoscope} disabled={checking} onClick={() => runCommand('check-store')}>
          Check
        </Button>
      </Tooltip>
      <Tooltip label="When days are compacted by themselves, and how long what is put aside stays" keys="S">
        <Button icon={CalendarClock} onClick={() => runCommand('schedule')}>
          Schedule…
        </Button>
      </Tooltip>
      <Tooltip label="Shows what would be merged first; writes nothing before you say so">
        <Button disabled={compacting} onClick={() => runCommand('compact-all')}>
          Compact everything…
        </Button>
      </Tooltip>
    </header>
  )
}

function Filter({ series, filter }: { readonly series: readonly DaySeries[]; readonly filter: string }) {
  const options = [{ value: 'all', label: 'All' }, ...series.map(({ key, label }) => ({ value: key, label }))]
  const control = { label: 'Tables shown', value: filter, options, onChange: keepFilter }
  return options.length > MOST_SEGMENTS ? <Select {...control} /> : <Segmented {...control} />
}

function keepFilter(storageFilter: string): void {
  setPreferences({ storageFilter })
}
