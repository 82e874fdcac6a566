import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { CANDLES } from '../../schemas/tables/index.ts'
import { candleValidator } from '../../src-main/store/write/validate.ts'

const DOCUMENT = path.resolve(import.meta.dirname, '../../docs/data/candles_schema.md')

async function bar(): Promise<string> {
  const text = await readFile(DOCUMENT, 'utf8')
  return text.split('\n## A bar\n')[1]?.split('\n## ')[0] ?? ''
}

describe('docs/data/candles_schema.md', () => {
  it('S1: lists the columns of the schema, in their order, with their types', async () => {
    const listed = [...(await bar()).matchAll(/^\| `(\w+)` \| (\w+) \| (yes|no) \|/gm)]
    expect(listed.map(([, name, type, nullable]) => ({ name, type, nullable: nullable === 'yes' }))).toEqual(
      CANDLES.columns.map(({ name, type, nullable }) => ({ name, type, nullable })),
    )
  })

  it('V1: its example lines are accepted as they stand', async () => {
    const lines = (await bar()).split('\n').filter((line) => line.startsWith('{'))
    expect(lines).toHaveLength(2)
    const validator = candleValidator(new MarketZone())
    for (const line of lines) expect(validator.check(JSON.parse(line))).toHaveProperty('row')
  })
})
