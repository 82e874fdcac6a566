import {
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Finding } from '../../schemas/contract/health.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { withWriterLock } from '../../src-main/store/fs/writer-lock.ts'
import { openStore } from '../../src-main/store/index.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { candles, type OpenedStore, openedStore, plainSql, zoneEvent } from '../support/store-fixture.ts'
import { partBehindItsBack, wholeTree } from '../support/store-tree.ts'

const OPEN = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000
const DAYFILE = 'data/2m/2024-03-08.parquet'
const PARTS = 'data/2m/2024-03-08'
const SNAPSHOT = 'objects/current/objects.parquet'

let store: OpenedStore
beforeEach(async () => {
  store = await openedStore()
})
afterEach(() => store.remove())

const file = (name: string): string => path.join(store.root, name)

/** A file that was written a while ago: what changes now may still be being written. */
async function written(name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(file(name)), { recursive: true })
  await writeFile(file(name), content)
  await age(name)
}

async function age(name: string): Promise<void> {
  await utimes(file(name), 1_700_000_000, 1_700_000_000)
}

async function flip(name: string, at = 200): Promise<void> {
  const handle = await open(file(name), 'r+')
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at)
  await handle.write(Buffer.from([(buffer[0] ?? 0) ^ 0x10]), 0, 1, at)
  await handle.close()
  await age(name)
}

async function compacted(bars: readonly CandleRow[]): Promise<void> {
  await store.writer.appendCandles(bars)
  const { days } = await store.compactor.compact({})
  expect(days.filter(({ error }) => error !== undefined)).toEqual([])
}

async function found(): Promise<readonly Finding[]> {
  return (await store.reader.doctor()).filter(({ code }) => code !== 'GAP')
}

async function repaired(): Promise<{ mended: string[]; left: string[] }> {
  const { findings, cancelled } = await store.compactor.repair()
  expect(cancelled).toBe(false)
  const named = (mended: boolean) =>
    findings
      .filter(({ code, repaired }) => code !== 'GAP' && repaired === mended)
      .map(({ code, path: where }) => `${code} ${where}`)
  return { mended: named(true), left: named(false) }
}

async function bars(day = OPEN): Promise<number[]> {
  const shown = await store.reader.viewport({
    symbol: 'SPY',
    timeframe: '2m',
    from: day - DAY / 2,
    to: day + DAY / 2,
  })
  expect(shown.problems).toEqual([])
  return [...shown.candles.volume]
}

async function objects(): Promise<string[]> {
  const window = { symbol: 'SPY', timeframe: '2m', from: OPEN, to: OPEN + DAY }
  const { objects: shown } = await store.reader.viewport(window)
  return shown.map(({ id }) => id).sort()
}

