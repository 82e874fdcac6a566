import { type FormEvent, useId, useState } from 'react'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import { parseInstant } from '../../schemas/contract/market-time.ts'
import { Button } from '../ui/button.tsx'
import type { ChartSession } from './chart-session.ts'
import { seriesStore } from './state/series-store.ts'

/** A date without a time means when regular trading opens: midnight lies between two sessions. */
const SESSION_OPEN = 'T08:30'

/** A form of one field: a date, with or without a time, as a clock in the market's zone shows it. */
export function GoToDate({
  session,
  onDone,
}: {
  readonly session: ChartSession
  readonly onDone: () => void
}) {
  const { zone } = session.offsets
  const [text, setText] = useState(() => wallText(session))
  const [error, setError] = useState<string | null>(null)
  const id = useId()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    try {
      const dateOnly = /^\s*\d{4}-\d{2}-\d{2}\s*$/.test(text)
      const instant = parseInstant(dateOnly ? text.trim() + SESSION_OPEN : text, zone)
      void session.goTo(instant, dateOnly ? 'day' : 'bar')
      onDone()
    } catch (thrown) {
      if (!(thrown instanceof BarkeepError)) throw thrown
      setError(thrown.message)
    }
  }
  const goToEnd = (end: 'first' | 'last') => {
    session.goToEnd(end)
    onDone()
  }
  return (
    <form className="bk-goto" onSubmit={submit}>
      <label htmlFor={id}>Date, and time if you like ({zone.name})</label>
      <div className="bk-goto-row">
        <input
          id={id}
          className="bk-input"
          value={text}
          spellCheck={false}
          autoComplete="off"
          placeholder="2024-03-08 08:30"
          aria-invalid={error !== null}
          aria-describedby={error === null ? undefined : `${id}-error`}
          onFocus={(event) => event.target.select()}
          onChange={(event) => {
            setText(event.target.value)
            setError(null)
          }}
        />
        <button type="submit" className="bk-button" data-tone="primary">
          Go
        </button>
      </div>
      {error !== null && (
        <p id={`${id}-error`} className="bk-goto-error" role="alert">
          {error}
        </p>
      )}
      <div className="bk-goto-row">
        <Button onClick={() => goToEnd('first')}>First bar</Button>
        <Button onClick={() => goToEnd('last')}>Last bar</Button>
      </div>
    </form>
  )
}

/** The middle of what is in view, as one would type it. */
function wallText(session: ChartSession): string {
  const { visible } = seriesStore.getState()
  if (visible === null) return ''
  const wall = session.offsets.wallMillis((visible.from + visible.to) / 2)
  return new Date(wall).toISOString().slice(0, 16).replace('T', ' ')
}
