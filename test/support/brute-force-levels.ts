/**
 * Levels of detail computed from rows by the words of SPEC R6 and R10 alone, each bar on its own, with Intl asked for
 * every clock reading: slow, and nothing shared with the engine.
 */
export interface Bar {
  readonly ts: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const UNITS: Readonly<Record<string, number>> = { m: MINUTE, h: HOUR, d: DAY }

const clock = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'America/Chicago',
  hourCycle: 'h23',
  dateStyle: 'short',
  timeStyle: 'medium',
})
const readings = new Map<number, string>()

/** `2024-03-10 08:30:00` as a clock in Chicago shows it. */
function reading(ts: number): string {
  let text = readings.get(ts)
  if (text === undefined) {
    text = clock.format(ts).replace(',', '')
    readings.set(ts, text)
  }
  return text
}

const opens = new Map<string, number>()

/** The instant at which a clock in Chicago shows 08:30 on a date: found by trying both offsets it ever has. */
function sessionOpen(date: string): number {
  let open = opens.get(date)
  if (open === undefined) {
    const utc = Date.parse(`${date}T08:30:00Z`)
    open = [utc + 5 * HOUR, utc + 6 * HOUR].find((instant) => reading(instant) === `${date} 08:30:00`)
    if (open === undefined) throw new Error(`08:30 never happens on ${date}`)
    opens.set(date, open)
  }
  return open
}

/** Which candle a bar falls into, as text: bars with one text are one candle. */
function candleOf(ts: number, label: string, span: number): string {
  const date = span >= DAY ? new Date(ts).toISOString().slice(0, 10) : reading(ts).slice(0, 10)
  const [, count = '1', unit = 'd'] = /^(\d+)(\D+)$/.exec(label) ?? []
  if (unit === 'm' || unit === 'h') {
    const length = Number(count) * (UNITS[unit] as number)
    return `${date}/${Math.floor((ts - sessionOpen(date)) / length)}`
  }
  if (unit === 'd') return date
  if (unit === 'w') {
    const midnight = Date.parse(`${date}T00:00:00Z`)
    // 1970-01-05 was a Monday.
    return String(Math.floor((midnight - 4 * DAY) / (7 * DAY)))
  }
  if (unit === 'mo') return date.slice(0, 7)
  return String(Math.floor(Number(date.slice(0, 4)) / Number(count)))
}

function labelsOf(timeframe: string): string[] {
  const span = Number(timeframe.slice(0, -1)) * (UNITS[timeframe.slice(-1)] as number)
  const round = ['2m', '3m', '4m', '5m', '6m', '10m', '12m', '15m', '20m', '30m']
  round.push('1h', '2h', '3h', '4h', '6h', '12h')
  const millis = (label: string): number => Number(label.slice(0, -1)) * (UNITS[label.slice(-1)] as number)
  let multiples = round.filter((label) => millis(label) > span && millis(label) % span === 0)
  if (multiples.length === 0) {
    for (let length = span * 2; length <= 12 * HOUR; length *= 2) {
      multiples = [...multiples, length % HOUR === 0 ? `${length / HOUR}h` : `${length / MINUTE}m`]
    }
  }
  const periods = [1, 7, 30, 365, 730, 1825, 3650, 7300, 18_250, 36_500, 365_000, 3_650_000]
  const names = ['1d', '1w', '1mo', '1y', '2y', '5y', '10y', '20y', '50y', '100y', '1000y', '10000y']
  return [...multiples, ...names.filter((_, index) => (periods[index] as number) * DAY > span)]
}

export function gather(bars: readonly Bar[], timeframe: string, label: string): Bar[] {
  if (label === timeframe) return [...bars]
  const span = Number(timeframe.slice(0, -1)) * (UNITS[timeframe.slice(-1)] as number)
  const groups = new Map<string, Bar[]>()
  for (const bar of bars) {
    const key = candleOf(bar.ts, label, span)
    groups.set(key, [...(groups.get(key) ?? []), bar])
  }
  return [...groups.values()].map((group) => ({
    ts: (group[0] as Bar).ts,
    open: (group[0] as Bar).open,
    high: Math.max(...group.map(({ high }) => high)),
    low: Math.min(...group.map(({ low }) => low)),
    close: (group.at(-1) as Bar).close,
    volume: group.reduce((sum, { volume }) => sum + volume, 0),
  }))
}

/** The finest level that fits, and its candles. */
export function bruteForceLevel(
  bars: readonly Bar[],
  timeframe: string,
  maxBars: number | undefined,
): { readonly label: string; readonly candles: readonly Bar[] } {
  if (maxBars === undefined || bars.length <= maxBars) return { label: timeframe, candles: bars }
  for (const label of labelsOf(timeframe)) {
    const candles = gather(bars, timeframe, label)
    if (candles.length <= maxBars) return { label, candles }
  }
  throw new Error('no level fits')
}
