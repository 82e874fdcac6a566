import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { POLICIES } from '../../../schemas/tables/index.ts'
import type { LedgerAppend, LedgerOutcome } from '../api.ts'
import type { Generation } from '../compact/generation.ts'
import { commitGeneration, finishGeneration, isUnchanged, previousOf } from '../compact/publish.ts'
import { stageFile } from '../compact/staged-file.ts'
import type { StoreContext } from '../context.ts'
import { discard } from '../fs/atomic-file.ts'
import { type ChecksumState, checkFile } from '../layout/checksums.ts'
import { canonicalJson, digestOfLines } from '../layout/digest.ts'
import { POLICIES_FILE } from '../layout/file-names.ts'
import type { Row } from '../write/part-writer.ts'
import { dayOfRow, lineOf } from './entry-rows.ts'
import { makeDurable } from './make-durable.ts'
import { type LedgerFileRows, readLedgerRows } from './read-rows.ts'
import { inLedgerOrder, ledgerKey } from './row-order.ts'
import { type Obstacle, strangeColumns } from './standing-files.ts'

const ATTEMPTS = 10

/**
 * Adds versions to the one file of policies (SPEC E9): a version that is there with the same content is a duplicate, with
 * other content it is refused, for decisions that name it were made under the first.
 * @throws NO_SPACE, IO, VERIFY_FAILED, CANCELLED, CONFLICT
 */
export async function appendPolicies(
  context: StoreContext,
  rows: readonly Row[],
  { dryRun = false, signal }: LedgerAppend,
): Promise<readonly LedgerOutcome[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const standing = await readPolicies(context, signal)
    if (standing === null) continue
    const { outcomes, all, isNew } = withVersions(standing, rows)
    if (dryRun) return outcomes
    if (standing.foreign) await makeDurable(context, [POLICIES_FILE])
    if (!isNew || (await publish(context, standing, all, signal))) return outcomes
  }
  throw new BarkeepError(
    'CONFLICT',
    `${POLICIES_FILE} was replaced by another program each of the ${ATTEMPTS} times that it was about to be written. Hand the policies in again once it has ended.`,
    { file: POLICIES_FILE },
  )
}

interface StandingPolicies {
  readonly before: ChecksumState
  readonly rows: ReadonlyMap<string, Row>
  readonly foreign: boolean
  /** Why no version can be added. */
  readonly obstacle: Obstacle | null
  /** Nothing is known of what stands. */
  readonly unknown: boolean
}

/** Null when the file was replaced while it was read. */
async function readPolicies(
  context: StoreContext,
  signal: AbortSignal | undefined,
): Promise<StandingPolicies | null> {
  const before = await checkFile(context, POLICIES_FILE)
  if (before.state === 'missing')
    return { before, rows: new Map(), foreign: false, obstacle: null, unknown: false }
  const { files, problems, vanished } = await readLedgerRows(context, POLICIES, [POLICIES_FILE], signal)
  if (vanished.length > 0) return null
  const [file] = files
  if (file === undefined) {
    const [problem] = problems
    const reason = `${POLICIES_FILE} can't be used (${problem?.detail ?? 'it could not be read'}); run barkeep doctor`
    const obstacle = { code: problem?.code ?? 'UNREADABLE', reason } as const
    return { before, rows: new Map(), foreign: false, obstacle, unknown: true }
  }
  const extra = file.foreign ? await strangeColumns(context, POLICIES, POLICIES_FILE) : []
  return { before, foreign: file.foreign, unknown: false, ...versionsIn(file, extra) }
}

function versionsIn(
  file: LedgerFileRows,
  extra: readonly string[],
): Pick<StandingPolicies, 'rows' | 'obstacle'> {
  const rows = new Map<string, Row>()
  let why = extra.length === 0 ? null : `it has columns of its own: ${extra.slice(0, 5).join(', ')}`
  for (const [place, { row, breach }] of file.rows.entries()) {
    const key = ledgerKey(POLICIES, row)
    const first = rows.get(key)
    if (breach !== null) why ??= `its row ${place + 1} can't be kept (${breach})`
    else if (first === undefined) rows.set(key, row)
    else if (lineOf(POLICIES, first) !== lineOf(POLICIES, row))
      why ??= `its row ${place + 1} repeats a version with other content`
  }
  const reason = `${POLICIES_FILE} is another program's, and ${why}; mend it there`
  return { rows, obstacle: why === null ? null : { code: 'BAD_ROW', reason } }
}

function withVersions(
  standing: StandingPolicies,
  given: readonly Row[],
): { readonly outcomes: readonly LedgerOutcome[]; readonly all: Iterable<Row>; readonly isNew: boolean } {
  const all = new Map(standing.rows)
  const refused = (reason: string): LedgerOutcome => ({
    outcome: 'rejected',
    field: 'policy_version',
    reason,
  })
  const outcomes = given.map((row): LedgerOutcome => {
    const { obstacle } = standing
    if (standing.unknown && obstacle !== null) return refused(`${obstacle.code}: ${obstacle.reason}`)
    const key = ledgerKey(POLICIES, row)
    const first = all.get(key)
    if (first !== undefined && lineOf(POLICIES, first) === lineOf(POLICIES, row))
      return { outcome: 'duplicate' }
    if (first !== undefined)
      return refused(
        `CONFLICT: policy_version ${JSON.stringify(row.policy_version)} is there with other content (${differing(first, row)}); a version never changes, give this one a new name`,
      )
    if (obstacle !== null) return refused(`${obstacle.code}: ${obstacle.reason}`)
    all.set(key, row)
    return { outcome: 'accepted' }
  })
  return { outcomes, all: all.values(), isNew: all.size > standing.rows.size }
}

function differing(first: Row, other: Row): string {
  return POLICIES.columns
    .filter(({ name }) => canonicalJson(first[name] ?? null) !== canonicalJson(other[name] ?? null))
    .map(({ name }) => name)
    .join(', ')
}

/** @returns false when the file was replaced since it was read */
async function publish(
  context: StoreContext,
  { before, foreign }: StandingPolicies,
  rows: Iterable<Row>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const file: StorePath = POLICIES_FILE
  const sorted = inLedgerOrder(POLICIES, [...rows])
  const inputsDigest = digestOfLines(sorted.map((row) => lineOf(POLICIES, row)))
  const staged = await stageFile(context, POLICIES, file, sorted, inputsDigest, { signal, onStep: () => {} })
  try {
    const generation: Generation = {
      version: 1,
      file,
      table: 'policies',
      timeframe: null,
      // One file for all time: that of its oldest version.
      day: dayOfRow(sorted[0] ?? {}),
      origin: 'ingest',
      sha256: staged.sha256,
      rows: staged.rows,
      digest: staged.digest,
      inputsDigest,
      replaces:
        before.state === 'missing'
          ? null
          : { sha256: before.sha256, keptAs: foreign ? previousOf(file) : null },
      inputs: [],
      numbers: [],
      writtenAt: new Date(context.env.now()).toISOString(),
    }
    const seen = before.state === 'missing' ? null : before.stat
    const done = await commitGeneration(context, staged, generation, () => isUnchanged(context, file, seen))
    if (done) await finishGeneration(context, generation)
    else await discard(context.env, staged.path)
    return done
  } catch (error) {
    await discard(context.env, staged.path)
    throw error
  }
}
