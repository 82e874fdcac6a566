import { formatUtcIso } from '../../../schemas/contract/market-time.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { FileBars } from '../read/file-bars.ts'
import type { FindingList } from './finding-list.ts'

const VALUES = ['open', 'high', 'low', 'close', 'volume'] as const

/** A file of a day with its usable bars. */
export interface DayFile {
  readonly file: StorePath
  readonly bars: FileBars
}

interface Version {
  readonly file: StorePath
  readonly bars: FileBars
  readonly row: number
}

/**
 * Names bars that a day's files hold more than once (SPEC C1, D2): with the same values a DUPLICATE, with others a
 * CONFLICT, each on the file that loses.
 * @param parts in name order
 * @returns the parts of which every bar stands in the dayfile with the same values: only their move is missing
 */
export function compareVersions(
  dayfile: DayFile | null,
  parts: readonly DayFile[],
  findings: FindingList,
): readonly StorePath[] {
  const stands = new Map<string, Version>()
  if (dayfile !== null) takeIn(dayfile, stands, findings)
  const ofParts = new Map<string, Version>()
  const compacted: StorePath[] = []
  for (const part of parts) {
    let inDayfile = part.bars.symbols.length > 0
    for (const [row, key] of keysOf(part.bars)) {
      const version = { ...part, row }
      const winner = stands.get(key)
      const earlier = ofParts.get(key)
      inDayfile &&= winner !== undefined && sameValues(winner, version)
      if (winner !== undefined) {
        if (!sameValues(winner, version)) findings.add('CONFLICT', part.file, differs(version, winner))
      } else if (earlier !== undefined) {
        if (sameValues(earlier, version)) findings.add('DUPLICATE', part.file, repeats(version, earlier))
        else findings.add('CONFLICT', earlier.file, differs(earlier, version))
      }
      ofParts.set(key, version)
    }
    if (inDayfile) compacted.push(part.file)
  }
  return compacted
}

/** A file of ours holds each bar once; of another's the last row counts. */
function takeIn(file: DayFile, versions: Map<string, Version>, findings: FindingList): void {
  for (const [row, key] of keysOf(file.bars)) {
    const version = { ...file, row }
    const earlier = versions.get(key)
    if (earlier !== undefined) {
      const code = sameValues(earlier, version) ? 'DUPLICATE' : 'CONFLICT'
      findings.add(code, file.file, `${nameOf(version)} stands in it more than once; the last row counts`)
    }
    versions.set(key, version)
  }
}

function* keysOf({ symbols, columns }: FileBars): Iterable<readonly [number, string]> {
  for (const [row, symbol] of symbols.entries()) yield [row, `${columns.ts[row]} ${symbol}`]
}

function sameValues(a: Version, b: Version): boolean {
  return VALUES.every((name) => a.bars.columns[name][a.row] === b.bars.columns[name][b.row])
}

function nameOf({ bars, row }: Version): string {
  return `${bars.symbols[row]} at ${formatUtcIso(bars.columns.ts[row] as number)}`
}

function differs(loser: Version, winner: Version): string {
  const name = VALUES.find(
    (value) => loser.bars.columns[value][loser.row] !== winner.bars.columns[value][winner.row],
  )
  const value = name === undefined ? '' : `: ${name} ${loser.bars.columns[name][loser.row]} here`
  const other = name === undefined ? '' : `, ${winner.bars.columns[name][winner.row]} there`
  return `${nameOf(loser)} differs from ${winner.file}, which counts${value}${other}`
}

function repeats(version: Version, earlier: Version): string {
  return `${nameOf(version)} stands in ${earlier.file} with the same values`
}
