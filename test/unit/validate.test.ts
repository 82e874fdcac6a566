import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { candleValidator, objectEventValidator } from '../../src-main/store/write/validate.ts'

const zone = new MarketZone()
const candles = candleValidator(zone)
const events = objectEventValidator(zone)

const candle = {
  symbol: 'SPY',
  timeframe: '2m',
  timestamp: '2024-03-08T14:30:00+00:00',
  open: 510.1,
  high: 510.9,
  low: 509.8,
  close: 510.4,
  volume: 1200,
}
const event = {
  ts: 1_709_908_200_000,
  action: 'create',
  object_id: 'zone-1',
  type: 'zone',
  symbol: 'SPY',
  timeframe: '15m',
  top: 511,
  bottom: 509,
}

const rejected = (document: unknown): unknown => {
  const checked = candles.check(document)
  return 'rejection' in checked ? checked.rejection : checked.row
}

describe('candle documents', () => {
  it('V2, T1: both forms of time give the same row, in column order, with ts_iso derived', () => {
    const { timestamp: _, ...rest } = candle
    const byText = candles.check({ ...candle, timestamp: '2024-03-08T08:30:00' })
    const byNumber = candles.check({ ...rest, ts: 1_709_908_200_000, ts_iso: '2024-03-08T14:30:00Z' })
    expect(byText).toEqual({
      row: { ...rest, ts: 1_709_908_200_000, ts_iso: '2024-03-08T14:30:00.000+00:00', global_x: null },
    })
    expect(byNumber).toEqual(byText)
  })

  it.each([
    ['high below low', { high: 509 }, 'high', /at least 509.8, got 509/],
    ['open above high', { open: 511 }, 'open', /at most 510.9, got 511/],
    ['close below low', { close: 500 }, 'close', /at least 509.8, got 500/],
    ['NaN', { high: Number.NaN }, 'high', /NaN/],
    ['infinity', { close: Number.POSITIVE_INFINITY }, 'close', /Infinity/],
    ['text for a number', { low: '1.5abc' }, 'low', /number, got "1.5abc"/],
    ['a number as text', { low: '509.8' }, 'low', /number, got "509.8"/],
    ['null', { volume: null }, 'volume', /number, got null/],
    ['a negative volume', { volume: -1 }, 'volume', /at least 0, got -1/],
    ['a path for a symbol', { symbol: '../../x' }, 'symbol', /"..\/..\/x"/],
    ['an empty symbol', { symbol: '' }, 'symbol', /got ""/],
    ['a bad timeframe', { timeframe: '2w' }, 'timeframe', /got "2w"/],
    ['a timestamp of 1e20', { timestamp: 1e20 }, 'timestamp', /ISO 8601 text, got 100000000000000000000/],
    ['a ts of 1e20', { timestamp: undefined, ts: 1e20 }, 'ts', /whole milliseconds/],
    ['seconds for milliseconds', { timestamp: undefined, ts: 1_709_908_200 }, 'ts', /seconds/],
    ['two times that differ', { ts: 1 }, 'timestamp', /not the same instant/],
    ['no time', { timestamp: undefined }, 'ts', /missing/],
    ['a day no calendar has', { timestamp: '2024-02-30T00:00:00Z' }, 'timestamp', /2024-02-30/],
    ['an unknown field', { colour: 'red' }, 'colour', /not a field of candles/],
    ['an unsafe integer', { global_x: 2 ** 53 }, 'global_x', /got 9007199254740992/],
  ])('V1–V8: %s is rejected with field and reason', (_name, change, field, reason) => {
    expect(rejected({ ...candle, ...change })).toEqual({ field, reason: expect.stringMatching(reason) })
  })

  it('V1: a missing field is named', () => {
    const { close: _, ...rest } = candle
    expect(rejected(rest)).toEqual({ field: 'close', reason: 'close is missing' })
    expect(rejected([candle])).toMatchObject({ field: null })
    expect(rejected(JSON.parse('{"__proto__":{"close":1}}'))).toMatchObject({ field: 'ts' })
    expect(rejected({ ...candle, ...JSON.parse('{"constructor":1}') })).toMatchObject({
      field: 'constructor',
    })
  })

  it('V5: symbols as venues write them', () => {
    for (const symbol of ['BRK.B', 'ES=F', 'BTC/USD', '^GSPC', 'BTC-USD', 'NQ 12-24', 'X:BTCUSD']) {
      expect(rejected({ ...candle, symbol })).toMatchObject({ symbol })
    }
    for (const symbol of ['.', '..', 'a/../b', '/etc', 'a//b', 'a\\b', 'a\nb', 'x'.repeat(65)]) {
      expect(rejected({ ...candle, symbol })).toMatchObject({ field: 'symbol' })
    }
  })

  it('V3, V6: −0 is 0 and the timeframe is lower case', () => {
    expect(rejected({ ...candle, volume: -0, timeframe: '15M' })).toMatchObject({
      volume: 0,
      timeframe: '15m',
    })
  })
})

describe('object event documents', () => {
  const row = (document: unknown): Record<string, unknown> => {
    const checked = events.check(document)
    if ('rejection' in checked) throw new Error(`${checked.rejection.field}: ${checked.rejection.reason}`)
    return { ...checked.row }
  }

  it('V7: an event without id gets the hash of its content, whatever the order of its keys', () => {
    const first = row({ ...event, payload: { side: 'demand', strength: 3 } })
    const again = row({ payload: '{"strength":3,"side":"demand"}', ...event })
    expect(first.event_id).toMatch(/^[0-9a-f]{32}$/)
    expect(again).toEqual(first)
    expect(row({ ...event, top: 512 }).event_id).not.toBe(first.event_id)
    expect(Object.keys(JSON.parse(JSON.stringify(first.payload)))).toEqual(['side', 'strength'])
  })

  it('V7: absent nullable columns are null, and what is not known is refused', () => {
    expect(row(event)).toMatchObject({ y: null, status: null, left_ts: null, payload: null })
    expect(events.check({ ...event, action: 'delete' })).toMatchObject({ rejection: { field: 'action' } })
    expect(events.check({ ...event, type: 'line' })).toMatchObject({ rejection: { field: 'type' } })
    expect(events.check({ ...event, top: '5' })).toMatchObject({ rejection: { field: 'top' } })
    expect(events.check({ ...event, payload: '{torn' })).toMatchObject({ rejection: { field: 'payload' } })
    expect(events.check({ ...event, payload: [1] })).toMatchObject({ rejection: { field: 'payload' } })
    expect(events.check({ ...event, left_ts: 1_709_908_200 })).toMatchObject({
      rejection: { field: 'left_ts' },
    })
  })
})
