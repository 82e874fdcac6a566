import { LEDGER } from '../../../schemas/tables/index.ts'
import { leftOfFile } from '../compact/left-of-file.ts'
import { quarantineOf } from '../compact/publish.ts'
import { publishDay } from '../compact/publish-day.ts'
import type { Target } from '../compact/resolver.ts'
import type { StoreContext } from '../context.ts'
import { checkFile } from '../layout/checksums.ts'
import { canonicalRow } from '../layout/digest.ts'
import type { LedgerSeries } from '../layout/file-names.ts'
import { mergeMonth } from '../ledger/month-merge.ts'
import { readLedgerRows } from '../ledger/read-rows.ts'
import { inTurn } from '../write/turns.ts'
import { NotDone } from './repair-files.ts'

/**
 * Publishes the generation before a damaged file of a ledger in its place, once it is proven whole (SPEC D16). What came
 * since is not in it: the damaged file, in quarantine, is all that is left of that.
 */
export async function putBackLedger(
  context: StoreContext,
  { series, day, month, file, folder }: Target & { readonly series: LedgerSeries },
  signal: AbortSignal | undefined,
): Promise<string> {
  const table = LEDGER[series.table]
  const before = await checkFile(context, file)
  const damage = (await readLedgerRows(context, table, [file], signal)).problems[0]
  const { previous, generation } = await leftOfFile(context, table, file, folder)
  const kept = previous === null ? null : await readLedgerRows(context, table, [previous], signal)
  const [found] = kept?.files ?? []
  if (damage === undefined || found === undefined)
    throw new NotDone(`${file} is whole again, or nothing is left of it`)
  if (found.rows.some(({ breach }) => breach !== null))
    throw new NotDone(`${found.file} holds rows that ours could not keep`)
  const { rows } = mergeMonth(table, [], [found])
  const plan = {
    series,
    table,
    day,
    month,
    file,
    before,
    origin: 'parts',
    rows,
    inputLines: rows.map((row) => canonicalRow(table.columns, row)),
    merged: [],
    lost: [],
    keepParts: true,
    keptAs: await quarantineOf(context, file),
  } as const
  const hooks = {
    signal,
    onStep: () => undefined,
    isCurrent: async () => true,
    turn: <T>(work: () => Promise<T>): Promise<T> => inTurn(context, series, day, work),
  }
  if (!(await publishDay(context, plan, hooks))) throw new NotDone(`${file} was replaced meanwhile`)
  const stood = generation === null ? '' : `, where ${generation.rows} stood`
  return `put back the generation before it (rows: ${rows.length}${stood}): what came since is in the damaged file alone, in quarantine`
}
