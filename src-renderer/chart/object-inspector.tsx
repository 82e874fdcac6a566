import { Camera, Crosshair, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { ObjectHistory, ViewportObject } from '../../schemas/contract/viewport.ts'
import { engine, failureReport } from '../engine/client.ts'
import { appStore } from '../state/app-store.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { formatCount } from '../ui/figures.ts'
import { IconButton } from '../ui/icon-button.tsx'
import type { ChartSession } from './chart-session.ts'
import { formatShort, zoneLabel } from './chicago-format.ts'
import { changesBetween, compareStates, type FieldFormat } from './object-changes.ts'
import { ObjectGlyph } from './object-glyph.tsx'
import { nameOf } from './object-meaning.ts'
import { saveFlagPicture } from './picture-actions.ts'
import { selectObject } from './state/objects-store.ts'
import { seriesStore } from './state/series-store.ts'

type Loaded = { readonly history: ObjectHistory } | { readonly error: ErrorReport } | null

/** An object's lifeline: every event with its time, reason and what it changed, and its values then and now. */
export function ObjectInspector({ id, session }: { readonly id: string; readonly session: ChartSession }) {
  const revision = useStore(appStore, (state) => state.storeRevision)
  const decimals = useStore(seriesStore, (state) => state.decimals)
  const [loaded, setLoaded] = useState<Loaded>(null)
  const [event, setEvent] = useState(0)
  useEffect(() => {
    // Read again whenever the store's files changed; revision 0 is the first time.
    let wanted = revision >= 0
    engine
      .call('objectHistory', { objectId: id })
      .then((history) => wanted && setLoaded({ history }))
      .catch((thrown) => wanted && setLoaded({ error: failureReport(thrown) }))
    return () => {
      wanted = false
    }
  }, [id, revision])
  if (loaded === null) return <div className="bk-inspector" aria-busy />
  if ('error' in loaded) {
    return (
      <div className="bk-inspector">
        <p className="bk-inspector-error" role="alert">
          {loaded.error.message} <span className="bk-code">{loaded.error.code}</span>
        </p>
      </div>
    )
  }
  const { states } = loaded.history
  const now = states.at(-1)
  if (now === undefined) return null
  const format = { decimals, offsets: session.offsets }
  const chosen = Math.min(event, states.length - 1)
  return (
    <section className="bk-inspector" aria-label={`Details of ${nameOf(now)}`} data-testid="inspector">
      <Head object={now} session={session} />
      <div className="bk-inspector-body">
        <Values
          earlier={states[chosen] ?? now}
          now={now}
          event={chosen}
          last={states.length - 1}
          format={format}
        />
        <Events history={loaded.history} chosen={chosen} onChoose={setEvent} format={format} />
      </div>
    </section>
  )
}

function Head({ object, session }: { readonly object: ViewportObject; readonly session: ChartSession }) {
  return (
    <header className="bk-inspector-head">
      <ObjectGlyph object={object} />
      <strong className="bk-object-name">{nameOf(object)}</strong>
      <span className="muted bk-inspector-id" title={object.id}>
        {object.id}
      </span>
      <span className="bk-topbar-space" />
      <CopyButton text={object.id} label="Copy the id" />
      {object.type === 'flag' && (
        <IconButton
          icon={Camera}
          label="Save a picture of this flag in the store’s flags folder"
          onClick={() => void saveFlagPicture(session, object)}
        />
      )}
      <IconButton icon={Crosshair} label="Centre on it" onClick={() => void session.centreOn(object)} />
      <IconButton icon={X} label="Close the details" keys="Escape" onClick={() => selectObject(null)} />
    </header>
  )
}

interface ValuesProps {
  readonly earlier: ViewportObject
  readonly now: ViewportObject
  /** Which event `earlier` follows. */
  readonly event: number
  readonly last: number
  readonly format: FieldFormat
}

function Values({ earlier, now, event, last, format }: ValuesProps) {
  const single = event === last
  return (
    <table className="bk-values">
      <thead>
        <tr>
          <th scope="col">Value</th>
          {!single && <th scope="col">{event === 0 ? 'At creation' : `After event ${event + 1}`}</th>}
          <th scope="col">Now</th>
        </tr>
      </thead>
      <tbody>
        {compareStates(earlier, now, format).map((row) => (
          <tr key={row.name} data-changed={row.changed ? '' : undefined}>
            <th scope="row">{row.name}</th>
            {!single && <td>{row.earlier}</td>}
            <td>{row.now}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface EventsProps {
  readonly history: ObjectHistory
  readonly chosen: number
  readonly onChoose: (event: number) => void
  readonly format: FieldFormat
}

function Events({ history: { events, states }, chosen, onChoose, format }: EventsProps) {
  const [first, last] = [events[0], events.at(-1)]
  return (
    <>
      <h2 className="bk-inspector-title">
        {formatCount(events.length, 'event')}
        {first && last && <span className="muted"> · {zoneLabel(first.ts, last.ts, format.offsets)}</span>}
      </h2>
      <ol className="bk-events">
        {events.map((event, index) => {
          const after = states[index]
          const changes = after === undefined ? [] : changesBetween(states[index - 1], after, format)
          return (
            <li key={event.event_id}>
              <button
                type="button"
                className="bk-event"
                aria-pressed={index === chosen}
                data-action={event.action}
                onClick={() => onChoose(index)}
              >
                <span className="bk-event-head">
                  <span>{event.action}</span>
                  <span className="muted numeric">{formatShort(event.ts, format.offsets)}</span>
                </span>
                {event.reason && <span className="bk-event-reason">{event.reason}</span>}
                {changes.map((change) => (
                  <span key={change.name} className="bk-event-change">
                    <span className="muted">{change.name}</span> {change.earlier} →{' '}
                    <strong>{change.now}</strong>
                  </span>
                ))}
              </button>
            </li>
          )
        })}
      </ol>
    </>
  )
}
