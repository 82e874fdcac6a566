import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { DOCUMENTS } from '../../schemas/documents/index.ts'
import { CANDLES, LEDGER } from '../../schemas/tables/index.ts'
import { BATCH_TABLES, type BatchName } from '../../src-main/ingest/endpoint/batch.ts'
import { openApiDocument } from '../../src-main/ingest/endpoint/openapi.ts'
import { EXAMPLES } from '../../src-main/ingest/endpoint/openapi-examples.ts'

interface Shape {
  readonly paths: Readonly<
    Record<string, { readonly post?: { readonly requestBody: { readonly content: Content } } }>
  >
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}
type Content = Readonly<Record<string, { readonly example?: string }>>

const document = openApiDocument('1.2.3', 17_311) as unknown as Shape & Record<string, unknown>
const ajv = new Ajv2020({ strict: false, allErrors: true })
ajv.addSchema({ ...document, $id: 'openapi.json' })
const accepts = (schema: string) => ajv.compile({ $ref: `openapi.json#/components/schemas/${schema}` })
const inputOf = (name: string) => `${name[0]?.toUpperCase()}${name.slice(1)}Input`
const names = Object.keys(BATCH_TABLES) as BatchName[]

describe('H12: the OpenAPI document', () => {
  it('H12: is valid by the meta-schema of OpenAPI 3.1', async () => {
    const validator = new Validator()
    const { valid, errors } = await validator.validate(structuredClone(document))
    expect(errors).toBeUndefined()
    expect(valid).toBe(true)
    expect(validator.version).toBe('3.1')
  })

  it('H12: leads every reference to something that is in it, and shows nothing of ours alone', () => {
    const text = JSON.stringify(document)
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to ?? '')
    expect(references.length).toBeGreaterThan(50)
    for (const to of new Set(references)) {
      const name = to.replace('#/components/schemas/', '')
      expect(Object.keys(document.components.schemas)).toContain(name)
    }
    expect(text).not.toMatch(/"x-|\$data|\$id/)
  })

  it.each(names)('H12: its examples of %s are what it says itself, line by line', (name) => {
    const check = accepts(inputOf(name))
    for (const example of EXAMPLES[name]) expect([check(example), check.errors]).toEqual([true, null])
    const shown = document.paths[`/v1/${name}`]?.post?.requestBody.content['application/x-ndjson']?.example
    expect(
      shown
        ?.trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(EXAMPLES[name])
    expect(check({ ...EXAMPLES[name][0], colour: 'red' })).toBe(false)
  })

  it('H12: follows the schemas of tables and documents: each column and field of theirs is there', () => {
    const has = (name: string, field: string) =>
      JSON.stringify(document.components.schemas[inputOf(name)]).includes(`"${field}"`)
    for (const { name } of CANDLES.columns) expect([name, has('candles', name)]).toEqual([name, true])
    for (const table of ['decisions', 'audits', 'stats', 'policies'] as const) {
      const fields = [...LEDGER[table].columns.map(({ name }) => name), ...DOCUMENTS[table].fields]
      expect(fields.filter((field) => !has(table, field))).toEqual([])
    }
    const bar = EXAMPLES.candles[0] as Record<string, unknown>
    const check = accepts('CandlesInput')
    expect(check({ ...bar, symbol: '../../x' })).toBe(false)
    expect(check({ ...bar, timeframe: '../2m' })).toBe(false)
    expect(check({ ...bar, timestamp: undefined })).toBe(false)
  })
})
