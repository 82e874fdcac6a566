import { DOCUMENTS } from '../../../schemas/documents/index.ts'
import { LEDGER, type LedgerTable } from '../../../schemas/tables/index.ts'

export type DocumentForm = 'row' | 'document'

type Fields = Readonly<Record<string, unknown>>

const SHAPES: Readonly<Record<DocumentForm, (table: LedgerTable) => Shape>> = {
  row: (table) => ({
    fields: new Set(LEDGER[table].columns.map(({ name }) => name)),
    required: LEDGER[table].columns.filter(({ nullable }) => !nullable).map(({ name }) => name),
  }),
  document: (table) => ({ fields: new Set(DOCUMENTS[table].fields), required: DOCUMENTS[table].required }),
}

interface Shape {
  readonly fields: ReadonlySet<string>
  readonly required: readonly string[]
}

/**
 * Which form a line has: by its own fields alone, never by other lines (SPEC V11). The one that it is nearer to, by fields
 * it has in excess and fields it lacks; in a tie the document, which is what bots log.
 */
export function formOf(table: LedgerTable, line: Fields): DocumentForm {
  const told = table === 'audits' ? byIssues(line) : null
  return told ?? (distance(table, 'row', line) < distance(table, 'document', line) ? 'row' : 'document')
}

/** Issues of an audit document are objects, those of a row are text; a clean one has neither, but its row a number. */
function byIssues(line: Fields): DocumentForm | null {
  const first: unknown = Array.isArray(line.issues) ? line.issues[0] : undefined
  if (typeof first === 'string') return 'row'
  if (first !== null && typeof first === 'object') return 'document'
  const isNumbered = typeof line.audit_id === 'string' && /#[0-9]+$/.test(line.audit_id)
  return isNumbered && !isOnlyIn('audits', 'document', line) ? 'row' : null
}

/** Whether the line has a field that the other form doesn't know. */
function isOnlyIn(table: LedgerTable, form: DocumentForm, line: Fields): boolean {
  const other = shapeOf(table, form === 'row' ? 'document' : 'row').fields
  const own = shapeOf(table, form).fields
  return Object.keys(line).some((name) => own.has(name) && !other.has(name))
}

const DISTANT = 1000

function distance(table: LedgerTable, form: DocumentForm, line: Fields): number {
  const { fields, required } = shapeOf(table, form)
  const excess = Object.keys(line).filter((name) => !fields.has(name)).length
  const other = shapeOf(table, form === 'row' ? 'document' : 'row')
  // A field that only the other form has says more than one that neither has.
  const theirs = Object.keys(line).filter((name) => !fields.has(name) && other.fields.has(name)).length
  const lacking = required.filter((name) => !Object.hasOwn(line, name)).length
  return theirs * DISTANT + excess + lacking
}

const shapes = new Map<string, Shape>()

function shapeOf(table: LedgerTable, form: DocumentForm): Shape {
  const name = `${table} ${form}`
  const known = shapes.get(name) ?? SHAPES[form](table)
  shapes.set(name, known)
  return known
}
