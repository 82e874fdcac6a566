import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { EMAS, OPERATIONS } from '../../schemas/tables/index.ts'

describe.each([EMAS, OPERATIONS])('docs/data/$name schema', ({ name, key, columns }) => {
  it('S1: lists the columns of the schema, in their order, with their types, and its key', async () => {
    const file = path.resolve(import.meta.dirname, `../../docs/data/${name}_schema.md`)
    const text = await readFile(file, 'utf8')
    const listed = [...text.matchAll(/^\| `(\w+)` \| ([A-Z]+) \| (yes|no) \|/gm)]
    expect(listed.map(([, column, type, nullable]) => [column, type, nullable === 'yes'])).toEqual(
      columns.map((column) => [column.name, column.type, column.nullable]),
    )
    expect(text).toContain(`The key is \`${key.join(', ')}\``)
  })
})
