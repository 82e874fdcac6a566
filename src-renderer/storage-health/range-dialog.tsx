import { useId, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { appStore, showOverlay } from '../state/app-store.ts'
import { planCompaction } from '../state/compaction.ts'
import { Button } from '../ui/button.tsx'
import { Checkbox } from '../ui/checkbox.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Select } from '../ui/select.tsx'
import type { DaySeries } from './calendar-model.ts'
import { type RangeForm, rangeChoices, rangeProblem, rangeRequest, waitingRange } from './range-model.ts'
import './schedule-dialog.css'

const close = (): void => showOverlay(null)

/** Asks which days are to be compacted; their plan is shown before anything is written. */
export function RangeDialog({ series }: { readonly series: readonly DaySeries[] }) {
  const open = useStore(appStore, (state) => state.overlay === 'compact-range')
  // Mounted anew each time, so that it begins with what waits now.
  return open ? <RangeQuestion series={series} /> : null
}

function RangeQuestion({ series }: { readonly series: readonly DaySeries[] }) {
  const choices = useMemo(() => rangeChoices(series), [series])
  const [form, setForm] = useState<RangeForm>(() => ({
    ...waitingRange(series),
    what: 'all',
    keepParts: false,
  }))
  const problem = rangeProblem(form)
  const set = (part: Partial<RangeForm>) => setForm((before) => ({ ...before, ...part }))
  const submit = () => {
    if (problem !== null) return
    close()
    void planCompaction(rangeRequest(form, choices))
  }
  return (
    <Dialog
      open
      onClose={close}
      width={520}
      title="Compact a range of days"
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button tone="primary" disabled={problem !== null} onClick={submit}>
            Show the plan
          </Button>
        </>
      }
    >
      <div className="bk-schedule">
        <Day label="First day" value={form.from} onChange={(from) => set({ from })} onEnter={submit} />
        <Day label="Last day" value={form.to} onChange={(to) => set({ to })} onEnter={submit} />
        <p className={problem === null ? 'muted' : 'bk-problem-text'} role="status">
          {problem ?? 'UTC days, the last one included. Nothing is written before you have seen the plan.'}
        </p>
        <div className="bk-schedule-field">
          <span className="muted">What</span>
          <Select
            label="What to compact"
            value={form.what}
            options={choices}
            onChange={(what) => set({ what })}
          />
        </div>
        <Checkbox
          checked={form.keepParts}
          onChange={(keepParts) => set({ keepParts })}
          label="Keep the parts where they are"
          hint="The days get their file all the same; the parts stay beside it and count as waiting until a compaction without this."
        />
      </div>
    </Dialog>
  )
}

interface DayProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly onEnter: () => void
}

function Day({ label, value, onChange, onEnter }: DayProps) {
  const id = useId()
  return (
    <div className="bk-schedule-field">
      <label htmlFor={id}>{label}</label>
      <span className="bk-schedule-value">
        <input
          id={id}
          className="bk-input numeric"
          value={value}
          placeholder="2024-03-08"
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onChange(event.target.value.trim())}
          onKeyDown={(event) => event.key === 'Enter' && onEnter()}
        />
      </span>
    </div>
  )
}
