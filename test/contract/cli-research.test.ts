import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HitCalendar, PerformanceReport, StabilityReport } from '../../schemas/contract/ledger.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { bundleCli, type CliBundle, type CliResult } from '../support/cli-process.ts'
import { decision, ledgerDay, plainSeries, stat } from '../support/ledger-store.ts'

let cli: CliBundle
let folder: string
const barkeep = (...words: string[]): Promise<CliResult> => cli.run(['research', ...words], { cwd: folder })

beforeAll(async () => {
  cli = await bundleCli()
  folder = await mkdtemp(path.join(os.tmpdir(), 'barkeep research '))
  const context = await openContext(path.join(folder, 'storage'), { create: true })
  await ledgerDay(context, plainSeries('decisions'), '2024-03-08', [
    decision('a', '2024-03-08T14:30', { outcome_pnl: 2, policy_version: 'v2' }),
    decision('b', '2024-03-08T14:00', { outcome_pnl: -1, macro_regimes: ['risk_on', 'high_vol'] }),
    decision('c', '2024-03-08T15:30', { session_regime: 'LONDON', macro_regimes: [], policy_version: 'v2' }),
  ])
  await ledgerDay(context, plainSeries('stats'), '2024-03-08', [stat('rsi_14', '2024-03-08T21:00')])
  await closeContext(context)
})
afterAll(async () => {
  await cli.remove()
  await rm(folder, { recursive: true })
})

async function document<T>(...words: string[]): Promise<T> {
  const { code, stdout, stderr } = await barkeep(...words, '--json')
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as T
}

describe('barkeep research', () => {
  it('Q31: performance by what one names, under the filter of query, each group with the filter of its rows', async () => {
    const report = await document<PerformanceReport>(
      'performance',
      '--by',
      'session_regime,macro_regime',
      '--to',
      '2024-03-08',
    )
    expect(report.total).toMatchObject({ count: 3, decided: 2, pnlSum: 1, hits: 1, maxDrawdown: 1 })
    expect(report.groups.map(({ keys, count, filter }) => [keys, count, filter.macroRegimes])).toEqual([
      [['NY', 'risk_on'], 2, ['risk_on']],
      [['LONDON', null], 1, undefined],
      [['NY', 'high_vol'], 1, ['high_vol']],
    ])
    const plain = await barkeep('performance')
    expect(plain.code).toBe(0)
    expect(plain.stdout).toMatch(/SESSION +DECISIONS +WITH PNL +PNL SUM/)
    expect(plain.stdout).toMatch(/NY +2 +2 +1 +0\.5 +1\.5 +0\.333333 +1 +1 of 2 +50\.0%/)
    expect(plain.stdout).toContain('2024-03-08 08:00')
    expect(plain.stdout).toContain('Times in America/Chicago.')
  })

  it('Q31: policies stand in the order in which they came into use', async () => {
    const { groups } = await document<PerformanceReport>('policies')
    expect(groups.map(({ keys, count }) => [keys[0], count])).toEqual([
      ['v1', 1],
      ['v2', 2],
    ])
    const { groupBy } = await document<PerformanceReport>('policies', '--by', 'session_regime')
    expect(groupBy).toEqual(['policy_version', 'session_regime'])
  })

  it('Q32, Q33: days and features', async () => {
    const { days } = await document<HitCalendar>('calendar', '--outcome', 'hit')
    expect(days.map(({ day, count, hits }) => [day, count, hits])).toEqual([['2024-03-08', 1, 1]])
    const { series } = await document<StabilityReport>('stability', '--feature-name', 'rsi_14')
    expect(series).toMatchObject([{ feature: 'rsi_14', regime: 'NY', stability: [0.9], runIds: ['run-1'] }])
    expect((await barkeep('stability')).stdout).toMatch(
      /rsi_14 +NY +1 +0\.9 +1\.25 +0\.5 +0\.1 +2024-03-08 15:00/,
    )
  })

  it('X5: bad use says what to write instead and ends with 2', async () => {
    for (const [words, said] of [
      [['performance', '--by', 'colour'], '"colour" is none of session_regime'],
      [['calendar', '--by', 'symbol'], 'takes no --by'],
      [['stability', '--symbol', 'SPY'], 'stats can’t be filtered by symbols'],
      [['weather'], 'Allowed choices are performance, stability, calendar, policies'],
    ] as const) {
      const { code, stdout, stderr } = await barkeep(...words)
      expect([code, stdout], words.join(' ')).toEqual([2, ''])
      expect(stderr.replace("'", '’')).toContain(said)
    }
    const nothing = await barkeep('performance', '--symbol', 'NOWHERE')
    expect([nothing.code, nothing.stdout.slice(0, 23)]).toEqual([0, 'No decisions meet this.'])
  })
})
