import type { LedgerEntry } from '../../../schemas/contract/ledger.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { LEDGER, type LedgerTable } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import type { LedgerFile } from '../ledger/ledger-files.ts'
import { readEntries } from '../query/entries.ts'
import { askFiles } from '../query/ledger-scan.ts'
import { orderOf } from '../query/query.ts'
import { identifier } from '../read/duckdb.ts'
import { sameLook } from '../read/listing.ts'
import { LedgerFiles, type LedgerFilesLook } from './ledger-files.ts'

/** Entries told at once. */
const ENTRIES_AT_MOST = 200
/** Days whose rows are known by key, the latest; of policies the one file. */
const DAYS_KNOWN = 3
/** Of a day with more rows it is told only that it changed. */
const ROWS_KNOWN = 20_000

/** Rows of a day by what tells their keys apart, each with what tells its values apart. */
type Rows = ReadonlyMap<number, number>

/** Entries of a table that are new or have another value than when they were told. */
export interface LedgerNews {
  readonly table: LedgerTable
  /** Newest first. */
  readonly entries: readonly LedgerEntry[]
  readonly incomplete: boolean
}

export interface LedgerLook {
  /** Whether files of the table came, went or were replaced. */
  readonly isOther: boolean
  /** Null when no row is new or other. */
  readonly news: LedgerNews | null
  /** Makes it what the next look is compared with. */
  commit(): void
}

/**
 * What a table of the ledger is against what was last told of it (SPEC F17, F18). Of a day whose files changed the rows are
 * compared by key with those it had; where these aren't known, as of a day of last year, it is told only that there is more.
 */
export class LedgerTail {
  readonly #context: StoreContext
  readonly #table: LedgerTable
  readonly #files: LedgerFiles
  /** By day, or '' for policies; the day that changed last at the end. */
  readonly #known = new Map<string, Rows>()

  constructor(context: StoreContext, table: LedgerTable) {
    this.#context = context
    this.#table = table
    this.#files = new LedgerFiles(context, table)
  }

  /** @param isFull at a look at everything @throws IO, and what DuckDB throws */
  async look(isFull: boolean): Promise<LedgerLook> {
    const files = await this.#files.look(isFull)
    const isOther = !files.isFirst && files.changes.length > 0
    if (files.isFirst) return { isOther, news: null, commit: files.commit }
    if (!isOther)
      return { isOther, news: null, commit: isFull ? await this.#withLatest(files) : files.commit }
    return this.#news(files)
  }

  async #news(files: LedgerFilesLook): Promise<LedgerLook> {
    const known = new Map<string, Rows | null>()
    const entries: LedgerEntry[] = []
    let incomplete = false
    const days = new Set(files.changes.map(({ file }) => dayOf(file)))
    for (const day of days) {
      const before = this.#before(day, files)
      const ofDay = files.files.filter((file) => dayOf(file) === day)
      const isAlone = !files.files.some((file) => isMonthBeside(file, day))
      const isReadable = day !== null && days.size <= DAYS_KNOWN && isAlone
      const found = isReadable && ofDay.length > 0 ? await this.#read(ofDay, before, files) : null
      if (day !== null) known.set(day, found?.rows ?? null)
      entries.push(...(found?.entries ?? []))
      incomplete ||= before === null || found === null || found.isMore
    }
    const shown = entries.sort(newestFirst).slice(0, ENTRIES_AT_MOST)
    incomplete ||= shown.length < entries.length
    const news = shown.length === 0 && !incomplete ? null : { table: this.#table, entries: shown, incomplete }
    return {
      isOther: true,
      news,
      commit: () => {
        files.commit()
        for (const [day, rows] of known) this.#keep(day, rows)
      },
    }
  }

  /** The rows that a day had; none where it had no file; null when they aren't known. */
  #before(day: string | null, { changes, files }: LedgerFilesLook): Rows | null {
    if (day === null) return null
    const known = this.#known.get(day)
    if (known !== undefined) return known
    const isNew = files
      .filter((file) => dayOf(file) === day)
      .every(({ file }) => changes.some((change) => change.file.file === file && change.before === null))
    const hadNone = !changes.some(({ file, before }) => dayOf(file) === day && before !== null)
    return isNew && hadNone ? new Map() : null
  }

