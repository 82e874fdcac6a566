import type { StorePath } from '../../../schemas/contract/units.ts'
import type { LedgerTable } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { sameFile } from '../layout/checksums.ts'
import { isParquet, within } from '../layout/file-names.ts'
import { KnownFolder } from '../layout/known-folder.ts'
import { parsePartitionFolder } from '../layout/partition-names.ts'
import { type LedgerFile, ledgerFileOf } from '../ledger/ledger-files.ts'
import { POLICIES } from '../query/ledger-scan.ts'

/** Files of the latest time, which nearly all rows go into: looked at whenever the table is. */
const LIVELY = 24
/** Older ones looked at in turn, so that what is written into one in place shows within some looks. */
const IN_TURN = 64
/** Files asked for in a row before others get their turn. */
const STATS_AT_ONCE = 128

export interface LedgerFileChange {
  readonly file: LedgerFile
  readonly before: FileStat | null
  readonly now: FileStat | null
}

export interface LedgerFilesLook {
  /** Nothing was known before. */
  readonly isFirst: boolean
  /** In order of time. */
  readonly changes: readonly LedgerFileChange[]
  /** All that stand now, with what tells one from its next generation; in order of time. */
  readonly files: readonly LedgerFile[]
  statOf(file: StorePath): FileStat | null
  commit(): void
}

/**
 * The files of a ledger's table against the look before (SPEC F17). Names come from folders, listed only when their time
 * changed; of files the latest are looked at each time, of the others some in turn, and all of them at a look at everything
 * after a folder changed: ten years of days cost a live batch no more than one.
 */
export class LedgerFiles {
  readonly #context: StoreContext
  readonly #table: LedgerTable
  readonly #root: KnownFolder
  readonly #partitions = new Map<string, KnownFolder>()
  readonly #told = new Map<StorePath, { readonly file: LedgerFile; readonly stat: FileStat }>()
  #files: readonly LedgerFile[] = []
  /** Folders were listed anew since all files were looked at. */
  #isUnsettled = true
  #turn = 0
  #isBegun = false

  constructor(context: StoreContext, table: LedgerTable) {
    this.#context = context
    this.#table = table
    this.#root = new KnownFolder(context.env, at(context, table as string as StorePath))
  }

  /** @param isFull at a look at everything @throws IO */
  async look(isFull: boolean): Promise<LedgerFilesLook> {
    if (await this.#list()) this.#isUnsettled = true
    const isAll = !this.#isBegun || (isFull && this.#isUnsettled)
    const files = this.#files
    const looked = new Map<StorePath, FileStat | null>()
    let count = 0
    for (const { file } of isAll ? files : this.#due(files)) {
      if (++count % STATS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve))
      const stat = this.#context.env.statNow(at(this.#context, file))
      looked.set(file, stat === null || stat.isDirectory ? null : stat)
    }
    const changes: LedgerFileChange[] = []
    for (const file of files) {
      const now = looked.get(file.file)
      if (now === undefined) continue
      const before = this.#told.get(file.file)?.stat ?? null
      if (before === null ? now !== null : now === null || !sameFile(before, now))
        changes.push({ file, before, now })
    }
    const standing = new Set(files.map(({ file }) => file))
    for (const { file, stat } of this.#told.values())
      if (!standing.has(file.file)) changes.push({ file, before: stat, now: null })
    return {
      isFirst: !this.#isBegun,
      changes,
      files,
      statOf: (file) => looked.get(file) ?? this.#told.get(file)?.stat ?? null,
      commit: () => {
        this.#isBegun = true
        if (isAll) this.#isUnsettled = false
        for (const { file, now } of changes) {
          if (now === null) this.#told.delete(file.file)
          else this.#told.set(file.file, { file, stat: now })
        }
      },
    }
  }

  /** New names, the latest files, and some of the others. */
  #due(files: readonly LedgerFile[]): readonly LedgerFile[] {
    const older = Math.max(0, files.length - LIVELY)
    const due = files.filter(({ file }, index) => index >= older || !this.#told.has(file))
    for (let step = 0; step < Math.min(IN_TURN, older); step++) {
      this.#turn = (this.#turn + 1) % older
      due.push(files[this.#turn] as LedgerFile)
    }
    return due
  }

  /** @returns whether a folder was listed anew */
  async #list(): Promise<boolean> {
    if (this.#table === 'policies') {
      this.#files = [POLICIES]
      return false
    }
    let isListed = await listIfChanged(this.#root)
    let isOther = isListed
    if (isListed) this.#findPartitions()
    for (const folder of this.#partitions.values()) {
      const again = await listIfChanged(folder)
      isListed ||= again
      isOther ||= again
    }
    if (isOther) this.#files = this.#named()
    return isListed
  }

  #findPartitions(): void {
    if (this.#table !== 'decisions') return
    const names = new Set<string>()
    for (const { name, isDirectory } of this.#root.entries)
      if (isDirectory && parsePartitionFolder(name) !== null) names.add(name)
    for (const name of this.#partitions.keys()) if (!names.has(name)) this.#partitions.delete(name)
    for (const name of names) {
      if (this.#partitions.has(name)) continue
      const path = at(this.#context, within(this.#table as string as StorePath, name))
      this.#partitions.set(name, new KnownFolder(this.#context.env, path))
    }
  }

  #named(): readonly LedgerFile[] {
    const root = this.#table as string as StorePath
    const found: LedgerFile[] = []
    const take = (folder: StorePath, { entries }: KnownFolder): void => {
      for (const { name, isDirectory } of entries) {
        if (isDirectory || !isParquet(name)) continue
        const file = ledgerFileOf(within(folder, name))
        if (file !== null) found.push(file)
      }
    }
    take(root, this.#root)
    for (const [name, folder] of this.#partitions) take(within(root, name), folder)
    const start = ({ day, month }: LedgerFile): string => day ?? month
    return found.sort((a, b) =>
      start(a) < start(b) ? -1 : start(a) > start(b) ? 1 : a.file < b.file ? -1 : 1,
    )
  }
}

async function listIfChanged(folder: KnownFolder): Promise<boolean> {
  if (folder.isCurrent()) return false
  await folder.list()
  return true
}
