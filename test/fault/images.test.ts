import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ImageRequest } from '../../schemas/generated/requests.ts'
import type { StoreContext } from '../../src-main/store/context.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { withOnDemandFolder } from '../../src-main/store/fs/on-demand-folder.ts'
import { saveImage } from '../../src-main/store/images/save-image.ts'
import { openStore } from '../../src-main/store/index.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { type Fault, faultEnv, type StepTaken } from '../support/fault-env.ts'
import { blindnessOf, endingsOf, failuresOf, told } from '../support/fault-plan.ts'
import { decodePng, pngOf } from '../support/png.ts'
import { memoryFolder } from '../support/store-fixture.ts'

const FROM = Date.UTC(2024, 2, 8, 14, 30)
const SMALL = pngOf(32, 16)
/** Longer than what the env writes on the spot. */
const LARGE = pngOf(640, 480, 7)

function picture(png: Buffer, given: Partial<ImageRequest> = {}): ImageRequest {
  const place = { symbol: 'SPY', timeframe: '2m', from: FROM, to: FROM + 3_600_000 }
  return { kind: 'chart', ...place, png: png.toString('base64'), ...given }
}

let root: string
/** Opened once: a picture needs nothing of DuckDB, and hundreds of attempts would wait for it. */
let opened: StoreContext
beforeEach(async () => {
  root = await memoryFolder('images')
  opened = await openContext(root)
})
afterEach(async () => {
  await closeContext(opened)
  await rm(root, { recursive: true })
})

const counts = { steps: 0, faults: 0 }
afterAll(() => console.log(`pictures: ${counts.steps} steps and looks, ${counts.faults} faults tried`))

interface Struck {
  readonly thrown: unknown
  readonly taken: readonly StepTaken[]
  readonly looked: readonly StepTaken[]
}

/** Saves a picture beside one that is there already, with a fault on the way. */
async function save(folder: string, png: Buffer, fault: Fault | null): Promise<Struck> {
  const { env, arm, mend, taken, looked } = faultEnv(fault)
  const staging = path.join(folder, '.barkeep', 'staging', 'test')
  arm()
  let thrown: unknown = null
  const context = { ...opened, root: folder, env: withOnDemandFolder(env, staging), staging }
  await saveImage(context, picture(png)).catch((error) => {
    thrown = error
  })
  mend()
  return { thrown, taken: [...taken], looked: [...looked] }
}

async function pictures(folder: string): Promise<readonly Buffer[]> {
  const names = await readdir(path.join(folder, 'images')).catch(() => [])
  return Promise.all(names.map((name) => readFile(path.join(folder, 'images', name))))
}

describe('pictures on a disk that fails', () => {
  it('F41: at every step and look a picture is there whole or not at all, the one before it untouched, and the next try works', async () => {
    for (const [png, isFirst] of [
      [SMALL, true],
      [LARGE, false],
    ] as const) {
      const prepared = async (name: string): Promise<string> => {
        const folder = path.join(root, name)
        await mkdir(folder)
        if (!isFirst) await save(folder, SMALL, null)
        return folder
      }
      const plain = await save(await prepared(`plain ${isFirst}`), png, null)
      expect(plain.thrown).toBeNull()
      const steps = [...failuresOf(plain.taken, true), ...endingsOf(plain.taken, 'death')]
      const all = [...steps, ...blindnessOf(plain.looked, true)]
      counts.steps += plain.taken.length + plain.looked.length
      counts.faults += all.length
      for (const [index, fault] of all.entries()) {
        const struck = told(fault, plain.taken)
        const folder = await prepared(`${isFirst} ${index}`)
        const { thrown } = await save(folder, png, fault)
        const code = fault.how === 'ENOSPC' ? 'NO_SPACE' : 'IO'
        // Only taking away the staged name may fail without a word: the picture stands.
        if (thrown !== null) expect(thrown, struck).toMatchObject({ code })
        const before = await pictures(folder)
        if (!isFirst)
          expect(
            before.filter((bytes) => bytes.equals(SMALL)),
            struck,
          ).toHaveLength(1)
        for (const bytes of before) expect(bytes.equals(png) || bytes.equals(SMALL), struck).toBe(true)
        if (thrown === null)
          expect(
            before.filter((bytes) => bytes.equals(png)),
            struck,
          ).toHaveLength(1)
        expect((await save(folder, png, null)).thrown, struck).toBeNull()
        expect((await pictures(folder)).length, struck).toBe(before.length + 1)
        await rm(folder, { recursive: true })
      }
    }
    expect(counts.faults).toBeGreaterThan(50)
  })

  it('F41: without hard links the name is taken by a rename; of many at once each gets a name of its own', async () => {
    const context = await openContext(root, {
      env: {
        ...nodeEnv,
        link: () => Promise.reject(Object.assign(new Error('no links'), { code: 'EPERM' })),
      },
    })
    await saveImage(context, picture(SMALL))
    await saveImage(context, picture(LARGE))
    await closeContext(context)
    expect((await readdir(path.join(root, 'images'))).toSorted()).toEqual([
      'SPY_2m_20240308T0830-0600_20240308T0930-0600.png',
      'SPY_2m_20240308T0830-0600_20240308T0930-0600_2.png',
    ])
    expect((await pictures(root)).map((bytes) => decodePng(bytes).width).toSorted()).toEqual([32, 640])
    const store = await openStore(root)
    const saved = await Promise.all(
      Array.from({ length: 12 }, (_, seed) =>
        store.writer.saveImage(picture(pngOf(8, 8, seed), { kind: 'flag', objectId: 'f/1' })),
      ),
    )
    expect(new Set(saved.map(({ file }) => file)).size).toBe(12)
    expect(saved.map(({ file }) => file)).toContain(
      'flags/f%2F1_2m_20240308T0830-0600_20240308T0930-0600_12.png',
    )
    // A picture is nothing that anybody needs to look into.
    expect(await store.reader.doctor()).toEqual([])
    await store.close()
  })
})
