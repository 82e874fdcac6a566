import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import { openStore } from '../../src-main/store/index.ts'
import { STORE_SETTINGS } from '../../src-main/store/layout/file-names.ts'
import { cacheBounds } from '../../src-main/store/read/cache-bounds.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const MEGABYTE = 1024 * 1024

let store: TemporaryStore
let told: ErrorReport[]
beforeEach(async () => {
  store = await temporaryStore()
  told = []
})
afterEach(() => store.close())

const tell = (problem: ErrorReport): void => {
  told.push(problem)
}

async function settings(text: string): Promise<void> {
  const file = path.join(store.root, STORE_SETTINGS)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, text)
}

describe('how much reading may keep in memory', () => {
  it('R21: is the store’s own setting, unless the caller says', async () => {
    expect(await cacheBounds(store.context, undefined, tell)).toEqual({
      blocks: 352 * MEGABYTE - Math.floor((352 * MEGABYTE) / 5),
      tiers: Math.floor((352 * MEGABYTE) / 5),
    })
    await settings('{"cacheMegabytes": 100}')
    expect(await cacheBounds(store.context, undefined, tell)).toEqual({
      blocks: 80 * MEGABYTE,
      tiers: 20 * MEGABYTE,
    })
    expect(await cacheBounds(store.context, 10 * MEGABYTE, tell)).toEqual({
      blocks: 8 * MEGABYTE,
      tiers: 2 * MEGABYTE,
    })
    expect(told).toEqual([])
  })

  it.each(['{"cacheMegabytes": 1}', '{"cacheMegabytes": "100"}', '{torn'])(
    'R21: settings that say %s are told, and the store opens all the same',
    async (text) => {
      await settings(text)
      const opened = await openStore(store.root, { onProblem: tell })
      await opened.close()
      expect(told).toEqual([expect.objectContaining({ code: 'BAD_SETTINGS', file: STORE_SETTINGS })])
    },
  )
})
