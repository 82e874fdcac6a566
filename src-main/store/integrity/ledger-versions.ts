import { createHash } from 'node:crypto'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import { canonicalRow } from '../layout/digest.ts'
import { ledgerKey } from '../ledger/row-order.ts'
import type { Row } from '../write/part-writer.ts'
import type { FindingList } from './finding-list.ts'

interface Version {
  readonly file: StorePath
  readonly hash: string
}

/**
 * Names rows that the files of a month hold more than once (SPEC D13): with the same values a DUPLICATE, with others a
 * CONFLICT, each on the file that loses. Keeps a key and a hash of each row, not the row.
 */
export class LedgerVersions {
  readonly #table: TableSchema
  readonly #findings: FindingList
  readonly #known = new Map<string, Version>()

  constructor(table: TableSchema, findings: FindingList) {
    this.#table = table
    this.#findings = findings
  }

  /** Rows of a file; those of the file that is believed most come first. */
  take(file: StorePath, row: Row): void {
    const key = ledgerKey(this.#table, row)
    const line = canonicalRow(this.#table.columns, row)
    const hash = createHash('sha256').update(line).digest('base64').slice(0, 22)
    const first = this.#known.get(key)
    if (first === undefined) {
      this.#known.set(key, { file, hash })
      return
    }
    const same = first.hash === hash
    const named = `${this.#table.key.join(', ')} ${key}`
    if (first.file === file)
      this.#tell(same, file, `${named} stands in it more than once; the first row counts`)
    else if (same) this.#tell(same, file, `${named} stands in ${first.file} with the same values`)
    else this.#tell(same, file, `${named} differs from ${first.file}, which counts`)
  }

  #tell(same: boolean, file: StorePath, detail: string): void {
    this.#findings.add(same ? 'DUPLICATE' : 'CONFLICT', file, detail)
  }
}
