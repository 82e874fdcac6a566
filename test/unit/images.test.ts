import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import type { ImageRequest } from '../../schemas/generated/requests.ts'
import { pngSize } from '../../src-main/store/images/png.ts'
import { saveImage } from '../../src-main/store/images/save-image.ts'
import { picturePath } from '../../src-main/store/layout/image-names.ts'
import { decodePng, pngOf } from '../support/png.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const ZONE = new MarketZone()
const FROM = Date.UTC(2024, 2, 8, 14, 30)

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

function request(png: Buffer, given: Partial<ImageRequest> = {}): ImageRequest {
  const place = { symbol: 'SPY', timeframe: '2m', from: FROM, to: FROM + 60_000 }
  return { kind: 'chart', ...place, png: png.toString('base64'), ...given }
}

describe('pictures in the store', () => {
  it('F40: a name says symbol, timeframe and range in the zone, and the repeated hour has two', () => {
    const named = (from: number, symbol = 'SPY', kind: 'chart' | 'flag' = 'chart', objectId?: string) =>
      picturePath({ kind, symbol, timeframe: '2M', from, to: from, objectId }, ZONE)
    // 2024-11-03: 1:30 comes at 06:30 UTC in summer time, and an hour later again.
    expect(named(Date.UTC(2024, 10, 3, 6, 30))).toBe(
      'images/SPY_2m_20241103T0130-0500_20241103T0130-0500.png',
    )
    expect(named(Date.UTC(2024, 10, 3, 7, 30))).toBe(
      'images/SPY_2m_20241103T0130-0600_20241103T0130-0600.png',
    )
    const names = ['BTC/USD', '^GSPC', '../../x', '..', 'a\\b', 'C:con', 'ß*?"<>|', '.hidden', 'ES Z4'].map(
      (symbol) => named(FROM, symbol),
    )
    for (const name of names) expect(name).toMatch(/^images\/[A-Za-z0-9%][A-Za-z0-9%._-]*\.png$/)
    expect(new Set(names).size).toBe(names.length)
    expect(named(FROM, 'SPY', 'flag', 'flag:1/2')).toMatch(/^flags\/flag%3A1%2F2_2m_/)
  })

  it('F40: long names are cut and still tell two objects apart', () => {
    const long = 'に'.repeat(500)
    const names = ['a', 'b'].map((end) =>
      picturePath(
        { kind: 'flag', symbol: 'S', timeframe: '5m', from: FROM, to: FROM, objectId: long + end },
        ZONE,
        1_000,
      ),
    )
    expect(new Set(names).size).toBe(2)
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThan(255)
  })

  it('F41: only a whole PNG of a sensible size is kept', async () => {
    const whole = pngOf(20, 10)
    expect(pngSize(whole)).toEqual({ width: 20, height: 10 })
    const wide = pngOf(1, 1)
    const told = Buffer.from(whole)
    told.writeUInt32BE(2_000_000, 16)
    const refused: readonly ImageRequest[] = [
      request(whole.subarray(0, whole.length - 1)),
      request(whole.subarray(0, 40)),
      request(Buffer.concat([whole, Buffer.from('x')])),
      // A size that its checksum doesn't know.
      request(told),
      request(Buffer.from('<svg/>')),
      request(Buffer.alloc(0)),
      request(whole, { kind: 'flag' }),
      request(whole, { from: FROM, to: FROM - 1 }),
      request(whole, { to: 1e300 }),
      request(whole, { symbol: 'a\ud800' }),
    ]
    for (const each of refused) {
      await expect(saveImage(store.context, each)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    }
    expect(await readdir(store.root)).toEqual([])
    const saved = await saveImage(store.context, request(wide))
    expect(saved).toEqual({
      file: 'images/SPY_2m_20240308T0830-0600_20240308T0831-0600.png',
      bytes: wide.length,
    })
  })

  it('F41: a picture of the same view is kept beside the first, and both read as they were', async () => {
    const [first, second] = [pngOf(3, 2, 1), pngOf(3, 2, 2)]
    const files = [
      (await saveImage(store.context, request(first))).file,
      (await saveImage(store.context, request(second))).file,
    ]
    expect(files[1]).toBe('images/SPY_2m_20240308T0830-0600_20240308T0831-0600_2.png')
    const stored = await Promise.all(
      files.map((file) => store.context.env.readFile(path.join(store.root, file))),
    )
    expect(stored.map((bytes) => Buffer.from(bytes).equals(first))).toEqual([true, false])
    expect(decodePng(Buffer.from(stored[1] ?? [])).rgba.length).toBe(3 * 2 * 4)
  })
})
