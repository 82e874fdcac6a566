import { formatUtcIso } from '../../../schemas/contract/market-time.ts'
import type { FileColumns } from '../read/table-files.ts'
import type { FindingList } from './finding-list.ts'

/**
 * Looks whether the bars of the 15m dayfiles are numbered without a gap (SPEC C8). Fed with the files of ascending days.
 */
export class NumberingCheck {
  readonly #findings: FindingList
  readonly #last = new Map<string, number>()

  constructor(findings: FindingList) {
    this.#findings = findings
  }

  /** @param foreign written by another program, which need not number its bars */
  file(read: FileColumns, foreign: boolean): void {
    const symbols = read.columns.get('symbol') ?? []
    const times = read.columns.get('ts') ?? []
    const numbers = read.columns.get('global_x') ?? []
    const rows = Array.from({ length: read.rows }, (_, row) => ({
      symbol: String(symbols[row]),
      ts: Number(times[row]),
      number: Number(numbers[row]),
    })).sort((a, b) => a.ts - b.ts)
    for (const { symbol, ts, number } of rows) {
      const last = this.#last.get(symbol)
      const bar = `${symbol} at ${Number.isNaN(ts) ? 'an unknown time' : formatUtcIso(ts)}`
      if (Number.isNaN(number)) {
        if (!foreign)
          this.#findings.add(
            'GLOBAL_X_GAP',
            read.file,
            `${bar} has no number: it came after its day was numbered`,
          )
        continue
      }
      const expected = last === undefined ? 0 : last + 1
      if (number !== expected)
        this.#findings.add(
          'GLOBAL_X_GAP',
          read.file,
          `${bar} has number ${number}, where ${expected} would follow`,
        )
      this.#last.set(symbol, number)
    }
  }
}
