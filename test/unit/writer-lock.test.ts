import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { isAlive, ownIdentity } from '../../src-main/store/fs/process-identity.ts'
import {
  acquireWriterLock,
  RECOVER,
  sweepClaims,
  withWriterLock,
} from '../../src-main/store/fs/writer-lock.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const node = process.versions.electron === undefined ? process.execPath : 'node'

let folder: string
beforeAll(async () => {
  folder = path.join(ROOT, '.cache', `test-lock-${process.pid}`)
  await mkdir(folder, { recursive: true })
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: path.join(ROOT, 'test/support/lock-child.ts'),
      outDir: folder,
      emptyOutDir: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'child.mjs' } },
    },
  })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let store: TemporaryStore
let children: ChildProcessWithoutNullStreams[] = []
beforeEach(async () => {
  store = await temporaryStore()
  await mkdir(path.join(store.root, '.barkeep'))
})
afterEach(async () => {
  for (const child of children)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  children = []
  await store.close()
})

/** A process that wants the lock. @returns it, and the first line that it said */
async function contender(mode: string): Promise<{ child: ChildProcessWithoutNullStreams; said: string }> {
  const child = spawn(node, [path.join(folder, 'child.mjs'), store.root, mode])
  children.push(child)
  child.stdin.on('error', () => undefined)
  let said = ''
  while (!said.includes('\n')) {
    const [piece] = (await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'close').then(() => ['(ended)\n']),
    ])) as [unknown]
    said += String(piece)
  }
  return { child, said: said.trim() }
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
}

const lockFile = (): string => path.join(store.root, '.barkeep/writer.lock')
const locks = async (): Promise<string[]> =>
  (await readdir(path.join(store.root, '.barkeep'))).filter((name) => name.startsWith('writer.lock'))

