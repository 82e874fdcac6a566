import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { ledgerFilterOf } from '../../src-main/cli/ledger-flags.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { bundleCli, type CliBundle, type CliResult } from '../support/cli-process.ts'
import { audit, decision, foreignPolicies, ledgerDay, plainSeries, policy } from '../support/ledger-store.ts'

let cli: CliBundle
let folder: string
const barkeep = (...words: string[]): Promise<CliResult> => cli.run(words, { cwd: folder })

beforeAll(async () => {
  cli = await bundleCli()
  folder = await mkdtemp(path.join(os.tmpdir(), 'barkeep query '))
  const context = await openContext(path.join(folder, 'storage'), { create: true })
  await ledgerDay(context, plainSeries('decisions'), '2024-03-08', [
    decision('a', '2024-03-08T14:30', {
      outcome_pnl: 2,
      outcome_holding_period_bars: 1,
      key_features: { rsi_14: 71 },
    }),
    decision('b', '2024-03-08T15:00', { symbol: 'QQQ', key_features: { rsi_14: '90' } }),
    decision('c', '2024-03-08T15:30', { session_regime: 'LONDON', outcome_pnl: -1 }),
  ])
  await ledgerDay(context, plainSeries('audits'), '2024-03-08', [audit('x', '2024-03-08T15:00')])
  await foreignPolicies(context, [policy('v1', '2024-01-01'), policy('v2', '2024-02-01')])
  await closeContext(context)
})
afterAll(async () => {
  await cli.remove()
  await rm(folder, { recursive: true })
})

interface Answer {
  readonly total: number
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly problems: readonly unknown[]
}

async function ids(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await barkeep('query', 'decisions', '--json', ...words)
  expect([code, stderr]).toEqual([0, ''])
  return (JSON.parse(stdout) as Answer).rows.map(({ decision_id }) => decision_id).join('')
}

