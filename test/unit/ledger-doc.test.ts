import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { DOCUMENTS } from '../../schemas/documents/index.ts'
import { LEDGER, LEDGER_TABLES } from '../../schemas/tables/index.ts'
import { ledgerDocuments } from '../../src-main/store/ledger/documents.ts'

const page = (table: string): Promise<string> =>
  readFile(path.resolve(import.meta.dirname, `../../docs/data/${table}_schema.md`), 'utf8')

describe.each(LEDGER_TABLES)('docs/data/%s_schema.md', (table) => {
  it('S1: lists the columns of the schema, in their order, with their types', async () => {
    const listed = [...(await page(table)).matchAll(/^\| `(\w+)` \| ([A-Z][A-Z[\](), ]+) \| (yes|no) \|/gm)]
    expect(listed.map(([, name, type, nullable]) => ({ name, type, nullable: nullable === 'yes' }))).toEqual(
      LEDGER[table].columns.map(({ name, type, nullable }) => ({ name, type, nullable })),
    )
  })

  it('V11–V18: names every field of its document, those that are required in bold', async () => {
    const text = (await page(table)).split('\n## The ').at(-1) ?? ''
    for (const field of DOCUMENTS[table].fields) {
      const bold = text.includes(`**\`${field}\`**`)
      expect(text, field).toContain(`\`${field}\``)
      expect(bold, field).toBe(DOCUMENTS[table].required.includes(field))
    }
  })

  it('V11–V18: its example lines are accepted as they stand', async () => {
    const lines = (await page(table)).split('\n').filter((line) => line.startsWith('{'))
    expect(lines.length).toBeGreaterThan(0)
    const documents = ledgerDocuments(table, new MarketZone())
    for (const line of lines) expect(documents.check(JSON.parse(line))).toHaveProperty('row')
  })
})
