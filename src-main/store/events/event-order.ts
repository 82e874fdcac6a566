import type { ObjectEventRow } from '../../../schemas/generated/rows.ts'

/** What the fold's order needs of an event. */
export type Ordered = Pick<ObjectEventRow, 'ts' | 'step' | 'event_id'>

/**
 * Order of text by code point, as DuckDB and UTF-8 have it. JavaScript's own `<` goes by UTF-16 unit, which puts
 * 😀 (a surrogate pair) before U+E000–U+FFFF: two readers would then fold two events of one instant differently.
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left !== right) return codePointRank(left) - codePointRank(right)
  }
  return a.length - b.length
}

/** Lifts surrogates above the rest of the plane, where the code points they stand for are. */
function codePointRank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800
  return unit >= 0xd800 ? unit + 0x2000 : unit
}

/** The fold's order (SPEC O1): ts, then step with an absent one first, then event_id. Total, as ids are unique. */
export function compareEvents(a: Ordered, b: Ordered): number {
  if (a.ts !== b.ts) return a.ts - b.ts
  if (a.step !== b.step) {
    if (a.step === null) return -1
    if (b.step === null) return 1
    return a.step - b.step
  }
  return compareText(a.event_id, b.event_id)
}
