import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import type { Progress } from '../../schemas/contract/jobs.ts'
import { ImportTally } from '../../src-main/ingest/import-tally.ts'
import { importFile, importStream } from '../../src-main/ingest/importers.ts'
import { untilAborted } from '../../src-main/ingest/until-aborted.ts'
import type { Store } from '../../src-main/store/api.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { temporaryFolder } from '../support/store-fixture.ts'

const FIRST = Date.UTC(2024, 2, 8, 14, 30)

let root: string
let store: Store

beforeEach(async () => {
  root = await temporaryFolder('ingest')
  store = await openStore(root, { create: true })
})
afterEach(async () => {
  await store.close()
  await rm(root, { recursive: true, force: true })
})

const bar = (at: number, changes: object = {}) =>
  `${JSON.stringify({ symbol: 'SPY', timeframe: '2m', ts: FIRST + at * 120_000, open: 1, high: 2, low: 1, close: 2, volume: 5, ...changes })}\n`

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

const stored = async () =>
  (await store.reader.viewport({ symbol: 'SPY', timeframe: '2m', from: 0, to: 4e12 })).candles.ts.length

describe('imports', () => {
  it('X3: keep every rejected line and put the first thousand on the receipt', async () => {
    const input = Array.from({ length: 1500 }, (_, at) =>
      at % 3 === 0 ? bar(at, { high: 0 }) : `oops ${at}\n`,
    ).join('')
    const told: number[] = []
    const receipt = await importStream(
      store,
      pieces(input.slice(0, 70_000), input.slice(70_000)),
      { table: 'candles' },
      {
        onRejected: (lines) => {
          told.push(...lines.map(({ line }) => line))
        },
      },
    )
    const all = Array.from({ length: 1500 }, (_, at) => at + 1)
    expect(receipt).toMatchObject({ accepted: 0, rejectedCount: 1500, cancelled: false, days: null })
    expect(receipt.rejected.map(({ line }) => line)).toEqual(all.slice(0, 1000))
    expect(told).toEqual(all)
    const kept = (await readFile(path.join(root, receipt.rejectsFile ?? ''), 'utf8')).trim().split('\n')
    expect(kept.map((text) => JSON.parse(text).line)).toEqual(all)
    expect(JSON.parse(kept[1] ?? '')).toEqual({
      line: 2,
      field: null,
      reason: expect.stringMatching(/JSON/),
      text: 'oops 1',
    })
  })

  it('X3: leave no rejects file when nothing was rejected', async () => {
    const receipt = await importStream(store, pieces(bar(0)), { table: 'candles' })
    expect(receipt).toMatchObject({ accepted: 1, rejectedCount: 0, rejectsFile: null })
    expect(await nodeEnv.readDir(path.join(root, '.barkeep', 'rejects'))).toEqual([])
  })

  it('store each piece of input before they ask for the next', async () => {
    const seen: number[] = []
    async function* live(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < 3; at++) {
        yield Buffer.from(bar(at))
        seen.push(await stored())
      }
    }
    await importStream(store, live(), { table: 'candles' })
    expect(seen).toEqual([1, 2, 3])
  })

  it('stop on a silent input when they are cancelled, with a receipt and without a torn line', async () => {
    const abort = new AbortController()
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(bar(0) + bar(1).slice(0, 20))
      abort.abort()
      await new Promise(() => undefined)
    }
    const receipt = await importStream(store, silent(), { table: 'candles' }, { signal: abort.signal })
    expect(receipt).toMatchObject({ accepted: 1, rejected: [], cancelled: true })
    expect(await stored()).toBe(1)
  })

  it('W8: a backfill that is cut short replaces no day', async () => {
    await importStream(store, pieces(bar(0) + bar(1)), { table: 'candles' })
    const abort = new AbortController()
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(bar(0))
      abort.abort()
      await new Promise(() => undefined)
    }
    const options = { table: 'candles', backfill: true } as const
    await expect(importStream(store, silent(), options, { signal: abort.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(await stored()).toBe(2)
  })

  it('W8: a backfill keeps the text of what it refuses, early or late', async () => {
    const young = bar(0, { ts: Date.now() })
    const receipt = await importStream(store, pieces(`${bar(0)}oops\n${young}`), {
      table: 'candles',
      backfill: true,
    })
    expect(receipt).toMatchObject({ accepted: 1, rejectedCount: 2, days: [{ day: '2024-03-08', added: 1 }] })
    expect(receipt.rejected.map(({ line }) => line)).toEqual([2, 3])
    const kept = (await readFile(path.join(root, receipt.rejectsFile ?? ''), 'utf8')).trim().split('\n')
    expect(kept.map((text) => JSON.parse(text).text)).toEqual(['oops', young.trim()])
  })

  it('tell how far they came when the disk is full', async () => {
    await store.close()
    let left = 3
    const full = {
      ...nodeEnv,
      async writeNew(target: string, bytes: Uint8Array) {
        if (target.includes('part-') && left-- <= 0)
          throw Object.assign(new Error('full'), { code: 'ENOSPC' })
        await nodeEnv.writeNew(target, bytes)
      },
    }
    store = await openStore(root, { env: full })
    const tally = new ImportTally()
    const lines = pieces(bar(0), bar(1), bar(2), bar(3), bar(4))
    const failed = importStream(store, lines, { table: 'candles' }, { tally })
    await expect(failed).rejects.toSatisfy((error) => error instanceof BarkeepError || error instanceof Error)
    expect(tally.receipt()).toMatchObject({ accepted: 3, cancelled: false })
    expect(await stored()).toBe(3)
  })

  it('report bytes of a file, and refuse a folder and a file that is not there', async () => {
    const file = path.join(root, '..', `${path.basename(root)}.ndjson`)
    const text = bar(0) + bar(1)
    await writeFile(file, text)
    try {
      const seen: Progress[] = []
      await importFile(store, { table: 'candles', file }, { onProgress: (progress) => seen.push(progress) })
      expect(seen.at(-1)).toEqual({ done: text.length, total: text.length, step: 'line 2' })
    } finally {
      await rm(file)
    }
    for (const bad of [root, file]) {
      await expect(importFile(store, { table: 'candles', file: bad })).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      })
    }
  })
})

describe('untilAborted', () => {
  it('passes everything on and lets go of the source', async () => {
    let released = false
    async function* source() {
      try {
        yield 1
        yield 2
      } finally {
        released = true
      }
    }
    const seen: number[] = []
    for await (const item of untilAborted(source(), new AbortController().signal)) {
      seen.push(item)
      if (item === 2) break
    }
    expect(seen).toEqual([1, 2])
    expect(released).toBe(true)
  })

  it('passes on what the source throws', async () => {
    async function* source(): AsyncGenerator<number> {
      yield 1
      throw new RangeError('broken')
    }
    const read = async () => {
      for await (const _ of untilAborted(source(), new AbortController().signal));
    }
    await expect(read()).rejects.toThrow(RangeError)
  })
})
