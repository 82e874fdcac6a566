import { createStore } from 'zustand/vanilla'

export type WorkTab = 'compaction' | 'schedule' | 'health' | 'aside' | 'history'

/** Which of the panels of work is in front. */
export const workTabStore = createStore<{ readonly tab: WorkTab }>(() => ({ tab: 'compaction' }))

export function showWorkTab(tab: WorkTab): void {
  workTabStore.setState({ tab })
}