  /** The rows of files that stand, those that differ from before as entries. Null when there are too many, or none can be read. */
  async #read(
    files: readonly LedgerFile[],
    before: Rows | null,
    look: LedgerFilesLook,
  ): Promise<{
    readonly rows: Rows
    readonly entries: readonly LedgerEntry[]
    readonly isMore: boolean
  } | null> {
    const table = LEDGER[this.#table]
    const hashOf = (columns: readonly string[]): string =>
      `CAST(hash(${columns.map(identifier).join(', ')}) % 9007199254740992 AS DOUBLE)`
    const columns = table.columns.map(({ name }) => name)
    const { sql } = orderOf(table, { column: 'timestamp_utc', descending: true })
    const found = await askFiles(this.#context, this.#table, files, async (scan) => {
      const rows = scan.only(columns)
      if (rows === null) return null
      const select = `SELECT __file, __row, ${hashOf(table.key)} AS key, ${hashOf(columns)} AS content, ${table.key
        .map((name) => `${identifier(name)} IS NULL`)
        .join(' OR ')} AS keyless FROM (${rows}) ORDER BY ${sql} LIMIT ${ROWS_KNOWN + 1}`
      const read = await this.#context.duck.rows(select)
      if (read.length > ROWS_KNOWN) return null
      const known = new Map<number, number>()
      const places: { file: number; row: number }[] = []
      for (const { __file, __row, key, content, keyless } of read) {
        // A row without a key is known by all its values.
        const name = Number(keyless === true && this.#table !== 'stats' ? content : key)
        known.set(name, Number(content))
        if (before !== null && before.get(name) !== Number(content))
          places.push({ file: Number(__file), row: Number(__row) })
      }
      const shown = places.slice(0, ENTRIES_AT_MOST)
      const entries = await readEntries(this.#context, table.columns, scan, shown)
      const isGone = before !== null && [...before.keys()].some((name) => !known.has(name))
      return { rows: known, entries, isMore: isGone || shown.length < places.length || !scan.holds(shown) }
    })
    // Replaced while it was read: which generation the rows are of can't be told, and the next look is due anyway.
    const isStill = files.every(({ file }) => sameLook(look.statOf(file), this.#statNow(file)))
    return found === null || isStill ? found : { ...found, isMore: true }
  }

  /** Once there is time, the rows of the latest day, so that the first batch can be told row by row. */
  async #withLatest(files: LedgerFilesLook): Promise<() => void> {
    const latest = files.files.at(-1)
    const day = latest === undefined ? null : dayOf(latest)
    if (day === null || this.#known.has(day) || files.files.some((file) => isMonthBeside(file, day)))
      return files.commit
    const ofDay = files.files.filter((file) => dayOf(file) === day)
    const isThere = ofDay.every(({ file }) => this.#statNow(file) !== null)
    const found = isThere ? await this.#read(ofDay, null, files) : null
    return () => {
      files.commit()
      if (found !== null && !found.isMore) this.#keep(day, found.rows)
    }
  }

  #keep(day: string, rows: Rows | null): void {
    this.#known.delete(day)
    if (rows === null) return
    this.#known.set(day, rows)
    for (const oldest of [...this.#known.keys()].slice(0, -DAYS_KNOWN)) this.#known.delete(oldest)
  }

  #statNow(file: StorePath): ReturnType<StoreContext['env']['statNow']> {
    return this.#context.env.statNow(at(this.#context, file))
  }
}

/** The day whose rows a file holds; '' for policies, null for a month of them. */
function dayOf({ day, month }: LedgerFile): string | null {
  return day ?? (month === '' ? '' : null)
}

function isMonthBeside({ day, month }: LedgerFile, of: string | null): boolean {
  return day === null && month !== '' && of?.startsWith(month) === true
}

function newestFirst(a: LedgerEntry, b: LedgerEntry): number {
  const [one, other] = [String(a.row.timestamp_utc ?? ''), String(b.row.timestamp_utc ?? '')]
  return one < other ? 1 : one > other ? -1 : 0
}
