import type { StorePath } from '../../../schemas/contract/units.ts'
import { DAILY_TABLES, type LedgerTable } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import { POLICIES_FILE } from '../layout/file-names.ts'
import { listLedgerFiles } from './ledger-files.ts'

/** Files asked for at once: a look beside reading must not take all of the pool. */
const AT_ONCE = 8

/**
 * A text for each table of the ledger that differs whenever a file of it came, went, or was written again, by us or by
 * another program (SPEC N20): for noticing, not for showing. No file is opened.
 */
export async function ledgerMarks(context: StoreContext): Promise<Readonly<Record<LedgerTable, string>>> {
  const marks: Record<LedgerTable, string> = { decisions: '', audits: '', stats: '', policies: '' }
  for (const table of DAILY_TABLES) {
    const files = await listLedgerFiles(context, table)
    marks[table] = await markOf(
      context,
      files.map(({ file }) => file),
    )
  }
  marks.policies = await markOf(context, [POLICIES_FILE])
  return marks
}

async function markOf(context: StoreContext, files: readonly StorePath[]): Promise<string> {
  const lines: string[] = []
  for (let start = 0; start < files.length; start += AT_ONCE) {
    const some = files.slice(start, start + AT_ONCE)
    const stats = await Promise.all(some.map((file) => context.env.stat(at(context, file))))
    for (const [index, stat] of stats.entries())
      if (stat !== null) lines.push(`${some[index]} ${stat.inode} ${stat.size} ${stat.mtimeMs}`)
  }
  return lines.join('\n')
}
