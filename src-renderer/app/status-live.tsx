import { CircleDot, CirclePause, Radio, TriangleAlert } from 'lucide-react'
import { useStore } from 'zustand'
import type { StoreInfo } from '../../schemas/contract/health.ts'
import type { LiveHealth } from '../../schemas/contract/live.ts'
import { endpointStore } from '../endpoint/endpoint-store.ts'
import { runCommand } from '../state/commands.ts'
import { liveStore } from '../state/live.ts'
import { formatAge, formatCount, formatMarketTime, zoneOf } from '../ui/figures.ts'
import { Tooltip } from '../ui/tooltip.tsx'
import { showView } from './frame-commands.ts'
import { type LiveSign, liveSign } from './live-words.ts'
import { useNow } from './use-now.ts'

/** How fresh the store is: its newest bar, whether it is live, and what keeps it from being so. */
export function LiveState({ store }: { readonly store: StoreInfo }) {
  const health = useStore(liveStore, (state) => state.health)
  const now = useNow()
  return (
    <>
      <LastBar store={store} now={now} />
      {health !== null && store.series.length > 0 && (
        <Sign sign={liveSign(health, now, zoneOf(store.marketZone))} />
      )}
      {health !== null && <Watching health={health} />}
    </>
  )
}

function LastBar({ store, now }: { readonly store: StoreInfo; readonly now: number }) {
  if (store.lastBar === null) return <span className="bk-status-item muted">No bars yet</span>
  const { symbol, timeframe, ts } = store.lastBar
  return (
    <Tooltip
      label={`Newest bar in the store, by its open: ${new Date(ts).toISOString().slice(0, 16).replace('T', ' ')} UTC. Times are shown for ${store.marketZone}.`}
      side="top"
    >
      <button type="button" className="bk-status-item" onClick={() => showView('chart')}>
        Last bar {symbol} {timeframe} <span className="muted">·</span>{' '}
        {formatMarketTime(ts, store.marketZone)} <span className="muted">{ageText(now - ts)}</span>
      </button>
    </Tooltip>
  )
}

function ageText(millis: number): string {
  if (millis < 0) return '(in the future)'
  const age = formatAge(millis)
  return age === 'now' ? '(now)' : `(${age} ago)`
}

const SIGNS = { live: CircleDot, calm: CirclePause, alarm: TriangleAlert } as const

/** In words beside its sign: colour alone tells nothing. */
function Sign({ sign: { tone, text, hint } }: { readonly sign: LiveSign }) {
  const Icon = SIGNS[tone]
  return (
    <Tooltip label={hint} side="top">
      <button
        type="button"
        className="bk-status-item bk-status-live"
        data-tone={tone}
        data-testid="live-sign"
        onClick={() => showView('chart')}
      >
        <Icon size={13} aria-hidden />
        <span className="bk-status-live-text">{text}</span>
      </button>
    </Tooltip>
  )
}

function Watching({ health: { watching, unreadable } }: { readonly health: LiveHealth }) {
  // What is being written is no cause for alarm: it may be whole in a moment.
  const givenUp = unreadable.filter(({ trying }) => !trying)
  const count = givenUp.length
  return (
    <>
      {watching.mode === 'looks' && (
        <Tooltip label={`Changes show with the next look, not at once: ${watching.why}.`} side="top">
          <span className="bk-status-item muted" data-testid="watching">
            Looks every {Math.round(watching.everyMillis / 1000)} s
          </span>
        </Tooltip>
      )}
      {count > 0 && (
        <Tooltip
          label={givenUp
            .slice(0, 5)
            .map(({ file, detail }) => `${file}: ${detail}`)
            .join('. ')}
          side="top"
        >
          <button
            type="button"
            className="bk-status-item"
            data-alarm=""
            data-testid="unreadable"
            onClick={() => showView('storage')}
          >
            {formatCount(count, 'file')} not readable
          </button>
        </Tooltip>
      )}
    </>
  )
}

/** That other programs can write through this one, for as long as they can. */
export function EndpointSign() {
  const state = useStore(endpointStore, (endpoint) => endpoint.state)
  if (state === null || !state.on) return null
  const { url, accepted, error } = state
  const failed = url === null && error !== null
  if (url === null && !failed) return null
  return (
    <Tooltip
      label={
        failed
          ? `The ingest endpoint is switched on and does not listen: ${error.message}`
          : `The ingest endpoint listens on ${url}; ${formatCount(accepted, 'new row')} since it was switched on.`
      }
      side="top"
    >
      <button
        type="button"
        className="bk-status-item"
        data-alarm={failed ? '' : undefined}
        data-testid="endpoint-sign"
        onClick={() => runCommand('endpoint')}
      >
        <Radio size={13} aria-hidden />
        {failed ? 'Endpoint does not listen' : `Endpoint :${new URL(url ?? '').port}`}
      </button>
    </Tooltip>
  )
}
