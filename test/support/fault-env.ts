import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'

/** The effects on files that a fault can hit. Reading changes nothing, so a kill there is one at the step before. */
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

export interface StepTaken {
  /** From 1. */
  readonly number: number
  readonly step: FileStep
  readonly paths: readonly string[]
}

/** How much of the step has happened when the fault strikes. Only what writes bytes can be torn. */
export type Extent = 'nothing' | 'torn' | 'all'

export interface Fault {
  /** The step that it strikes, from 1. */
  readonly at: number
  readonly extent: Extent
  /** `kill` ends the process by SIGKILL; the others are the error that the call ends with. */
  readonly how: 'kill' | 'EIO' | 'ENOSPC'
  /** Every later step fails as well, with nothing done: a disk that is gone, or full for good. */
  readonly lasting?: boolean
}

export interface FaultEnv {
  readonly env: Env
  /** Steps since counting began, the struck one included. */
  readonly taken: readonly StepTaken[]
  /** Counts from here on: what came before belongs to the preparation. */
  arm(): void
  /** No more faults. */
  mend(): void
}

/** The real file system, with its steps counted and one of them failing or killing. */
export function faultEnv(fault: Fault | null = null, base: Env = nodeEnv): FaultEnv {
  const taken: StepTaken[] = []
  let armed = false
  let mended = false
  const env: Env = { ...base }
  for (const step of FILE_STEPS) {
    const real = base[step] as (...given: readonly unknown[]) => Promise<void>
    const faulty = async (...given: readonly unknown[]): Promise<void> => {
      if (!armed) return real(...given)
      const number = taken.length + 1
      taken.push({ number, step, paths: given.filter((each): each is string => typeof each === 'string') })
      if (fault === null || mended) return real(...given)
      if (number === fault.at) {
        if (fault.extent === 'all') await real(...given)
        if (fault.extent === 'torn') await tear(base, step, given)
        return strike(fault, step)
      }
      if (number > fault.at && fault.lasting === true) return strike(fault, step)
      return real(...given)
    }
    Object.assign(env, { [step]: faulty })
  }
  return {
    env,
    taken,
    arm() {
      armed = true
    },
    mend() {
      mended = true
    },
  }
}

function strike({ how, at }: Fault, step: FileStep): never {
  if (how === 'kill') {
    process.kill(process.pid, 'SIGKILL')
    // The signal ends this process before the next instruction could touch a file.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
  }
  throw Object.assign(new Error(`${how}: fault at step ${at} (${step})`), { code: how })
}

/** Half of the bytes. DuckDB's COPY is let through and its file cut: a kill inside it leaves just that. */
async function tear(base: Env, step: FileStep, given: readonly unknown[]): Promise<void> {
  const [target, content] = given
  if (typeof target !== 'string') return
  if (step === 'writeNew' && content instanceof Uint8Array) {
    await base.writeNew(target, content.subarray(0, content.length >> 1))
  } else if (step === 'append' && content instanceof Uint8Array) {
    await base.append(target, content.subarray(0, content.length >> 1))
  } else if (step === 'appendLines' && content instanceof Uint8Array) {
    await base.appendLines(target, content.subarray(0, content.length >> 1))
  } else if (step === 'copyOut') {
    await base.copyOut(target, content as () => Promise<void>)
    const whole = readFileSync(target)
    await writeFile(target, whole.subarray(0, whole.length >> 1))
  }
}

const WRITES: readonly FileStep[] = ['writeNew', 'append', 'appendLines', 'copyOut']

/** Every fault that steps can meet when they fail: not done, done but told as failed, torn, and a disk that stays bad. */
export function failuresOf(steps: readonly StepTaken[]): Fault[] {
  return steps.flatMap(({ number, step }): Fault[] => [
    { at: number, extent: 'nothing', how: 'EIO' },
    { at: number, extent: 'nothing', how: 'ENOSPC', lasting: true },
    { at: number, extent: 'all', how: 'EIO' },
    ...(WRITES.includes(step) ? [{ at: number, extent: 'torn', how: 'ENOSPC' } as const] : []),
  ])
}

/** Every moment at which a kill finds other files: before each step, inside each that writes, and after the last. */
export function killsOf(steps: readonly StepTaken[]): Fault[] {
  const kills = steps.flatMap(({ number, step }): Fault[] => [
    { at: number, extent: 'nothing', how: 'kill' },
    ...(WRITES.includes(step) ? [{ at: number, extent: 'torn', how: 'kill' } as const] : []),
  ])
  const last = steps.at(-1)
  return last === undefined ? kills : [...kills, { at: last.number, extent: 'all', how: 'kill' }]
}

/** A fault in words, for messages: `step 7 rename part-….parquet → part-….parquet: EIO, nothing done`. */
export function told({ at, extent, how, lasting }: Fault, steps: readonly StepTaken[]): string {
  const step = steps[at - 1]
  const files = step?.paths.map((file) => path.basename(file)).join(' → ')
  return `step ${at} ${step?.step} ${files}: ${how}, ${extent} done${lasting === true ? ', from then on' : ''}`
}
