import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DISK_ERRORS, type DiskError, type Fault, type FileStep, type StepTaken } from './fault-env.ts'

/** `npm run test:soak`: every kind of fault at every step, where `npm test` goes through the kinds from step to step. */
export const SOAK = process.env.BARKEEP_SOAK === '1'

/**
 * How often a random test goes round. Inside Electron a quarter: what can differ there (its V8, its patched file system) shows
 * in the first rounds, and the rules have been tried on Node.
 * @param least rounds that it takes to meet every kind that the test asks for
 */
export function rounds(usual: number, soak: number, least = 1): number {
  if (SOAK) return soak
  return process.env.BARKEEP_TEST_RUNTIME === 'electron' ? Math.max(least, Math.ceil(usual / 4)) : usual
}

const WRITES: readonly string[] = [
  'writeNew',
  'append',
  'appendLines',
  'copyOut',
] satisfies readonly FileStep[]

/** Each error once and from then on, with nothing done. */
const REFUSALS = DISK_ERRORS.flatMap((how) => [
  { extent: 'nothing', how } as const,
  { extent: 'nothing', how, lasting: true } as const,
])

/**
 * Faults of steps that fail: refused with nothing done, done but told as failed, torn. In the soak every kind at every
 * step; else each step meets one, the next step the next kind, so that a few scenarios go through all of them.
 */
export function failuresOf(steps: readonly StepTaken[], every = SOAK, offset = 0): Fault[] {
  return steps.flatMap(({ number, step }): Fault[] => {
    const done: Omit<Fault, 'at'>[] = [{ extent: 'all', how: 'EIO' }]
    if (WRITES.includes(step)) {
      done.push({ extent: 'torn', how: 'ENOSPC' }, { extent: 'torn', how: 'ENOSPC', lasting: true })
    }
    const kinds = [...REFUSALS, ...done]
    const chosen = every ? kinds : kinds.slice((number + offset) % kinds.length).slice(0, 1)
    return chosen.map((kind) => ({ at: number, ...kind }))
  })
}

/** The same for looks, of which none can be torn: a disk that can't be read, once and from then on. */
export function blindnessOf(looks: readonly StepTaken[], every = SOAK, offset = 0): Fault[] {
  const kinds = (['EIO', 'EACCES'] satisfies DiskError[]).flatMap((how) => [
    { extent: 'nothing', how, look: true } as const,
    { extent: 'nothing', how, look: true, lasting: true } as const,
  ])
  return looks.flatMap(({ number }): Fault[] => {
    const chosen = every ? kinds : kinds.slice((number + offset) % kinds.length).slice(0, 1)
    return chosen.map((kind) => ({ at: number, ...kind }))
  })
}

/** Every moment at which a process that ends leaves other files: before each step, inside each that writes, after the last. */
export function endingsOf(steps: readonly StepTaken[], how: 'kill' | 'death'): Fault[] {
  const endings = steps.flatMap(({ number, step }): Fault[] => [
    { at: number, extent: 'nothing', how },
    ...(WRITES.includes(step) ? [{ at: number, extent: 'torn', how } as const] : []),
  ])
  const last = steps.at(-1)
  return last === undefined ? endings : [...endings, { at: last.number, extent: 'all', how }]
}

/** All of them in the soak, else one of so many: the deaths of `npm test` leave the same files at a tenth of the cost. */
export function sampled<T>(faults: readonly T[], oneOf: number): readonly T[] {
  return SOAK ? faults : faults.filter((_, index) => index % oneOf === 0)
}

/**
 * Faults of the opens after a writer's end: one at one of its calls, and for the next end another. In the soak every kind
 * at every call, once for each way that an open can go: most ends leave the same to do.
 */
export class SecondFaults {
  readonly #ways = new Set<string>()
  #turn: number

  /** @param turn where to begin: another for each scenario, so that together they come to all kinds */
  constructor(turn: number) {
    this.#turn = turn
  }

  of(steps: readonly StepTaken[], looks: readonly StepTaken[]): readonly Fault[] {
    if (steps.length === 0) return []
    const all = [...failuresOf(steps, true), ...endingsOf(steps, 'death'), ...blindnessOf(looks, true)]
    const way = steps.map(({ step, paths }) => `${step} ${paths.map(withoutIds).join(' ')}`).join('\n')
    const isNew = !this.#ways.has(way)
    this.#ways.add(way)
    this.#turn += 1
    return SOAK && isNew ? all : all.slice((this.#turn * 7) % all.length).slice(0, 1)
  }
}

function withoutIds(file: string): string {
  return path.basename(file).replace(/[0-9a-f]{4,}/g, '#')
}

/** A number that no process of this machine has. */
const DEAD_PID = 999_999_999

/** After a `death`: lock and staging become those of a process that is no more. */
export async function bury(root: string): Promise<void> {
  const own = path.join(root, '.barkeep')
  for (const name of await readdir(own).catch(() => [])) {
    if (!name.startsWith('writer.lock')) continue
    const file = path.join(own, name)
    await writeFile(file, (await readFile(file, 'utf8')).replace(`"pid":${process.pid}`, `"pid":${DEAD_PID}`))
  }
  const staging = path.join(own, 'staging')
  for (const name of await readdir(staging).catch(() => [])) {
    if (!name.startsWith(`${process.pid}-`)) continue
    await rename(path.join(staging, name), path.join(staging, name.replace(/^\d+/, String(DEAD_PID))))
  }
}

/** A fault in words, for messages: `step 7 rename part-….parquet → part-….parquet: EIO, nothing done`. */
export function told({ at, extent, how, lasting }: Fault, steps: readonly StepTaken[]): string {
  const step = steps[at - 1]
  const files = step?.paths.map((file) => path.basename(file)).join(' → ')
  return `step ${at} ${step?.step} ${files}: ${how}, ${extent} done${lasting === true ? ', from then on' : ''}`
}
