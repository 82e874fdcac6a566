import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StorePath } from '../../schemas/contract/units.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import {
  checkFile,
  checksumPath,
  pendingPath,
  recordChecksum,
  recordedChecksum,
} from '../../src-main/store/layout/checksums.ts'
import { sha256 } from '../../src-main/store/layout/digest.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { sha256sumCheck } from '../support/compaction.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const FILE = 'data/2m/2024-03-08.parquet' as StorePath

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
  await mkdir(path.join(store.root, 'data/2m'), { recursive: true })
})
afterEach(() => store.close())

const inStore = (file: string): string => path.join(store.root, file)

/** As every writer does it: a new inode under the name. */
async function put(text: string): Promise<void> {
  await writeFile(inStore('staged'), text)
  await rename(inStore('staged'), inStore(FILE))
}

describe('checksums', () => {
  it('C7: a recorded file is the same, another one differs, an unrecorded one and a missing one are told as such', async () => {
    expect(await checkFile(store.context, FILE)).toEqual({ state: 'missing' })
    await put('one')
    expect(await checkFile(store.context, FILE)).toMatchObject({ state: 'unrecorded', sha256: sha256('one') })
    await recordChecksum(store.context, FILE, sha256('one'))
    expect(await checkFile(store.context, FILE)).toMatchObject({ state: 'same', sha256: sha256('one') })
    await put('two')
    expect(await checkFile(store.context, FILE)).toMatchObject({ state: 'differs', sha256: sha256('two') })
    expect(await recordedChecksum(store.context, FILE)).toBe(sha256('one'))
  })

  it('C7: sha256sum -c reads it in the store’s folder', async () => {
    await put('one')
    await recordChecksum(store.context, FILE, sha256('one'))
    const check = (): Promise<string> => sha256sumCheck(store.root, [checksumPath(FILE)])
    expect(await check()).toBe(`${FILE}: OK\n`)
    await put('two')
    await expect(check()).rejects.toMatchObject({ code: 1 })
  })

  it('R3: between a compaction’s rename and its checksum the new file is known by the pending record', async () => {
    await put('one')
    await recordChecksum(store.context, FILE, sha256('one'))
    await mkdir(path.dirname(inStore(pendingPath(FILE))), { recursive: true })
    const record = { sha256: sha256('two'), inputs: [{ sha256: sha256('three') }] }
    await writeFile(inStore(pendingPath(FILE)), JSON.stringify(record))
    expect(await checkFile(store.context, FILE)).toMatchObject({ state: 'same' })
    await put('two')
    expect(await checkFile(store.context, FILE)).toMatchObject({ state: 'same', sha256: sha256('two') })
    // What stands among the inputs is not what the file shall be.
    await put('three')
    expect(await checkFile(store.context, FILE)).toMatchObject({ state: 'differs' })
  })

  it('R3: a file that is replaced while it is looked at is looked at again', async () => {
    await put('one')
    await recordChecksum(store.context, FILE, sha256('one'))
    let raced = false
    const context = await openContext(store.root, {
      env: {
        ...nodeEnv,
        async readFile(target) {
          if (!raced && target.endsWith('.sha256')) {
            raced = true
            await put('two')
            await recordChecksum(store.context, FILE, sha256('two'))
          }
          return nodeEnv.readFile(target)
        },
      },
    })
    expect(await checkFile(context, FILE)).toMatchObject({ state: 'same', sha256: sha256('two') })
    await closeContext(context)
  })

  it('a file is read once for as long as it stays the same, and again when it was replaced', async () => {
    let reads = 0
    const context = await openContext(store.root, {
      env: {
        ...nodeEnv,
        readFile(target) {
          if (target.endsWith('.parquet')) reads += 1
          return nodeEnv.readFile(target)
        },
      },
    })
    await put('one')
    for (let look = 0; look < 3; look++) await checkFile(context, FILE)
    expect(reads).toBe(1)
    await put('two')
    expect(await checkFile(context, FILE)).toMatchObject({ sha256: sha256('two') })
    expect(reads).toBe(2)
    await closeContext(context)
  })

  it('a record that is no checksum counts as none, and recording the same twice writes once', async () => {
    await put('one')
    await mkdir(path.dirname(inStore(checksumPath(FILE))), { recursive: true })
    await writeFile(inStore(checksumPath(FILE)), 'not a checksum')
    expect(await checkFile(store.context, FILE)).toMatchObject({ state: 'unrecorded' })
    await recordChecksum(store.context, FILE, sha256('one'))
    const before = (await nodeEnv.stat(inStore(checksumPath(FILE))))?.inode
    await recordChecksum(store.context, FILE, sha256('one'))
    expect((await nodeEnv.stat(inStore(checksumPath(FILE))))?.inode).toBe(before)
    expect(await readFile(inStore(checksumPath(FILE)), 'utf8')).toBe(`${sha256('one')}  ${FILE}\n`)
    await rm(inStore(FILE))
    expect(await checkFile(store.context, FILE)).toEqual({ state: 'missing' })
  })
})
