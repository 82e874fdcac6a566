import { useEffect, useId, useState } from 'react'
import { useStore } from 'zustand'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { StoreSettings } from '../../schemas/generated/requests.ts'
import { engine } from '../engine/client.ts'
import { appStore, showOverlay } from '../state/app-store.ts'
import { announce, reportFailure } from '../state/notices.ts'
import { changeStoreSettings, readStoreSettings, storeSettingsStore } from '../state/store-settings.ts'
import { Button } from '../ui/button.tsx'
import { Checkbox } from '../ui/checkbox.tsx'
import { Dialog } from '../ui/dialog.tsx'
import {
  changeOf,
  formOf,
  problemsOf,
  type ScheduleForm,
  type ScheduleProblems,
  scheduleText,
} from './schedule-model.ts'
import './schedule-dialog.css'

const WIDTH = 640
const TITLE = 'Schedule and retention'

const close = (): void => showOverlay(null)

/** When the store is compacted by itself, how long what is put aside stays, and which averages are kept. */
export function ScheduleDialog() {
  const open = useStore(appStore, (state) => state.overlay === 'schedule')
  const { settings, error } = useStore(storeSettingsStore)
  useEffect(() => {
    if (open) void readStoreSettings()
  }, [open])
  if (settings !== null) return <Form key={JSON.stringify(settings)} open={open} settings={settings} />
  return (
    <Dialog
      open={open}
      onClose={close}
      width={WIDTH}
      title={TITLE}
      footer={
        <>
          <Button onClick={close}>Close</Button>
          {error !== null && (
            <Button tone="primary" onClick={() => void readStoreSettings()}>
              Read them again
            </Button>
          )}
        </>
      }
    >
      {error === null ? (
        <p className="muted" role="status">
          Reading the store’s settings…
        </p>
      ) : (
        <BrokenSettings error={error} />
      )}
    </Dialog>
  )
}

/** Nothing is written over what a person wrote: they mend it, or take the file away. */
function BrokenSettings({ error }: { readonly error: ErrorReport }) {
  const { file } = error
  return (
    <div className="bk-schedule">
      <p className="bk-problem-text" role="alert">
        {error.message} <span className="bk-code">{error.code}</span>
      </p>
      {error.code === 'BAD_SETTINGS' && (
        <p>
          Until it is mended nothing is changed from here, the day is not compacted by itself, and gaps are
          not looked for. Correct the file in an editor and read it again; without the file every setting has
          its default.
        </p>
      )}
      {file !== undefined && <Button onClick={() => void reveal(file)}>Show the file in its folder</Button>}
    </div>
  )
}

async function reveal(file: string): Promise<void> {
  try {
    await engine.call('revealFile', { file })
  } catch (thrown) {
    reportFailure('The file could not be shown', thrown)
  }
}

function Form({ open, settings }: { readonly open: boolean; readonly settings: StoreSettings }) {
  const { busy, error } = useStore(storeSettingsStore)
  const zone = useStore(appStore, (state) => state.store?.marketZone ?? 'America/Chicago')
  const [form, setForm] = useState(() => formOf(settings))
  const problems = problemsOf(form, settings)
  const change = changeOf(form, settings)
  const set = (part: Partial<ScheduleForm>) => setForm((before) => ({ ...before, ...part }))
  const save = async () => {
    if (change === null || !(await changeStoreSettings(change))) return
    close()
    announce('Schedule and retention are kept', 'schedule')
  }
  return (
    <Dialog
      open={open}
      onClose={close}
      width={WIDTH}
      title={TITLE}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button tone="primary" disabled={busy || change === null} onClick={() => void save()}>
            {change === null && Object.keys(problems).length === 0 ? 'Nothing changed' : 'Save'}
          </Button>
        </>
      }
    >
      <div className="bk-schedule">
        {error !== null && (
          <p className="bk-problem-text" role="alert">
            {error.message} <span className="bk-code">{error.code}</span>
          </p>
        )}
        <Checkbox
          checked={form.on}
          onChange={(on) => set({ on })}
          label="Compact the day by itself after the close"
          hint="Days that are due become one file each, their moving averages are written, and what may go is removed. Runs that were missed while Barkeep was closed are made up for at its next start."
        />
        <Field
          name="time"
          label="Time"
          form={form}
          problems={problems}
          onChange={set}
          unit={zone}
          hint={scheduleText(form.time, settings)}
        />
        <h2>Retention</h2>
        <Field
          name="recoveryDays"
          label="Merged parts"
          form={form}
          problems={problems}
          onChange={set}
          unit="days in recovery"
          hint="In case the file they are in turns out damaged. 0 removes them at once."
        />
        <Field
          name="previousDays"
          label="Replaced files"
          form={form}
          problems={problems}
          onChange={set}
          unit="days, by the run after the close"
          placeholder="until a purge"
          hint="What a backfill replaced can be brought back by an undo as long as it is kept."
        />
        <h2>Moving averages</h2>
        <Field
          name="emaPeriods"
          label="Periods"
          form={form}
          problems={problems}
          onChange={set}
          unit="bars"
          hint="Drawn on the chart, and written to emas/ when a day is compacted by the run after the close."
          wide
        />
      </div>
    </Dialog>
  )
}

interface FieldProps {
  readonly name: Exclude<keyof ScheduleForm, 'on'>
  readonly label: string
  readonly form: ScheduleForm
  readonly problems: ScheduleProblems
  readonly onChange: (part: Partial<ScheduleForm>) => void
  readonly unit: string
  readonly hint: string
  readonly placeholder?: string
  readonly wide?: boolean
}

function Field(props: FieldProps) {
  const { name, label, form, problems, onChange, unit, hint, placeholder, wide = false } = props
  const id = useId()
  const problem = problems[name]
  return (
    <div className="bk-schedule-field">
      <label htmlFor={id}>{label}</label>
      <span className="bk-schedule-value">
        <input
          id={id}
          className={wide ? 'bk-input' : 'bk-input numeric'}
          data-wide={wide ? '' : undefined}
          value={form[name]}
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-hint`}
          onChange={(event) => onChange({ [name]: event.target.value })}
        />
        <span className="muted">{unit}</span>
      </span>
      <span id={`${id}-hint`} className={problem === undefined ? 'muted' : 'bk-problem-text'}>
        {problem ?? hint}
      </span>
    </div>
  )
}
