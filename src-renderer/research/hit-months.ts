import type { HitDay } from '../../schemas/contract/ledger.ts'
import { formatCount } from '../ui/figures.ts'
import { formatInterval, formatPnl, formatRate, hitCounts, toneOf } from './research-figures.ts'
import type { CalendarMetric } from './research-state.ts'

/** A month as a wall calendar has it: a line a week, from Monday; null beside the month. */
export interface HitMonth {
  /** `2024-03` */
  readonly month: string
  readonly weeks: readonly (readonly (string | null)[])[]
}

/** Weekdays that are shown: the weekend only where something was decided on one. */
export function weekdaysOf(days: readonly HitDay[]): 5 | 7 {
  return days.some(({ day }) => weekday(day) > 4) ? 7 : 5
}

/** Every month from the first day to the last, also those without decisions in between. */
export function hitMonths(days: readonly HitDay[]): readonly HitMonth[] {
  const shown = weekdaysOf(days)
  const first = days[0]?.day
  const last = days.at(-1)?.day
  if (first === undefined || last === undefined) return []
  const months: HitMonth[] = []
  for (
    let month = first.slice(0, 7);
    month <= last.slice(0, 7);
    month = shiftDay(`${month}-28`, 7).slice(0, 7)
  )
    months.push({ month, weeks: weeksOf(month, shown) })
  return months
}

function weeksOf(month: string, shown: number): readonly (readonly (string | null)[])[] {
  const weeks: (string | null)[][] = []
  let week: (string | null)[] | undefined
  for (let day = `${month}-01`; day.startsWith(month); day = shiftDay(day, 1)) {
    const place = weekday(day)
    if (place >= shown) continue
    if (week === undefined || place === 0) {
      week = Array<string | null>(shown).fill(null)
      weeks.push(week)
    }
    week[place] = day
  }
  return weeks
}

/** 0 is Monday. */
function weekday(day: string): number {
  return (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7
}

export function shiftDay(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

export interface CellLook {
  readonly text: string
  /** 0 is nothing to show; 4 the strongest. */
  readonly level: 0 | 1 | 2 | 3 | 4
  readonly tone: 'up' | 'down' | 'plain'
}

/** What a day's cell shows: text and colour say the same. `largest` is of the days in sight. */
export function cellLook(day: HitDay, metric: CalendarMetric, largest: number): CellLook {
  if (metric === 'hitRate') {
    if (day.hitRate === null) return { text: '–', level: 0, tone: 'plain' }
    // From a coin's toss outwards: half is nothing, all or none is the strongest.
    const level = levelOf(Math.abs(day.hitRate - 0.5), 0.5)
    return { text: `${Math.round(day.hitRate * 100)}%`, level, tone: toneOf(day.hitRate - 0.5) ?? 'plain' }
  }
  if (metric === 'pnlSum') {
    if (day.pnlSum === null) return { text: '–', level: 0, tone: 'plain' }
    return {
      text: shortPnl(day.pnlSum),
      level: levelOf(Math.abs(day.pnlSum), largest),
      tone: toneOf(day.pnlSum) ?? 'plain',
    }
  }
  return { text: formatCount(day.count), level: levelOf(day.count, largest), tone: 'plain' }
}

/** What the strongest cell stands for. */
export function largestOf(days: readonly HitDay[], metric: CalendarMetric): number {
  let largest = 0
  for (const { pnlSum, count } of days)
    largest = Math.max(largest, metric === 'pnlSum' ? Math.abs(pnlSum ?? 0) : count)
  return largest
}

function levelOf(size: number, largest: number): CellLook['level'] {
  if (size === 0 || largest === 0) return 0
  return Math.min(4, Math.max(1, Math.ceil((size / largest) * 4))) as CellLook['level']
}

/** Fits a cell: `+12.3`, `−4,310`. */
function shortPnl(value: number): string {
  const size = Math.abs(value)
  if (size >= 10_000) return `${value < 0 ? '−' : '+'}${Math.round(size / 1000)}k`
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2
  const text = size.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return value === 0 ? '0' : `${value < 0 ? '−' : '+'}${text}`
}

/** A day in one sentence. */
export function dayText(day: HitDay): string {
  const rate =
    day.judged === 0
      ? 'no outcome known'
      : `${hitCounts(day)}, ${formatRate(day.hitRate)} (${formatInterval(day)})`
  const pnl = day.decided === 0 ? '' : `; PnL ${formatPnl(day.pnlSum)} over ${formatCount(day.decided)}`
  return `${day.day}: ${formatCount(day.count, 'decision')}; ${rate}${pnl}`
}

/** Where a key leads from a day, among days that have decisions; null where it leads nowhere. */
export function dayAt(days: readonly HitDay[], from: string, key: string): string | null {
  const names = days.map(({ day }) => day)
  const place = names.indexOf(from)
  switch (key) {
    case 'ArrowLeft':
      return names[place - 1] ?? null
    case 'ArrowRight':
      return names[place + 1] ?? null
    case 'ArrowUp':
      return names.findLast((day) => day <= shiftDay(from, -7)) ?? null
    case 'ArrowDown':
      return names.find((day) => day >= shiftDay(from, 7)) ?? null
    case 'PageUp':
      return names.findLast((day) => day <= shiftDay(from, -28)) ?? names[0] ?? null
    case 'PageDown':
      return names.find((day) => day >= shiftDay(from, 28)) ?? names.at(-1) ?? null
    case 'Home':
      return names[0] ?? null
    case 'End':
      return names.at(-1) ?? null
    default:
      return null
  }
}
