import { describe, expect, it } from 'vitest'
import { type BatchBounds, inBatches } from '../../src-main/ingest/line-batches.ts'
import type { Line } from '../../src-main/ingest/ndjson.ts'

const line = (number: number, text = 'x'): Line => ({ line: number, text, document: {}, fault: null })
const BOUNDS: BatchBounds = { lines: 3, characters: 100, idle: null }

async function batched(source: AsyncIterable<readonly Line[]>, bounds: BatchBounds): Promise<number[][]> {
  const batches: number[][] = []
  for await (const batch of inBatches(source, bounds)) batches.push(batch.map(({ line }) => line))
  return batches
}

async function* given(...pieces: readonly (readonly Line[])[]): AsyncGenerator<readonly Line[]> {
  yield* pieces
}

describe('inBatches', () => {
  it('X4: gathers lines by number and by length, and gives the rest at the end', async () => {
    const lines = Array.from({ length: 8 }, (_, index) => line(index + 1))
    expect(await batched(given(lines.slice(0, 2), lines.slice(2)), BOUNDS)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8],
    ])
    expect(await batched(given([line(1, 'x'.repeat(100)), line(2)]), BOUNDS)).toEqual([[1], [2]])
    expect(await batched(given(), BOUNDS)).toEqual([])
  })

  it('X4: does not wait for more of a stream that has fallen silent', async () => {
    let go: () => void = () => undefined
    const more = new Promise<void>((resolve) => {
      go = resolve
    })
    async function* silent(): AsyncGenerator<readonly Line[]> {
      yield [line(1)]
      await more
      yield [line(2)]
    }
    const batches: number[][] = []
    for await (const batch of inBatches(silent(), { ...BOUNDS, idle: 5 })) {
      batches.push(batch.map(({ line }) => line))
      go()
    }
    expect(batches).toEqual([[1], [2]])
  })

  it('X8: a failing source fails, a consumer that leaves a silent one is not held', async () => {
    async function* failing(): AsyncGenerator<readonly Line[]> {
      yield [line(1)]
      throw new Error('gone')
    }
    await expect(batched(failing(), BOUNDS)).rejects.toThrow('gone')
    async function* silent(): AsyncGenerator<readonly Line[]> {
      yield [line(1)]
      await new Promise(() => undefined)
    }
    for await (const batch of inBatches(silent(), { ...BOUNDS, idle: 5 })) {
      expect(batch).toHaveLength(1)
      break
    }
  })
})
