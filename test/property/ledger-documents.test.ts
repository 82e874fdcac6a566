import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { LEDGER, LEDGER_TABLES } from '../../schemas/tables/index.ts'
import { canonicalRow } from '../../src-main/store/layout/digest.ts'
import { ledgerDocuments } from '../../src-main/store/ledger/documents.ts'
import { rowChecker } from '../../src-main/store/write/validate.ts'
import { anyJson, badDocument, GOOD_DOCUMENTS, type Json, shuffled } from '../support/ledger-documents.ts'
import { seeded } from '../support/seeded.ts'

const COUNT = process.env.BARKEEP_SOAK === '1' ? 500_000 : 8_000
const zone = new MarketZone()
const of = Object.fromEntries(
  LEDGER_TABLES.map((table) => [table, ledgerDocuments(table, zone, 'the_file')]),
) as Record<(typeof LEDGER_TABLES)[number], ReturnType<typeof ledgerDocuments>>

describe('documents of the ledger, changed at random', () => {
  it('V8, V11–V18: none with something wrong passes or throws, and each is told by field and reason', () => {
    const random = seeded('bad ledger documents')
    const kinds = new Map<string, number>()
    for (let nth = 0; nth < COUNT; nth++) {
      const good = random.pick(GOOD_DOCUMENTS)
      const { what, document, field } = badDocument(random, good)
      const checked = of[good.table].check(document)
      const told = `${good.name} ${what}: ${'row' in checked ? JSON.stringify(checked.row) : ''}`
      expect('rejection' in checked, told).toBe(true)
      if (!('rejection' in checked)) continue
      const { rejection } = checked
      expect(rejection.reason, told).toMatch(/^[^\n]{5,400}$/u)
      if (field !== undefined) expect(rejection.field, `${told}${rejection.reason}`).toBe(field)
      const kind = what.replace(/ in .*| \w+$/, '')
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
    expect(kinds.size).toBeGreaterThan(6)
    console.log(`${COUNT} bad documents refused: ${JSON.stringify(Object.fromEntries(kinds))}`)
  })

  it('V11: no JSON throws; what passes has the table’s form and gives itself again', () => {
    const random = seeded('any json')
    let passed = 0
    for (let nth = 0; nth < COUNT; nth++) {
      const table = random.pick(LEDGER_TABLES)
      // Parts of a sound document with any value in their place: near enough to pass now and then.
      const near = random.pick(GOOD_DOCUMENTS.filter((good) => good.table === table))
      const document: Json = random.chance(0.2)
        ? anyJson(random)
        : { ...near.document, [random.pick(Object.keys(near.document))]: anyJson(random, 2) }
      const checked = of[table].check(document)
      if ('rejection' in checked) continue
      passed++
      const check = rowChecker(LEDGER[table])
      expect(checked.row.length).toBeGreaterThan(0)
      for (const row of checked.row) {
        expect(check(row)).toBeNull()
        expect(of[table].check(row)).toEqual({ row: [row] })
      }
    }
    expect(passed).toBeGreaterThan(COUNT / 100)
    console.log(`${passed} of ${COUNT} passed`)
  })

  it('V11: the order of names never matters', () => {
    const random = seeded('order of names')
    for (let nth = 0; nth < COUNT / 20; nth++) {
      const { table, document } = random.pick(GOOD_DOCUMENTS)
      const columns = LEDGER[table].columns
      const lines = (given: unknown): readonly string[] => {
        const checked = of[table].check(given)
        return 'row' in checked ? checked.row.map((row) => canonicalRow(columns, row)).sort() : []
      }
      expect(lines(shuffled(random, document))).toEqual(lines(document))
      expect(lines(document).length).toBeGreaterThan(0)
    }
  })
})
