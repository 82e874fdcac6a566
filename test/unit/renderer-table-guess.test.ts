import { describe, expect, it } from 'vitest'
import type { StoreTable } from '../../schemas/tables/index.ts'
import { guessTable } from '../../src-renderer/state/table-guess.ts'

const line = (...fields: string[]): string =>
  JSON.stringify(Object.fromEntries(fields.map((field) => [field, 1])))

describe('what a dropped file seems to hold', () => {
  it.each<[StoreTable, string[]]>([
    ['candles', ['symbol', 'timeframe', 'timestamp', 'open', 'high', 'low', 'close', 'volume']],
    ['object_events', ['ts', 'action', 'object_id', 'type', 'symbol', 'timeframe']],
    // As the bot logs it; its policy_components hold weights, but it is no policy.
    [
      'decisions',
      ['run_id', 'decision_id', 'timestamp_utc', 'feature_vector', 'action', 'policy_components'],
    ],
    ['decisions', ['run_id', 'decision_id', 'timestamp_utc', 'key_features', 'action']],
    ['audits', ['timestamp_utc', 'issues', 'run_id', 'audit_id', 'policy_version']],
    ['stats', ['run_id', 'timestamp_utc', 'feature_performance_by_regime']],
    ['stats', ['run_id', 'timestamp_utc', 'feature_name', 'stability', 'sharpe']],
    ['policies', ['version', 'timestamp_utc', 'base_weights', 'trust', 'regime_multipliers']],
  ])('U12: %s by the fields of the first line, whatever the name says', (table, fields) => {
    expect(guessTable('candles-audits.ndjson', `\uFEFF\n${line(...fields)}\n{"torn`)).toEqual({
      table,
      by: 'first line',
    })
  })

  it.each<[string, StoreTable | null]>([
    ['decisions_20240308.ndjson', 'decisions'],
    ['decision-log.jsonl', 'decisions'],
    ['audit.json', 'audits'],
    ['Policies.ndjson', 'policies'],
    ['policy-7.json', 'policies'],
    ['stats_2024.ndjson', 'stats'],
    ['feature-stability.ndjson', 'stats'],
    ['zones.ndjson', 'object_events'],
    ['object_events.ndjson', 'object_events'],
    ['spy-bars.ndjson', 'candles'],
    ['candles.ndjson', 'candles'],
    ['barkeep.ndjson', null],
    ['notes.txt', null],
    ['status.json', null],
  ])('U12: %s by its name where the first line says nothing', (name, table) => {
    for (const head of ['', '{"torn', '[1,2]', 'null', line('a')]) {
      expect(guessTable(name, head)).toEqual(table === null ? null : { table, by: 'name' })
    }
  })
})
