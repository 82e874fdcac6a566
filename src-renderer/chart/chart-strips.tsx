import { TriangleAlert, X } from 'lucide-react'
import { useStore } from 'zustand'
import { showView } from '../app/frame-commands.ts'
import { Button } from '../ui/button.tsx'
import { formatCount } from '../ui/figures.ts'
import { IconButton } from '../ui/icon-button.tsx'
import type { ChartSession } from './chart-session.ts'
import { RetryButton } from './chart-toolbar.tsx'
import { formatInstant } from './chicago-format.ts'
import { seriesStore } from './state/series-store.ts'

/** One line each between controls and chart, so that nothing covers the bars: what failed, what was left out. */
export function ChartStrips({ session }: { readonly session: ChartSession | null }) {
  const { error, problems, phase } = useStore(seriesStore, (state) => state.feed)
  const detour = useStore(seriesStore, (state) => state.detour)
  const [first] = problems
  return (
    <div role="status">
      {error !== null && phase === 'ready' && (
        <div className="bk-strip" data-tone="problem">
          <TriangleAlert size={14} aria-hidden />
          <span className="bk-strip-text">
            More bars could not be loaded. {error.message} <span className="bk-code">{error.code}</span>
          </span>
          <RetryButton session={session} />
        </div>
      )}
      {first !== undefined && (
        <div className="bk-strip" data-tone="problem" data-testid="problems">
          <TriangleAlert size={14} aria-hidden />
          <span
            className="bk-strip-text"
            title={problems.map((one) => `${one.file}: ${one.detail}`).join('\n')}
          >
            {formatCount(problems.length, 'file')} left out or in need of a look: <code>{first.file}</code>{' '}
            <span className="bk-code">{first.code}</span>
            {problems.length > 1 && ` and ${formatCount(problems.length - 1)} more`}
          </span>
          <Button onClick={() => showView('storage')}>See storage</Button>
        </div>
      )}
      {detour !== null && session !== null && (
        <div className="bk-strip" data-testid="detour">
          <span className="bk-strip-text">
            No bars at {formatInstant(detour.asked, session.offsets)}. These are the nearest, from{' '}
            {formatInstant(detour.found, session.offsets)}.
          </span>
          <IconButton
            icon={X}
            label="Dismiss"
            side="left"
            onClick={() => seriesStore.setState({ detour: null })}
          />
        </div>
      )}
    </div>
  )
}
