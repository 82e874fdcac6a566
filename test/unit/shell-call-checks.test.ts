import { describe, expect, it } from 'vitest'
import { CALL_PAYLOADS } from '../../schemas/contract/channels.ts'
import type { CallName } from '../../schemas/contract/engine.ts'
import { type ErrorCode, reportOf } from '../../schemas/contract/errors.ts'
import { checkCallName, checkPayload, checkSender } from '../../src-main/shell/call-checks.ts'

function codeOf(check: () => unknown): ErrorCode | 'passed' {
  try {
    check()
    return 'passed'
  } catch (thrown) {
    return reportOf(thrown).code
  }
}

const viewport = { symbol: 'SPY', timeframe: '2m', from: 0, to: 1 }

describe('who may call', () => {
  const ours = { url: 'app://bundle/index.html', origin: 'app://bundle', parent: null }

  it('P3: the top frame of our window on our page may', () => {
    expect(codeOf(() => checkSender(ours, ours))).toBe('passed')
  })

  it.each([
    ['a frame that is gone', null, ours],
    ['a window that is gone', ours, null],
    ['the same page in another window', { ...ours }, ours],
    ['nothing of nothing', null, null],
  ])('P3: %s may not', (_who, frame, main) => {
    expect(codeOf(() => checkSender(frame, main))).toBe('FORBIDDEN')
  })

  it.each([
    ['another origin', { ...ours, url: 'https://example.org/', origin: 'https://example.org' }],
    ['another host', { ...ours, url: 'app://bundle.evil/index.html', origin: 'app://bundle.evil' }],
    ['an opaque origin', { ...ours, origin: 'null' }],
    ['an address that only begins like ours', { ...ours, url: 'app://bundle.evil/' }],
    ['a frame inside', { ...ours, parent: {} }],
  ])('P3: our window showing %s may not', (_who, frame) => {
    expect(codeOf(() => checkSender(frame, frame))).toBe('FORBIDDEN')
  })
})

describe('what may be called', () => {
  it('P3: every call of the contract', () => {
    for (const name of Object.keys(CALL_PAYLOADS)) expect(checkCallName(name)).toBe(name)
  })

  it.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '',
    'Viewport',
    'viewport ',
    undefined,
    null,
    7,
    ['viewport'],
    { toString: () => 'viewport' },
  ])('P3: not %s', (name) => {
    expect(codeOf(() => checkCallName(name))).toBe('BAD_REQUEST')
  })
})

describe('what may be sent', () => {
  it.each<[CallName, unknown]>([
    ['storeInfo', null],
    ['viewport', viewport],
    ['viewport', { ...viewport, priceMin: 1.5, priceMax: 2, asOf: 3, maxBars: 10, includeRemoved: true }],
    ['compact', {}],
    ['compact', { table: 'candles', timeframe: '15m', day: '2024-03-08', dryRun: true }],
    ['setPreferences', { theme: 'dark', objectTypes: ['zone'] }],
    ['importFile', { table: 'candles', backfill: true }],
  ])('P3: %s takes %j', (name, payload) => {
    expect(codeOf(() => checkPayload(name, payload))).toBe('passed')
  })

  const inherited = Object.create(viewport) as object
  const polluted: unknown = JSON.parse('{"__proto__": {"dryRun": true}}')

  it.each<[string, CallName, unknown]>([
    ['nothing at all', 'storeInfo', undefined],
    ['an object where nothing belongs', 'storeInfo', {}],
    ['text', 'viewport', 'SPY'],
    ['a list', 'viewport', [viewport]],
    ['a missing field', 'viewport', { symbol: 'SPY', timeframe: '2m', from: 0 }],
    ['an unknown field', 'viewport', { ...viewport, sql: 'SELECT 1' }],
    ['a number as text', 'viewport', { ...viewport, from: '0' }],
    ['NaN', 'viewport', { ...viewport, to: Number.NaN }],
    ['infinity', 'viewport', { ...viewport, to: Number.POSITIVE_INFINITY }],
    ['a time that no calendar has', 'viewport', { ...viewport, to: 1e20 }],
    ['a path as timeframe', 'viewport', { ...viewport, timeframe: '../../2m' }],
    ['a fraction of a bar', 'viewport', { ...viewport, maxBars: 1.5 }],
    ['fields of the prototype', 'viewport', inherited],
    ['an own __proto__', 'compact', polluted],
    ['an own constructor', 'compact', { constructor: 1 }],
    ['a date', 'compact', new Date(0)],
    ['a map', 'compact', new Map([['dryRun', true]])],
    ['bytes', 'compact', new Uint8Array(3)],
    ['a theme that is none', 'setPreferences', { theme: 'pink' }],
    ['a day with a path', 'compact', { day: '2024-03-08/..' }],
    ['a path to import', 'importFile', { table: 'candles', file: '/etc/passwd' }],
  ])('P3: refuses %s', (_what, name, payload) => {
    expect(codeOf(() => checkPayload(name, payload))).toBe('BAD_REQUEST')
  })

  it('P3: the refusal names the call and the field', () => {
    expect(() => checkPayload('viewport', { ...viewport, maxBars: 0 })).toThrow(
      /viewport: maxBars must be >= 1/,
    )
    expect(() => checkPayload('viewport', { ...viewport, sql: '' })).toThrow(/"sql"/)
  })
})
