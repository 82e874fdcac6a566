import { EmptyState } from '../ui/empty-state.tsx'

/** Placeholder until the chart is built; the frame mounts it as the Chart view. */
export function ChartView() {
  return <EmptyState title="Chart" />
}
