import { readFile, rm, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { checksumPath } from '../../src-main/store/layout/checksums.ts'
import { fingerprints, globbedBars, plainBars } from '../support/compaction.ts'
import { compactionBench, DAY, DAYFILE, FOLDER, TS } from '../support/compaction-bench.ts'
import { candle, candles, foreignDayfile, writePart, writeParts } from '../support/store-fixture.ts'

const bench = compactionBench()
const { compact, inStore, names } = bench

describe('dayfiles of others, and damaged ones', () => {
  it('store §4: a dayfile that another program put in place is the day’s truth: its rows win and are kept', async () => {
    const rows = candles(4, TS)
    await writeParts(bench.store.context, rows.slice(0, 3))
    await compact()
    const theirs = rows.slice(0, 2).map((row) => ({ ...row, close: row.open }))
    await rm(inStore(DAYFILE))
    await foreignDayfile(bench.store.root, theirs, 'local')
    const bytes = await readFile(inStore(DAYFILE))
    await writeParts(bench.store.context, rows.slice(0, 1))
    await writePart(bench.store.context, rows[3] as CandleRow)
    expect((await compact()).days).toMatchObject([{ parts: 2, rows: 3, conflicts: 1, skipped: null }])
    expect(plainBars(await globbedBars(bench.store.root))).toEqual(
      plainBars([...theirs, rows[3] as CandleRow]),
    )
    // With its own columns, that ours have no place for.
    expect(bytes.equals(await readFile(inStore('.barkeep/previous', DAYFILE)))).toBe(true)
  })

  it('C3: another program’s dayfile that holds the parts’ bars stays as it is, and is known from then on', async () => {
    const rows = candles(3, TS)
    await foreignDayfile(bench.store.root, rows, 'reordered')
    await writeParts(bench.store.context, rows)
    const before = await fingerprints(inStore('data'))
    expect((await compact()).days).toMatchObject([{ parts: 3, rows: 3, skipped: null }])
    expect((await fingerprints(inStore('data')))['2m/2024-03-08.parquet']).toBe(
      before['2m/2024-03-08.parquet'],
    )
    expect(await readFile(inStore(checksumPath(DAYFILE)), 'utf8')).toContain(DAYFILE)
  })

  it('a dayfile of another program with a row that ours could not hold is not merged into', async () => {
    await foreignDayfile(bench.store.root, [...candles(2, TS), candle({ ts: TS + DAY })])
    await writePart(bench.store.context, candle({ ts: TS + 600_000 }))
    const before = await fingerprints(inStore('data'))
    expect((await compact()).days).toMatchObject([
      { skipped: 'failed', error: { code: 'WRONG_PLACE', file: DAYFILE } },
    ])
    expect(await fingerprints(inStore('data'))).toEqual(before)
  })

  /** Replaces the dayfile by damaged bytes, as a new inode. */
  async function damage(change: (bytes: Buffer) => Buffer): Promise<Buffer> {
    const bytes = change(await readFile(inStore(DAYFILE)))
    await rm(inStore(DAYFILE))
    await writeFile(inStore(DAYFILE), bytes)
    return bytes
  }

  const flipped = (bytes: Buffer): Buffer => {
    bytes[60] = (bytes[60] ?? 0) ^ 4
    return bytes
  }

  it.each([
    ['one flipped bit', flipped],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 300)],
    ['empty', () => Buffer.alloc(0)],
  ])(
    'C1: a damaged dayfile (%s) is set aside and made again from its recovery parts, late ones merged',
    async (_, change) => {
      const rows = candles(6, TS, { timeframe: '2m' })
      await writeParts(bench.store.context, rows.slice(0, 5))
      await compact()
      const bytes = await damage(change)
      await writePart(bench.store.context, rows[5] as CandleRow)
      expect((await compact()).days).toMatchObject([{ parts: 1, rows: 6, skipped: null }])
      expect(plainBars(await globbedBars(bench.store.root))).toEqual(plainBars(rows))
      const [kept] = await names('.barkeep/quarantine/data/2m')
      expect(bytes.equals(await readFile(inStore('.barkeep/quarantine/data/2m', kept as string)))).toBe(true)
    },
  )

  it.each([
    ['one flipped bit', flipped, 'BAD_CHECKSUM'],
    ['empty', () => Buffer.alloc(0), 'UNREADABLE'],
  ])(
    'C1: a damaged dayfile (%s) whose parts are not all there is neither replaced nor removed',
    async (_, change, code) => {
      await writeParts(bench.store.context, candles(5, TS))
      await compact()
      const [one] = await names(`.barkeep/recovery/${FOLDER}`)
      await rm(inStore('.barkeep/recovery', FOLDER, one as string))
      await damage(change)
      await writePart(bench.store.context, candle({ ts: TS + 3_600_000 }))
      const before = await fingerprints(inStore('data'))
      expect((await compact()).days).toMatchObject([{ skipped: 'failed', error: { code, file: DAYFILE } }])
      expect(await fingerprints(inStore('data'))).toEqual(before)
    },
  )
})
