import type { MarketZone } from '../../../schemas/contract/market-time.ts'
import type { Column, TableSchema } from '../../../schemas/tables/index.ts'
import type { Row } from '../write/part-writer.ts'
import { type Checked, shown } from '../write/validate.ts'
import { utcText } from './document-times.ts'
import { exactDocument } from './document-values.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * Brings a table's own row form into its stored one (SPEC V14): every column in order, null where a nullable one is
 * absent, times in UTC, maps that come as JSON text parsed. Whether the values fit is the row's schema to say.
 */
export function rowForm(table: TableSchema, zone: MarketZone): (line: Fields) => Checked<Row> {
  const textual = table.columns.filter((column) => takesText(table, column)).map(({ name }) => name)
  const times = table.columns.filter(({ format }) => format === 'time').map(({ name }) => name)
  return (line) => {
    const row: Record<string, unknown> = {}
    for (const { name, nullable } of table.columns) {
      if (Object.hasOwn(line, name)) row[name] = line[name]
      else if (nullable) row[name] = null
    }
    for (const name of textual) {
      if (typeof row[name] !== 'string') continue
      const parsed = parsedText(name, row[name])
      if ('rejection' in parsed) return parsed
      row[name] = parsed.row
    }
    for (const name of times) {
      if (row[name] === null || row[name] === undefined) continue
      const time = utcText(row[name], [name], zone, name === 'window_end' ? 'end' : 'start')
      if ('rejection' in time) return time
      row[name] = time.text
    }
    return { row }
  }
}

/**
 * Maps and objects may come as the JSON text that other programs keep them in. Where a column holds single values, text
 * is a value itself and is never parsed.
 */
function takesText(table: TableSchema, column: Column): boolean {
  if (column.type.startsWith('MAP(')) return true
  if (column.type !== 'JSON') return false
  const { properties } = table.schema as {
    readonly properties: Readonly<Record<string, { readonly type?: string | readonly string[] }>>
  }
  return [properties[column.name]?.type ?? []].flat().includes('object')
}

function parsedText(name: string, text: string): Checked<unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { rejection: { field: name, reason: `${name} is text but not JSON: ${shown(text)}` } }
  }
  // Inside text numbers may be what they can't be outside of it.
  const exact = exactDocument({ [name]: value })
  return 'rejection' in exact ? exact : { row: exact.row[name] }
}
