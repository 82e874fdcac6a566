import { ERROR_CODES } from '../../../schemas/contract/errors.ts'

const COUNT = { type: 'integer', minimum: 0 } as const

const COUNTS = {
  accepted: { ...COUNT, description: 'Lines whose rows are new and durable now.' },
  duplicates: { ...COUNT, description: 'Lines that were stored already, with the same values.' },
  conflicts: { ...COUNT, description: 'Lines that differ from what was stored under their key.' },
  completed: { ...COUNT, description: 'Lines that gave a stored decision its outcome.' },
  rejected: {
    type: 'array',
    description: 'Lines that were refused, in order; they are kept in .barkeep/rejects/.',
    items: {
      type: 'object',
      required: ['line', 'field', 'reason'],
      properties: {
        line: { type: 'integer', minimum: 1 },
        field: { type: ['string', 'null'], description: 'Null where the line as a whole is wrong.' },
        reason: { type: 'string' },
      },
    },
  },
  lines: {
    type: 'array',
    description:
      'What became of each line of the body, in order. unknown: the batch failed before it was told; send it again.',
    items: {
      type: 'string',
      enum: ['accepted', 'duplicate', 'conflict', 'completed', 'rejected', 'empty', 'unknown'],
    },
  },
} as const

const ERROR = {
  type: 'object',
  required: ['code', 'message'],
  properties: { code: { type: 'string', enum: [...ERROR_CODES] }, message: { type: 'string' } },
} as const

/** Schemas of what the endpoint answers. */
export const ANSWER_SCHEMAS = {
  BatchAnswer: { type: 'object', required: Object.keys(COUNTS), properties: COUNTS },
  Failure: { type: 'object', required: ['error'], properties: { error: ERROR } },
  BatchFailure: {
    type: 'object',
    description:
      'Why the batch was not taken whole; where it came to be stored at all, what became of its lines.',
    required: ['error'],
    properties: { error: ERROR, ...COUNTS },
  },
  Health: {
    type: 'object',
    required: ['ok', 'version', 'store'],
    properties: {
      ok: { const: true },
      version: { type: 'string' },
      store: { type: ['string', 'null'], description: 'Folder that batches go to; null while none is open.' },
    },
  },
} as const

function failure(description: string, schema: 'Failure' | 'BatchFailure' = 'Failure') {
  return {
    description,
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
  }
}

/** Answers by status: those that every path may give, and those of batches. */
export const ERROR_RESPONSES = {
  every: {
    401: failure('The token is missing, wrong, or was replaced.'),
    403: failure('The request comes from a web page.'),
    421: failure('The Host header names another machine.'),
  },
  batch: {
    400: failure('Nothing of the body could be read; nothing was written.', 'BatchFailure'),
    413: failure('Too many bytes or lines; nothing was written.'),
    415: failure('Neither NDJSON nor JSON in UTF-8; nothing was written.'),
    422: failure('Every line was rejected; nothing was written.', 'BatchFailure'),
    500: failure('The disk or Barkeep failed; the body says what is known of each line.', 'BatchFailure'),
    503: failure('Busy, locked, stopping, or no store is open; send it again later.', 'BatchFailure'),
    507: failure('The disk is full; the body says what is known of each line.', 'BatchFailure'),
  },
} as const