describe('barkeep query', () => {
  it('X15: one JSON document: total before the limit, plain rows in UTC, problems', async () => {
    const { code, stdout } = await barkeep('query', 'decisions', '--limit', '1', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      total: 3,
      rows: [decision('c', '2024-03-08T15:30', { session_regime: 'LONDON', outcome_pnl: -1 })],
      problems: [],
    })
    const none = await barkeep('query', 'stats', '--json')
    expect(JSON.parse(none.stdout)).toEqual({ total: 0, rows: [], problems: [] })
    const policies = await barkeep('query', 'policies', '--json')
    expect((JSON.parse(policies.stdout) as Answer).rows.map((row) => row.policy_version)).toEqual([
      'v1',
      'v2',
    ])
  })

  it('X16: filters, sort and offset reach the engine', async () => {
    expect(await ids('--feature', 'rsi_14 >= 61.5', '--sort', 'outcome_pnl:desc', '--offset', '1')).toBe('c')
    expect(await ids('--as-of', '2024-03-08T14:34:00Z', '--outcome', 'hit')).toBe('')
    expect(await ids('--as-of', '2024-03-08T14:35:00Z', '--outcome', 'hit')).toBe('a')
  })

  it('X16: every flag is its field of the filter, times as T2 and T3 read them', () => {
    const zone = new MarketZone()
    const filter = ledgerFilterOf(
      {
        from: '2024-03-08T09:00:00',
        to: '2024-03-08',
        asOf: '2024-03-09T00:00:00Z',
        symbol: ['SPY', 'QQQ'],
        timeframe: ['M5'],
        regime: ['NY'],
        macroRegime: ['risk_on'],
        action: ['long'],
        policy: ['v1'],
        run: ['r'],
        outcome: 'miss',
        text: 'ab',
        feature: ['rsi_14 >= 61.5', 'a b!=-1e-3'],
        issue: ['missing_value'],
        featureName: ['adx'],
      },
      zone,
    )
    expect(filter).toEqual({
      from: Date.parse('2024-03-08T15:00Z'),
      to: Date.parse('2024-03-09T05:59:59.999Z'),
      asOf: Date.parse('2024-03-09T00:00Z'),
      symbols: ['SPY', 'QQQ'],
      timeframes: ['M5'],
      sessionRegimes: ['NY'],
      macroRegimes: ['risk_on'],
      actions: ['long'],
      policyVersions: ['v1'],
      runIds: ['r'],
      outcome: 'miss',
      text: 'ab',
      features: [
        { name: 'rsi_14', op: '>=', value: 61.5 },
        { name: 'a b', op: '!=', value: -1e-3 },
      ],
      issues: ['missing_value'],
      featureNames: ['adx'],
    })
    expect(ledgerFilterOf({}, zone)).toEqual({})
    for (const feature of [
      'rsi_14',
      '>7',
      'rsi_14 is 7',
      'rsi_14>',
      'rsi_14>x',
      'rsi_14>=>7',
      'rsi_14>Infinity',
    ])
      expect(() => ledgerFilterOf({ feature: [feature] }, zone), feature).toThrow(BarkeepError)
    for (const flags of [{ from: 'soon' }, { to: '2024-02-30' }, { from: '2024-03-09', to: '2024-03-08' }])
      expect(() => ledgerFilterOf(flags, zone), JSON.stringify(flags)).toThrow(BarkeepError)
  })

  it('X15: a table for a person, times with their zone', async () => {
    const { code, stdout, stderr } = await barkeep('query', 'decisions', '--limit', '2')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^3 rows of decisions, 1 to 2\. Times in America\/Chicago\.\n/)
    expect(stdout).toMatch(/run-1 +c +2024-03-08 09:30 CST +SPY/)
  })

  it('X17: what can’t be asked is told in one line, exit 2', async () => {
    for (const [words, told] of [
      [['decisions', '--feature', 'rsi_14 is 7'], "'rsi_14>70'"],
      [['audits', '--symbol', 'SPY'], "audits can't be filtered by symbols"],
      [['decisions', '--sort', 'nonsense'], 'can\'t be sorted by "nonsense"'],
      [['candles'], 'decisions'],
    ] as const) {
      const { code, stdout, stderr } = await barkeep('query', ...words, '--json')
      expect([code, stdout], words.join(' ')).toEqual([2, ''])
      expect(stderr.trim().split('\n'), words.join(' ')).toHaveLength(1)
      expect(stderr).toContain(told)
    }
  })

  it('X18: export by the ending of the file, with the filter of query', async () => {
    const csv = await barkeep('export', 'decisions', '--symbol', 'SPY', '--out', 'spy.csv', '--json')
    expect([csv.code, csv.stderr]).toEqual([0, ''])
    expect(JSON.parse(csv.stdout)).toMatchObject({
      file: path.join(folder, 'spy.csv'),
      rows: 2,
      problems: [],
    })
    expect((await readFile(path.join(folder, 'spy.csv'), 'utf8')).split('\r\n')).toHaveLength(4)
    const parquet = await barkeep('export', 'policies', '--out', 'p.parquet')
    expect([parquet.code, parquet.stderr]).toEqual([0, ''])
    expect(parquet.stdout).toMatch(/^2 rows written to .*p\.parquet\. SHA-256 [0-9a-f]{64}\n$/)
    for (const words of [
      ['decisions', '--out', 'x.xlsx'],
      ['candles', '--regime', 'NY', '--out', 'x.csv'],
    ]) {
      const { code, stderr } = await barkeep('export', ...words)
      expect(code, words.join(' ')).toBe(2)
      expect(stderr.trim().split('\n'), words.join(' ')).toHaveLength(1)
    }
  })

  it('X18: what is not in an export is told, exit 1', async () => {
    await writeFile(path.join(folder, 'storage/decisions/decisions_20240309.parquet'), 'torn')
    const { code, stdout, stderr } = await barkeep('export', 'decisions', '--out', 'all.csv', '--json')
    expect(code).toBe(1)
    expect(stderr).toContain('decisions_20240309.parquet')
    expect(JSON.parse(stdout)).toMatchObject({ rows: 3, problems: [{ code: 'UNREADABLE' }] })
    const asked = await barkeep('query', 'decisions', '--json')
    expect(asked.code).toBe(0)
    expect((JSON.parse(asked.stdout) as Answer).problems).toHaveLength(1)
  })
})