describe('writer lock', () => {
  it('C11: one writer at a time; another is told who holds it and what to do, and gets it afterwards', async () => {
    await withWriterLock(store.context, 'compact', async () => {
      const { said, child } = await contender('backfill')
      expect(said).toMatch(
        new RegExp(`^LOCKED .*compact \\(process ${process.pid} on ${os.hostname()}, since 20`),
      )
      expect(said).toContain('try again')
      child.stdin.end()
      await ended(child)
      await expect(acquireWriterLock(store.context, 'compact')).rejects.toMatchObject({ code: 'LOCKED' })
    })
    expect(await locks()).toEqual([])
    const { said, child } = await contender('backfill')
    expect(said).toBe('taken')
    await expect(acquireWriterLock(store.context, 'compact')).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining(`process ${child.pid} `),
    })
    child.stdin.end()
    await ended(child)
    expect(await locks()).toEqual([])
  })

  it('C11: given back when the work fails', async () => {
    await expect(
      withWriterLock(store.context, 'compact', () => Promise.reject(new Error('no'))),
    ).rejects.toThrow('no')
    expect(await locks()).toEqual([])
  })

  it('C11: of several takers of a killed owner’s lock exactly one wins', async () => {
    const { child } = await contender('hold')
    child.kill('SIGKILL')
    await ended(child)
    expect(await locks()).toEqual(['writer.lock'])
    const takers = await Promise.all(Array.from({ length: 4 }, () => contender('try')))
    expect(takers.map(({ said }) => said.split(' ')[0]).sort()).toEqual([
      'LOCKED',
      'LOCKED',
      'LOCKED',
      'taken',
    ])
    for (const taker of takers) taker.child.stdin.end()
    await Promise.all(takers.map((taker) => ended(taker.child)))
    expect(await locks()).toEqual([])
  })

  it('C11: of many takers within one process exactly one wins, over a lock nobody alive wrote', async () => {
    await writeFile(lockFile(), '')
    const contexts = await Promise.all(Array.from({ length: 6 }, () => openContext(store.root)))
    const takers = await Promise.allSettled(contexts.map((context) => acquireWriterLock(context, 'compact')))
    const won = takers.flatMap((taker) => (taker.status === 'fulfilled' ? [taker.value] : []))
    expect(won).toHaveLength(1)
    await won[0]?.release()
    expect(await locks()).toEqual([])
    await Promise.all(contexts.map(closeContext))
  })

  it('C11: a taker that comes to claim a dead lock after it was taken over and tidied up sees the new owner', async () => {
    const dead = {
      ...(await ownIdentity(nodeEnv)),
      started: 'long/ago',
      token: 'aa',
      command: 'compact',
      since: 'then',
    }
    await writeFile(lockFile(), JSON.stringify(dead))
    const won: { release(): Promise<void> }[] = []
    const slow = await openContext(store.root, {
      env: {
        ...nodeEnv,
        async link(from, to) {
          // Between this taker's look at the dead lock and its claim another one comes and goes.
          if (to.endsWith('writer.lock.aa') && won.length === 0) {
            won.push(await acquireWriterLock(store.context, 'backfill'))
          }
          await nodeEnv.link(from, to)
        },
      },
    })
    await expect(acquireWriterLock(slow, 'compact')).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining('backfill'),
    })
    expect(JSON.parse(await readFile(lockFile(), 'utf8'))).toMatchObject({ command: 'backfill' })
    expect(await locks()).toEqual(['writer.lock'])
    await won[0]?.release()
    await closeContext(slow)
  })

  it('C11: a taker that died on the way is taken over in its turn', async () => {
    const identity = await ownIdentity(nodeEnv)
    const dead = (token: string): string =>
      JSON.stringify({ ...identity, started: 'long/ago', token, command: 'compact', since: 'then' })
    await writeFile(lockFile(), dead('aa'))
    await writeFile(`${lockFile()}.aa`, dead('bb'))
    await writeFile(`${lockFile()}.bb`, dead('cc'))
    const lock = await acquireWriterLock(store.context, 'compact')
    expect(await locks()).toEqual(['writer.lock'])
    expect(JSON.parse(await readFile(lockFile(), 'utf8'))).toMatchObject({
      pid: process.pid,
      command: 'compact',
    })
    await lock.release()
    expect(await locks()).toEqual([])
  })

  it('C11: a pid that was given to another process since doesn’t keep the lock', async () => {
    const identity = await ownIdentity(nodeEnv)
    expect(await isAlive(nodeEnv, identity)).toBe(true)
    if (identity.started !== null) {
      expect(await isAlive(nodeEnv, { ...identity, started: `${identity.started}0` })).toBe(false)
    }
    // Another machine's processes can't be seen from here.
    expect(await isAlive(nodeEnv, { ...identity, pid: 999_999_999, host: 'elsewhere' })).toBe(true)
    expect(await isAlive(nodeEnv, { ...identity, pid: 999_999_999 })).toBe(false)
  })

  it('C11: a lock that the disk would not let go of doesn’t lock out the process that gave it back', async () => {
    const context = await openContext(store.root, {
      env: {
        ...nodeEnv,
        removeFile: (file) =>
          file.endsWith('writer.lock')
            ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }))
            : nodeEnv.removeFile(file),
      },
    })
    await withWriterLock(context, 'compact', async () => undefined)
    expect(await locks()).toEqual(['writer.lock'])
    await withWriterLock(store.context, 'compact', async () => undefined)
    expect(await locks()).toEqual([])
    await closeContext(context)
  })

  it('C11: a lock that a person removed is not taken from its next owner', async () => {
    const first = await acquireWriterLock(store.context, 'compact')
    await rm(lockFile())
    const second = await acquireWriterLock(store.context, 'backfill')
    await first.release()
    expect(await locks()).toEqual(['writer.lock'])
    await second.release()
  })

  it('C11: a recovery at open is waited for, not told as somebody at work', async () => {
    const recovery = await acquireWriterLock(store.context, RECOVER)
    await expect(acquireWriterLock(store.context, RECOVER)).rejects.toMatchObject({ code: 'LOCKED' })
    const waiting = acquireWriterLock(store.context, 'compact')
    await recovery.release()
    await (await waiting).release()
  })

  it('claims that were left behind are swept by who holds the lock', async () => {
    await writeFile(`${lockFile()}.aa`, 'left')
    await withWriterLock(store.context, RECOVER, () => sweepClaims(store.context))
    expect(await locks()).toEqual([])
  })
})
