import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { reportOf } from '../../schemas/contract/errors.ts'
import { openStore } from '../../src-main/store/index.ts'
import { PAGE, smallDisk } from '../support/small-disk.ts'
import { candles, temporaryFolder, zoneEvent } from '../support/store-fixture.ts'
import { ToldBars } from '../support/told-bars.ts'

const OPEN = Date.parse('2024-03-08T14:30:00Z')

it('F77: the disk fills beside a watched store: the bot is told, what stands goes on being told, and so does what comes after', async () => {
  const disk = await smallDisk(8)
  if (disk === null) return
  const store = await openStore(path.join(disk.folder, 'store'), { create: true })
  try {
    await store.writer.appendCandles(candles(5, OPEN))
    const followed = await ToldBars.of(store, 'SPY', '2m')
    let written = 5
    await disk.fill(PAGE)
    let failure: unknown = null
    // A page or two is left: some bars may still find room.
    for (let n = 0; n < 20 && failure === null; n++) {
      try {
        await store.writer.appendCandles(candles(1, OPEN + written * 120_000))
        written += 1
      } catch (error) {
        failure = error
      }
    }
    expect(reportOf(failure)).toMatchObject({ code: 'NO_SPACE', message: expect.stringContaining('full') })
    await expect(store.writer.appendEvents([zoneEvent({ ts: OPEN })])).rejects.toMatchObject({
      code: 'NO_SPACE',
    })
    const full = await followed.now()
    expect(full).toEqual(await followed.stored())
    expect(full).toHaveLength(written)

    await disk.empty()
    await store.writer.appendCandles(candles(3, OPEN + written * 120_000))
    await store.writer.appendEvents([zoneEvent({ ts: OPEN })])
    const after = await followed.now()
    expect(after).toHaveLength(written + 3)
    expect(after).toEqual(await followed.stored())
    expect(followed.watching.problems).toEqual([])
    expect(followed.watching.updates.some(({ objects }) => objects?.changed.length === 1)).toBe(true)
    const findings = await store.reader.doctor()
    expect(findings.filter(({ code }) => code !== 'PARTS_WAITING' && code !== 'GAP')).toEqual([])
    console.log(
      `live, full disk (${disk.kind}): refused after ${written - 5} more bars, ${after.length} told in the end`,
    )
  } finally {
    await store.close()
    await disk.empty()
    await disk.remove()
  }
})

it('F77: the folder is renamed away and comes back: nothing is told gone, what came meanwhile is told once it is back', async () => {
  const base = await temporaryFolder('live folder')
  const root = path.join(base, 'store')
  const store = await openStore(root, { create: true })
  try {
    await store.writer.appendCandles(candles(5, OPEN))
    const followed = await ToldBars.of(store, 'SPY', '2m')
    await rename(root, `${root}-away`)
    expect(await followed.now()).toHaveLength(5)
    expect(followed.watching.watch.health().folder).toMatchObject({
      state: 'gone',
      error: {
        code: 'NO_STORE',
        message: expect.stringContaining('goes on by itself once the folder is back'),
      },
    })
    // A bot that follows the folder, as one does whose drive has another name for a while.
    const other = await openStore(`${root}-away`)
    await other.writer.appendCandles(candles(2, OPEN + 5 * 120_000))
    await other.close()
    await rename(`${root}-away`, root)
    expect(await followed.now()).toHaveLength(7)
    expect(followed.watching.watch.health().folder).toEqual({ state: 'there' })
    await store.writer.appendCandles(candles(1, OPEN + 7 * 120_000))
    expect(await followed.now()).toEqual(await followed.stored())
    expect(followed.gone).toEqual([])
    expect(followed.watching.problems).toEqual([])
  } finally {
    await store.close()
    await rm(base, { recursive: true, force: true })
  }
})
