import type { LiveObjects } from '../../../schemas/contract/live.ts'
import { unplaced } from '../events/as-of.ts'
import type { BarNumbers } from '../events/bar-numbers.ts'
import type { ObjectState } from '../events/fold.ts'
import { viewportObject } from '../events/object-view.ts'
import type { Timeline } from '../events/timeline.ts'
import { sameLook } from '../read/listing.ts'
import type { DayLook } from './day-changes.ts'

/** Dayfiles of these bars number them: places that objects know by number alone. */
const NUMBERED = '15m'

export interface ObjectLook {
  /** Files of events came, went or were replaced. */
  readonly isOther: boolean
  /** @returns null when no object of the symbol has another state */
  of(symbol: string | null): Promise<LiveObjects | null>
  /** Makes it what the next look is compared with. */
  commit(): void
}

/**
 * What objects are against what was last told of them (SPEC F14): the timeline tells which are touched, with the state they
 * had, so that a look costs what came and no more. A state that came and went again is told too.
 */
export class ObjectTail {
  readonly #timeline: Timeline
  readonly #barNumbers: BarNumbers
  /** States that each touched object had since it was told, oldest first; what it is now follows. */
  readonly #touched = new Map<string, (ObjectState | null)[]>()
  #version: number | null = null

  constructor(timeline: Timeline, barNumbers: BarNumbers) {
    this.#timeline = timeline
    this.#barNumbers = barNumbers
    timeline.onTouch((objectId, before) => {
      const states = this.#touched.get(objectId)
      if (states === undefined) this.#touched.set(objectId, [before])
      else states.push(before)
    })
  }

  /** @param isHinted whether files of events may have changed @throws IO */
  async look(isHinted: boolean, days: DayLook): Promise<ObjectLook> {
    if (isHinted || this.#version === null) await this.#timeline.current()
    const version = this.#timeline.version
    const isOther = this.#version !== null && this.#version !== version
    let consumed: ReadonlyMap<string, number> = new Map()
    return {
      isOther,
      of: async (symbol) => {
        consumed = new Map([...this.#touched].map(([id, states]) => [id, states.length]))
        return symbol === null ? null : this.#changesOf(symbol, isNumberedAnew(days))
      },
      commit: () => {
        this.#version = version
        for (const [id, count] of consumed) this.#consume(id, count)
      },
    }
  }

  async #changesOf(symbol: string, isNumbered: boolean): Promise<LiveObjects | null> {
    const set = this.#timeline.known
    const changed = new Map<string, ObjectState>()
    const gone: string[] = []
    for (const [id, before] of this.#touched) {
      const now = set.stateOf(id)
      if (!isChanged([...before, now])) continue
      if (now?.symbol === symbol) changed.set(id, now)
      else if (before.some((state) => state?.symbol === symbol)) gone.push(id)
    }
    if (isNumbered)
      for (const state of set.statesOf(symbol)) if (unplaced([state]).length > 0) changed.set(state.id, state)
    if (changed.size + gone.length === 0) return null
    const states = [...changed.values()]
    const barOfNumber = await this.#barNumbers.find(unplaced(states))
    return { symbol, changed: states.map((state) => viewportObject(state, barOfNumber)), gone }
  }

  #consume(id: string, count: number): void {
    const states = this.#touched.get(id)
    states?.splice(0, count)
    if (states?.length === 0) this.#touched.delete(id)
  }
}

/** Whether a dayfile that numbers bars is another: then objects may stand elsewhere without any event. */
function isNumberedAnew({ changes }: DayLook): boolean {
  return changes.some(
    ({ timeframe, before, now }) =>
      timeframe === NUMBERED && !sameLook(before?.dayfile ?? null, now?.dayfile ?? null),
  )
}

function isChanged(states: readonly (ObjectState | null)[]): boolean {
  return states.some((state, index) => index > 0 && !sameState(states[index - 1] ?? null, state))
}

/** Event files that move an event leave states of equal values. */
function sameState(a: ObjectState | null, b: ObjectState | null): boolean {
  return a === b || (a !== null && b !== null && JSON.stringify(a) === JSON.stringify(b))
}
