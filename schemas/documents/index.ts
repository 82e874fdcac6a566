import type { LedgerTable } from '../tables/index.ts'
import audit from './audit-document.schema.json' with { type: 'json' }
import decision from './decision-log.schema.json' with { type: 'json' }
import policy from './policy-document.schema.json' with { type: 'json' }
import stats from './stats-document.schema.json' with { type: 'json' }

/** What a bot hands in besides rows: one log document, of which rows of a table are made (SPEC V15–V18). */
export interface DocumentSchema {
  /** As a message calls it. */
  readonly name: string
  readonly required: readonly string[]
  readonly fields: readonly string[]
  /** The JSON Schema itself, for the validator. */
  readonly schema: object
}

function documentOf(
  name: string,
  schema: { readonly required: readonly string[]; readonly properties: object },
): DocumentSchema {
  return { name, required: schema.required, fields: Object.keys(schema.properties), schema }
}

/** The log document of each table of the ledger. */
export const DOCUMENTS: Readonly<Record<LedgerTable, DocumentSchema>> = {
  decisions: documentOf('a decision log line', decision),
  audits: documentOf('an audit document', audit),
  stats: documentOf('a stats document', stats),
  policies: documentOf('a policy document', policy),
}
