import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { StoreContext } from '../context.ts'
import { parsePartName } from '../layout/file-names.ts'
import type { DayBlock } from '../read/day-block.ts'
import type { DayBlocks, KnownDay } from '../read/day-blocks.ts'
import { type ListedDay, listTimeframes, sameLook } from '../read/listing.ts'
import type { Hint } from './hints.ts'

/** More changed days of a timeframe are not read: whoever shows them asks again. */
const READ_AT_MOST = 40
/** The days changed last of each timeframe, whose blocks stay in hand whatever the cache does. */
const IN_HAND = 4
/** Days with parts under other programs' names that a look at everything looks into. */
const LOOSE_AT_MOST = 16
/** A day that is read so often between two looks is told as a whole. */
const CONTENTS_AT_MOST = 64

/** What a day held: its bars, or null for none. */
export type DayContent = DayBlock | null

/** A day of bars whose files, or what they hold, are not what they were at the look before. */
export interface DayChange {
  readonly timeframe: Timeframe
  readonly day: UtcDay
  /** Null where there was, or is, no file. */
  readonly before: ListedDay | null
  readonly now: ListedDay | null
  /**
   * What the day has held since the look before, in order, as far as anybody read it; the last is what it holds now. Null
   * when that can't be told.
   */
  readonly contents: readonly DayContent[] | null
}

export interface DayLook {
  /** Nothing was known before: what changed can't be told. */
  readonly isFirst: boolean
  readonly changes: readonly DayChange[]
  /** Parts of all days. */
  readonly parts: number
  /** Makes it what the next look is compared with. To be called once it is told, before the next look. */
  commit(): void
}

interface Told {
  readonly listing: ListedDay
  block: DayBlock | null
  /** Has parts whose names don't vouch for what is in them. */
  readonly isLoose: boolean
}

/** Contents that a day had since it was told, read by a window's question or a look. */
interface Loads {
  readonly timeframe: Timeframe
  readonly day: UtcDay
  readonly blocks: DayBlock[]
  /** What stood before the first of them isn't known. */
  isBroken: boolean
}

interface Looked {
  readonly change: Omit<DayChange, 'contents'>
  readonly isOther: boolean
  contents: readonly DayContent[] | null
  block: DayBlock | null
  consumed: number
}

/**
 * What stands of candles, day by day, against the look before (SPEC F11): days by what the catalogue says of them, bars only
 * of those that changed. Each content that a window was answered from in between is remembered: a bar that changed and
 * changed back is told all the same, for a window may show what it was meanwhile.
 */
export class DayChanges {
  readonly #context: StoreContext
  readonly #blocks: DayBlocks
  readonly #told = new Map<Timeframe, Map<UtcDay, Told>>()
  readonly #loads = new Map<string, Loads>()
  #isBegun = false
  #parts = 0

