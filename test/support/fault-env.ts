import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'

/** The effects on files that a fault can hit. */
export const FILE_STEPS = [
  'makeDir',
  'writeNew',
  'append',
  'appendLines',
  'syncFile',
  'syncDir',
  'rename',
  'link',
  'removeFile',
  'removeDir',
  'copyOut',
] as const
export type FileStep = (typeof FILE_STEPS)[number]

/** Calls that only look. A kill there is one at the effect before, so they fail alone, and are counted by themselves. */
export const FILE_LOOKS = ['readDir', 'stat', 'statNow', 'readFile', 'readStream'] as const
export type FileLook = (typeof FILE_LOOKS)[number]

export interface StepTaken {
  /** From 1. */
  readonly number: number
  readonly step: FileStep | FileLook
  readonly paths: readonly string[]
}

/** How much of the step has happened when the fault strikes. Only what writes bytes can be torn. */
export type Extent = 'nothing' | 'torn' | 'all'

/** What a disk answers that is broken, full, not ours, or mounted read-only. */
export const DISK_ERRORS = ['EIO', 'ENOSPC', 'EACCES', 'EROFS'] as const
export type DiskError = (typeof DISK_ERRORS)[number]

export interface Fault {
  /** The step that it strikes, from 1. */
  readonly at: number
  readonly extent: Extent
  /**
   * `kill` ends the process by SIGKILL. `death` leaves the same files without ending it: no call reaches the disk any
   * more (`bury` makes its lock and staging those of a process that is no more). The others are the error of the call.
   */
  readonly how: 'kill' | 'death' | DiskError
  /** Every later step fails as well, with nothing done: a disk that is gone, or full for good. */
  readonly lasting?: boolean
  /** It strikes the at-th look instead of the at-th effect. */
  readonly look?: boolean
}

export interface FaultEnv {
  readonly env: Env
  /** Effects since counting began, the struck one included. */
  readonly taken: readonly StepTaken[]
  /** Looks since counting began. */
  readonly looked: readonly StepTaken[]
  /** Counts from here on: what came before belongs to the preparation. */
  arm(): void
  /** No more faults. */
  mend(): void
}

/** The real file system, with its steps counted and one of them failing or killing. */
export function faultEnv(fault: Fault | null = null, base: Env = nodeEnv): FaultEnv {
  const taken: StepTaken[] = []
  const looked: StepTaken[] = []
  let armed = false
  let mended = false
  let dead = false
  const env: Env = { ...base }
  const count = (list: StepTaken[], step: StepTaken['step'], given: readonly unknown[]): number => {
    const paths = given.filter((each): each is string => typeof each === 'string')
    list.push({ number: list.length + 1, step, paths })
    return list.length
  }
  /** Whether the call fails with nothing done. */
  const fails = (number: number, isLook: boolean): boolean => {
    if (fault === null || mended) return false
    if (dead) return true
    if (isLook !== (fault.look === true)) return false
    return number > fault.at ? fault.lasting === true : number === fault.at && fault.extent === 'nothing'
  }
  for (const step of FILE_STEPS) {
    const real = base[step] as (...given: readonly unknown[]) => Promise<void>
    const faulty = async (...given: readonly unknown[]): Promise<void> => {
      if (!armed) return real(...given)
      const number = count(taken, step, given)
      const struck = fault !== null && !mended && fault.look !== true && number === fault.at
      if (struck && fault.how === 'death') dead = true
      if (struck && fault.extent === 'all') await real(...given)
      if (struck && fault.extent === 'torn') await tear(base, step, given)
      if (fault !== null && (struck || fails(number, false))) return strike(fault, step)
      return real(...given)
    }
    Object.assign(env, { [step]: faulty })
  }
  for (const look of FILE_LOOKS) {
    const real = Reflect.get(base, look) as ((...given: readonly unknown[]) => unknown) | undefined
    if (real === undefined) continue
    // Two of them answer on the spot, the others by a promise.
    const faulty = (...given: readonly unknown[]): unknown => {
      if (!armed) return real(...given)
      const number = count(looked, look, given)
      if (fault === null || !fails(number, true)) return real(...given)
      if (look === 'statNow') return strike(fault, look)
      return look === 'readStream' ? failing(fault) : Promise.resolve().then(() => strike(fault, look))
    }
    Object.assign(env, { [look]: faulty })
  }
  return {
    env,
    taken,
    looked,
    arm() {
      armed = true
    },
    mend() {
      mended = true
    },
  }
}

// biome-ignore lint/correctness/useYield: it ends before its first piece
async function* failing(fault: Fault): AsyncGenerator<Uint8Array> {
  strike(fault, 'readStream')
}

function strike({ how, at }: Fault, step: StepTaken['step']): never {
  if (how === 'kill') {
    process.kill(process.pid, 'SIGKILL')
    // The signal ends this process before the next instruction could touch a file.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
  }
  const code = how === 'death' ? 'EIO' : how
  throw Object.assign(new Error(`${code}: fault at step ${at} (${step})`), { code })
}

/** Half of the bytes. DuckDB's COPY is let through and its file cut: a kill inside it leaves just that. */
async function tear(base: Env, step: FileStep, given: readonly unknown[]): Promise<void> {
  const [target, content] = given
  if (typeof target !== 'string') return
  if (step === 'writeNew' && content instanceof Uint8Array) {
    await base.writeNew(target, content.subarray(0, content.length >> 1))
  } else if ((step === 'append' || step === 'appendLines') && content instanceof Uint8Array) {
    await base[step](target, content.subarray(0, content.length >> 1))
  } else if (step === 'copyOut') {
    await base.copyOut(target, content as () => Promise<void>)
    const whole = readFileSync(target)
    await writeFile(target, whole.subarray(0, whole.length >> 1))
  }
}
