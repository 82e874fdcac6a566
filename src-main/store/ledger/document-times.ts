import { BarkeepError } from '../../../schemas/contract/errors.ts'
import {
  type DateOnly,
  formatUtcIso,
  type MarketZone,
  parseInstant,
} from '../../../schemas/contract/market-time.ts'
import { EARLIEST, LATEST, type Rejection, shown } from '../write/validate.ts'

/** A time as the ledger stores it, or what is wrong with it. */
export type Timed = { readonly text: string } | { readonly rejection: Rejection }

/**
 * ISO 8601 text, with or without an offset (SPEC T2, T3), to the ledger's fixed form in UTC.
 * @param way to the value in its document, for the message
 */
export function utcText(
  value: unknown,
  way: readonly string[],
  zone: MarketZone,
  dateOnly: DateOnly = 'start',
): Timed {
  const field = way[0] ?? null
  const at = way.join('.')
  if (typeof value !== 'string') {
    return { rejection: { field, reason: `${at} must be ISO 8601 text, got ${shown(value)}` } }
  }
  let instant: number
  try {
    instant = parseInstant(value, zone, dateOnly)
  } catch (error) {
    if (!(error instanceof BarkeepError)) throw error
    return { rejection: { field, reason: `${at}: ${error.message}` } }
  }
  if (instant < EARLIEST || instant > LATEST) {
    return { rejection: { field, reason: `${at} ${shown(value)} is not between 1973-03-03 and 9999-12-31` } }
  }
  return { text: formatUtcIso(instant) }
}