describe('repair', () => {
  it('D8: a damaged dayfile is made again from its recovery parts, byte for byte, and kept in quarantine', async () => {
    await compacted(candles(50, OPEN))
    const whole = await readFile(file(DAYFILE))
    await flip(DAYFILE)
    const damaged = await readFile(file(DAYFILE))
    const [finding] = await found()
    expect(finding).toMatchObject({ path: DAYFILE, repaired: false })
    expect(finding?.repair).toMatch(/^make the file again/)
    const { mended, left } = await repaired()
    expect(mended).toEqual([`${finding?.code} ${DAYFILE}`])
    expect(left).toEqual([`QUARANTINED .barkeep/quarantine/${DAYFILE}`])
    expect(await readFile(file(DAYFILE))).toEqual(whole)
    expect(await readFile(file(`.barkeep/quarantine/${DAYFILE}`))).toEqual(damaged)
    expect(await bars()).toEqual(candles(50, OPEN).map(({ volume }) => volume))
  })

  it('D8: without its parts the previous generation is put back, as it was shown before', async () => {
    const before = candles(20, OPEN, { volume: 1 })
    await store.writer.backfillCandles(before)
    await store.writer.backfillCandles(candles(20, OPEN, { volume: 2 }))
    expect(await bars()).toEqual(before.map(() => 2))
    await flip(DAYFILE)
    const [finding] = await found()
    expect(finding).toMatchObject({ path: DAYFILE })
    expect(finding?.repair).toMatch(/^put in its place what is shown instead/)
    const { mended, left } = await repaired()
    expect(mended).toEqual([`${finding?.code} ${DAYFILE}`])
    expect(left).toEqual([`QUARANTINED .barkeep/quarantine/${DAYFILE}`])
    expect(await bars()).toEqual(before.map(() => 1))
  })

  it('D8: a damaged dayfile of which nothing proven is left stays where it is, and says what a person can do', async () => {
    await compacted(candles(20, OPEN))
    const recovery = `.barkeep/recovery/${PARTS}`
    const [first] = await readdir(file(recovery))
    await rm(file(`${recovery}/${first}`))
    await flip(DAYFILE)
    const before = await wholeTree(store.root)
    const { mended, left } = await repaired()
    expect(mended).toEqual([])
    expect(left).toHaveLength(1)
    expect(left[0]).toMatch(/^(BAD_CHECKSUM|UNREADABLE) data/)
    expect(await wholeTree(store.root)).toEqual(before)
  })

  it('D8: parts that stand in the dayfile go to recovery, those that say something new stay', async () => {
    await compacted(candles(3, OPEN))
    const [again, late] = [candles(1, OPEN), candles(1, OPEN + 9 * 120_000)] as [CandleRow[], CandleRow[]]
    const held = await partBehindItsBack(store.root, again[0] as CandleRow)
    const waits = await partBehindItsBack(store.root, late[0] as CandleRow)
    expect(await found()).toMatchObject([
      { code: 'PARTS_COMPACTED', repair: 'move these parts to recovery' },
      { code: 'PARTS_WAITING' },
    ])
    expect(await repaired()).toEqual({
      mended: [`PARTS_COMPACTED ${PARTS}`],
      left: [`PARTS_WAITING ${PARTS}`],
    })
    expect(await readdir(file(PARTS))).toEqual([path.basename(waits)])
    expect(await readdir(file(`.barkeep/recovery/${PARTS}`))).toContain(path.basename(held))
  })

  it('D8: what can’t be read goes to quarantine under a free name, once it has stood so for a minute', async () => {
    await compacted(candles(3, OPEN))
    await written(`${PARTS}/zero.parquet`, '')
    await written(`.barkeep/quarantine/${PARTS}/zero.parquet`, 'an older one')
    await written(`${PARTS}/text.parquet`, 'nothing of the kind, but long enough for a footer')
    await written('data/2m/2024-03-07.parquet', 'a dayfile that never was one')
    await writeFile(file(`${PARTS}/young.parquet`), 'half of')
    await written('objects/timeline/2024-03/rubbish.parquet', 'rubbish')
    const { mended, left } = await repaired()
    expect(mended).toEqual([
      'UNREADABLE data/2m/2024-03-07.parquet',
      `UNREADABLE ${PARTS}/text.parquet`,
      `UNREADABLE ${PARTS}/zero.parquet`,
      'UNREADABLE objects/timeline/2024-03/rubbish.parquet',
    ])
    const quarantine = await readdir(file(`.barkeep/quarantine/${PARTS}`))
    expect(quarantine).toHaveLength(3)
    expect(await readFile(file(`.barkeep/quarantine/${PARTS}/zero.parquet`), 'utf8')).toBe('an older one')
    expect(left).toContain(`UNREADABLE ${PARTS}/young.parquet`)
    expect(left.filter((line) => line.startsWith('QUARANTINED'))).toHaveLength(5)
  })

  it('D8: a part of ours whose bytes changed is no longer merged, and moved aside', async () => {
    await store.writer.appendCandles(candles(3, OPEN))
    const [first = ''] = await readdir(file(PARTS))
    await flip(`${PARTS}/${first}`, 60)
    expect(await found()).toMatchObject([
      { path: `${PARTS}`, code: 'PARTS_WAITING' },
      { path: `${PARTS}/${first}`, repair: 'move it to quarantine' },
    ])
    const { mended } = await repaired()
    expect(mended[0]).toContain(first)
    expect(await readdir(file(`.barkeep/quarantine/${PARTS}`))).toEqual([first])
    expect(await bars()).toEqual([1, 2])
    await store.compactor.compact({})
    expect((await found()).map(({ code }) => code)).toEqual(['QUARANTINED'])
  })

  it('D8: snapshot, staging of the dead, records and second copies', async () => {
    await store.writer.appendEvents([zoneEvent({ ts: OPEN }), zoneEvent({ ts: OPEN + 1, object_id: 'z2' })])
    await compacted(candles(3, OPEN))
    const [part] = await readdir(file(`.barkeep/recovery/${PARTS}`))
    await flip(`.barkeep/recovery/${PARTS}/${part}`, 60)
    await written(SNAPSHOT, 'rubbish')
    await written('.barkeep/staging/4194305-00000000/half.parquet.tmp', 'half')
    await written('.barkeep/staging/stray', 'stray')
    await written(`.barkeep/generations/data/2m/2024-03-07.parquet.json`, '{')
    await written('.barkeep/derived/candles/2m/2024.tier', 'no tier')
    const { mended, left } = await repaired()
    expect(mended).toEqual([
      'BAD_DERIVED .barkeep/derived/candles/2m/2024.tier',
      'UNREADABLE .barkeep/generations/data/2m/2024-03-07.parquet.json',
      `BAD_CHECKSUM .barkeep/recovery/${PARTS}/${part}`,
      'ORPHAN_STAGING .barkeep/staging/4194305-00000000/half.parquet.tmp',
      'ORPHAN_STAGING .barkeep/staging/stray',
      `UNREADABLE ${SNAPSHOT}`,
    ])
    expect(left).toEqual([
      'QUARANTINED .barkeep/quarantine/data/2m/2024-03-07.parquet.json',
      `QUARANTINED .barkeep/quarantine/${PARTS}/${part}`,
      'QUARANTINED .barkeep/quarantine/stray',
    ])
    await expect(stat(file('.barkeep/staging/4194305-00000000'))).rejects.toThrow('ENOENT')
    const { objects } = await store.reader.viewport({
      symbol: 'SPY',
      timeframe: '2m',
      from: OPEN,
      to: OPEN + DAY,
    })
    expect(objects).toHaveLength(2)
  })

  it('D8: events: a damaged dayfile is made again, parts that stand in it go to recovery', async () => {
    const dayfile = 'objects/timeline/2024-03/2024-03-08.parquet'
    await store.writer.appendEvents([zoneEvent({ ts: OPEN }), zoneEvent({ ts: OPEN + 1, object_id: 'z2' })])
    const [part = ''] = await readdir(file('objects/timeline/2024-03'))
    await copyFile(file(`objects/timeline/2024-03/${part}`), file('kept'))
    await store.compactor.compact({})
    const whole = await readFile(file(dayfile))
    await truncate(file(dayfile), 600)
    await age(dayfile)
    expect((await repaired()).mended).toEqual([`UNREADABLE ${dayfile}`])
    expect(await readFile(file(dayfile))).toEqual(whole)
    await copyFile(file('kept'), file(`objects/timeline/2024-03/${part}`))
    expect((await repaired()).mended).toEqual(['PARTS_COMPACTED objects/timeline/2024-03'])
    expect(await readdir(file('objects/timeline/2024-03'))).toEqual(['2024-03-08.parquet'])
  })

  it('D8: events: the generation before a damaged file is put back with what was shown', async () => {
    const month = 'objects/timeline/2024-03'
    const dayfile = `${month}/2024-03-08.parquet`
    await store.writer.appendEvents([zoneEvent({ ts: OPEN }), zoneEvent({ ts: OPEN + 1, object_id: 'z2' })])
    // Another program's dayfile, made where no name is a pattern to DuckDB.
    const plain = await mkdtemp(path.join(os.tmpdir(), 'barkeep-events-'))
    for (const part of await readdir(file(month)))
      await rename(file(`${month}/${part}`), path.join(plain, part))
    await plainSql(`COPY (FROM read_parquet('${plain}/*.parquet')) TO '${plain}/day' (FORMAT parquet)`)
    await rename(path.join(plain, 'day'), file(dayfile))
    await rm(plain, { recursive: true })
    await store.writer.appendEvents([zoneEvent({ ts: OPEN + 2, object_id: 'z3' })])
    await store.compactor.compact({})
    expect(await objects()).toEqual(['z1', 'z2', 'z3'])
    await rm(file('.barkeep/recovery'), { recursive: true })
    await truncate(file(dayfile), 600)
    await age(dayfile)
    expect(await objects()).toEqual(['z1', 'z2'])
    const finding = (await found()).find(({ path: where }) => where === dayfile)
    expect(finding?.repair).toMatch(/^put in its place what is shown instead/)
    expect(await repaired()).toEqual({
      mended: [`SNAPSHOT_STALE ${SNAPSHOT}`, `UNREADABLE ${dayfile}`],
      left: [`QUARANTINED .barkeep/quarantine/${dayfile}`],
    })
    expect(await objects()).toEqual(['z1', 'z2'])
    expect((await repaired()).mended).toEqual([])
  })

  it('D9: a second repair changes no file, and neither does one of a healthy store', async () => {
    await compacted(candles(5, OPEN))
    const before = await wholeTree(store.root)
    expect(await repaired()).toEqual({ mended: [], left: [] })
    expect(await wholeTree(store.root)).toEqual(before)
    await flip(DAYFILE)
    await written(`${PARTS}/zero.parquet`, '')
    expect((await repaired()).mended).toHaveLength(2)
    const after = await wholeTree(store.root)
    expect((await repaired()).mended).toEqual([])
    expect(await wholeTree(store.root)).toEqual(after)
  })

  it('D9: what another program owns is left to it: foreign, misplaced and differing files stay', async () => {
    await compacted(candles(3, OPEN))
    const [bar] = candles(1, OPEN) as [CandleRow]
    const differs = await partBehindItsBack(store.root, { ...bar, volume: 9 })
    await copyFile(file(DAYFILE), file('data/2m/2024-03-07.parquet'))
    await copyFile(file(DAYFILE), file('data/stray.parquet'))
    const before = await wholeTree(store.root)
    const { mended, left } = await repaired()
    expect(mended).toEqual([])
    expect(left).toContain(`CONFLICT ${differs}`)
    expect(left).toContain('WRONG_PLACE data/stray.parquet')
    expect(await wholeTree(store.root)).toEqual(before)
  })

  it('D10: takes the writer lock and is told who holds it', async () => {
    const context = await openContext(store.root)
    await withWriterLock(context, 'backfill', async () => {
      await expect(store.compactor.repair()).rejects.toMatchObject({
        code: 'LOCKED',
        message: expect.stringContaining('backfill'),
      })
    })
    await closeContext(context)
  })

  it('D10: cancelled, it stops between two repairs and tells what was done', async () => {
    await compacted(candles(3, OPEN))
    await written(`${PARTS}/one.parquet`, '')
    await written(`${PARTS}/two.parquet`, '')
    const stop = new AbortController()
    const onProgress = ({ step }: { step: string }) => {
      if (step.startsWith('repair') && step.endsWith('two.parquet')) stop.abort()
    }
    const { findings, cancelled } = await store.compactor.repair({ onProgress, signal: stop.signal })
    expect(cancelled).toBe(true)
    expect(findings.filter((finding) => finding.repaired)).toHaveLength(2)
    const early = new AbortController()
    early.abort()
    await expect(store.compactor.repair({ signal: early.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })

  it('D8: a compaction that was cut off while the app was open is led to its end', async () => {
    await compacted(candles(3, OPEN))
    const settled = file(`.barkeep/generations/${DAYFILE}.json`)
    const pending = file('.barkeep/generations/pending/data+2m+2024-03-08.parquet.json')
    await copyFile(settled, pending)
    expect(await found()).toMatchObject([
      { code: 'INTERRUPTED', path: DAYFILE, repair: 'lead the interrupted compaction to its end' },
    ])
    expect(await repaired()).toEqual({ mended: [`INTERRUPTED ${DAYFILE}`], left: [] })
    const again = await openStore(store.root)
    expect((await again.reader.doctor()).filter(({ code }) => code !== 'GAP')).toEqual([])
    await again.close()
  })
})
