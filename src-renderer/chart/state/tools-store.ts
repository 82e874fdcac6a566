import { createStore } from 'zustand/vanilla'

export interface ToolsState {
  /** A drag on the chart measures instead of moving it. */
  readonly measuring: boolean
  /** A drag brushes a band of time, whose decisions are then shown. */
  readonly brushing: boolean
}

/** What a drag on the chart does; one tool at a time. */
export const toolsStore = createStore<ToolsState>(() => ({ measuring: false, brushing: false }))

export function toggleMeasuring(): void {
  toolsStore.setState(({ measuring }) => ({ measuring: !measuring, brushing: false }))
}

export function toggleBrushing(): void {
  toolsStore.setState(({ brushing }) => ({ brushing: !brushing, measuring: false }))
}

/** A drag moves the chart again. */
export function putToolsAway(): void {
  toolsStore.setState({ measuring: false, brushing: false })
}
