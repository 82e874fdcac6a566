import type { CompactedTable } from '../../schemas/contract/jobs.ts'
import { parseUtcDay } from '../../schemas/contract/market-time.ts'
import type { CompactRequest } from '../../schemas/generated/requests.ts'
import { type DaySeries, isLedger } from './calendar-model.ts'

/** The dialog's fields as a person fills them in. */
export interface RangeForm {
  readonly from: string
  readonly to: string
  /** `all`, or the key of a choice. */
  readonly what: string
  readonly keepParts: boolean
}

export interface RangeChoice {
  readonly value: string
  readonly label: string
  readonly scope: { readonly table?: CompactedTable; readonly timeframe?: string }
}

/** What can be compacted by itself: each timeframe of candles, object events; a ledger's days are files from the start. */
export function rangeChoices(series: readonly DaySeries[]): readonly RangeChoice[] {
  const choices: RangeChoice[] = [{ value: 'all', label: 'All tables', scope: {} }]
  for (const one of series) {
    if (isLedger(one)) continue
    if (one.table === 'candles' && one.timeframe !== null)
      choices.push({
        value: one.key,
        label: `${one.label} candles`,
        scope: { table: 'candles', timeframe: one.timeframe },
      })
    else if (one.table === 'object_events')
      choices.push({ value: one.key, label: 'Object events', scope: { table: 'object_events' } })
  }
  return choices
}

/** First and last day of what waits, else of what is stored: where the dialog begins. */
export function waitingRange(series: readonly DaySeries[]): { readonly from: string; readonly to: string } {
  const days = (waits: boolean) =>
    series
      .filter((one) => !isLedger(one))
      .flatMap((one) => [...one.days].filter(([, state]) => !waits || state.partsWaiting > 0))
      .map(([day]) => day)
      .toSorted()
  const waiting = days(true)
  const known = waiting.length > 0 ? waiting : days(false)
  return { from: known[0] ?? '', to: known.at(-1) ?? '' }
}

/** What is wrong with the dates, in words; null when they are a range. */
export function rangeProblem({ from, to }: RangeForm): string | null {
  for (const [name, text] of [
    ['first', from],
    ['last', to],
  ] as const) {
    if (!isDay(text)) return `The ${name} day is a date like 2024-03-08.`
  }
  return from > to ? 'The first day comes after the last.' : null
}

export function rangeRequest(
  form: RangeForm,
  choices: readonly RangeChoice[],
): Omit<CompactRequest, 'dryRun'> {
  const { from, to, what, keepParts } = form
  const scope = choices.find(({ value }) => value === what)?.scope ?? {}
  return { ...scope, from, to, ...(keepParts ? { keepParts } : {}) }
}

function isDay(text: string): boolean {
  try {
    parseUtcDay(text)
    return true
  } catch {
    // No day that a calendar has: said beside the field.
    return false
  }
}
