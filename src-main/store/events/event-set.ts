import type { StorePath } from '../../../schemas/contract/units.ts'
import type { ObjectEventRow } from '../../../schemas/generated/rows.ts'
import { OBJECT_EVENTS } from '../../../schemas/tables/index.ts'
import { canonicalRow } from '../layout/digest.ts'
import { compareEvents, compareText } from './event-order.ts'
import { applyEvent, fold, type ObjectState } from './fold.ts'

/** How firmly a kind of file holds an event: of two files with one event id, the higher one is right (SPEC C1, W9). */
export const TIER = { part: 1, dayfile: 2, monthfile: 3 } as const

/** A file that holds events. Compared by reference: one object per file for as long as it is loaded. */
export interface EventFile {
  readonly file: StorePath
  readonly tier: (typeof TIER)[keyof typeof TIER]
}

/** An event as one file has it. */
export interface Held {
  readonly row: ObjectEventRow
  readonly source: EventFile
}

/** One object's events in fold order, and the state folded from them. */
class ObjectLog {
  readonly events: ObjectEventRow[] = []
  #state: ObjectState | null = null
  /** How many events from the start `#state` has taken in. */
  #folded = 0

  /** Index of the first event that doesn't lie before this one. */
  #place(event: ObjectEventRow): number {
    let low = 0
    let high = this.events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareEvents(this.events[middle] as ObjectEventRow, event) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  insert(event: ObjectEventRow): void {
    const place = this.#place(event)
    this.events.splice(place, 0, event)
    this.#refoldFrom(place)
  }

  remove(event: ObjectEventRow): void {
    const place = this.#place(event)
    if (this.events[place] !== event) return
    this.events.splice(place, 1)
    this.#refoldFrom(place)
  }

  /** An event after those folded is taken in when asked for; an earlier one folds this object, and no other, again. */
  #refoldFrom(place: number): void {
    if (place >= this.#folded) return
    this.#state = null
    this.#folded = 0
  }

  state(): ObjectState | null {
    for (; this.#folded < this.events.length; this.#folded++) {
      this.#state = applyEvent(this.#state, this.events[this.#folded] as ObjectEventRow)
    }
    return this.#state
  }

  stateAt(until: number): ObjectState | null {
    const last = this.events.at(-1)
    return last !== undefined && last.ts <= until ? this.state() : fold(this.events, until)
  }
}

/**
 * All events of a store by object, each event id once however many files hold it. Changes are synchronous: between two
 * of them every event is there exactly once.
 */
export class EventSet {
  /** Most events stand in one file: an array only for those that don't. */
  readonly #held = new Map<string, Held | Held[]>()
  readonly #objects = new Map<string, ObjectLog>()
  /** Object ids by each symbol that an event of theirs names. */
  readonly #bySymbol = new Map<string, Set<string>>()
  readonly #touched: (objectId: string) => void
  #events = 0

  /** @param touched told of an object before an event of it comes or goes; must not throw */
  constructor(touched: (objectId: string) => void = () => {}) {
    this.#touched = touched
  }

  /** Number of events, each id once. */
  get size(): number {
    return this.#events
  }

  get objectIds(): string[] {
    return [...this.#objects.keys()].sort(compareText)
  }

  /** The event in force under an id, with the file that it stands in. */
  winner(eventId: string): Held | null {
    return winnerOf(this.#all(eventId))
  }

  /** Every file's version of an event, in no order. */
  versions(eventId: string): readonly Held[] {
    return this.#all(eventId)
  }

  /** Ids of events that stand in more than one place. */
  repeatedIds(): string[] {
    return [...this.#held].filter(([, held]) => Array.isArray(held)).map(([id]) => id)
  }

  add(held: Held): void {
    this.#change(held.row.event_id, (all) => [...all, held])
  }

  /** Takes out what a file holds under an id. */
  drop(eventId: string, source: EventFile): void {
    this.#change(eventId, (all) => all.filter((held) => held.source !== source))
  }

  /** An object's events in fold order; empty for an unknown id. */
  eventsOf(objectId: string): readonly ObjectEventRow[] {
    return this.#objects.get(objectId)?.events ?? []
  }

  stateOf(objectId: string): ObjectState | null {
    return this.#objects.get(objectId)?.state() ?? null
  }

  /** States at an instant (inclusive) of the objects that then belong to a symbol, in no order. */
  *statesOf(symbol: string, until = Number.POSITIVE_INFINITY): Iterable<ObjectState> {
    for (const id of this.#bySymbol.get(symbol) ?? []) {
      const state = this.#objects.get(id)?.stateAt(until) ?? null
      if (state !== null && state.symbol === symbol) yield state
    }
  }

  #all(eventId: string): readonly Held[] {
    const held = this.#held.get(eventId)
    return held === undefined ? [] : Array.isArray(held) ? held : [held]
  }

  #change(eventId: string, edit: (all: readonly Held[]) => readonly Held[]): void {
    const before = this.#all(eventId)
    const after = edit(before)
    const old = winnerOf(before)
    const now = winnerOf(after)
    const [only] = after
    if (only === undefined) this.#held.delete(eventId)
    else this.#held.set(eventId, after.length === 1 ? only : [...after])
    if (old?.row === now?.row) return
    if (old !== null) this.#touched(old.row.object_id)
    if (now !== null) this.#touched(now.row.object_id)
    if (old !== null) this.#leave(old.row)
    if (now !== null) this.#join(now.row)
  }

  #leave(event: ObjectEventRow): void {
    this.#events--
    const log = this.#objects.get(event.object_id)
    log?.remove(event)
    if (log?.events.length === 0) this.#objects.delete(event.object_id)
  }

  #join(event: ObjectEventRow): void {
    this.#events++
    let log = this.#objects.get(event.object_id)
    if (log === undefined) {
      log = new ObjectLog()
      this.#objects.set(event.object_id, log)
    }
    log.insert(event)
    let ofSymbol = this.#bySymbol.get(event.symbol)
    if (ofSymbol === undefined) {
      ofSymbol = new Set()
      this.#bySymbol.set(event.symbol, ofSymbol)
    }
    ofSymbol.add(event.object_id)
  }
}

/** The rule of C1 and W9: the firmer file, of parts the last by name; of one file's rows the last. */
function winnerOf(all: readonly Held[]): Held | null {
  let winner: Held | null = null
  for (const held of all) {
    if (winner === null || compareSources(held.source, winner.source) >= 0) winner = held
  }
  return winner
}

function compareSources(a: EventFile, b: EventFile): number {
  if (a.tier !== b.tier) return a.tier - b.tier
  return compareText(nameOf(a.file), nameOf(b.file)) || compareText(a.file, b.file)
}

function nameOf(file: StorePath): string {
  return file.slice(file.lastIndexOf('/') + 1)
}

/** Whether two events have the same values: what makes one of them a duplicate. */
export function sameEvent(a: ObjectEventRow, b: ObjectEventRow): boolean {
  return (
    a === b || canonicalRow(OBJECT_EVENTS.columns, { ...a }) === canonicalRow(OBJECT_EVENTS.columns, { ...b })
  )
}
