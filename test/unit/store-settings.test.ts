import { renameSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoreSettings } from '../../schemas/generated/requests.ts'
import { changeSettings, rewriteSettings } from '../../src-main/store/after-close/change-settings.ts'
import { acquireWriterLock, withWriterLock } from '../../src-main/store/fs/writer-lock.ts'
import { readStoreSettings } from '../../src-main/store/integrity/store-settings.ts'
import { SETTINGS_LOCK } from '../../src-main/store/layout/file-names.ts'
import { openContext } from '../../src-main/store/open-context.ts'
import { faultEnv } from '../support/fault-env.ts'
import { failuresOf, told } from '../support/fault-plan.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

const file = () => path.join(store.root, '.barkeep/settings.json')
const write = async (text: string): Promise<void> => {
  await mkdir(path.dirname(file()), { recursive: true })
  await writeFile(file(), text)
}

describe('settings of a store', () => {
  it('F26: what is named changes, all else stays as a person wrote it; the same again writes nothing', async () => {
    await write('{"sealHours": 30, "calendars": {"BTC*": "24x7"}, "partitionDecisionsBy": "symbol"}')
    const set: StoreSettings = { recoveryDays: 3, afterClose: { on: true, time: '15:30' } }
    const after = await changeSettings(store.context, { set })
    expect(after).toEqual({
      sealHours: 30,
      calendars: { 'BTC*': '24x7' },
      partitionDecisionsBy: 'symbol',
      recoveryDays: 3,
      afterClose: { on: true, time: '15:30' },
    })
    expect(await readStoreSettings(store.context)).toEqual(after)
    // Of the schedule what isn't named stays too.
    await changeSettings(store.context, { set: { afterClose: { on: false } } })
    expect((await readStoreSettings(store.context)).afterClose).toEqual({ on: false, time: '15:30' })
    const { inode } = (await store.context.env.stat(file())) ?? {}
    await changeSettings(store.context, { set: { recoveryDays: 3 } })
    expect((await store.context.env.stat(file()))?.inode).toBe(inode)
    const reset = await changeSettings(store.context, { set: {}, reset: ['afterClose', 'recoveryDays'] })
    expect(Object.keys(reset)).toEqual(['sealHours', 'calendars', 'partitionDecisionsBy'])
    expect(await readdir(store.context.staging)).toEqual([])
  })

  it('F26: values that can’t be kept, and what has a command of its own, are refused, and nothing is written', async () => {
    const refused: readonly StoreSettings[] = [
      { recoveryDays: -1 },
      { emaPeriods: [13, 13] },
      { afterClose: { on: true, time: '14:59' } },
      { afterClose: { on: true, time: '25:00' } },
      { partitionDecisionsBy: 'symbol' },
      { unknown: 1 } as StoreSettings,
    ]
    for (const set of refused)
      await expect(changeSettings(store.context, { set }), JSON.stringify(set)).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      })
    await expect(
      changeSettings(store.context, { set: { recoveryDays: 1 }, reset: ['recoveryDays'] }),
    ).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    expect(await store.context.env.stat(file())).toBeNull()
  })

  it('F26: a file that is broken is never written over', async () => {
    for (const text of ['{"recoveryDays": "seven"}', '{"recoveryDays": 7', '[]']) {
      await write(text)
      await expect(changeSettings(store.context, { set: { recoveryDays: 3 } })).rejects.toMatchObject({
        code: 'BAD_SETTINGS',
      })
      expect(await readFile(file(), 'utf8')).toBe(text)
    }
  })

  it('F26: a compaction keeps nobody from changing them; two processes at once both get their change', async () => {
    await withWriterLock(store.context, 'compact', () =>
      changeSettings(store.context, { set: { recoveryDays: 1 } }),
    )
    // Another process that is alive holds the lock of the settings for a moment; so do others of this one.
    const lock = await acquireWriterLock(store.context, 'settings', SETTINGS_LOCK)
    const other = await openContext(store.root)
    const all = [
      changeSettings(store.context, { set: { sealHours: 1 } }),
      changeSettings(other, { set: { cacheMegabytes: 64 } }),
      changeSettings(store.context, { set: { previousDays: 9 } }),
    ]
    await lock.release()
    await Promise.all(all)
    other.duck.close()
    expect(await readStoreSettings(store.context)).toEqual({
      recoveryDays: 1,
      sealHours: 1,
      cacheMegabytes: 64,
      previousDays: 9,
    })
  })

  it('F26: a person who saves the file meanwhile is not written over', async () => {
    await write('{"recoveryDays": 5}')
    let saves = 0
    const after = await rewriteSettings(store.context, (current) => {
      // Right after it was read, and once more.
      saves += 1
      if (saves <= 2) savedByEditor(`{"recoveryDays": ${10 + saves}}`)
      return { ...current, sealHours: 2 }
    })
    expect(after).toEqual({ recoveryDays: 12, sealHours: 2 })
    expect(saves).toBe(3)
  })

  it('F26: with every file step failing in turn the settings are the old ones or the new ones', async () => {
    const old = '{"recoveryDays": 5}'
    const next = { recoveryDays: 6 }
    const attempt = async (env: ReturnType<typeof faultEnv>): Promise<unknown> => {
      await write(old)
      const context = await openContext(store.root, { env: env.env })
      env.arm()
      const thrown = await changeSettings(context, { set: next }).catch((error: unknown) => error)
      env.mend()
      context.duck.close()
      return thrown
    }
    const counted = faultEnv()
    await attempt(counted)
    const faults = [0, 3, 6].flatMap((offset) => failuresOf(counted.taken, undefined, offset))
    for (const fault of faults) {
      const thrown = await attempt(faultEnv(fault))
      const now = await readStoreSettings(store.context)
      expect([{ recoveryDays: 5 }, next], told(fault, counted.taken)).toContainEqual(now)
      // Told as done it is done.
      if (!(thrown instanceof Error)) expect(now, told(fault, counted.taken)).toEqual(next)
      // The lock of a disk that failed is nobody's.
      expect(await changeSettings(store.context, { set: { sealHours: 3 } })).toMatchObject({ sealHours: 3 })
    }
    console.log(`settings: ${counted.taken.length} file steps, ${faults.length} faults tried`)
    expect(faults.length).toBeGreaterThan(20)
  })
})

/** Saved as an editor does: a new file in its place. */
function savedByEditor(text: string): void {
  writeFileSync(`${file()}.saved`, text)
  renameSync(`${file()}.saved`, file())
}
