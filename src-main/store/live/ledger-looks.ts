import { LEDGER_TABLES, type LedgerTable } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { type LedgerLook, LedgerTail } from './ledger-tail.ts'

/** What looks at the ledger have found and nobody was told yet. */
export interface LedgerFindings {
  readonly looks: ReadonlyMap<LedgerTable, LedgerLook>
  readonly failures: readonly unknown[]
}

/**
 * Looks at the tables of the ledger beside all others: rows are read by DuckDB, which takes longer than a bar may. What one
 * finds waits for the next telling, which is asked for; a table is not looked at again before that.
 */
export class LedgerLooks {
  readonly #tails: ReadonlyMap<LedgerTable, LedgerTail>
  readonly #ready: (table: LedgerTable) => void
  readonly #running = new Map<LedgerTable, Promise<void>>()
  readonly #found = new Map<LedgerTable, LedgerLook>()
  readonly #due = new Set<LedgerTable>()
  /** Until the next look at everything: what fails is not tried at each hint. */
  readonly #failed = new Set<LedgerTable>()
  #failures: unknown[] = []

  /** @param ready called when a look has found something, or failed; must not throw */
  constructor(context: StoreContext, ready: (table: LedgerTable) => void) {
    this.#tails = new Map(LEDGER_TABLES.map((table) => [table, new LedgerTail(context, table)]))
    this.#ready = ready
  }

  /** Looks at a table as soon as what was found before is told. */
  begin(table: LedgerTable): void {
    if (this.#failed.has(table)) return
    if (this.#running.has(table) || this.#found.has(table)) this.#due.add(table)
    else this.#start(table, false)
  }

  /** Looks at every table, and waits for it. */
  async all(): Promise<void> {
    await this.settled()
    this.#due.clear()
    this.#failed.clear()
    // What was found and never told is found again, with what came since.
    this.#found.clear()
    for (const table of this.#tails.keys()) this.#start(table, true)
    await this.settled()
  }

  /** What is to be told; failures are handed out once. */
  take(): LedgerFindings {
    const failures = this.#failures
    this.#failures = []
    const looks = new Map<LedgerTable, LedgerLook>()
    for (const table of LEDGER_TABLES) {
      const found = this.#found.get(table)
      if (found !== undefined) looks.set(table, found)
    }
    return { looks, failures }
  }

  /** What was taken is told. */
  told(looks: LedgerFindings['looks']): void {
    for (const [table, look] of looks) {
      look.commit()
      this.#found.delete(table)
    }
    for (const table of [...this.#due]) {
      if (this.#running.has(table) || this.#found.has(table)) continue
      this.#due.delete(table)
      this.#start(table, false)
    }
  }

  /** Resolves once no look is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values())
  }

  #start(table: LedgerTable, isFull: boolean): void {
    const look = async (): Promise<void> => {
      try {
        const found = await (this.#tails.get(table) as LedgerTail).look(isFull)
        this.#running.delete(table)
        // Nothing to tell: what it knows now is what stands.
        if (!found.isOther) found.commit()
        else this.#found.set(table, found)
        const isDue = this.#due.has(table)
        if (!found.isOther) this.#due.delete(table)
        if (!isFull && (found.isOther || isDue)) this.#ready(table)
      } catch (thrown) {
        this.#running.delete(table)
        this.#failed.add(table)
        this.#failures.push(thrown)
        if (!isFull) this.#ready(table)
      }
    }
    this.#running.set(table, look())
  }
}
