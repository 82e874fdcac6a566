import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { LEDGER, type LedgerTable } from '../../schemas/tables/index.ts'
import { ledgerDocuments } from '../../src-main/store/ledger/documents.ts'

interface Golden {
  readonly table: LedgerTable
  readonly source?: string
  readonly document: unknown
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

const FOLDER = path.resolve(import.meta.dirname, 'documents')

/** Each file is a document as a bot logs it, and the rows that it must give, worked out by hand. */
describe('documents of the ledger', () => {
  const files = readdirSync(FOLDER)
  it.each(files)('V11–V18: %s gives its rows, columns in order, and those rows give themselves', (file) => {
    const { table, source, document, rows } = JSON.parse(
      readFileSync(path.join(FOLDER, file), 'utf8'),
    ) as Golden
    const documents = ledgerDocuments(table, new MarketZone(), source)
    const checked = documents.check(document)
    expect(checked).toEqual({ row: rows })
    for (const row of 'row' in checked ? checked.row : []) {
      expect(Object.keys(row)).toEqual(LEDGER[table].columns.map(({ name }) => name))
      expect(documents.check(JSON.parse(JSON.stringify(row)))).toEqual({ row: [row] })
    }
  })

  it('has one of each form at least', () => expect(files.length).toBeGreaterThan(6))
})
