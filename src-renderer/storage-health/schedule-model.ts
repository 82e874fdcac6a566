import type { SettingsChange, StoreSettings } from '../../schemas/generated/requests.ts'

/** The settings of the dialog as a person types them. */
export interface ScheduleForm {
  readonly on: boolean
  /** `15:15` */
  readonly time: string
  readonly recoveryDays: string
  /** Empty: kept until a purge. */
  readonly previousDays: string
  /** `13, 48, 200`; empty: none. */
  readonly emaPeriods: string
}

/** What holds where the settings say nothing (SPEC F20, F26, F35). */
export const DEFAULTS = { time: '15:15', recoveryDays: 7, emaPeriods: [13, 48, 200] } as const

const LONGEST_DAYS = 36_500
const MOST_PERIODS = 8
const LONGEST_PERIOD = 5_000
/** Minutes of the market's clock. */
const USUAL_CLOSE = 15 * 60
const EARLY_CLOSE = 12 * 60

export function formOf({ afterClose, recoveryDays, previousDays, emaPeriods }: StoreSettings): ScheduleForm {
  return {
    on: afterClose?.on ?? true,
    time: afterClose?.time ?? DEFAULTS.time,
    recoveryDays: String(recoveryDays ?? DEFAULTS.recoveryDays),
    previousDays: previousDays === undefined ? '' : String(previousDays),
    emaPeriods: (emaPeriods ?? DEFAULTS.emaPeriods).join(', '),
  }
}

export type ScheduleProblems = Readonly<Partial<Record<keyof ScheduleForm, string>>>

/** What is wrong with which field, in words for under it; none when all can be kept. */
export function problemsOf(form: ScheduleForm, settings: StoreSettings): ScheduleProblems {
  const problems: Partial<Record<keyof ScheduleForm, string>> = {}
  const minutes = minutesOf(form.time)
  if (minutes === null) problems.time = 'A time of day from 00:00 to 23:59, like 15:15.'
  else if (isOfEquities(settings) && minutes < USUAL_CLOSE)
    problems.time = 'US equities trade until 15:00 in Chicago: choose 15:00 or later.'
  if (daysOf(form.recoveryDays, 0) === null)
    problems.recoveryDays = `A whole number of days from 0 to ${LONGEST_DAYS}; 0 removes them at once.`
  if (form.previousDays.trim() !== '' && daysOf(form.previousDays, 1) === null)
    problems.previousDays = `A whole number of days from 1 to ${LONGEST_DAYS}, or nothing.`
  if (periodsOf(form.emaPeriods) === null)
    problems.emaPeriods = `Up to ${MOST_PERIODS} different whole numbers from 1 to ${LONGEST_PERIOD}, like 13, 48, 200; or nothing.`
  return problems
}

/**
 * What is to be changed so that the settings are as the form says: only what a person changed, and back to the default where
 * they chose that. Null when nothing is, or while something is wrong.
 */
export function changeOf(form: ScheduleForm, settings: StoreSettings): SettingsChange | null {
  if (Object.keys(problemsOf(form, settings)).length > 0) return null
  const before = formOf(settings)
  const set: StoreSettings = {}
  const reset: NonNullable<SettingsChange['reset']> = []
  if (form.on !== before.on || form.time !== before.time) set.afterClose = { on: form.on, time: form.time }
  const recoveryDays = daysOf(form.recoveryDays, 0)
  if (recoveryDays !== null && recoveryDays !== daysOf(before.recoveryDays, 0)) {
    if (recoveryDays === DEFAULTS.recoveryDays) reset.push('recoveryDays')
    else set.recoveryDays = recoveryDays
  }
  const previousDays = daysOf(form.previousDays, 1)
  if (previousDays !== daysOf(before.previousDays, 1)) {
    if (previousDays === null) reset.push('previousDays')
    else set.previousDays = previousDays
  }
  const periods = periodsOf(form.emaPeriods)
  if (periods !== null && periods.join() !== periodsOf(before.emaPeriods)?.join()) {
    if (periods.join() === DEFAULTS.emaPeriods.join()) reset.push('emaPeriods')
    else set.emaPeriods = [...periods]
  }
  if (Object.keys(set).length === 0 && reset.length === 0) return null
  return reset.length === 0 ? { set } : { set, reset }
}

/** When runs come, in one sentence; the field's time is sound. */
export function scheduleText(time: string, settings: StoreSettings): string {
  const minutes = minutesOf(time)
  if (minutes === null) return ''
  if (!isOfEquities(settings)) return 'Each day at this time by the clock of Chicago, weekends included.'
  const delay = minutes - USUAL_CLOSE
  const after = delay === 0 ? 'at the close (15:00)' : `${delay} min after the close (15:00)`
  return `On trading days, ${after}; on days that close early (12:00) at ${clockOf(EARLY_CLOSE + delay)}.`
}

function isOfEquities({ defaultCalendar = 'us-equities' }: StoreSettings): boolean {
  return defaultCalendar === 'us-equities'
}

function minutesOf(time: string): number | null {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time) ?? []
  return hours === undefined ? null : Number(hours) * 60 + Number(minutes)
}

function clockOf(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')
}

function daysOf(text: string, least: number): number | null {
  const days = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN
  return days >= least && days <= LONGEST_DAYS ? days : null
}

/** Ascending; none for an empty text, null for one that is no list of periods. */
function periodsOf(text: string): readonly number[] | null {
  const words = text.split(/[\s,;]+/).filter((word) => word !== '')
  if (words.length > MOST_PERIODS || new Set(words).size < words.length) return null
  const periods = words.map((word) => (/^\d{1,4}$/.test(word) ? Number(word) : Number.NaN))
  const isSound = periods.every((period) => period >= 1 && period <= LONGEST_PERIOD)
  return isSound && new Set(periods).size === periods.length ? periods.toSorted((a, b) => a - b) : null
}
