import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import { openStore } from '../../src-main/store/index.ts'
import { partChecksumsPath } from '../../src-main/store/layout/file-names.ts'
import { allFiles } from '../support/compaction.ts'
import { seeded } from '../support/seeded.ts'
import { candles, type OpenedStore, openedStore, zoneEvent } from '../support/store-fixture.ts'

const FIRST = Date.parse('2024-03-08T14:30:00Z')
const BARS = candles(4, FIRST)
const WINDOW = { symbol: 'SPY', timeframe: '2m', from: FIRST, to: FIRST + 3_600_000 }
const SAMPLE = 40

let store: OpenedStore
let tried = 0
afterAll(() => console.log(`damaged parts: ${tried} flips and truncations tried`))
beforeEach(async () => {
  store = await openedStore()
  await store.writer.appendCandles(BARS)
  await store.writer.appendEvents([1, 2, 3].map((n) => zoneEvent({ ts: FIRST + n, object_id: `z${n}` })))
})
afterEach(() => store.remove())

const inStore = (file: string): string => path.join(store.root, file)

async function partsBelow(folder: string): Promise<readonly string[]> {
  const files = await allFiles(inStore(folder))
  return files.filter((file) => path.basename(file).startsWith('part-'))
}

/** What a fresh process answers. */
async function fresh(): Promise<Viewport> {
  const other = await openStore(store.root)
  try {
    return await other.reader.viewport(WINDOW)
  } finally {
    await other.close()
  }
}

describe('parts of ours', () => {
  it('R16: one flipped bit or a cut costs that part alone and names it; no answer is ever another', async () => {
    const random = seeded('R16')
    const files = [...(await partsBelow('data')), ...(await partsBelow('objects'))]
    const whole = await fresh()
    expect(whole.candles.ts).toHaveLength(BARS.length)
    expect(whole.objects).toHaveLength(3)
    for (let attempt = 0; attempt < SAMPLE; attempt++) {
      const file = random.pick(files)
      const bytes = await readFile(file)
      const damaged = Buffer.from(bytes)
      const place = random.int(0, bytes.length - 1)
      if (attempt % 2 === 0) damaged[place] = (damaged[place] ?? 0) ^ (1 << random.int(0, 7))
      await writeFile(file, attempt % 2 === 0 ? damaged : damaged.subarray(0, place))
      const answer = await fresh()
      const name = path.relative(store.root, file)
      const what = `${name} at byte ${place} of ${bytes.length}`
      expect(answer.problems, what).toEqual([
        { file: name, code: 'BAD_CHECKSUM', detail: expect.stringMatching(/^left out: its SHA-256 is/) },
      ])
      const isBar = name.startsWith('data/')
      expect([...answer.candles.ts], what).toHaveLength(isBar ? BARS.length - 1 : BARS.length)
      for (const [index, ts] of answer.candles.ts.entries()) {
        const bar = BARS.find((each) => each.ts === ts)
        expect([answer.candles.open[index], answer.candles.close[index]]).toEqual([bar?.open, bar?.close])
      }
      expect(answer.objects, what).toHaveLength(isBar ? 3 : 2)
      tried += 1
      await writeFile(file, bytes)
    }
  })

  it('R16, C1: a damaged part is never merged and never moved, and a bar that is sent again is taken', async () => {
    const [file = ''] = await partsBelow('data')
    const bytes = await readFile(file)
    const damaged = Buffer.from(bytes)
    // Of a price: DuckDB would take it for data.
    const open = Buffer.alloc(8)
    open.writeDoubleLE(BARS[0]?.open ?? 0)
    const place = bytes.indexOf(open) + 6
    damaged[place] = (damaged[place] ?? 0) ^ 1
    await writeFile(file, damaged)

    const other = await openStore(store.root)
    const { days } = await other.compactor.compact({ table: 'candles' })
    expect(days).toMatchObject([{ rows: BARS.length - 1, parts: BARS.length - 1, skipped: null }])
    expect(await readFile(file)).toEqual(damaged)
    const [{ outcome } = { outcome: '' }] = (await other.writer.appendCandles(BARS.slice(0, 1))) ?? []
    expect(outcome).toBe('accepted')
    expect((await other.reader.viewport(WINDOW)).candles.ts).toHaveLength(BARS.length)
    // Healed: put back from a copy, it counts again.
    await writeFile(file, bytes)
    expect((await fresh()).problems).toEqual([])
    await other.close()
  })

  it('R16: a part without a line is used as it is, as another program’s', async () => {
    const record = inStore(partChecksumsPath('data/2m/2024-03-08' as StorePath))
    const lines = (await readFile(record, 'utf8')).trim().split('\n')
    await writeFile(record, `${lines.slice(1).join('\n')}\n`)
    expect((await fresh()).candles.ts).toHaveLength(BARS.length)
    await writeFile(record, '')
    const answer = await fresh()
    expect(answer.problems).toEqual([])
    expect(answer.candles.ts).toHaveLength(BARS.length)
  })
})
