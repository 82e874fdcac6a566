import type { MarketZone } from '../../schemas/contract/market-time.ts'
import type { FeedReceipt } from '../ingest/feed/feed-receipt.ts'
import { counted, grouped } from './text-table.ts'
import { zoneTime } from './zone-time.ts'

/** So many refused documents are listed; their number stands above them. */
const LISTED = 20

/** A replay's receipt for a person. */
export function feedText(receipt: FeedReceipt, target: string, zone: MarketZone): string {
  const { day, from, to, planned, played, accepted, duplicates, conflicts, completed } = receipt
  const at = zoneTime(zone)
  const all =
    played === planned ? counted(played, 'document') : `${grouped(played)} of ${counted(planned, 'document')}`
  const counts = [
    `${grouped(accepted)} new`,
    `${grouped(completed)} completed`,
    counted(duplicates, 'duplicate'),
    ...(conflicts > 0 ? [counted(conflicts, 'conflict')] : []),
    ...(receipt.rejectedCount > 0 ? [`${grouped(receipt.rejectedCount)} rejected`] : []),
  ]
  const refused = receipt.rejected
    .slice(0, LISTED)
    .map(({ table, field, reason }) => `  ${table}${field === null ? '' : `.${field}`}: ${reason}\n`)
  return `${day} (UTC) played from ${at(from)} to ${at(to)} into ${target}\n${all}: ${counts.join(', ')}\n${refused.join('')}`
}
