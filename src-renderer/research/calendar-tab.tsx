import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { HitCalendar, HitDay } from '../../schemas/contract/ledger.ts'
import { tellDrawn } from '../app/drawn.ts'
import { useAnswer } from '../engine/use-answer.ts'
import { showDecisions } from '../state/ledger-links.ts'
import { formatCount } from '../ui/figures.ts'
import { Segmented } from '../ui/segmented.tsx'
import { NoAnswer, NothingThere } from './answer-states.tsx'
import { cellLook, dayAt, dayText, type HitMonth, hitMonths, largestOf, weekdaysOf } from './hit-months.ts'
import { ProblemStrip } from './problem-strip.tsx'
import { isFiltering } from './research-filters.tsx'
import { type CalendarMetric, researchStore, setResearch } from './research-state.ts'
import './calendar-tab.css'

const DECISIONS = ['decisions'] as const
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** How the decisions of each trading date ended. */
export function CalendarTab() {
  const filter = useStore(researchStore, (state) => state.filter)
  const asked = useAnswer('hitCalendar', { filter }, DECISIONS)
  useEffect(() => {
    if (!asked.asking) tellDrawn()
  }, [asked.asking])
  if (asked.answer === null) return <NoAnswer asked={asked} what="the days" />
  return (
    <>
      <ProblemStrip problems={asked.answer.problems} error={asked.error} onRetry={asked.askAgain} />
      {asked.answer.days.length === 0 ? (
        <NothingThere
          table="decisions"
          filtered={isFiltering(filter)}
          onClear={() => setResearch({ filter: {} })}
        />
      ) : (
        <Calendar calendar={asked.answer} />
      )}
    </>
  )
}

function Calendar({ calendar: { days } }: { readonly calendar: HitCalendar }) {
  const metric = useStore(researchStore, (state) => state.calendar)
  const filter = useStore(researchStore, (state) => state.filter)
  const [focused, setFocused] = useState<string | null>(null)
  const [hovered, setHovered] = useState<string | null>(null)
  const byDay = useMemo(() => new Map(days.map((day) => [day.day, day])), [days])
  const months = useMemo(() => hitMonths(days), [days])
  const largest = useMemo(() => largestOf(days, metric), [days, metric])
  const scrollerRef = useRef<HTMLDivElement>(null)
  const here = focused !== null && byDay.has(focused) ? focused : (days.at(-1)?.day ?? null)
  const told = byDay.get(hovered ?? here ?? '')

  // The newest month is what one came for.
  useEffect(() => {
    const scroller = scrollerRef.current
    if (scroller !== null) scroller.scrollTop = scroller.scrollHeight
  }, [])

  const onKeyDown = (event: KeyboardEvent) => {
    if (here === null || event.altKey || event.metaKey || event.ctrlKey || event.shiftKey) return
    const to = dayAt(days, here, event.key)
    if (to === null) return
    event.preventDefault()
    setFocused(to)
    setHovered(null)
    scrollerRef.current?.querySelector<HTMLElement>(`[data-day="${to}"]`)?.focus()
  }

  return (
    <>
      <div className="bk-research-bar">
        <Segmented<CalendarMetric>
          label="Figure"
          value={metric}
          options={[
            { value: 'hitRate', label: 'Hit rate' },
            { value: 'pnlSum', label: 'PnL sum' },
            { value: 'count', label: 'Decisions' },
          ]}
          onChange={(chosen) => setResearch({ calendar: chosen })}
        />
        <span className="bk-hit-told" aria-live="polite">
          {told === undefined ? '' : dayText(told)}
        </span>
        <span className="bk-topbar-space" />
        <span className="muted">{LEGENDS[metric]}</span>
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys move among the days' own buttons. */}
      <div
        ref={scrollerRef}
        className="bk-hit-months"
        onKeyDown={onKeyDown}
        onPointerLeave={() => setHovered(null)}
      >
        {months.map((month) => (
          <Month
            key={month.month}
            month={month}
            weekdays={weekdaysOf(days)}
            cell={(day) => (
              <DayCell
                day={byDay.get(day)}
                name={day}
                metric={metric}
                largest={largest}
                isStop={day === here}
                onHover={setHovered}
                onFocus={setFocused}
                onPick={() => showDecisions({ ...filter, tradingDays: [day] })}
              />
            )}
          />
        ))}
      </div>
    </>
  )
}

const LEGENDS: Readonly<Record<CalendarMetric, string>> = {
  hitRate: 'Stronger: farther from 50%.',
  pnlSum: 'In the bot’s unit. Stronger: larger.',
  count: 'Stronger: more.',
}

interface MonthProps {
  readonly month: HitMonth
  readonly weekdays: number
  readonly cell: (day: string) => React.ReactNode
}

function Month({ month: { month, weeks }, weekdays, cell }: MonthProps) {
  return (
    <table className="bk-hit-month" aria-label={`Trading dates of ${month}`}>
      <caption>{month}</caption>
      <thead>
        <tr>
          {WEEKDAYS.slice(0, weekdays).map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week.find((day) => day !== null)}>
            {week.map((day, place) => (
              <td key={WEEKDAYS[place]}>{day === null ? null : cell(day)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface DayCellProps {
  readonly name: string
  readonly day: HitDay | undefined
  readonly metric: CalendarMetric
  readonly largest: number
  readonly isStop: boolean
  readonly onHover: (day: string) => void
  readonly onFocus: (day: string) => void
  readonly onPick: () => void
}

function DayCell({ name, day, metric, largest, isStop, onHover, onFocus, onPick }: DayCellProps) {
  const date = Number(name.slice(8))
  if (day === undefined) return <span className="bk-hit-day">{date}</span>
  const { text, level, tone } = cellLook(day, metric, largest)
  return (
    <button
      type="button"
      className="bk-hit-day"
      data-day={name}
      data-level={level}
      data-tone={tone}
      tabIndex={isStop ? 0 : -1}
      onClick={onPick}
      onFocus={() => onFocus(name)}
      onPointerEnter={() => onHover(name)}
    >
      <span className="bk-hit-date">{date}</span> {text}
      <span className="sr-only">
        {' '}
        {dayText(day)}. Shows its {formatCount(day.count, 'decision')}.
      </span>
    </button>
  )
}
