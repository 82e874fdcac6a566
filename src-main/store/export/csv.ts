import { formatUtcIso, type MarketZone, parseInstant } from '../../../schemas/contract/market-time.ts'
import type { Column, TableSchema } from '../../../schemas/tables/index.ts'

/** A column of a CSV: of the table, or a time of it as a clock in the display zone shows it. */
export interface CsvColumn {
  readonly header: string
  readonly source: Column
  readonly isLocal: boolean
}

/**
 * Columns of a table's CSV: its own in order, and behind each time the same in the display zone, named for it:
 * `timestamp_utc`, `time_america_chicago` (SPEC Q12).
 */
export function csvColumns(table: TableSchema, zone: MarketZone): readonly CsvColumn[] {
  const zoned = zone.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')
  return table.columns.flatMap((source): CsvColumn[] => {
    const own = { header: source.name, source, isLocal: false }
    const isMain = source.name === 'timestamp_utc' || source.name === 'ts_iso'
    if (!isMain && !(source.format === 'time' && source.type === 'VARCHAR')) return [own]
    return [own, { header: `${isMain ? 'time' : source.name}_${zoned}`, source, isLocal: true }]
  })
}

/** The first line. */
export function csvHeader(columns: readonly CsvColumn[]): string {
  return `${columns.map(({ header }) => quotedIfNeeded(header)).join(',')}\r\n`
}

/**
 * One row by RFC 4180. Null is nothing between two commas, empty text is `""`. Lists, maps and JSON are given as JSON.
 * @param values by column name: numbers, truth, text, and JSON as its text
 */
export function csvLine(
  columns: readonly CsvColumn[],
  values: Readonly<Record<string, unknown>>,
  localTime: (utc: string) => string,
): string {
  const cells = columns.map(({ source, isLocal }) => {
    const value = values[source.name] ?? null
    if (value === null) return ''
    if (typeof value !== 'string') return String(value)
    if (isLocal) return localTime(value)
    return source.type === 'VARCHAR' ? textCell(value) : quotedIfNeeded(value)
  })
  return `${cells.join(',')}\r\n`
}

/**
 * Text that a spreadsheet would run as a formula gets an apostrophe before it: a CSV is for people, and what a bot
 * writes is not to be run on their machines. Parquet is exact.
 */
function textCell(text: string): string {
  return quotedIfNeeded(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)
}

function quotedIfNeeded(text: string): string {
  return text === '' || /[",\r\n]/.test(text) || text !== text.trim()
    ? `"${text.replaceAll('"', '""')}"`
    : text
}

/** A stored time as a clock in the zone shows it, with its offset: `2024-03-08T08:30:00.000-06:00`. */
export function localTimes(zone: MarketZone): (utc: string) => string {
  return (utc) => {
    let instant: number
    try {
      instant = parseInstant(utc, zone)
    } catch {
      // A row that breaks its schema: its time is shown as it is, beside.
      return ''
    }
    const { offsetMinutes } = zone.wallClock(instant)
    const size = Math.abs(offsetMinutes)
    const two = (part: number): string => String(part).padStart(2, '0')
    const offset = `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
    return `${formatUtcIso(instant + offsetMinutes * 60_000).slice(0, 23)}${offset}`
  }
}
