import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { FILE_LOOKS, FILE_STEPS, faultEnv } from '../support/fault-env.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'barkeep faults '))
})
afterEach(() => rm(folder, { recursive: true }))

describe('the file system that fails', () => {
  it('W2: knows every call of the engine’s own, so that none is left out of the enumerations', () => {
    // What watches tell or refuse is no effect on files: test/unit/live-watch.test.ts withholds it.
    const known = [...FILE_STEPS, ...FILE_LOOKS, 'watchDir', 'now', 'randomId']
    expect(Object.keys(nodeEnv).sort()).toEqual([...known].sort())
  })

  it('W2: a lasting error spares what came before, tears what it struck, and ends when it is mended', async () => {
    const { env, arm, mend, taken } = faultEnv({ at: 2, extent: 'torn', how: 'ENOSPC', lasting: true })
    arm()
    await env.writeNew(path.join(folder, 'a'), Buffer.from('four'))
    for (const name of ['b', 'c']) {
      await expect(env.writeNew(path.join(folder, name), Buffer.from('four'))).rejects.toMatchObject({
        code: 'ENOSPC',
      })
    }
    expect(await readdir(folder)).toEqual(['a', 'b'])
    expect(await readFile(path.join(folder, 'b'), 'utf8')).toBe('fo')
    expect(await readFile(path.join(folder, 'a'), 'utf8')).toBe('four')
    mend()
    await env.writeNew(path.join(folder, 'd'), Buffer.from('four'))
    expect(taken).toHaveLength(4)
  })

  it('W2: after a death nothing reaches the disk, and nothing is read from it', async () => {
    const { env, arm } = faultEnv({ at: 1, extent: 'all', how: 'death' })
    arm()
    await expect(env.writeNew(path.join(folder, 'a'), Buffer.from('four'))).rejects.toThrow()
    await expect(env.removeFile(path.join(folder, 'a'))).rejects.toThrow()
    await expect(env.readFile(path.join(folder, 'a'))).rejects.toThrow()
    expect(() => env.statNow(path.join(folder, 'a'))).toThrow()
    expect(await readFile(path.join(folder, 'a'), 'utf8')).toBe('four')
  })

  it('W2: a look that fails once leaves the next alone', async () => {
    const { env, arm, looked } = faultEnv({ at: 1, extent: 'nothing', how: 'EACCES', look: true })
    arm()
    await expect(env.stat(folder)).rejects.toMatchObject({ code: 'EACCES' })
    expect((await env.stat(folder))?.isDirectory).toBe(true)
    expect(looked.map(({ step }) => step)).toEqual(['stat', 'stat'])
  })
})
