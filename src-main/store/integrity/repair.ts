import { BarkeepError, reportOf } from '../../../schemas/contract/errors.ts'
import type { Finding, RepairReceipt } from '../../../schemas/contract/health.ts'
import type { WorkOptions } from '../api.ts'
import { candleResolver } from '../candles/day-resolver.ts'
import { BarNumbers } from '../candles/numbering.ts'
import { finishPending } from '../compact/interrupted.ts'
import type { DayResolver, Target } from '../compact/resolver.ts'
import { rebuildEmas, writeEmas } from '../emas/stored-emas.ts'
import { withWriterLock } from '../fs/writer-lock.ts'
import { ledgerResolver } from '../ledger/month-resolver.ts'
import { type DoctorSources, diagnose } from './doctor.ts'
import { compareFindings, type FindingList } from './finding-list.ts'
import { inOrderOfWork, type Mendable, type Remedy } from './remedies.ts'
import { makeAgain, moveHeldCandles, putBack } from './repair-days.ts'
import { moveHeldEvents, putBackEvents } from './repair-events.ts'
import { clearOrphan, dropDerived, moveToQuarantine, NotDone } from './repair-files.ts'
import { putBackLedger } from './repair-ledger.ts'

/** Looks at the store and mends it so often at most: what is mended can bring something to light, but not for ever. */
const ROUNDS = 5

/**
 * Mends what can be mended without losing anything (SPEC D8–D10): looks at the whole store, does what the findings offer,
 * and looks again until there is nothing left to do, so that what it calls mended is what a look finds in order. One
 * failure stops no other. Done a second time it does nothing.
 * @returns the findings that are left, and those that were mended with what was done
 * @throws LOCKED naming the owner; CANCELLED when nothing was done yet; Node's own errors of the file system from a look
 */
export async function repairStore(sources: DoctorSources, options: WorkOptions = {}): Promise<RepairReceipt> {
  return withWriterLock(sources.context, 'repair', () => new Repair(sources, options).run())
}

class Repair {
  readonly #sources: DoctorSources
  readonly #options: WorkOptions
  readonly #done = new Map<string, Finding>()
  /** What was tried and why it could not be done: each is tried once. */
  readonly #failed = new Map<string, string>()

  constructor(sources: DoctorSources, options: WorkOptions) {
    this.#sources = sources
    this.#options = options
  }

  async run(): Promise<RepairReceipt> {
    let left: readonly Finding[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const found = await this.#look()
      if (found === null) return this.#receipt(left, true)
      left = found.all()
      const open = this.#openOf(found)
      if (open.length === 0) break
      if (!(await this.#mend(open))) return this.#receipt(left, true)
    }
    return this.#receipt(left, false)
  }

  /** An interrupted compaction comes alone: what else is found around its files may be in order once it is finished. */
  #openOf(found: FindingList): readonly Mendable[] {
    const open = inOrderOfWork(found.mendable()).filter(({ finding }) => !this.#failed.has(keyOf(finding)))
    const first = open.filter(({ remedy }) => remedy.kind === 'finish')
    return first.length > 0 ? first : open
  }

  /** Null when it was cancelled after something was done: that must still be told. */
  async #look(): Promise<FindingList | null> {
    try {
      return await diagnose(this.#sources, { ...this.#options, isWriter: true })
    } catch (error) {
      if (error instanceof BarkeepError && error.code === 'CANCELLED' && this.#done.size > 0) return null
      throw error
    }
  }

  /** @returns false when it was cancelled on the way */
  async #mend(mendable: readonly Mendable[]): Promise<boolean> {
    const { onProgress, signal } = this.#options
    for (const [done, { finding, remedy }] of mendable.entries()) {
      if (signal?.aborted === true) return false
      onProgress?.({ done, total: mendable.length, step: `repair ${finding.path}` })
      try {
        this.#tell(finding, await this.#apply(remedy))
      } catch (error) {
        if (error instanceof BarkeepError && error.code === 'CANCELLED') return false
        const report = reportOf(error)
        if (report.code === 'INTERNAL' && !(error instanceof NotDone)) throw error
        this.#failed.set(keyOf(finding), report.message)
      }
    }
    return true
  }

  #tell(finding: Finding, what: string): void {
    this.#done.set(keyOf(finding), { ...finding, repair: what, repaired: true })
  }

  /** @returns what was done */
  async #apply(remedy: Remedy): Promise<string> {
    const { context, timeline, snapshot } = this.#sources
    const { signal } = this.#options
    switch (remedy.kind) {
      case 'finish':
        await finishPending(context)
        return 'led to its end'
      case 'clear':
        await clearOrphan(context, remedy.file)
        return 'removed: nothing acknowledged was in it'
      case 'set-aside':
        return `moved to ${await moveToQuarantine(context, remedy.file, remedy.seen)}`
      case 'make-again':
        return makeAgain(context, this.#resolverOf(remedy.target), remedy.target, signal)
      case 'put-back': {
        const { series } = remedy.target
        if (series.table === 'candles') return putBack(context, remedy.target, signal)
        return series.table === 'object_events'
          ? putBackEvents(context, timeline, remedy.target)
          : putBackLedger(context, { ...remedy.target, series }, signal)
      }
      case 'move-held': {
        const moved =
          remedy.target.series.table === 'candles'
            ? await moveHeldCandles(context, remedy.target, signal)
            : await moveHeldEvents(context, timeline, remedy.target)
        return `moved ${moved === 1 ? '1 part' : `${moved} parts`} to recovery`
      }
      case 'rebuild-snapshot':
        return `written anew with ${await snapshot.rebuild()} objects`
      case 'write-emas':
        return this.#writeEmas(remedy)
      case 'drop':
        await dropDerived(context, remedy.file)
        return 'removed: it is made again from the dayfiles when it is needed'
    }
  }

  async #writeEmas({ timeframe, day }: Extract<Remedy, { kind: 'write-emas' }>): Promise<string> {
    const { emas } = this.#sources
    if (emas === undefined) throw new NotDone('averages can’t be worked out here')
    const { signal } = this.#options
    const { files, removed, problems } =
      day === null
        ? await writeEmas(emas, [], { signal })
        : await rebuildEmas(emas, { timeframe, from: day, to: day }, { signal })
    const [first] = problems
    if (first !== undefined && files.length + removed.length === 0) throw new NotDone(first.message)
    const written = files.length === 1 ? '1 file' : `${files.length} files`
    return removed.length === 0
      ? `${written} written anew`
      : `${written} written anew, ${removed.length} taken away`
  }

  #resolverOf({ series }: Target): DayResolver {
    const { context, eventDays } = this.#sources
    if (series.table === 'candles') return candleResolver(context, series.timeframe, new BarNumbers(context))
    return series.table === 'object_events' ? eventDays : ledgerResolver(context, series)
  }

  #receipt(left: readonly Finding[], cancelled: boolean): RepairReceipt {
    const open = left.map((finding) => {
      const why = this.#failed.get(keyOf(finding))
      return why === undefined ? finding : { ...finding, detail: `${finding.detail}; not repaired: ${why}` }
    })
    // What the last look found again was not mended, whatever was done; cancelled, there was no last look.
    const found = new Set(cancelled ? [] : left.map(keyOf))
    const mended = [...this.#done].flatMap(([key, finding]) => (found.has(key) ? [] : finding))
    const known = new Set(mended.map(keyOf))
    const rest = open.filter((finding) => !known.has(keyOf(finding)))
    return { findings: [...mended, ...rest].sort(compareFindings), cancelled }
  }
}

function keyOf({ code, path }: Finding): string {
  return `${code} ${path}`
}
