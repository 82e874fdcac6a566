import assert from 'node:assert/strict'
import type { CandleColumns } from '../../schemas/contract/viewport.ts'

/** What is compared for time must answer the same; a wrong answer is fast for nothing. @throws AssertionError */
export function sameCandles(ours: CandleColumns, theirs: CandleColumns): void {
  for (const name of ['ts', 'open', 'high', 'low', 'close', 'volume'] as const) {
    assert.deepEqual(ours[name], theirs[name], `${name} differs between the contenders`)
  }
  assert.ok(ours.ts.length > 0, 'the window is empty')
}
