import { formatUtcIso } from '../../schemas/contract/market-time.ts'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import type { Random } from './seeded.ts'

/** 2024-03-08T14:30Z, a Friday; its month ends 23 days on. */
export const EVENTS_FROM = 1_709_908_200_000
const DAY = 86_400_000

/** Few instants, steps and ids, so that everything that can collide does; text whose UTF-16 order is not its own. */
const IDS = ['z1', 'z2', 'é', '\u{1f600}', '\uffee', 'Z']
const EVENT_SUFFIXES = ['', 'a', '\u{1f600}', '\uffee', '\u0000', 'é']
const STEPS = [null, null, 0, 1, 2, -1]
const STATUSES = [null, null, null, 'active', 'mitigated', 'removed', '']

/** An event with every column filled in, nothing given that isn't named. */
export function event(given: Partial<ObjectEventRow> & { readonly ts: number }): ObjectEventRow {
  return {
    event_id: `e-${given.ts}-${given.step ?? ''}-${given.object_id ?? 'z1'}-${given.action ?? 'create'}`,
    step: null,
    ts_iso: formatUtcIso(given.ts),
    action: 'create',
    reason: null,
    object_id: 'z1',
    type: 'zone',
    left: null,
    left_ts: null,
    right_ts: null,
    y: null,
    top: null,
    bottom: null,
    status: null,
    symbol: 'SPY',
    timeframe: '15m',
    label: null,
    payload: null,
    ...given,
  }
}

/** One of a few instants, on three days. */
export function instants(random: Random): number {
  return EVENTS_FROM + (random.chance(0.5) ? random.int(0, 6) * 60_000 : random.int(0, 2) * DAY)
}

/** An event of a random log; ids repeat now and then, with other values and other days. */
export function randomEvent(random: Random, index: number): ObjectEventRow {
  const maybe = <T>(make: () => T, probability = 0.4): T | null =>
    random.chance(probability) ? make() : null
  const ts = instants(random)
  const price = (): number => random.int(-4, 8) / 2
  return event({
    ts,
    event_id: `${random.chance(0.1) ? random.int(0, index) : index}${random.pick(EVENT_SUFFIXES)}`,
    step: random.pick(STEPS),
    action: random.pick(['create', 'update', 'update', 'close']),
    reason: maybe(() => 'why', 0.1),
    object_id: random.pick(IDS),
    type: random.pick(['zone', 'zone', 'level', 'marker', 'flag']),
    left: maybe(() => random.int(0, 5)),
    left_ts: maybe(() => instants(random), 0.3),
    right_ts: maybe(() => instants(random), 0.2),
    y: maybe(price),
    top: maybe(price, 0.6),
    bottom: maybe(price, 0.6),
    status: random.pick(STATUSES),
    symbol: random.chance(0.8) ? 'SPY' : 'QQQ',
    timeframe: random.pick(['15m', '5m']),
    label: maybe(() => random.pick(['supply', ''])),
    payload: maybe(() => ({ side: random.pick(['bull', 'bear']), n: [random.int(0, 3)] }), 0.3),
  })
}

export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const all = [...items]
  for (let index = all.length - 1; index > 0; index--) {
    const other = random.int(0, index)
    ;[all[index], all[other]] = [all[other] as T, all[index] as T]
  }
  return all
}
