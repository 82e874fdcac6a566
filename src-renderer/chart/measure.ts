import { instantAt } from './bar-columns.ts'
import { formatChange } from './price-format.ts'

/** Two corners that someone drew: places of the time axis and prices. */
export interface Measured {
  readonly from: { readonly place: number; readonly price: number }
  readonly to: { readonly place: number; readonly price: number }
}

/** What a measurement says, in two lines: the change in price, and the bars and the time between. */
export function measureTexts(
  { from, to }: Measured,
  times: ArrayLike<number>,
  step: number,
  decimals: number,
): readonly [string, string] {
  const change = to.price - from.price
  const percent = from.price === 0 ? '' : ` (${formatChange((change / from.price) * 100, 2)}%)`
  const bars = Math.round(to.place) - Math.round(from.place)
  const time = instantAt(times, Math.round(to.place), step) - instantAt(times, Math.round(from.place), step)
  const count = `${bars < 0 ? '−' : ''}${Math.abs(bars)} bar${Math.abs(bars) === 1 ? '' : 's'}`
  return [`${formatChange(change, decimals)}${percent}`, `${count}, ${formatDuration(Math.abs(time))}`]
}

/** In its two largest units: `45 s`, `48 m`, `1 h 24 m`, `3 d 2 h`. */
export function formatDuration(millis: number): string {
  const parts: readonly (readonly [number, string])[] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1_000, 's'],
  ]
  const first = parts.findIndex(([size]) => millis >= size)
  if (first < 0) return '0 m'
  let rest = Math.round(millis / 1000) * 1000
  const texts: string[] = []
  for (const [size, unit] of parts.slice(first, first + 2)) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) texts.push(`${count} ${unit}`)
  }
  return texts.join(' ')
}
