import { link, lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { FILE_STEPS, type StepTaken } from './fault-env.ts'

/**
 * What a power cut leaves at worst. `unsynced-lost`: nothing that was not fsynced happened, names and bytes alike.
 * `bytes-lost`: all names are there, but a file whose bytes were not fsynced is empty.
 */
export type Loss = 'unsynced-lost' | 'bytes-lost'

interface Entry {
  readonly inode: number
  readonly isDirectory: boolean
}

export interface PowerEnv {
  readonly env: Env
  readonly taken: readonly StepTaken[]
  /** From here on only what is fsynced is safe; all that is there now is. */
  arm(): Promise<void>
  /** Makes a folder of what the cut left. */
  leaveAt(target: string, loss: Loss): Promise<void>
  remove(): Promise<void>
}

/**
 * A file system whose power goes before step `cutAt`: that step and all later ones fail. Knows from the fsyncs which
 * bytes and which names had reached the disk by then.
 */
export function powerEnv(root: string, pins: string, cutAt: number): PowerEnv {
  const taken: StepTaken[] = []
  /** Bytes that are safe, by inode. */
  const bytes = new Map<number, Buffer>()
  /** Names that are safe, by folder. */
  const folders = new Map<string, Map<string, Entry>>()
  let armed = false

  /** A second name outside the root, so that no inode is given to another file while we speak of it by number. */
  async function pin(file: string, inode: number): Promise<void> {
    await link(file, path.join(pins, String(inode))).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }

  async function entriesOf(folder: string): Promise<Map<string, Entry>> {
    const entries = new Map<string, Entry>()
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const file = path.join(folder, entry.name)
      const { ino } = await lstat(file)
      if (!entry.isDirectory()) await pin(file, ino)
      entries.set(entry.name, { inode: ino, isDirectory: entry.isDirectory() })
    }
    return entries
  }

  async function keepAll(folder: string): Promise<void> {
    const entries = await entriesOf(folder)
    folders.set(folder, entries)
    for (const [name, { inode, isDirectory }] of entries) {
      if (isDirectory) await keepAll(path.join(folder, name))
      else bytes.set(inode, await readFile(path.join(folder, name)))
    }
  }

  /** What the step has made safe. */
  async function settle(step: string, target: string): Promise<void> {
    if (step === 'syncDir') folders.set(target, await entriesOf(target))
    if (step === 'syncFile') {
      const { ino } = await lstat(target)
      await pin(target, ino)
      bytes.set(ino, await readFile(target))
    }
    if (step === 'makeDir') {
      // Its contract: every folder that it made is durable.
      for (let made = target; made.startsWith(root) && made !== root; made = path.dirname(made)) {
        if (!folders.has(made)) folders.set(made, new Map())
        const { ino } = await lstat(made)
        folders.get(path.dirname(made))?.set(path.basename(made), { inode: ino, isDirectory: true })
        if (!folders.has(path.dirname(made))) {
          folders.set(path.dirname(made), new Map([[path.basename(made), { inode: ino, isDirectory: true }]]))
        }
      }
    }
  }

  const env: Env = { ...nodeEnv }
  for (const step of FILE_STEPS) {
    const real = nodeEnv[step] as (...given: readonly unknown[]) => Promise<void>
    Object.assign(env, {
      [step]: async (...given: readonly unknown[]): Promise<void> => {
        if (!armed) return real(...given)
        const paths = given.filter((each): each is string => typeof each === 'string')
        taken.push({ number: taken.length + 1, step, paths })
        if (taken.length >= cutAt) throw Object.assign(new Error('the power is gone'), { code: 'EIO' })
        await real(...given)
        await settle(step, paths[0] ?? '')
      },
    })
  }

  async function lay(from: string, to: string, loss: Loss): Promise<void> {
    await mkdir(to, { recursive: true })
    const entries =
      loss === 'bytes-lost' ? await entriesOf(from) : (folders.get(from) ?? new Map<string, Entry>())
    for (const [name, { inode, isDirectory }] of entries) {
      if (isDirectory) await lay(path.join(from, name), path.join(to, name), loss)
      else await writeFile(path.join(to, name), bytes.get(inode) ?? Buffer.alloc(0))
    }
  }

  return {
    env,
    taken,
    async arm() {
      await mkdir(pins, { recursive: true })
      await keepAll(root)
      armed = true
    },
    leaveAt: (target, loss) => lay(root, target, loss),
    remove: () => rm(pins, { recursive: true, force: true }),
  }
}
