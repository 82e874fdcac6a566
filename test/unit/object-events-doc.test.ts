import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { OBJECT_EVENTS, OBJECT_SNAPSHOT } from '../../schemas/tables/index.ts'
import { objectEventValidator } from '../../src-main/store/write/validate.ts'

const DOCUMENT = path.resolve(import.meta.dirname, '../../docs/data/objects_schema.md')

async function section(title: string): Promise<string> {
  const text = await readFile(DOCUMENT, 'utf8')
  const [, after = ''] = text.split(`\n## ${title}\n`)
  return after.split('\n## ')[0] ?? ''
}

function columnsIn(text: string): { name: string; type: string; nullable: boolean }[] {
  return [...text.matchAll(/^\| `(\w+)` \| (\w+) \| (yes|no) \|/gm)].map(
    ([, name = '', type = '', nullable]) => {
      return { name, type, nullable: nullable === 'yes' }
    },
  )
}

describe('docs/data/objects_schema.md', () => {
  it('S1: lists the columns of the schemas, in their order, with their types', async () => {
    for (const [title, table] of [
      ['An event', OBJECT_EVENTS],
      ['An object in the snapshot', OBJECT_SNAPSHOT],
    ] as const) {
      const columns = table.columns.map(({ name, type, nullable }) => ({ name, type, nullable }))
      expect(columnsIn(await section(title))).toEqual(columns)
    }
  })

  it('V7: its example lines are accepted as they stand', async () => {
    const lines = (await section('An event')).split('\n').filter((line) => line.startsWith('{'))
    expect(lines).toHaveLength(3)
    const validator = objectEventValidator(new MarketZone())
    for (const line of lines) expect(validator.check(JSON.parse(line))).toHaveProperty('row')
  })
})
