import type { Finding } from '../../../schemas/contract/health.ts'
import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { Target } from '../compact/resolver.ts'
import type { FileStat } from '../fs/env.ts'

/** What repair can do about a finding without losing anything (SPEC D8). */
export type Remedy =
  /** Leads interrupted compactions to their end. */
  | { readonly kind: 'finish' }
  /** Takes away what a dead process left in staging: nothing acknowledged is in it. */
  | { readonly kind: 'clear'; readonly file: StorePath }
  /** Makes a damaged dayfile or month file again from what it was made of, proven complete by its digest. */
  | { readonly kind: 'make-again'; readonly target: Target; readonly shown: string }
  /** Puts what is shown in place of a damaged dayfile, its previous generation, in its place. */
  | { readonly kind: 'put-back'; readonly target: Target; readonly shown: string }
  /** Moves a file that nothing can be read of, or that is not what was written, to quarantine. */
  | { readonly kind: 'set-aside'; readonly file: StorePath; readonly seen: FileStat }
  /** Moves parts whose rows all stand in the compacted file to recovery. */
  | { readonly kind: 'move-held'; readonly target: Target }
  | { readonly kind: 'rebuild-snapshot' }
  /** Writes moving averages anew from the bars: of a damaged file's day, or of all that are behind (null). */
  | { readonly kind: 'write-emas'; readonly timeframe: Timeframe; readonly day: UtcDay | null }
  /** Removes a derived file that can't be used: it is made again when it is needed. */
  | { readonly kind: 'drop'; readonly file: StorePath }

/** A finding with what to do about it. */
export interface Mendable {
  readonly finding: Finding
  readonly remedy: Remedy
}

const ORDER: readonly Remedy['kind'][] = [
  'finish',
  'clear',
  'make-again',
  'put-back',
  'set-aside',
  'move-held',
  'rebuild-snapshot',
  'write-emas',
  'drop',
]

/** What damage is put right first: a dayfile is made again before the parts around it are touched. */
export function inOrderOfWork(mendable: readonly Mendable[]): readonly Mendable[] {
  return [...mendable].sort((a, b) => ORDER.indexOf(a.remedy.kind) - ORDER.indexOf(b.remedy.kind))
}

/** What a repair would do, for a person. */
export function plannedText(remedy: Remedy): string {
  switch (remedy.kind) {
    case 'finish':
      return 'lead the interrupted compaction to its end'
    case 'clear':
      return 'remove it: nothing acknowledged is in it'
    case 'make-again':
      return `make the file again (${remedy.shown}) and move the damaged one to quarantine`
    case 'put-back':
      return `put in its place what is shown instead (${remedy.shown}) and move the damaged file to quarantine`
    case 'set-aside':
      return 'move it to quarantine'
    case 'move-held':
      return 'move these parts to recovery'
    case 'rebuild-snapshot':
      return 'write the snapshot anew from the events'
    case 'write-emas':
      return 'write the averages anew from the bars'
    case 'drop':
      return 'remove it: it is made again from the dayfiles'
  }
}
