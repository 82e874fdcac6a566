import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StorePath } from '../../schemas/contract/units.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { partChecksumsPath } from '../../src-main/store/layout/file-names.ts'
import { recordedParts, recordParts, tidyPartChecksums } from '../../src-main/store/layout/part-checksums.ts'
import { appendCandles } from '../../src-main/store/write/candles.ts'
import { allFiles, brokenChecksums, compactCandles, sha256sumCheck } from '../support/compaction.ts'
import { candles, type TemporaryStore, temporaryStore, zoneEvent } from '../support/store-fixture.ts'

const FOLDER = 'data/2m/2024-03-08' as StorePath
const RECORD = partChecksumsPath(FOLDER)
const BARS = candles(5, Date.parse('2024-03-08T14:30:00Z'))

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

const inStore = (file: string): string => path.join(store.root, file)
const hash = (digit: string): string => digit.repeat(64)

describe('lines of parts', () => {
  it('W15: each part that is appended has its line, and sha256sum -c finds them all right', async () => {
    await appendCandles(store.context, BARS.slice(0, 1))
    await appendCandles(store.context, BARS.slice(1))
    const told = await sha256sumCheck(store.root, [RECORD])
    expect(told.trim().split('\n')).toHaveLength(BARS.length)
    expect(told).not.toContain('FAILED')
    expect((await recordedParts(store.context, FOLDER)).size).toBe(BARS.length)
  })

  it('W15: a line that can’t be written refuses its bar, and leaves the store as it was', async () => {
    await appendCandles(store.context, BARS.slice(0, 1))
    const before = await readFile(inStore(RECORD))
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    const failing = await temporaryStore({ env: { ...nodeEnv, appendLines: () => Promise.reject(full) } })
    for (const batch of [BARS.slice(1, 2), BARS.slice(1)])
      await expect(appendCandles(failing.context, batch)).rejects.toMatchObject({ code: 'NO_SPACE' })
    expect(await nodeEnv.readDir(path.join(failing.root, FOLDER))).toEqual([])
    expect(await nodeEnv.readDir(failing.context.staging)).toEqual([])
    await failing.close()
    expect(await readFile(inStore(RECORD))).toEqual(before)
  })

  it('C7: compaction takes the lines of the parts it moves; a late part has its own again', async () => {
    await appendCandles(store.context, BARS.slice(0, 3))
    await compactCandles(store.context)
    expect(await nodeEnv.stat(inStore(RECORD))).toBeNull()
    expect((await recordedParts(store.context, FOLDER)).size).toBe(0)
    await appendCandles(store.context, BARS.slice(3))
    expect(await sha256sumCheck(store.root, [RECORD])).not.toContain('FAILED')
    expect((await recordedParts(store.context, FOLDER)).size).toBe(2)
    await compactCandles(store.context, { keepParts: true })
    expect((await sha256sumCheck(store.root, [RECORD])).trim().split('\n')).toHaveLength(2)
  })

  it('W15, C7: after appends, compaction and a backfill, sha256sum -c finds nothing wrong in any checksum file', async () => {
    const whole = await openStore(store.root)
    await whole.writer.appendCandles(BARS.slice(0, 3))
    await whole.writer.appendEvents([zoneEvent({ ts: BARS[0]?.ts, object_id: 'z1' })])
    await whole.compactor.compact({})
    await whole.writer.backfillCandles(BARS)
    await whole.writer.appendCandles(candles(2, Date.parse('2024-03-11T14:30:00Z')))
    await whole.writer.appendEvents([zoneEvent({ ts: (BARS[0]?.ts ?? 0) + 1, object_id: 'z2' })])
    await whole.close()
    const files = (await allFiles(inStore('.barkeep/checksums'))).map((file) =>
      path.relative(store.root, file),
    )
    const told = (await sha256sumCheck(store.root, files)).trim().split('\n')
    // Two bars and an event that wait, a dayfile of each table, the snapshot, two operations in the log.
    expect(told).toHaveLength(8)
    for (const line of told) expect(line).toMatch(/: OK$/)
    expect(await brokenChecksums(store.root)).toEqual([])
  })

  it('W15: a torn last line is no line, and the next one begins on a line of its own', async () => {
    const record = (name: string, sha256: string): Promise<void> =>
      recordParts(nodeEnv, store.root, FOLDER, [{ name, sha256 }])
    await record('a.parquet', hash('a'))
    await appendFile(inStore(RECORD), `${hash('b')}  ${FOLDER}/b.par`)
    expect([...(await recordedParts(store.context, FOLDER)).keys()]).toEqual(['a.parquet'])
    await record('c.parquet', hash('c'))
    expect(await recordedParts(store.context, FOLDER)).toEqual(
      new Map([
        ['a.parquet', hash('a')],
        ['c.parquet', hash('c')],
      ]),
    )
  })

  it('W15: lines of another process are seen, and a file made anew is read from its beginning', async () => {
    await mkdir(path.dirname(inStore(RECORD)), { recursive: true })
    const line = (name: string): string => `${hash('0')}  ${FOLDER}/${name}.parquet\n`
    const names = async (): Promise<string[]> => [...(await recordedParts(store.context, FOLDER)).keys()]
    await writeFile(inStore(RECORD), line('a'))
    expect(await names()).toEqual(['a.parquet'])
    await appendFile(inStore(RECORD), line('b'))
    expect(await names()).toEqual(['a.parquet', 'b.parquet'])
    // In place, so that it keeps its inode as a new file may get that of the old one.
    await writeFile(inStore(RECORD), line('c') + line('d') + line('e'))
    expect(await names()).toEqual(['c.parquet', 'd.parquet', 'e.parquet'])
  })

  it('W15: what names no part that stands is tidied away, the rest stays', async () => {
    await appendCandles(store.context, BARS.slice(0, 2))
    await appendFile(inStore(RECORD), `${hash('0')}  ${FOLDER}/never.parquet\nrubbish\n`)
    await tidyPartChecksums(store.context, FOLDER)
    const text = await readFile(inStore(RECORD), 'utf8')
    expect(text.trim().split('\n')).toHaveLength(2)
    const { inode } = (await nodeEnv.stat(inStore(RECORD))) ?? { inode: 0 }
    await tidyPartChecksums(store.context, FOLDER)
    expect((await nodeEnv.stat(inStore(RECORD)))?.inode, 'nothing to tidy, nothing written').toBe(inode)
  })
})
