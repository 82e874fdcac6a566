import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { utcDayOf } from '../../schemas/contract/market-time.ts'
import type { StorePath, UtcDay } from '../../schemas/contract/units.ts'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { type ObjectsRequest, visible } from '../../src-main/store/events/as-of.ts'
import { compareText } from '../../src-main/store/events/event-order.ts'
import { type EventFile, EventSet, TIER } from '../../src-main/store/events/event-set.ts'
import { viewportObject } from '../../src-main/store/events/object-view.ts'
import { rowsBySnapshotOrder } from '../../src-main/store/events/snapshot.ts'
import { modelShows, modelStates, modelView } from '../support/brute-force-objects.ts'
import { rounds } from '../support/fault-plan.ts'
import { EVENTS_FROM, instants, randomEvent, shuffled } from '../support/random-events.ts'
import { type Random, randomFrom, seeded } from '../support/seeded.ts'

const LOGS = rounds(3_000, 100_000)
/** Seeds of logs that once failed: tried first, for good. */
const KEPT: readonly number[] = []

interface Placed {
  readonly row: ObjectEventRow
  readonly source: EventFile
}

/** A bar of every second number is known. */
const barOfNumber = (_symbol: string, globalX: number): number | null =>
  globalX % 2 === 0 ? EVENTS_FROM + globalX * 900_000 : null

function part(index: number): EventFile {
  return {
    file: `objects/timeline/2024-03/part-${String(index).padStart(4, '0')}.parquet` as StorePath,
    tier: TIER.part,
  }
}

/** The log as it is in force: of an id, what a compacted file holds, else what was written last. */
function inForce(placed: readonly Placed[]): ObjectEventRow[] {
  const rows = new Map<string, Placed>()
  for (const each of placed) {
    const known = rows.get(each.row.event_id)
    const rank = ({ source }: Placed): string => `${source.tier}${source.file}`
    if (known === undefined || rank(known) < rank(each)) rows.set(each.row.event_id, each)
  }
  return [...rows.values()].map(({ row }) => row)
}

function requests(random: Random, log: readonly ObjectEventRow[]): ObjectsRequest[] {
  const times = [...new Set(log.map(({ ts }) => ts))]
  const asOfs = [undefined, ...times, ...times.slice(0, 2).map((ts) => ts - 1)]
  return asOfs.map((asOf) => {
    const [from, to] = [instants(random), instants(random)].sort((a, b) => a - b) as [number, number]
    return {
      symbol: random.pick(['SPY', 'QQQ']),
      from: random.chance(0.3) ? 0 : from,
      to: random.chance(0.3) ? Number.MAX_SAFE_INTEGER : to,
      ...(random.chance(0.6) ? { priceMin: random.int(-4, 6) / 2 } : {}),
      ...(random.chance(0.6) ? { priceMax: random.int(-2, 8) / 2 } : {}),
      ...(asOf === undefined ? {} : { asOf }),
      ...(random.chance(0.3) ? { includeRemoved: true } : {}),
    }
  })
}

/** As `expect(got).toEqual(wanted)`, a hundred times faster while they are the same. */
function same(got: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(got, wanted)) expect(got).toEqual(wanted)
}

function check(set: EventSet, log: readonly ObjectEventRow[], asked: readonly ObjectsRequest[]): void {
  same(set.size, log.length)
  same(
    rowsBySnapshotOrder(set),
    modelStates(log).map(({ closed_ts: _, ...row }) => row),
  )
  for (const request of asked) {
    const states = [...set.statesOf(request.symbol, request.asOf)].sort((a, b) => compareText(a.id, b.id))
    const then = modelStates(log, request.asOf)
      .filter(({ symbol }) => symbol === request.symbol)
      .map((object) => modelView(object, barOfNumber))
    const views = states.map((state) => viewportObject(state, barOfNumber))
    same(views, then)
    same(
      visible(states, request, barOfNumber),
      then.filter((object) => modelShows(object, request)),
    )
  }
}

/** A day's parts become its dayfile, as compaction has it: what is in force stays in force. */
function compactDay(set: EventSet, placed: readonly Placed[], day: UtcDay): Placed[] {
  const dayfile: EventFile = {
    file: `objects/timeline/2024-03/${day}.parquet` as StorePath,
    tier: TIER.dayfile,
  }
  const ofDay = placed.filter(({ row, source }) => source.tier === TIER.part && utcDayOf(row.ts) === day)
  const kept = ofDay.filter(({ row }) => set.winner(row.event_id)?.row === row)
  const moved = kept.map(({ row }) => ({ row, source: dayfile }))
  for (const each of moved) set.add(each)
  for (const { row, source } of ofDay) set.drop(row.event_id, source)
  return [...placed.filter((each) => !ofDay.includes(each)), ...moved]
}

function tryLog(seed: number): number {
  const random = randomFrom(seed)
  const placed = Array.from({ length: random.int(1, 14) }, (_, index): Placed => {
    return { row: randomEvent(random, index), source: part(index) }
  })
  const asked = requests(
    random,
    placed.map(({ row }) => row),
  )
  const set = new EventSet()
  for (const each of placed) {
    set.add(each)
    // Folds what is there, so that what comes later finds states to go on from, or to fold again.
    if (random.chance(0.5)) for (const _ of set.statesOf(each.row.symbol));
  }
  const log = inForce(placed)
  check(set, log, asked)

  const otherOrder = new EventSet()
  for (const each of shuffled(random, placed)) {
    otherOrder.add(each)
    if (random.chance(0.5)) for (const _ of otherOrder.statesOf(each.row.symbol));
  }
  same(rowsBySnapshotOrder(otherOrder), rowsBySnapshotOrder(set))

  const compacted = compactDay(set, placed, utcDayOf(random.pick(placed).row.ts))
  const late: Placed = { row: randomEvent(random, placed.length), source: part(9999) }
  check(set, log, asked)
  set.add(late)
  check(set, inForce([...compacted, late]), asked)
  return asked.length * 3
}

describe('the fold', () => {
  it(`O1–O10, R4, R5, W9: ${LOGS} random logs, every as-of state and window, equal a brute-force fold`, () => {
    const { seed, int } = seeded('random event logs')
    let answers = 0
    const seeds = [...KEPT, ...Array.from({ length: LOGS }, () => int(0, 2 ** 31))]
    for (const each of seeds) {
      try {
        answers += tryLog(each)
      } catch (error) {
        throw new Error(`log ${each} (of seed ${seed}) differs; add it to KEPT`, { cause: error })
      }
    }
    console.log(`random event logs: ${seeds.length} logs, ${answers} as-of answers compared`)
    expect(answers).toBeGreaterThan(LOGS)
  }, 3_600_000)
})
