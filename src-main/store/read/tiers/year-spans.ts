import { type ListedDay, sameLook } from '../listing.ts'
import type { Span } from './known-dayfiles.ts'
import type { YearTier } from './tier-format.ts'

/**
 * The first and last bar of each symbol in those dayfiles of a year that its tier knows: from a symbol's first and last day,
 * not from each, where all of the tier still stands.
 * @param days of the year, ascending, with a dayfile
 * @returns the spans, and the days that the tier doesn't know
 */
export function spansOfYear(
  tier: YearTier,
  days: readonly ListedDay[],
): { readonly spans: readonly Span[]; readonly rest: readonly ListedDay[] } {
  const stands = new Uint8Array(tier.days.length)
  const rest: ListedDay[] = []
  let standing = 0
  let at = 0
  for (const listed of days) {
    while (at < tier.days.length && (tier.days[at]?.day ?? '') < listed.day) at++
    const known = tier.days[at]
    if (known?.day === listed.day && sameLook(known.stat, listed.dayfile)) {
      stands[at] = 1
      standing++
    } else rest.push(listed)
  }
  const spans: Span[] = []
  const all = standing === tier.days.length
  for (const [symbol, { columns }] of tier.symbols) {
    const isThere = (day: number): boolean => all || stands[day] === 1
    const first = columns.days.findIndex(isThere)
    const last = columns.days.findLastIndex(isThere)
    const [firstTs, lastTs] = [columns.firstTs[first], columns.lastTs[last]]
    if (firstTs !== undefined && lastTs !== undefined) spans.push({ symbol, firstTs, lastTs })
  }
  return { spans, rest }
}