  constructor(context: StoreContext, blocks: DayBlocks) {
    this.#context = context
    this.#blocks = blocks
    blocks.onLoad((loaded, before) => this.#note(loaded, before))
  }

  /** Days of a timeframe that had files at the look before, between two days (inclusive), in no order. */
  daysBetween(timeframe: Timeframe, first: UtcDay, last: string = '~'): readonly UtcDay[] {
    return [...(this.#told.get(timeframe)?.keys() ?? [])].filter((day) => day >= first && day <= last)
  }

  /** @throws IO */
  async look(hints: readonly Hint[]): Promise<DayLook> {
    const isFirst = !this.#isBegun
    const looked: Looked[] = []
    for (const [timeframe, days] of await this.#wanted(isFirst ? [{ kind: 'all' }] : hints)) {
      looked.push(...(await this.#lookAt(timeframe, days, isFirst)))
      // Thousands of days are looked at without leaving the thread.
      if (days === null) await new Promise((resolve) => setImmediate(resolve))
    }
    const changes = isFirst
      ? []
      : looked.flatMap(({ change, contents, isOther }) => changeOf(change, contents, isOther))
    const parts = looked.reduce((sum, { change }) => sum + newParts(change), this.#parts)
    return { isFirst, changes, parts, commit: () => this.#commit(looked, parts) }
  }

  /** Timeframes with the days to look at; null for all of them. */
  async #wanted(hints: readonly Hint[]): Promise<ReadonlyMap<Timeframe, ReadonlySet<UtcDay> | null>> {
    const wanted = new Map<Timeframe, Set<UtcDay> | null>()
    if (hints.some(({ kind }) => kind === 'all')) {
      const known = [...this.#told.keys(), ...[...this.#loads.values()].map(({ timeframe }) => timeframe)]
      for (const timeframe of [...(await listTimeframes(this.#context)), ...known])
        wanted.set(timeframe, null)
      return wanted
    }
    for (const hint of hints) {
      if (hint.kind !== 'candles') continue
      const known = wanted.get(hint.timeframe)
      if (hint.day === null || known === null) wanted.set(hint.timeframe, null)
      else wanted.set(hint.timeframe, (known ?? new Set()).add(hint.day))
    }
    return wanted
  }

  async #lookAt(
    timeframe: Timeframe,
    days: ReadonlySet<UtcDay> | null,
    isFirst: boolean,
  ): Promise<readonly Looked[]> {
    const told = this.#told.get(timeframe) ?? new Map<UtcDay, Told>()
    const listed = new Map<UtcDay, ListedDay>()
    const take = (found: readonly ListedDay[]): void => {
      for (const each of found) if (each.parts.length > 0 || each.dayfile !== null) listed.set(each.day, each)
    }
    let blocks: readonly DayBlock[] | null = null
    if (days !== null && days.size <= READ_AT_MOST) {
      const found = await this.#blocks.look(timeframe, [...days])
      take(found.listed)
      blocks = found.blocks
    } else take(await this.#blocks.listed(timeframe))
    const looked: Looked[] = []
    const loose = days === null ? looseDays(told) : days
    for (const day of days ?? new Set([...listed.keys(), ...told.keys(), ...this.#readDays(timeframe)])) {
      const [before, now] = [told.get(day), listed.get(day) ?? null]
      // A day that came and went again was nothing, unless somebody read it.
      if (before === undefined && now === null && !this.#loads.has(keyOf(timeframe, day))) continue
      const isOther = !sameListing(before?.listing ?? null, now)
      const isInHand =
        loose.has(day) || (before?.block ?? null) !== null || this.#loads.has(keyOf(timeframe, day))
      if (!isFirst && !isOther && !isInHand && now === before?.listing) continue
      const change = { timeframe, day, before: before?.listing ?? null, now }
      looked.push({ change, isOther, contents: null, block: before?.block ?? null, consumed: 0 })
    }
    if (!isFirst) await this.#read(timeframe, looked, blocks)
    return looked
  }

  #readDays(of: Timeframe): readonly UtcDay[] {
    return [...this.#loads.values()].flatMap(({ timeframe, day }) => (timeframe === of ? day : []))
  }

  /** Reads what may have other bars than before. */
  async #read(
    timeframe: Timeframe,
    looked: readonly Looked[],
    read: readonly DayBlock[] | null,
  ): Promise<void> {
    const isMany = looked.filter(({ isOther }) => isOther).length > READ_AT_MOST
    const wanted = looked.filter(({ isOther }) => !(isOther && isMany))
    for (const each of looked) {
      if (!isMany || !each.isOther) continue
      each.block = null
      each.consumed = this.#loads.get(keyOf(timeframe, each.change.day))?.blocks.length ?? 0
    }
    const days = wanted.map(({ change }) => change.day)
    const blocks = read ?? (days.length === 0 ? [] : await this.#blocks.ofDays(timeframe, days))
    const byDay = new Map(blocks.map((block) => [block.day, block]))
    for (const each of wanted) {
      const { day } = each.change
      const block = byDay.get(day) ?? null
      const loads = this.#loads.get(keyOf(timeframe, day))
      const since = loads?.blocks ?? []
      each.consumed = since.length
      const told = this.#told.get(timeframe)?.get(day)
      const start: readonly DayContent[] | null =
        told === undefined ? [null] : told.block !== null ? [told.block] : since.length > 0 ? [] : null
      if (start !== null && loads?.isBroken !== true) each.contents = distinct([...start, ...since, block])
      // A day that nobody read, and whose files are the same, holds what it held.
      else if (!each.isOther && loads === undefined) each.contents = [block]
      each.block = block
    }
  }

  #commit(looked: readonly Looked[], parts: number): void {
    this.#isBegun = true
    this.#parts = parts
    for (const { change, block, consumed } of looked) {
      const { timeframe, day, now } = change
      const days = this.#told.get(timeframe) ?? new Map<UtcDay, Told>()
      this.#told.set(timeframe, days)
      // Last in order: the days changed last keep their blocks.
      days.delete(day)
      if (now !== null) days.set(day, { listing: now, block, isLoose: isLoose(now, block) })
      const key = keyOf(timeframe, day)
      const loads = this.#loads.get(key)
      if (loads === undefined) continue
      loads.blocks.splice(0, consumed)
      if (loads.blocks.length === 0) this.#loads.delete(key)
      else loads.isBroken = block === null && now !== null
    }
    for (const timeframe of new Set(looked.map(({ change }) => change.timeframe))) this.#letGo(timeframe)
  }

  #letGo(timeframe: Timeframe): void {
    const held = [...(this.#told.get(timeframe)?.values() ?? [])].filter(({ block }) => block !== null)
    for (const told of held.slice(0, -IN_HAND)) told.block = null
  }

  #note({ block, listing }: KnownDay, before: KnownDay | null): void {
    if (!this.#isBegun) return
    const { timeframe, day } = block
    const told = this.#told.get(timeframe)?.get(day)
    const key = keyOf(timeframe, day)
    const loads = this.#loads.get(key) ?? { timeframe, day, blocks: [], isBroken: false }
    if (told !== undefined && told.block === null && loads.blocks.length === 0) {
      const isAsTold = (known: KnownDay): boolean => sameListing(told.listing, known.listing)
      // It had left memory, and was read again.
      if (before === null && isAsTold({ block, listing })) return
      if (before !== null && isAsTold(before)) loads.blocks.push(before.block)
      else loads.isBroken = true
    }
    loads.blocks.push(block)
    if (loads.blocks.length > CONTENTS_AT_MOST) {
      loads.blocks.splice(0, loads.blocks.length - 1)
      loads.isBroken = true
    }
    this.#loads.set(key, loads)
  }
}

function changeOf(
  change: Omit<DayChange, 'contents'>,
  contents: readonly DayContent[] | null,
  isOther: boolean,
): readonly DayChange[] {
  return isOther || contents === null || contents.length > 1 ? [{ ...change, contents }] : []
}

function newParts({ before, now }: Pick<DayChange, 'before' | 'now'>): number {
  return (now?.parts.length ?? 0) - (before?.parts.length ?? 0)
}

/** Whether the catalogue says the same of a day, be it another object. */
function sameListing(a: ListedDay | null, b: ListedDay | null): boolean {
  if (a === b) return true
  if (a === null || b === null) return false
  if (!sameLook(a.dayfile, b.dayfile) || a.parts.length !== b.parts.length) return false
  return a.parts === b.parts || a.parts.every((name, index) => name === b.parts[index])
}

function isLoose({ parts }: ListedDay, block: DayBlock | null): boolean {
  if (parts.some((name) => parsePartName(name) === null)) return true
  for (const { stat } of block?.parts.values() ?? []) if (stat !== null) return true
  return false
}

/** The latest days that are looked into each time. */
function looseDays(told: ReadonlyMap<UtcDay, Told>): ReadonlySet<UtcDay> {
  const days: UtcDay[] = []
  for (const [day, { isLoose }] of told) if (isLoose) days.push(day)
  return new Set(days.sort().slice(-LOOSE_AT_MOST))
}

function distinct(contents: readonly DayContent[]): readonly DayContent[] {
  return contents.filter((content, index) => index === 0 || content !== contents[index - 1])
}

function keyOf(timeframe: Timeframe, day: UtcDay): string {
  return `${timeframe}/${day}`
}
