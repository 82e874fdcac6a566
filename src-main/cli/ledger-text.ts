import type { LedgerEntry } from '../../schemas/contract/ledger.ts'
import { type MarketZone, parseInstant } from '../../schemas/contract/market-time.ts'
import { type Column, LEDGER, type LedgerTable } from '../../schemas/tables/index.ts'
import { counted, grouped, type TextColumn, textTable } from './text-table.ts'
import { zoneTime } from './zone-time.ts'

/** What fits a line; maps and JSON are what `--json` is for. */
const IN_A_LINE: readonly Column['format'][] = ['text', 'time', 'number', 'count', 'truth', 'list']

/** Rows of the ledger for a person, times in the market zone. */
export function ledgerText(
  table: LedgerTable,
  entries: readonly LedgerEntry[],
  total: number,
  offset: number,
  zone: MarketZone,
): string {
  const title = `${counted(total, 'row')} of ${table}${shown(entries.length, total, offset)}. Times in ${zone.name}.\n`
  if (entries.length === 0) {
    const hint =
      total > 0
        ? ''
        : 'Nothing meets this. Leave a condition out, or see what is there with: barkeep query decisions\n'
    return `${title}${hint}`
  }
  const at = zoneTime(zone)
  const columns = LEDGER[table].columns
    .filter(({ format }) => IN_A_LINE.includes(format))
    .map(
      (column): TextColumn<LedgerEntry> => ({
        name: column.label.toUpperCase(),
        right: column.format === 'number' || column.format === 'count',
        value: ({ row }) => cell(column, row[column.name], zone, at),
      }),
    )
  const breaches = entries.some(({ breach }) => breach !== null)
  const last: readonly TextColumn<LedgerEntry>[] = breaches
    ? [{ name: 'BREAKS ITS SCHEMA', value: ({ breach }) => breach ?? '' }]
    : []
  return `${title}\n${textTable([...columns, ...last], entries)}`
}

function shown(count: number, total: number, offset: number): string {
  if (count === total) return ''
  return count === 0 ? ', none from there' : `, ${grouped(offset + 1)} to ${grouped(offset + count)}`
}

function cell(column: Column, value: unknown, zone: MarketZone, at: (ts: number) => string): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.join(' ')
  if (column.format === 'time' && typeof value === 'string') {
    try {
      return at(parseInstant(value, zone))
    } catch {
      return value
    }
  }
  return String(value)
}
