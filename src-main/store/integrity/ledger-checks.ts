import { setImmediate } from 'node:timers/promises'
import type { ErrorCode } from '../../../schemas/contract/errors.ts'
import type { StorePath, UtcMonth } from '../../../schemas/contract/units.ts'
import { DAILY_TABLES, type DailyTable, LEDGER } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { type LedgerFile, listLedgerFiles } from '../ledger/ledger-files.ts'
import { ledgerResolver } from '../ledger/month-resolver.ts'
import { type LedgerFileRows, readLedgerRows } from '../ledger/read-rows.ts'
import { strangeColumns } from '../ledger/standing-files.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import type { Row } from '../write/part-writer.ts'
import { isBeyondReading, judgeDamaged } from './damage.ts'
import type { FindingList } from './finding-list.ts'
import { LedgerVersions } from './ledger-versions.ts'
import { PolicyCheck } from './policy-checks.ts'

/** Looks at a month of which a file vanished each time. */
const LOOKS = 25

const ROWS_AT_ONCE = 500

/** What the ledger is looked at with. */
export interface LedgerCheck {
  readonly context: StoreContext
  readonly findings: FindingList
  readonly onFile: (file: StorePath) => void
  readonly signal: AbortSignal | undefined
}

/**
 * Reads every file of decisions, audits, stats and policies (SPEC D11–D15), one in memory at a time.
 * @throws CANCELLED, and Node's own errors of the file system
 */
export async function checkLedger(check: LedgerCheck): Promise<void> {
  const { context, findings, signal } = check
  const policies = await PolicyCheck.open(context, findings, signal)
  for (const table of DAILY_TABLES) {
    const months = new Set((await listLedgerFiles(context, table)).map(({ month }) => month))
    for (const month of months) await checkMonth(check, table, month, policies)
  }
  policies.finish()
}

async function checkMonth(
  check: LedgerCheck,
  table: DailyTable,
  month: UtcMonth,
  policies: PolicyCheck,
): Promise<void> {
  const { context, findings, onFile, signal } = check
  const seen = new Set<StorePath>()
  for (let look = 0; look < LOOKS; look++) {
    const files = (await listLedgerFiles(context, table)).filter((file) => file.month === month)
    const versions = new LedgerVersions(LEDGER[table], findings)
    let vanished = false
    for (const file of inOrderOfBelief(files)) {
      throwIfAborted(signal)
      const read = await readLedgerRows(context, LEDGER[table], [file.file], signal)
      vanished ||= read.vanished.length > 0
      const isNew = !seen.has(file.file)
      seen.add(file.file)
      if (isNew) onFile(file.file)
      for (const { code, detail } of read.problems) await tellProblem(check, file, code, detail)
      for (const found of read.files) {
        if (isNew) await tellForeign(check, table, found)
        for (const [place, { row, breach }] of found.rows.entries()) {
          // A month of rows takes a second or two, in which whoever waits for this process must have a turn.
          if (place % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await setImmediate()
          if (breach !== null) findings.add('BAD_ROW', file.file, `row ${place + 1}: ${breach}`)
          const stray = breach === null ? strayed(file, row) : null
          if (stray !== null) findings.add('WRONG_PLACE', file.file, `row ${place + 1}: ${stray}`)
          versions.take(file.file, row)
          if (isNew && table === 'decisions') policies.decision(file.file, row)
        }
      }
    }
    // Merged into its month meanwhile: what was told of the others is as true as before.
    if (!vanished) return
  }
}

/** As reading believes them: months before days, the plain form before hive folders. */
function inOrderOfBelief(files: readonly LedgerFile[]): readonly LedgerFile[] {
  const rank = ({ day, series }: LedgerFile): number =>
    (day === null ? 0 : 2) + (series.partition === null ? 0 : 1)
  return [...files].sort((a, b) => rank(a) - rank(b) || (a.file < b.file ? -1 : 1))
}

/** Why a sound row doesn't belong in a file; null when it does. */
function strayed({ day, month, series: { partition } }: LedgerFile, row: Row): string | null {
  const time = String(row.timestamp_utc)
  const period = day ?? month
  if (!time.startsWith(period)) return `${time} is not of ${period}`
  if (partition === null || row[partition.column] === partition.value) return null
  return `${partition.column} is ${String(row[partition.column])}, not ${partition.value}`
}

async function tellForeign(
  { context, findings }: LedgerCheck,
  table: DailyTable,
  { file, foreign }: LedgerFileRows,
): Promise<void> {
  if (!foreign) return
  findings.add(
    'FOREIGN_FILE',
    file,
    'written by another program: used as it is, and nothing vouches for its bytes',
  )
  const strange = await strangeColumns(context, LEDGER[table], file)
  if (strange.length > 0)
    findings.add(
      'BAD_COLUMNS',
      file,
      `has columns of its own: ${strange.slice(0, 5).join(', ')}; nothing of ours is written in its place`,
    )
}

async function tellProblem(
  { context, findings, signal }: LedgerCheck,
  { file, series }: LedgerFile,
  code: ErrorCode,
  detail: string,
): Promise<void> {
  if (!isBeyondReading(code)) return findings.add(code, file, detail)
  const { remedy, instead } = await judgeDamaged(context, ledgerResolver(context, series), file, signal)
  findings.add(code, file, instead === null ? detail : `${detail}; ${instead}`, remedy)
}
