import { describe, expect, it } from 'vitest'
import type { HitDay, Performance, PerformanceGroup, StabilityReport } from '../../schemas/contract/ledger.ts'
import type { PolicyRow } from '../../schemas/generated/rows.ts'
import {
  changeText,
  comparedVersions,
  formatWeight,
  isChanged,
  policyVersions,
  weightChanges,
} from '../../src-renderer/policies/policies-model.ts'
import {
  compared,
  comparedRegimes,
  comparisonPlot,
  versionsShown,
} from '../../src-renderer/research/comparison-model.ts'
import { cellLook, dayAt, dayText, hitMonths, largestOf } from '../../src-renderer/research/hit-months.ts'
import { hitRatePlot, pnlPlot } from '../../src-renderer/research/performance-model.ts'
import { formatPnl, formatRatio, groupName } from '../../src-renderer/research/research-figures.ts'
import { restoredState } from '../../src-renderer/research/research-state.ts'
import { regimeShown, seriesShown, stabilityPlot } from '../../src-renderer/research/stability-model.ts'
import { policy } from '../support/ledger-store.ts'

const NOTHING: Performance = {
  count: 0,
  decided: 0,
  pnlSum: null,
  pnlMean: null,
  pnlDeviation: null,
  sharpe: null,
  judged: 0,
  hits: 0,
  hitRate: null,
  hitLow: null,
  hitHigh: null,
  maxDrawdown: null,
}

function group(keys: readonly (string | null)[], given: Partial<PerformanceGroup> = {}): PerformanceGroup {
  return { ...NOTHING, count: 1, keys, from: 0, to: 0, filter: {}, ...given }
}

function hitDay(day: string, given: Partial<HitDay> = {}): HitDay {
  return { ...NOTHING, count: 3, day, ...given }
}

describe('figures of research', () => {
  it('N16: a profit has its sign, a missing figure is a dash and never 0', () => {
    expect([12.345, -0.5, 0, 1234.5, -120.25, null].map(formatPnl)).toEqual([
      '+12.35',
      '−0.5000',
      '0',
      '+1,235',
      '−120.3',
      '–',
    ])
    expect([formatRatio(-1.5), formatRatio(null)]).toEqual(['−1.50', '–'])
    expect(groupName(['NY', null, ''])).toBe('NY · no macro regime · (empty)')
  })

  it('N16: groups are plotted one below the other, each rate with interval and count, losses told from profits', () => {
    const groups = [
      group(['NY'], {
        hitRate: 0.6,
        hitLow: 0.4,
        hitHigh: 0.75,
        hits: 6,
        judged: 10,
        pnlSum: -3,
        decided: 4,
      }),
      group([null]),
    ]
    const rates = hitRatePlot(groups)
    expect(rates.series[0]?.points).toEqual([
      { x: 0, y: 0.6, low: 0.4, high: 0.75, note: '6 hits of 10' },
      { x: 1, y: null, low: null, high: null, note: '0 hits of 0' },
    ])
    // Half is in sight, and all of each interval.
    expect(rates.y).toMatchObject({ min: 0.3, max: 0.8, reference: { value: 0.5 } })
    expect(pnlPlot(groups, 'pnlSum').series[0]?.points.map(({ y, colour }) => [y, colour])).toEqual([
      [-3, 'down'],
      [null, 'up'],
    ])
  })

  it('N21: what was kept is taken as far as it means something', () => {
    const kept = {
      tab: 'calendar',
      filter: { from: 5, symbols: ['SPY', 7], outcome: 'hit', nonsense: 1 },
      groupBy: ['action', 'colour', 'symbol'],
      versions: ['v1', 'v2'],
      regime: null,
    }
    expect(restoredState(JSON.stringify(kept))).toMatchObject({
      tab: 'calendar',
      filter: { from: 5, symbols: ['SPY'] },
      groupBy: ['symbol', 'action'],
      versions: ['v1', 'v2'],
      regime: null,
      pnl: 'pnlMean',
    })
    const begun = restoredState(undefined)
    expect(restoredState('{not json')).toEqual(begun)
    expect(restoredState('[1]')).toEqual(begun)
    expect(restoredState(JSON.stringify({ groupBy: [] })).groupBy).toEqual(['session_regime'])
  })
})

