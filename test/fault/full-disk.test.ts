import { cp, mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BarkeepError, type ErrorCode, reportOf } from '../../schemas/contract/errors.ts'
import type { Store } from '../../src-main/store/api.ts'
import { openStore } from '../../src-main/store/index.ts'
import { PAGE, type SmallDisk, smallDisk } from '../support/small-disk.ts'
import { candles, memoryFolder, zoneEvent } from '../support/store-fixture.ts'

const OPEN = Date.parse('2024-03-04T14:30:00Z')
const MONTH = Date.parse('2024-01-10T14:30:00Z')
const DAY = 86_400_000
const BARS = candles(6, OPEN)
const NEW_BARS = candles(5, OPEN + DAY)
const EVENTS = [zoneEvent({ ts: OPEN, object_id: 'z1' }), zoneEvent({ ts: MONTH, object_id: 'z0' })]
const NEW_EVENTS = [zoneEvent({ ts: OPEN + 1, object_id: 'z2', label: 'new' })]

/** What is tried on a disk that fills: its own failure is thrown. */
interface Operation {
  run(store: Store): Promise<void>
  /** Bars and objects that must be there after it has succeeded. */
  readonly bars: number
  readonly objects: readonly string[]
}

async function compacted(store: Store, request: Parameters<Store['compactor']['compact']>[0]): Promise<void> {
  const { days } = await store.compactor.compact(request)
  for (const { error } of days) if (error !== undefined) throw new BarkeepError(error.code, error.message)
}

const KEPT = { bars: BARS.length, objects: ['z0', 'z1'] }

const OPERATIONS: Readonly<Record<string, Operation>> = {
  'candle append': {
    run: async (store) => void (await store.writer.appendCandles(NEW_BARS)),
    bars: BARS.length + NEW_BARS.length,
    objects: KEPT.objects,
  },
  'event append': {
    run: async (store) => void (await store.writer.appendEvents(NEW_EVENTS)),
    bars: KEPT.bars,
    objects: ['z0', 'z1', 'z2'],
  },
  'day compaction': { run: (store) => compacted(store, { table: 'candles' }), ...KEPT },
  'month compaction': {
    run: (store) => compacted(store, { table: 'object_events', month: '2024-01' }),
    ...KEPT,
  },
  backfill: {
    run: async (store) => void (await store.writer.backfillCandles(NEW_BARS)),
    bars: BARS.length + NEW_BARS.length,
    objects: KEPT.objects,
  },
  'snapshot rebuild': { run: async (store) => void (await store.writer.rebuildSnapshot()), ...KEPT },
  'rejects file': {
    async run(store) {
      const lines = Array.from({ length: 20 }, (_, n) => ({
        line: n,
        field: 'open',
        reason: 'r',
        text: 'x'.repeat(900),
      }))
      await store.writer.rejects('candles').keep(lines)
    },
    ...KEPT,
  },
}

let disk: SmallDisk | null
let template: string
beforeAll(async () => {
  disk = await smallDisk(24)
  template = await memoryFolder('full disk')
  const store = await openStore(template)
  await store.writer.appendCandles(BARS)
  await store.writer.appendEvents(EVENTS)
  await store.close()
})
afterAll(async () => {
  await disk?.remove()
  await rm(template, { recursive: true })
})

async function check(store: Store, { bars, objects }: Pick<Operation, 'bars' | 'objects'>): Promise<void> {
  const request = { symbol: 'SPY', timeframe: '2m', from: MONTH, to: OPEN + 2 * DAY }
  const shown = await store.reader.viewport(request)
  expect(shown.problems).toEqual([])
  expect(shown.candles.ts.length).toBe(bars)
  expect(new Set(shown.candles.ts).size).toBe(bars)
  expect(shown.objects.map(({ id }) => id)).toEqual(objects)
}

/** @returns whether there was room enough */
async function tryWith(disk: SmallDisk, operation: Operation, pages: number): Promise<boolean> {
  const root = path.join(disk.folder, 'store')
  await mkdir(root)
  await cp(template, root, { recursive: true })
  const told: ErrorCode[] = []
  const store = await openStore(root, { onProblem: ({ code }) => told.push(code) })
  try {
    await check(store, KEPT)
    await disk.fill(pages * PAGE)
    let failed: unknown = null
    await operation.run(store).catch((error: unknown) => {
      failed = error
    })
    const codes = failed === null ? told : [reportOf(failed).code, ...told]
    for (const code of codes) expect(code, String(failed)).toBe('NO_SPACE')
    // Everything that was acknowledged is shown while the disk is still full, by who met it and by a fresh start.
    const shown = await store.reader.viewport({
      symbol: 'SPY',
      timeframe: '2m',
      from: OPEN,
      to: OPEN + DAY - 1,
    })
    expect(shown.candles.ts.length).toBe(BARS.length)
    await disk.empty()
    await operation.run(store)
    await check(store, operation)
    const fresh = await openStore(root)
    await check(fresh, operation)
    const damage = (await fresh.reader.doctor()).filter(
      ({ code }) => !['PARTS_WAITING', 'GAP'].includes(code),
    )
    expect(damage).toEqual([])
    await fresh.close()
    return codes.length === 0
  } finally {
    await disk.empty()
    await store.close()
    await rm(root, { recursive: true })
  }
}

describe('a disk that is full', () => {
  it.each(Object.entries(OPERATIONS))(
    'W2, O12: %s: NO_SPACE, nothing is lost, and it works again once there is room',
    async (name, operation) => {
      if (disk === null) return
      let [full, pages] = [0, 0]
      for (; !(await tryWith(disk, operation, pages)); pages += 1 + (pages >> 2)) full += 1
      console.log(
        `full disk (${disk.kind}), ${name}: refused with ${full} amounts of room, done with ${pages} pages`,
      )
      expect(full).toBeGreaterThan(0)
    },
    300_000,
  )
})
