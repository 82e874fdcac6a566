import type { CandleColumns } from '../../schemas/contract/viewport.ts'

const MOST = 6
/** Bars looked at: enough to tell a tick size, few enough to do at every change. */
const SAMPLE = 500

/**
 * Decimals that the instrument's prices need: as few as render two thirds of them exactly, because even a stock that
 * trades in cents has prices in between (a fifth of SPY's here). At least two where there are any.
 */
export function decimalsOf(bars: CandleColumns): number {
  const count = Math.min(SAMPLE, bars.close.length)
  if (count === 0) return 2
  const prices = [bars.open, bars.high, bars.low, bars.close].flatMap((column) => [...column.slice(-count)])
  for (let decimals = 0; decimals < MOST; decimals++) {
    const exact = prices.filter((price) => isExact(price, decimals)).length
    if (decimals === 0 ? exact === prices.length : 3 * exact >= 2 * prices.length) {
      return decimals === 0 ? 0 : Math.max(2, decimals)
    }
  }
  return MOST
}

function isExact(price: number, decimals: number): boolean {
  const scaled = price * 10 ** decimals
  return Math.abs(scaled - Math.round(scaled)) < 1e-6 * Math.max(1, Math.abs(scaled) / 1e6)
}

/** `512.30`, with thousands grouped. */
export function formatPrice(price: number, decimals: number): string {
  return price.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
}

/** With its sign always, `+1.25` or `−0.40`: a true minus, as wide as the plus. */
export function formatChange(change: number, decimals: number): string {
  const size = formatPrice(Math.abs(change), decimals)
  return change < 0 && Number(size.replaceAll(',', '')) !== 0 ? `−${size}` : `+${size}`
}

/** `845`, `12.3K`, `1.25M`, `3.02B`. */
export function formatVolume(volume: number): string {
  for (const [size, unit] of [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
  ] as const) {
    if (Math.abs(volume) >= size) {
      const value = volume / size
      return `${value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)}${unit}`
    }
  }
  return Number.isInteger(volume) ? String(volume) : volume.toFixed(2)
}
