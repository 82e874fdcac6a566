import type { BarKind } from './chicago-format.ts'
import { formatClock, formatDate, tradingDate } from './chicago-format.ts'
import { isFiltering, type ObjectFilter } from './object-filter.ts'
import type { HeaderItem, HeaderRow } from './picture-header.ts'
import { formatPrice } from './price-format.ts'
import type { ZoneOffsets } from './zone-offsets.ts'

/** All that a picture says of itself in words. Instants ms UTC. */
export interface PictureFacts {
  readonly symbol: string
  readonly timeframe: string
  /** Label of the candles' level when each gathers several bars, else null. */
  readonly level: string | null
  readonly kind: BarKind
  /** Opens of the first and the last candle in view. */
  readonly from: number
  readonly to: number
  readonly candles: number
  readonly emas: readonly PictureEma[]
  readonly objects: ShownObjects
  /** Null where they aren't drawn. */
  readonly decisions: { readonly drawn: number; readonly isAll: boolean } | null
  /** Of the instrument's prices. */
  readonly decimals: number
  /** When the picture was taken: what was stored then is what it shows. */
  readonly taken: number
  /** Why what is drawn may not be what is stored, or not the present. */
  readonly doubts: readonly PictureDoubt[]
  /** The last step of the store's path. */
  readonly store: string
  /** What the picture is of, when it is of one object. */
  readonly subject: string | null
}

/** A moving average that is drawn, with its value at the last candle in view; null where it has none there. */
export interface PictureEma {
  readonly period: number
  readonly colour: string
  readonly value: number | null
}

/** Since when, ms UTC. */
export interface PictureDoubt {
  readonly what: 'the folder is gone' | 'no new bar'
  readonly since: number
}

export interface ShownObjects {
  readonly drawn: number
  /** In the time in view, passing the filter. */
  readonly passing: number
  readonly filter: ObjectFilter
  readonly removed: boolean
}

/** The lines over a picture: what, when and in which zone, what is drawn, out of which store. */
export function headerRows(facts: PictureFacts, offsets: ZoneOffsets): readonly HeaderRow[] {
  const { symbol, timeframe, level, subject, store, emas } = facts
  const title: HeaderItem[] = [
    { text: symbol, style: 'title' },
    { text: level === null ? timeframe : `${timeframe} as ${level} candles`, style: 'level' },
  ]
  if (subject !== null) title.push({ text: subject, style: 'plain' })
  return [
    { left: title, right: [{ text: `Barkeep · ${store}`, style: 'muted' }] },
    {
      left: [
        { text: rangeText(facts, offsets), style: 'plain' },
        { text: zoneText(offsets), style: 'muted' },
        ...facts.doubts.map(
          ({ what, since }): HeaderItem => ({
            text: `${what} since ${momentText(since, offsets)}`,
            style: 'plain',
          }),
        ),
      ],
      right: [{ text: `as stored at ${momentText(facts.taken, offsets)}`, style: 'muted' }],
    },
    {
      left: [
        ...emas.map(
          ({ period, colour, value }): HeaderItem => ({
            text: `EMA ${period}${value === null ? '' : ` ${formatPrice(value, facts.decimals)}`}`,
            style: 'plain',
            swatch: colour,
          }),
        ),
        ...drawnTexts(facts).map((text): HeaderItem => ({ text, style: 'muted' })),
      ],
      right: [],
    },
  ]
}

/** `Fri 8 Mar 2024 08:30 CST to Fri 8 Mar 2024 14:58 CST`; of days, their trading dates. */
export function rangeText({ from, to, kind }: PictureFacts, offsets: ZoneOffsets): string {
  const text = (instant: number): string =>
    kind === 'intraday' ? momentText(instant, offsets) : formatDate(tradingDate(instant, kind, offsets))
  return from === to ? text(from) : `${text(from)} to ${text(to)}`
}

/** `Fri 8 Mar 2024 08:30 CST`. */
function momentText(instant: number, offsets: ZoneOffsets): string {
  const wall = offsets.wallMillis(instant)
  return `${formatDate(wall)} ${formatClock(wall)} ${offsets.zone.abbreviation(instant)}`
}

function zoneText({ zone }: ZoneOffsets): string {
  return `times of ${zone.name}`
}

function drawnTexts({ candles, objects, decisions, decimals }: PictureFacts): readonly string[] {
  const counted = (count: number, noun: string) =>
    `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
  const { drawn, passing } = objects
  const some =
    drawn < passing
      ? `${drawn.toLocaleString('en-US')} of ${counted(passing, 'object')}`
      : counted(drawn, 'object')
  const filters = filterTexts(objects, decimals)
  return [
    counted(candles, 'candle'),
    filters.length === 0 ? some : `${some} (only ${filters.join('; ')})`,
    ...(objects.removed ? ['removed ones too'] : []),
    ...(decisions === null
      ? []
      : [`${decisions.isAll ? '' : 'the latest '}${counted(decisions.drawn, 'decision')}`]),
  ]
}

/** What objects had to be, to be drawn. */
function filterTexts({ filter }: ShownObjects, decimals: number): readonly string[] {
  if (!isFiltering(filter)) return []
  const { types, statuses, timeframes, priceMin, priceMax } = filter
  const price = (value: number) => formatPrice(value, decimals)
  const texts: string[] = []
  if (types !== null) texts.push(types.map((type) => `${type}s`).join(', '))
  if (statuses !== null) texts.push(`status ${statuses.join(', ')}`)
  if (timeframes !== null) texts.push(`of ${timeframes.join(', ')}`)
  if (priceMin !== null && priceMax !== null) texts.push(`at ${price(priceMin)} to ${price(priceMax)}`)
  else if (priceMin !== null) texts.push(`from ${price(priceMin)}`)
  else if (priceMax !== null) texts.push(`up to ${price(priceMax)}`)
  return texts
}
