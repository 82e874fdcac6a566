import type { MarketZone } from '../../../schemas/contract/market-time.ts'
import { DOCUMENTS } from '../../../schemas/documents/index.ts'
import type {
  AuditDocument,
  DecisionLogLine,
  PolicyDocument,
  StatsDocument,
} from '../../../schemas/generated/documents.ts'
import { LEDGER, type LedgerTable } from '../../../schemas/tables/index.ts'
import type { Row } from '../write/part-writer.ts'
import { type Checked, type Rejection, rowChecker, schemaChecker } from '../write/validate.ts'
import { formOf } from './document-forms.ts'
import { auditRows, decisionRow, policyRow, type RowContext, statRows } from './document-rows.ts'
import { utcText } from './document-times.ts'
import { exactDocument } from './document-values.ts'
import { rowForm } from './row-form.ts'

/** Turns one document of a bot into rows of a table, or says which field is wrong and why (SPEC V11–V18). */
export interface LedgerDocuments {
  /** An audit or stats document gives several rows, all others one; never none. Columns in the table's order. */
  check(document: unknown): Checked<readonly Row[]>
}

type Fields = Readonly<Record<string, unknown>>

/**
 * @param source stem of the file that the documents come from: an audit document without an id is named for it
 */
export function ledgerDocuments(
  table: LedgerTable,
  zone: MarketZone,
  source?: string | undefined,
): LedgerDocuments {
  const checkRow = rowChecker(LEDGER[table])
  const checkDocument = schemaChecker(DOCUMENTS[table].schema)
  const form = rowForm(LEDGER[table], zone)
  const fromRow = (line: Fields): Checked<readonly Row[]> => {
    const unknown = unknownField(
      line,
      LEDGER[table].columns.map(({ name }) => name),
      `a row of ${table}`,
    )
    if (unknown !== null) return { rejection: unknown }
    const row = form(line)
    return 'rejection' in row ? row : { row: [row.row] }
  }
  const fromDocument = (line: Fields): Checked<readonly Row[]> => {
    const { name, fields } = DOCUMENTS[table]
    const rejection = unknownField(line, fields, name) ?? checkDocument(line)
    if (rejection !== null) return { rejection }
    const time = utcText(line.timestamp_utc, ['timestamp_utc'], zone)
    return 'rejection' in time ? time : rowsOf(table, line, { zone, time: time.text, source })
  }
  return {
    check(document) {
      const line = exactDocument(document)
      if ('rejection' in line) return line
      const rows = formOf(table, line.row) === 'row' ? fromRow(line.row) : fromDocument(line.row)
      if ('rejection' in rows) return rows
      for (const row of rows.row) {
        const rejection = checkRow(row)
        if (rejection !== null) return { rejection }
      }
      return rows
    },
  }
}

/** Says of which form the line was taken to be: that is what the bot must know to mend it. */
function unknownField(line: Fields, known: readonly string[], form: string): Rejection | null {
  const field = Object.keys(line).find((name) => !known.includes(name))
  return field === undefined ? null : { field, reason: `${field} is not a field of ${form}` }
}

/** The document has its schema's form by now. */
function rowsOf(table: LedgerTable, document: Fields, context: RowContext): Checked<readonly Row[]> {
  const one = (row: object): Checked<readonly Row[]> => ({ row: [row as Row] })
  const line: unknown = document
  switch (table) {
    case 'decisions':
      return one(decisionRow(line as DecisionLogLine, context))
    case 'audits':
      return { row: auditRows(line as AuditDocument, context) as unknown as readonly Row[] }
    case 'stats':
      return statRows(line as StatsDocument, context) as Checked<readonly Row[]>
    case 'policies':
      return one(policyRow(line as PolicyDocument, context))
  }
}
