import type { MarketZone } from '../../../schemas/contract/market-time.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { sha256 } from './digest.ts'
import { within } from './file-names.ts'

/** Pictures of the chart. */
export const IMAGES = 'images' as StorePath
/** Pictures of flags. */
export const FLAG_IMAGES = 'flags' as StorePath

/** What a picture shows. Instants ms UTC. */
export interface PictureName {
  readonly kind: 'chart' | 'flag'
  readonly symbol: string
  readonly timeframe: string
  readonly from: number
  readonly to: number
  /** Of the flag. */
  readonly objectId?: string | undefined
}

/** Longer than this and a name may pass the 255 bytes that file systems give it, with what stands around it. */
const LONGEST = 120

/**
 * Where a picture goes (SPEC F40): `images/SPY_2m_20240308T0830-0600_20240308T1500-0600.png`, a flag's
 * `flags/<object id>_2m_….png`. Times are the market zone's to the minute with their offset, so that the hour which a
 * change of clocks repeats has two names.
 * @param attempt from 1; later ones are told apart by a number
 * @throws URIError for a text that is no Unicode
 */
export function picturePath(picture: PictureName, zone: MarketZone, attempt = 1): StorePath {
  const { kind, symbol, timeframe, from, to, objectId } = picture
  const what = spelled(kind === 'flag' ? (objectId ?? symbol) : symbol)
  const span = [from, to].map((instant) => stamp(instant, zone)).join('_')
  const suffix = attempt === 1 ? '' : `_${attempt}`
  return within(
    kind === 'flag' ? FLAG_IMAGES : IMAGES,
    `${what}_${timeframe.toLowerCase()}_${span}${suffix}.png`,
  )
}

/** `20240308T0830-0600`. */
function stamp(instant: number, zone: MarketZone): string {
  const { year, month, day, hour, minute, offsetMinutes } = zone.wallClock(
    Math.floor(instant / 60_000) * 60_000,
  )
  const two = (value: number): string => String(value).padStart(2, '0')
  const offset = Math.abs(offsetMinutes)
  const sign = offsetMinutes < 0 ? '-' : '+'
  const date = `${String(year).padStart(4, '0')}${two(month)}${two(day)}`
  return `${date}T${two(hour)}${two(minute)}${sign}${two(Math.floor(offset / 60))}${two(offset % 60)}`
}

/** What a file name can't hold anywhere is percent-encoded; a long name is cut, and its hash tells it from others. */
function spelled(text: string): string {
  const encoded = encodeURIComponent(text)
    .replace(/[!'()*~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    // One with a dot at its beginning would be hidden.
    .replace(/^\./, '%2E')
  if (encoded.length <= LONGEST) return encoded
  const hash = sha256(new TextEncoder().encode(text)).slice(0, 16)
  return `${encoded.slice(0, LONGEST).replace(/%[0-9A-F]?$/, '')}-${hash}`
}
