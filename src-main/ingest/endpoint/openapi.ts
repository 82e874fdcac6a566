import { DOCUMENTS } from '../../../schemas/documents/index.ts'
import { CANDLES, COMMON_DEFINITIONS, LEDGER, OBJECT_EVENTS } from '../../../schemas/tables/index.ts'
import { BATCH_TABLES, type BatchName } from './batch.ts'
import { LIMITS, LOOPBACK } from './limits.ts'
import { ANSWER_SCHEMAS, ERROR_RESPONSES } from './openapi-answers.ts'
import { EXAMPLES } from './openapi-examples.ts'

type Json = Readonly<Record<string, unknown>>

/** What each path takes, for a person. */
const TAKES: Readonly<Record<BatchName, string>> = {
  candles: 'finalized candles',
  events: 'events of chart objects (zones, levels, markers, flags)',
  decisions: 'decisions, as log lines or rows',
  audits: 'audit documents or rows',
  stats: 'stats documents or rows',
  policies: 'policy documents or rows',
}

/** Time as bots may write it; the writer makes the stored form of it (SPEC T2, V13). */
const ANY_TIME = {
  description: 'ISO 8601; without an offset wall-clock time of the market zone (America/Chicago unless set).',
  type: 'string',
}

/** Common definitions that are wider in what is handed in than in what is stored. */
const WIDER: Readonly<Record<string, Json>> = {
  instantIso: ANY_TIME,
  timestampUtc: ANY_TIME,
  timestampUtcOrNull: { ...ANY_TIME, type: ['string', 'null'] },
}

/**
 * The endpoint's OpenAPI 3.1 document, made of the very schemas that check each line (SPEC H12).
 * @param port that the endpoint listens on
 */
export function openApiDocument(version: string, port: number): Json {
  const names = Object.keys(BATCH_TABLES) as BatchName[]
  return {
    openapi: '3.1.0',
    info: {
      title: 'Barkeep ingest endpoint',
      version,
      summary: 'Takes candles, events, decisions, audits, stats and policies of bots on this machine.',
      description:
        'A batch is answered once everything of it that was accepted is durable. Sending a batch again is safe: what is stored already is told as duplicate.',
    },
    servers: [{ url: `http://${LOOPBACK}:${port}` }],
    security: [{ token: [] }],
    paths: {
      '/v1/health': {
        get: reading('health', 'Whether the endpoint answers, and which store it writes to.', 'Health'),
      },
      '/v1/openapi.json': { get: reading('openapi', 'This document.', null) },
      ...Object.fromEntries(names.map((name) => [`/v1/${name}`, { post: taking(name) }])),
    },
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'What stands in the token file, whose place Barkeep tells.',
        },
      },
      schemas: {
        ...Object.fromEntries(names.map((name) => [inputName(name), inputSchema(name)])),
        ...ANSWER_SCHEMAS,
        ...commonDefinitions(),
      },
    },
  }
}

function reading(operationId: string, summary: string, schema: string | null): Json {
  return {
    operationId,
    summary,
    responses: {
      200: {
        description: 'OK',
        content: {
          'application/json': { schema: schema === null ? { type: 'object' } : reference(schema) },
        },
      },
      ...ERROR_RESPONSES.every,
    },
  }
}

function taking(name: BatchName): Json {
  const examples = EXAMPLES[name]
  return {
    operationId: `post_${name}`,
    summary: `Takes a batch of ${TAKES[name]}.`,
    description: `One JSON document a line, at most ${LIMITS.lines} lines and ${LIMITS.bodyBytes} bytes; or one document as application/json.`,
    requestBody: {
      required: true,
      content: {
        'application/x-ndjson': {
          schema: { type: 'string', description: `Each line is a ${inputName(name)}.` },
          example: examples.map((each) => `${JSON.stringify(each)}\n`).join(''),
        },
        'application/json': {
          schema: reference(inputName(name)),
          examples: Object.fromEntries(examples.map((value, at) => [`example${at + 1}`, { value }])),
        },
      },
    },
    responses: {
      200: {
        description: 'Everything accepted is durable; the answer tells of each line.',
        content: { 'application/json': { schema: reference('BatchAnswer') } },
      },
      ...ERROR_RESPONSES.every,
      ...ERROR_RESPONSES.batch,
    },
  }
}

function inputName(name: BatchName): string {
  return `${name[0]?.toUpperCase() ?? ''}${name.slice(1)}Input`
}

function inputSchema(name: BatchName): Json {
  if (name === 'candles') return timedRow(CANDLES.schema as Json)
  if (name === 'events') return timedRow(OBJECT_EVENTS.schema as Json)
  return {
    anyOf: [rewritten(DOCUMENTS[name].schema) as Json, rewritten(LEDGER[name].schema) as Json],
  }
}

/** A row whose time may be given in one of three ways, and whose derived columns may be left out (SPEC V2). */
function timedRow(schema: Json): Json {
  const row = rewritten(schema) as Json
  const properties = schema.properties as Readonly<Record<string, Json>>
  const needed = (schema.required as readonly string[]).filter(
    (column) => column !== 'ts' && properties[column]?.['x-derived'] !== true,
  )
  return {
    ...row,
    properties: { ...(row.properties as Json), timestamp: ANY_TIME },
    required: needed,
    anyOf: [{ required: ['ts'] }, { required: ['timestamp'] }, { required: ['ts_iso'] }],
  }
}

function commonDefinitions(): Json {
  const { $defs } = COMMON_DEFINITIONS as { readonly $defs: Readonly<Record<string, Json>> }
  return Object.fromEntries(
    Object.entries($defs).map(([name, schema]) => [name, WIDER[name] ?? (rewritten(schema) as Json)]),
  )
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` }
}

const COMMON = 'common.schema.json#/$defs/'

/** A schema of ours as it stands in one document: references led to it, what only we read left out. */
function rewritten(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(rewritten)
  if (typeof schema !== 'object' || schema === null) return schema
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(schema)) {
    const isOurs = key === '$id' || key === '$schema' || key.startsWith('x-')
    // Bounds that are another field's value are no JSON Schema; low ≤ open, close ≤ high is told per line.
    const isBound = typeof value === 'object' && value !== null && '$data' in value
    if (isOurs || isBound) continue
    out[key] =
      key === '$ref' && typeof value === 'string' && value.startsWith(COMMON)
        ? `#/components/schemas/${value.slice(COMMON.length)}`
        : rewritten(value)
  }
  return out
}