describe('hit calendar', () => {
  it('N16: months stand as on a wall: weeks from Monday, weekends only where something was decided', () => {
    const days = [hitDay('2024-02-29'), hitDay('2024-04-01')]
    const months = hitMonths(days)
    expect(months.map(({ month }) => month)).toEqual(['2024-02', '2024-03', '2024-04'])
    expect(months[0]?.weeks[0]).toEqual([null, null, null, '2024-02-01', '2024-02-02'])
    expect(months[1]?.weeks.flat().filter((day) => day !== null)).toHaveLength(21)
    const sunday = hitMonths([hitDay('2024-03-10')])
    expect(sunday[0]?.weeks.flat().filter((day) => day !== null)).toHaveLength(31)
    expect(hitMonths([])).toEqual([])
  })

  it('N16: a cell says in words what its colour says', () => {
    const day = hitDay('2024-03-08', { judged: 4, hits: 1, hitRate: 0.25, decided: 2, pnlSum: -12 })
    const largest = largestOf([day, hitDay('2024-03-11', { pnlSum: 48 })], 'pnlSum')
    expect(cellLook(day, 'hitRate', 0)).toEqual({ text: '25%', level: 2, tone: 'down' })
    expect(cellLook(day, 'pnlSum', largest)).toEqual({ text: '−12.0', level: 1, tone: 'down' })
    expect(cellLook(day, 'count', 3)).toEqual({ text: '3', level: 4, tone: 'plain' })
    expect(cellLook(hitDay('2024-03-08'), 'hitRate', 0)).toEqual({ text: '–', level: 0, tone: 'plain' })
    expect(dayText(hitDay('2024-03-08', { count: 1 }))).toBe('2024-03-08: 1 decision; no outcome known')
  })

  it('N17: arrows go over days with decisions by day and by week, and stop at the ends', () => {
    const days = ['2024-03-07', '2024-03-08', '2024-03-14', '2024-03-18', '2024-04-22'].map((day) =>
      hitDay(day),
    )
    const path = [
      'ArrowRight',
      'ArrowDown',
      'ArrowDown',
      'PageUp',
      'End',
      'ArrowRight',
      'ArrowUp',
      'Home',
      'x',
    ]
    const visited: (string | null)[] = []
    let here = '2024-03-07'
    for (const key of path) {
      const to = dayAt(days, here, key)
      visited.push(to)
      here = to ?? here
    }
    expect(visited).toEqual([
      '2024-03-08',
      '2024-03-18',
      '2024-04-22',
      '2024-03-18',
      '2024-04-22',
      null,
      '2024-03-18',
      '2024-03-07',
      null,
    ])
  })
})

describe('features over time', () => {
  const one = (feature: string, regime: string | null, points: number) => ({
    feature,
    regime,
    ts: Array.from({ length: points }, (_, index) => index * 1000),
    stability: Array<number | null>(points).fill(0.5),
    sharpe: Array<number | null>(points).fill(null),
    hitRate: Array<number | null>(points).fill(null),
    variance: Array<number | null>(points).fill(null),
    runIds: Array.from({ length: points }, (_, index) => `run-${index}`),
  })
  const report: StabilityReport = {
    series: [one('adx', 'NY', 2), one('rsi', 'NY', 3), one('rsi', null, 1)],
    problems: [],
  }

  it('N16: the regime over all comes first; features that were chosen and are gone are left out', () => {
    expect(regimeShown(report, undefined)).toBeNull()
    expect(regimeShown(report, 'NY')).toBe('NY')
    expect(regimeShown(report, 'MARS')).toBeNull()
    expect(seriesShown(report, 'NY', ['rsi', 'gone']).map(({ feature }) => feature)).toEqual(['rsi'])
    expect(seriesShown(report, 'NY', ['gone']).map(({ feature }) => feature)).toEqual(['adx', 'rsi'])
    const plot = stabilityPlot(seriesShown(report, 'NY', undefined), 'stability')
    expect(plot.x).toMatchObject({ kind: 'time', zone: 'America/Chicago' })
    expect(plot.series.map(({ name, points }) => [name, points.length])).toEqual([
      ['adx', 2],
      ['rsi', 3],
    ])
  })
})

