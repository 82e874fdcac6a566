import {
  ChartCandlestick,
  ChartNoAxesCombined,
  ClipboardCheck,
  Database,
  FileDiff,
  Keyboard,
  ListChecks,
  type LucideIcon,
  Search,
} from 'lucide-react'
import { useStore } from 'zustand'
import { appStore, showOverlay, type ViewName } from '../state/app-store.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { Tooltip } from '../ui/tooltip.tsx'
import { showView } from './frame-commands.ts'

const VIEWS: readonly { view: ViewName; label: string; icon: LucideIcon; keys: string }[] = [
  { view: 'chart', label: 'Chart', icon: ChartCandlestick, keys: 'Mod+1' },
  { view: 'decisions', label: 'Decisions', icon: ListChecks, keys: 'Mod+2' },
  { view: 'audits', label: 'Audits', icon: ClipboardCheck, keys: 'Mod+3' },
  { view: 'research', label: 'Research', icon: ChartNoAxesCombined, keys: 'Mod+4' },
  { view: 'policies', label: 'Policies', icon: FileDiff, keys: 'Mod+5' },
  { view: 'storage', label: 'Storage', icon: Database, keys: 'Mod+6' },
]

/** The views of the window, and at its foot what is there from everywhere. */
export function Rail() {
  const current = useStore(appStore, (state) => state.view)
  return (
    <nav className="bk-rail" aria-label="Views">
      {VIEWS.map(({ view, label, icon: Icon, keys }) => (
        <Tooltip key={view} label={label} keys={keys} side="right">
          <button
            type="button"
            className="bk-rail-item"
            aria-current={view === current ? 'page' : undefined}
            onClick={() => showView(view)}
          >
            <Icon size={18} strokeWidth={1.75} aria-hidden />
            {label}
          </button>
        </Tooltip>
      ))}
      <div className="bk-rail-space" />
      <IconButton
        icon={Search}
        label="Command palette"
        keys="Mod+K"
        side="right"
        onClick={() => showOverlay('palette')}
      />
      <IconButton
        icon={Keyboard}
        label="Keyboard shortcuts"
        keys="?"
        side="right"
        onClick={() => showOverlay('keys')}
      />
    </nav>
  )
}
