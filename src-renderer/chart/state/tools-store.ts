import { createStore } from 'zustand/vanilla'

/** Whether a drag on the chart measures instead of moving it. */
export const toolsStore = createStore<{ readonly measuring: boolean }>(() => ({ measuring: false }))

export function toggleMeasuring(): void {
  toolsStore.setState(({ measuring }) => ({ measuring: !measuring }))
}
