import { describe, expect, it } from 'vitest'
import type { CompactedDay, JobUpdate } from '../../schemas/contract/jobs.ts'
import { outcomeText } from '../../src-renderer/app/job-outcomes.ts'
import { shellQuote } from '../../src-renderer/app/shell-quote.ts'
import { applyJobUpdate, type JobsState } from '../../src-renderer/state/jobs.ts'
import { FINDING_GUIDE } from '../../src-renderer/storage-health/finding-guide.ts'
import { formatAge, formatBytes, formatCount, formatMarketTime } from '../../src-renderer/ui/figures.ts'

const NOTHING: JobsState = { running: [], ended: {} }

function update(job: string, change: Partial<JobUpdate> = {}): JobUpdate {
  return { job, kind: 'compact', state: 'running', progress: { done: 0, total: 3, step: '' }, ...change }
}

describe('jobs', () => {
  it('U9: work stays in its place while it runs and moves to its kind when it ends', () => {
    const steps = [
      update('a'),
      update('b', { kind: 'doctor' }),
      update('a', { progress: { done: 2, total: 3, step: '2m' } }),
      update('b', { kind: 'doctor', state: 'done' }),
    ]
    const state = steps.reduce(applyJobUpdate, NOTHING)
    expect(state.running).toEqual([steps[2]])
    expect(state.ended).toEqual({ doctor: steps[3] })
  })

  it('U9: a job whose end is all that was heard of leaves nothing running', () => {
    expect(applyJobUpdate(NOTHING, update('a', { state: 'failed' })).running).toEqual([])
  })

  it('U3: the end is told with its numbers', () => {
    const line = (skipped: CompactedDay['skipped']): CompactedDay => ({
      table: 'candles',
      timeframe: '2m',
      day: '2024-03-08',
      parts: 1,
      rows: 1,
      conflicts: 0,
      digest: null,
      file: 'f',
      skipped,
    })
    const compacted = (...skips: readonly CompactedDay['skipped'][]): JobUpdate =>
      update('a', { state: 'done', result: { kind: 'compact', receipt: { days: skips.map(line) } } })
    expect(outcomeText(compacted(null, null, 'nothing to do'))).toBe('Compacted 2 days')
    expect(outcomeText(compacted(null, 'failed'))).toBe('Compacted 1 day, 1 failed')
    expect(outcomeText(compacted('dry run'))).toBe('1 day to compact')
    expect(outcomeText(update('a', { state: 'cancelled' }))).toBe('Compaction cancelled')
    const receipt = {
      accepted: 4107,
      duplicates: 2,
      conflicts: 0,
      completed: 0,
      rejected: [{ line: 3, field: 'high', reason: 'below low' }],
    }
    expect(
      outcomeText(
        update('i', {
          kind: 'import',
          state: 'done',
          result: { kind: 'import', file: 'f', table: 'candles', dryRun: false, receipt },
        }),
      ),
    ).toBe('Imported 4,107 rows, 2 duplicates, 1 rejected')
  })
})

describe('figures', () => {
  it('counts agree with their noun', () => {
    expect([formatCount(1, 'part'), formatCount(0, 'part'), formatCount(4107, 'row')]).toEqual([
      '1 part',
      '0 parts',
      '4,107 rows',
    ])
  })

  it('sizes keep three figures', () => {
    expect([0, 1023, 1024, 4_200, 120_000, 38_900_000, 5e12].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KB',
      '4.1 KB',
      '117 KB',
      '37.1 MB',
      '4.5 TB',
    ])
  })

  it('U9: ages are told in their largest unit', () => {
    const minute = 60_000
    expect(
      [0, minute, 59 * minute, 90 * minute, 3 * 1440 * minute, 800 * 1440 * minute].map(formatAge),
    ).toEqual(['now', '1 min', '59 min', '1 h', '3 d', '2.2 y'])
  })

  it('U9: market time names its zone on both sides of a change, and in the hour that happens twice', () => {
    const times = [
      '2024-03-10T07:59:00Z',
      '2024-03-10T08:00:00Z',
      '2024-11-03T06:30:00Z',
      '2024-11-03T07:30:00Z',
    ]
    expect(times.map((time) => formatMarketTime(Date.parse(time)))).toEqual([
      '2024-03-10 01:59 CST',
      '2024-03-10 03:00 CDT',
      '2024-11-03 01:30 CDT',
      '2024-11-03 01:30 CST',
    ])
  })
})

describe('texts', () => {
  it('U8: a shown command can be pasted whatever the path holds', () => {
    expect(shellQuote('/home/ana/store', 'linux')).toBe('/home/ana/store')
    expect(shellQuote('/home/ana/my store', 'linux')).toBe("'/home/ana/my store'")
    expect(shellQuote("/tmp/$(rm)/it's", 'darwin')).toBe("'/tmp/$(rm)/it'\\''s'")
    expect(shellQuote('C:\\bots\\store', 'win32')).toBe('"C:\\bots\\store"')
  })

  it('D2: every finding says in whole sentences what it means and what to do', () => {
    for (const [code, { meaning, advice }] of Object.entries(FINDING_GUIDE)) {
      expect(meaning, code).toMatch(/^[A-Z].{15,}\.$/)
      expect(advice, code).toMatch(/^[A-Z].{10,}\.$/)
    }
  })
})
