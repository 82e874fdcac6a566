import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { parseInstant } from '../../../schemas/contract/market-time.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { POLICIES } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import { recordedChecksum } from '../layout/checksums.ts'
import { POLICIES_FILE } from '../layout/file-names.ts'
import { readLedgerRows } from '../ledger/read-rows.ts'
import type { Row } from '../write/part-writer.ts'
import { isBeyondReading, setAside } from './damage.ts'
import type { FindingList } from './finding-list.ts'
import { LedgerVersions } from './ledger-versions.ts'

/** Decisions that name a version which isn't there. */
interface Missing {
  readonly file: StorePath
  decisions: number
}

/**
 * Holds decisions against the policies that they name (SPEC D15). Without a file of policies, or with one that can't be
 * read, nothing is demanded of them.
 */
export class PolicyCheck {
  readonly #context: StoreContext
  readonly #findings: FindingList
  /** Time of each version, ms UTC; null where it can't be told. */
  readonly #times: ReadonlyMap<string, number | null> | null
  readonly #missing = new Map<string, Missing>()

  private constructor(
    context: StoreContext,
    findings: FindingList,
    times: ReadonlyMap<string, number | null> | null,
  ) {
    this.#context = context
    this.#findings = findings
    this.#times = times
  }

  /** Reads the policies and says what is wrong with their file. @throws CANCELLED */
  static async open(
    context: StoreContext,
    findings: FindingList,
    signal: AbortSignal | undefined,
  ): Promise<PolicyCheck> {
    if ((await context.env.stat(at(context, POLICIES_FILE))) === null)
      return new PolicyCheck(context, findings, null)
    const read = await readLedgerRows(context, POLICIES, [POLICIES_FILE], signal)
    for (const { code, detail } of read.problems) {
      // There is one file of them: one of ours stays where it is, one that never was whole is moved aside.
      const isOurs = (await recordedChecksum(context, POLICIES_FILE)) !== null
      const remedy = isBeyondReading(code) && !isOurs ? await setAside(context, POLICIES_FILE) : null
      findings.add(code, POLICIES_FILE, detail, remedy)
    }
    const [found] = read.files
    if (found === undefined) return new PolicyCheck(context, findings, null)
    if (found.foreign)
      findings.add(
        'FOREIGN_FILE',
        POLICIES_FILE,
        'written by another program: used as it is, and nothing vouches for its bytes',
      )
    const versions = new LedgerVersions(POLICIES, findings)
    const times = new Map<string, number | null>()
    for (const [place, { row, breach }] of found.rows.entries()) {
      if (breach !== null) findings.add('BAD_ROW', POLICIES_FILE, `row ${place + 1}: ${breach}`)
      versions.take(POLICIES_FILE, row)
      const version = String(row.policy_version)
      if (!times.has(version)) times.set(version, instantOf(context, row.timestamp_utc))
    }
    return new PolicyCheck(context, findings, times)
  }

  decision(file: StorePath, row: Row): void {
    const version = row.policy_version
    if (this.#times === null || typeof version !== 'string') return
    const dated = this.#times.get(version)
    if (dated === undefined) {
      const missing = this.#missing.get(version)
      if (missing === undefined) this.#missing.set(version, { file, decisions: 1 })
      else missing.decisions += 1
      return
    }
    const decided = instantOf(this.#context, row.timestamp_utc)
    if (dated === null || decided === null || dated <= decided) return
    const detail = `decision ${String(row.decision_id)} of ${String(row.timestamp_utc)} names policy ${version}, which is dated ${new Date(dated).toISOString()}`
    this.#findings.add('POLICY_LATE', file, detail)
  }

  /** Once all decisions were seen: a version is told where it is named first. */
  finish(): void {
    for (const [version, { file, decisions }] of this.#missing) {
      const such = decisions === 1 ? 'a decision names' : `${decisions} decisions name, here first,`
      this.#findings.add(
        'POLICY_MISSING',
        file,
        `${such} policy ${version}, which ${POLICIES_FILE} doesn’t hold`,
      )
    }
  }
}

/** Null for what is no time. */
function instantOf(context: StoreContext, text: unknown): number | null {
  if (typeof text !== 'string') return null
  try {
    return parseInstant(text, context.zone)
  } catch (error) {
    if (error instanceof BarkeepError) return null
    throw error
  }
}
