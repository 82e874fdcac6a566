import type { MenuCommand } from '../../schemas/contract/engine.ts'
import { planAfterClose } from '../state/after-close.ts'
import { appStore, showOverlay } from '../state/app-store.ts'
import type { Command } from '../state/commands.ts'
import { setPreferences } from '../state/preferences.ts'
import { showWorkTab } from './work-tab-store.ts'

/** Brings Storage to the front and does something there; without a store there is nothing to do it to. */
function there(id: MenuCommand, name: string, run: () => void | Promise<void>): Command {
  return {
    id,
    name,
    group: 'Storage',
    run: async () => {
      if (appStore.getState().store === null) return
      if (appStore.getState().view !== 'storage') {
        appStore.setState({ view: 'storage', overlay: null })
        setPreferences({ view: 'storage' })
      }
      await run()
    },
  }
}

/** What Storage offers besides days: for the palette and the menu wherever one is, with keys in the view itself. */
export const SCHEDULE_COMMANDS = {
  range: there('compact-range', 'Compact a range of days…', () => showOverlay('compact-range')),
  run: there('run-after-close', 'Run after the close now…', planAfterClose),
  schedule: there('schedule', 'Schedule and retention…', () => showOverlay('schedule')),
  history: there('history', 'History of the store', () => showWorkTab('history')),
} as const satisfies Record<string, Command>