describe('policies', () => {
  const rows: readonly PolicyRow[] = [
    policy('v2', '2024-03-11', { base_weights: { trend: 0.3, adx: 0.1 }, trust: { trend: 0.5 } }),
    policy('v1', '2024-03-04', { base_weights: { trend: 0.1, rsi: 1 }, trust: { trend: 0.5 } }),
  ]
  const decided = [
    group(['v2'], { from: Date.parse('2024-03-10T00:00:00Z'), count: 4 }),
    group(['v9'], { from: 5, count: 2 }),
  ]

  it('N18: versions stand in order of time; N19: one that decisions name before it was there, or that is not held, is marked', () => {
    const versions = policyVersions(rows, decided)
    expect(versions.map(({ version, isLate, policy: held }) => [version, isLate, held !== null])).toEqual([
      ['v1', false, true],
      ['v2', true, true],
      ['v9', false, false],
    ])
    const none = { version: null, against: null }
    const shown = comparedVersions(versions, none)
    expect([shown?.against?.version, shown?.version.version]).toEqual(['v1', 'v2'])
    const first = comparedVersions(versions, { version: 'v1', against: null })
    expect([first?.against, first?.version.version]).toEqual([null, 'v1'])
    const back = comparedVersions(versions, { version: 'v1', against: 'v2' })
    expect([back?.against?.version, back?.version.version]).toEqual(['v2', 'v1'])
    expect(comparedVersions([], none)).toBeNull()
  })

  it('N18: every number of both is compared, and told as new, gone, changed or the same', () => {
    const changes = weightChanges(rows[1] ?? null, rows[0] ?? null)
    expect(changes.map((change) => [change.part, change.name, changeText(change)])).toEqual([
      ['Base weight', 'adx', 'new'],
      ['Base weight', 'rsi', 'gone'],
      ['Base weight', 'trend', '+0.2'],
      ['Trust', 'trend', ''],
      ['Multiplier in NY', 'trend', ''],
    ])
    expect(changes.filter(isChanged)).toHaveLength(3)
    expect([0.1 + 0.2, -1.5, null].map(formatWeight)).toEqual(['0.30000000000000004', '−1.5', '–'])
    expect(weightChanges(null, rows[0] ?? null).every(({ old }) => old === null)).toBe(true)
  })

  it('N16: two versions side by side: the last two unless others were chosen that are there', () => {
    expect(versionsShown(['v1', 'v2', 'v3'], undefined)).toEqual(['v2', 'v3'])
    expect(versionsShown(['v1', 'v2', 'v3'], ['v3', 'v1'])).toEqual(['v3', 'v1'])
    expect(versionsShown(['v1', 'v2'], ['v1', 'gone'])).toEqual(['v1', 'v2'])
    expect(versionsShown(['v1'], undefined)).toBeNull()
    const a = group(['v1'], { count: 10, hitRate: 0.4, maxDrawdown: 2, pnlMean: null })
    const b = group(['v2'], { count: 30, hitRate: 0.55, maxDrawdown: 5, pnlMean: 1 })
    const lines = new Map(compared(a, b).map((line) => [line.id, [line.change, line.tone]]))
    expect(lines.get('count')).toEqual(['+20', undefined])
    expect(lines.get('rate')).toEqual(['+15.0 pp', 'up'])
    expect(lines.get('drawdown')).toEqual(['+3.00', 'down'])
    expect(lines.get('mean')).toEqual(['–', undefined])
  })

  it('N17: of both versions’ plots each point belongs to its group, also where a version has none', () => {
    const groups = [
      group(['NY', 'v1'], { count: 2 }),
      group(['LONDON', 'v2'], { count: 9 }),
      group(['NY', 'v2']),
    ]
    const regimes = comparedRegimes({ groupBy: [], total: NOTHING, groups, problems: [] }, ['v1', 'v2'])
    expect(regimes.map(({ regime, a, b }) => [regime, a?.count, b?.count])).toEqual([
      ['LONDON', undefined, 9],
      ['NY', 2, 1],
    ])
    const plot = comparisonPlot(regimes, ['v1', 'v2'], 'hitRate')
    expect(plot.series.map(({ points }) => points.map(({ x }) => x))).toEqual([[1], [0, 1]])
  })
})
