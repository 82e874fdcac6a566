import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { NO_FILTER } from '../../src-renderer/chart/object-filter.ts'
import { headerRows, type PictureFacts } from '../../src-renderer/chart/picture-facts.ts'
import { HEADER_PADDING, layOutHeader, SWATCH_WIDTH } from '../../src-renderer/chart/picture-header.ts'
import { ZoneOffsets } from '../../src-renderer/chart/zone-offsets.ts'

const OFFSETS = new ZoneOffsets(new MarketZone())

function facts(given: Partial<PictureFacts>): PictureFacts {
  return {
    symbol: 'SPY',
    timeframe: '2m',
    level: null,
    kind: 'intraday',
    from: Date.UTC(2024, 2, 8, 14, 30),
    to: Date.UTC(2024, 2, 8, 20, 58),
    candles: 195,
    emas: [],
    objects: { drawn: 12, passing: 12, filter: NO_FILTER, removed: false },
    decisions: null,
    decimals: 2,
    taken: Date.UTC(2024, 2, 8, 21),
    doubts: [],
    store: 'storage',
    subject: null,
    ...given,
  }
}

function texts(given: Partial<PictureFacts>): readonly string[] {
  return headerRows(facts(given), OFFSETS).flatMap(({ left, right }) =>
    [...left, ...right].map(({ text }) => text),
  )
}

describe('what a picture says of itself', () => {
  it('F42: what it shows, from when to when by which clock, and as of when', () => {
    expect(texts({})).toEqual([
      'SPY',
      '2m',
      'Barkeep · storage',
      'Fri 8 Mar 2024 08:30 CST to Fri 8 Mar 2024 14:58 CST',
      'times of America/Chicago',
      'as stored at Fri 8 Mar 2024 15:00 CST',
      '195 candles',
      '12 objects',
    ])
  })

  it('F42: each end with its own CDT or CST across a change, and apart in the hour that comes twice', () => {
    const [from, to] = [Date.UTC(2024, 10, 3, 6, 30), Date.UTC(2024, 10, 3, 7, 30)]
    expect(texts({ from, to })).toContain('Sun 3 Nov 2024 01:30 CDT to Sun 3 Nov 2024 01:30 CST')
    expect(texts({ from: to, to })).toContain('Sun 3 Nov 2024 01:30 CST')
    const days = {
      kind: 'utc-days',
      timeframe: '1d',
      from: Date.UTC(2024, 2, 8),
      to: Date.UTC(2024, 2, 11),
    } as const
    expect(texts(days)).toContain('Fri 8 Mar 2024 to Mon 11 Mar 2024')
  })

  it('F42: what candles gather, which objects were left out and why, which averages and decisions are drawn', () => {
    const filter = {
      ...NO_FILTER,
      types: ['zone', 'flag'],
      statuses: ['active'],
      priceMin: 510,
      priceMax: 512.5,
    }
    const told = texts({
      level: '15m',
      objects: { drawn: 40, passing: 1_266, filter, removed: true },
      emas: [
        { period: 13, colour: '#ffffff', value: 511.234 },
        { period: 200, colour: '#000000', value: null },
      ],
      decisions: { drawn: 1, isAll: true },
      subject: 'Bull flag (flag-1)',
    })
    expect(told).toContain('2m as 15m candles')
    expect(told).toContain('Bull flag (flag-1)')
    expect(told).toContain('EMA 13 511.23')
    expect(told).toContain('EMA 200')
    expect(told).toContain('40 of 1,266 objects (only zones, flags; status active; at 510.00 to 512.50)')
    expect(told).toContain('removed ones too')
    expect(told).toContain('1 decision')
    expect(texts({ decisions: { drawn: 300, isAll: false } })).toContain('the latest 300 decisions')
  })

  it('F42: a frozen chart does not look like the present', () => {
    const since = Date.UTC(2024, 2, 8, 20, 2)
    const told = texts({
      doubts: [
        { what: 'the folder is gone', since },
        { what: 'no new bar', since },
      ],
    })
    expect(told).toContain('the folder is gone since Fri 8 Mar 2024 14:02 CST')
    expect(told).toContain('no new bar since Fri 8 Mar 2024 14:02 CST')
  })

  it.each([1_400, 700, 420, 200])(
    'F42: at %i px no piece overlaps another or leaves the picture',
    (width) => {
      const rows = headerRows(
        facts({
          symbol: 'A_VERY_LONG_SYMBOL_OF_SOME_EXCHANGE',
          emas: [13, 48, 200].map((period) => ({ period, colour: '#ffffff', value: 511 })),
          decisions: { drawn: 12, isAll: true },
          subject: 'Bear flag (bear-flag:1710000000000)',
        }),
        OFFSETS,
      )
      const measure = (text: string) => text.length * 7
      const { items, height } = layOutHeader(rows, width, measure)
      expect(items.map(({ item }) => item)).toEqual(rows.flatMap(({ left, right }) => [...left, ...right]))
      const boxes = items.map(({ item, text, x, y }) => {
        const before = item.swatch === undefined ? 0 : SWATCH_WIDTH
        return { text, left: x, right: x + before + measure(text), y }
      })
      for (const box of boxes) {
        expect(box.left, box.text).toBeGreaterThanOrEqual(HEADER_PADDING)
        expect(box.right, box.text).toBeLessThanOrEqual(width - HEADER_PADDING)
        expect(box.y, box.text).toBeLessThan(height - HEADER_PADDING / 2)
        for (const other of boxes) {
          if (other === box || Math.abs(other.y - box.y) >= 12) continue
          expect(other.left >= box.right || other.right <= box.left, `${box.text} and ${other.text}`).toBe(
            true,
          )
        }
      }
    },
  )
})
