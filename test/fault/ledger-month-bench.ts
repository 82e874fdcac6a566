import { cp, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { expect } from 'vitest'
import type { StorePath } from '../../schemas/contract/units.ts'
import { DECISIONS } from '../../schemas/tables/index.ts'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import type { StoreContext } from '../../src-main/store/context.ts'
import { canonicalRow } from '../../src-main/store/layout/digest.ts'
import { readLedgerRows } from '../../src-main/store/ledger/read-rows.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { allFiles, brokenChecksums } from '../support/compaction.ts'
import { memoryFolder } from '../support/store-fixture.ts'
import { type LedgerScenario, LOSER, SHOWN } from './ledger-month-scenario.ts'

const lineOf = (row: object): string => canonicalRow(DECISIONS.columns, { ...row })
const EXPECTED = SHOWN.map(lineOf).sort()

/** Copies of one prepared store, and what must hold of each of them after a fault. */
export class LedgerBench {
  readonly #template: string
  readonly scenario: LedgerScenario

  private constructor(template: string, scenario: LedgerScenario) {
    this.#template = template
    this.scenario = scenario
  }

  static async make(scenario: LedgerScenario): Promise<LedgerBench> {
    const template = await memoryFolder('ledger template')
    const context = await openContext(template, {})
    await scenario.prepare(context)
    await closeContext(context)
    return new LedgerBench(template, scenario)
  }

  async inCopy(work: (root: string) => Promise<void>, from = this.#template): Promise<void> {
    const root = await memoryFolder('ledger faults')
    try {
      await cp(from, root, { recursive: true, preserveTimestamps: true })
      await work(root)
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  }

  /** Opens as an open store does, after a look at what lies there before anything is finished. */
  async reopened(root: string): Promise<StoreContext> {
    const context = await openContext(root, {})
    await this.#verifyShown(context)
    expect((await finishInterrupted(context)).problems).toEqual([])
    await this.#verifyShown(context)
    return context
  }

  /** Does the work again, to its end, and looks at everything. */
  async finish(context: StoreContext): Promise<void> {
    await this.scenario.work(context)
    await this.#verifyShown(context)
    const files = (await allFiles(context.root)).map((file) => path.relative(context.root, file))
    expect(this.scenario.isDone(files), files.join('\n')).toBe(true)
    // Each row once for any reader.
    expect((await this.#publicLines(context)).map(({ line }) => line).sort()).toEqual(EXPECTED)
    expect(files.filter((file) => file.startsWith('.barkeep/generations/pending/'))).toEqual([])
    expect(files.filter((file) => file.startsWith('.barkeep/tombstones/'))).not.toEqual([])
    expect(await brokenChecksums(context.root)).toEqual([])
    await this.#verifyLoser(context, files)
  }

  remove(): Promise<void> {
    return rm(this.#template, { recursive: true })
  }

  /** Old or new, or both while it is under way, but never neither: of each key the firmest file's row is the right one. */
  async #verifyShown(context: StoreContext): Promise<void> {
    const shown = new Map<string, string>()
    for (const { key, line } of await this.#publicLines(context)) if (!shown.has(key)) shown.set(key, line)
    expect([...shown.values()].sort()).toEqual(EXPECTED)
  }

  /** Rows of all public files, a month's before its days'. */
  async #publicLines(context: StoreContext): Promise<{ readonly key: string; readonly line: string }[]> {
    const files = (await allFiles(path.join(context.root, 'decisions'))).map((file) =>
      path.relative(context.root, file),
    )
    const isMonth = (file: string): boolean => /_\d{6}\.parquet$/.test(file)
    const ordered = [...files.filter(isMonth), ...files.filter((file) => !isMonth(file))]
    const read = await readLedgerRows(context, DECISIONS, ordered as StorePath[])
    expect(read.problems).toEqual([])
    return ordered
      .flatMap((file) => read.files.find((each) => each.file === file) ?? [])
      .flatMap(({ rows }) => rows)
      .map(({ row }) => ({ key: String(row.decision_id), line: lineOf(row) }))
  }

  /** What lost is kept for good. */
  async #verifyLoser(context: StoreContext, files: readonly string[]): Promise<void> {
    const record = '.barkeep/generations/decisions/decisions_202403.parquet.json'
    // A power cut amid its last move may take the record of a file, never a row.
    if (!files.includes(record)) return
    const recorded = await readFile(path.join(context.root, record), 'utf8')
    if (!recorded.includes('quarantine')) return
    const quarantined = files.filter((file) => file.startsWith('.barkeep/quarantine/'))
    const read = await readLedgerRows(context, DECISIONS, quarantined as StorePath[])
    const lines = read.files.flatMap(({ rows }) => rows.map(({ row }) => lineOf(row)))
    expect(lines).toContain(lineOf(LOSER))
  }
}
