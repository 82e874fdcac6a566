import type { ViewportObject } from '../../schemas/contract/viewport.ts'
import { formatShort } from './chicago-format.ts'
import { formatPrice } from './price-format.ts'
import type { ZoneOffsets } from './zone-offsets.ts'

/** A field of an object as a person reads it. */
export interface Field {
  readonly name: string
  readonly value: string
}

export interface FieldFormat {
  readonly decimals: number
  readonly offsets: ZoneOffsets
}

const ABSENT = '–'

/** What an object's state holds, in the order one asks for it; fields that never had a value are left out later. */
export function fieldsOf(object: ViewportObject, { decimals, offsets }: FieldFormat): readonly Field[] {
  const price = (value: number | null) => (value === null ? ABSENT : formatPrice(value, decimals))
  const time = (value: number | null) => (value === null ? ABSENT : formatShort(value, offsets))
  return [
    { name: 'Status', value: object.status },
    { name: 'Top', value: price(object.top) },
    { name: 'Bottom', value: price(object.bottom) },
    { name: 'Price', value: price(object.y) },
    { name: 'From', value: time(object.left_ts) },
    { name: 'Until', value: time(object.right_ts) },
    { name: 'Closed', value: time(object.closed_ts) },
    { name: 'Label', value: object.label ?? ABSENT },
    { name: 'Timeframe', value: object.timeframe },
    { name: 'Bar number', value: object.left === null ? ABSENT : String(object.left) },
    ...payloadFields(object.payload, offsets),
  ]
}

export interface FieldRow {
  readonly name: string
  readonly earlier: string
  readonly now: string
  readonly changed: boolean
}

/** Two states beside each other; what neither has is left out. */
export function compareStates(
  earlier: ViewportObject,
  now: ViewportObject,
  format: FieldFormat,
): readonly FieldRow[] {
  const before = new Map(fieldsOf(earlier, format).map(({ name, value }) => [name, value]))
  const after = new Map(fieldsOf(now, format).map(({ name, value }) => [name, value]))
  const names = [...new Set([...before.keys(), ...after.keys()])]
  return names
    .map((name) => ({ name, earlier: before.get(name) ?? ABSENT, now: after.get(name) ?? ABSENT }))
    .filter((row) => row.earlier !== ABSENT || row.now !== ABSENT)
    .map((row) => ({ ...row, changed: row.earlier !== row.now }))
}

/** What an event changed, as `Status active → touched`; of the first event, nothing: it made everything. */
export function changesBetween(
  before: ViewportObject | undefined,
  after: ViewportObject,
  format: FieldFormat,
): readonly FieldRow[] {
  return before === undefined ? [] : compareStates(before, after, format).filter((row) => row.changed)
}

/** The payload's keys, those of values within it as `pole.1.price`; times in it are told by their name. */
function payloadFields(payload: unknown, offsets: ZoneOffsets, path = ''): readonly Field[] {
  if (typeof payload !== 'object' || payload === null) return []
  return Object.entries(payload).flatMap(([key, value]): readonly Field[] => {
    // Points of a line are counted from 1, as a person would.
    const step = Array.isArray(payload) ? String(Number(key) + 1) : key
    const name = path === '' ? step : `${path}.${step}`
    if (typeof value === 'object' && value !== null) return payloadFields(value, offsets, name)
    const isTime = typeof value === 'number' && /(^|_)ts$/.test(key)
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return [{ name, value: isTime ? formatShort(value, offsets) : text }]
  })
}
