import { describe, expect, it } from 'vitest'
import type { AuditTimeline } from '../../schemas/contract/ledger.ts'
import { readAuditFilter, readFocus, togglePick, withFocus } from '../../src-renderer/audits/audit-filter.ts'
import { focusOfPlace, issueTypes, timelinePlot } from '../../src-renderer/audits/timeline-data.ts'
import { readState } from '../../src-renderer/audits/view-state.ts'

const timeline: AuditTimeline = {
  days: [
    { day: '2024-03-07', issues: {}, clean: 2 },
    { day: '2024-03-08', issues: { type_mismatch: 1, constructor: 3 }, clean: 0 },
    { day: '2024-03-11', issues: { type_mismatch: 2 }, clean: 1 },
  ],
  runs: [],
  features: [],
  problems: [],
}

describe('what the Audits view makes of figures and filters', () => {
  it('N11: a bar is made of the rows that a click on it shows', () => {
    expect(issueTypes(timeline)).toEqual(['constructor', 'type_mismatch'])
    const data = timelinePlot(timeline)
    const found = data.series.flatMap(({ points }, series) =>
      points.flatMap(({ y }, point) => (y === null ? [] : [[y, focusOfPlace(data, { series, point })]])),
    )
    expect(found).toEqual([
      [2, { day: '2024-03-07', clean: true }],
      [1, { day: '2024-03-11', clean: true }],
      [3, { day: '2024-03-08', issue: 'constructor' }],
      [1, { day: '2024-03-08', issue: 'type_mismatch' }],
      [2, { day: '2024-03-11', issue: 'type_mismatch' }],
    ])
    expect(focusOfPlace(data, { series: 9, point: 9 })).toEqual({})
    expect(data.y.format(2)).toBe('2')
    expect(data.y.format(0.5)).toBe('')
  })

  it('N11: what was picked narrows the filter, and the same pick again takes it away', () => {
    const filter = { policyVersions: ['v1'], issues: ['a', 'b'] }
    expect(withFocus(filter, {})).toEqual(filter)
    expect(withFocus(filter, { day: '2024-03-08', issue: 'a' })).toEqual({
      policyVersions: ['v1'],
      issues: ['a'],
      tradingDays: ['2024-03-08'],
    })
    expect(withFocus({}, { runId: 'r', clean: true, feature: '' })).toEqual({
      runIds: ['r'],
      clean: true,
      featureNames: [''],
    })
    expect(togglePick({}, { runId: 'r' })).toEqual({ runId: 'r' })
    expect(togglePick({ runId: 'r' }, { runId: 'r' })).toEqual({})
    expect(togglePick({ runId: 'r' }, { runId: 'r', issue: 'a' })).toEqual({ runId: 'r', issue: 'a' })
  })

  it('N12: what was kept is taken up where it is sound, and nothing else', () => {
    const state = {
      filter: { runIds: ['r'], clean: false, from: 1, symbols: ['SPY'] },
      focus: { issue: 'a', clean: 'yes' },
      by: 'feature',
      sort: { column: 'issues', descending: true },
      widths: { issues: 90, run_id: -1 },
      detailOpen: false,
      sizes: { 'audits-plot': 40, 'audits-detail': 400 },
      selected: 'x',
    }
    expect(readState(JSON.stringify(state))).toEqual({
      filter: { runIds: ['r'], clean: false, from: 1 },
      focus: { issue: 'a' },
      by: 'feature',
      sort: { column: 'issues', descending: true },
      widths: { issues: 90 },
      detailOpen: false,
      sizes: { 'audits-plot': 40 },
      selected: null,
    })
    const first = readState(undefined)
    for (const bad of ['', '{', 'null', '[]', '1', '{"filter":[],"focus":1,"sort":7,"widths":[]}']) {
      expect(readState(bad), bad).toEqual(first)
    }
    expect(readAuditFilter({ runIds: [1], issues: [], text: '', tradingDays: ['2024-03-08'] })).toEqual({
      tradingDays: ['2024-03-08'],
    })
    expect(readFocus(null)).toEqual({})
  })
})
