import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { FILE_STEPS, type FileStep } from './fault-env.ts'
import { bury } from './fault-plan.ts'
import type { Random } from './seeded.ts'

/** A file by what it is, whatever its names. */
interface Node {
  /** As last written. */
  bytes: Buffer
  /** As last synced; null when it never was. */
  synced: Buffer | null
}

type Entry = Node | 'folder' | null

/** A name, and what it may stand for after the cut: what it was when its folder was last synced, and all it was since. */
interface Name {
  readonly file: string
  readonly entries: readonly Entry[]
}

/** A moment at which the power may go. */
export interface Cut {
  /** The step that would have come next, for messages. */
  readonly before: string
  /** How much had been acknowledged by then. */
  readonly acknowledged: number
  readonly names: readonly Name[]
  /** Bytes that a file may have after the cut: what was synced, or whole, empty, half and zeros. */
  readonly contents: ReadonlyMap<Node, readonly Buffer[]>
}

/** What is on the disk after a cut: a path below the root, and its bytes; null for a folder. */
export type Left = ReadonlyMap<string, Buffer | null>

export interface PowerRecorder {
  readonly env: Env
  /** From here on only what is synced is safe; all that is there now is. */
  arm(): Promise<void>
  acknowledge(): void
  /** Every moment so far, the present one included. */
  cuts(): readonly Cut[]
}

/**
 * The real file system, with a record of what each step leaves unsynced: one run of the work tells every power cut. A
 * name is as good as lost until its folder is synced, each by itself, and so are the bytes of a file until it is.
 */
export function powerRecorder(root: string): PowerRecorder {
  const folders = new Map<string, Map<string, Entry[]>>()
  const cuts: Cut[] = []
  let acknowledged = 0
  let armed = false

  const entriesIn = (folder: string): Map<string, Entry[]> => {
    const known = folders.get(folder) ?? new Map<string, Entry[]>()
    folders.set(folder, known)
    return known
  }
  const current = (file: string): Entry =>
    folders.get(path.dirname(file))?.get(path.basename(file))?.at(-1) ?? null
  const change = (file: string, entry: Entry): void => {
    const names = entriesIn(path.dirname(file))
    names.set(path.basename(file), [...(names.get(path.basename(file)) ?? [null]), entry])
  }
  const settle = (folder: string): void => {
    for (const [name, entries] of entriesIn(folder)) folders.get(folder)?.set(name, entries.slice(-1))
  }
  const nodeAt = (file: string): Node => {
    const found = current(file)
    if (found === null || found === 'folder') throw new Error(`no file at ${file}`)
    return found
  }

  async function load(folder: string): Promise<void> {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const file = path.join(folder, entry.name)
      const bytes = entry.isDirectory() ? null : await readFile(file)
      entriesIn(folder).set(entry.name, [bytes === null ? 'folder' : { bytes, synced: bytes }])
      if (bytes === null) await load(file)
    }
  }

  /** What a step has changed once it is done. */
  async function record(step: FileStep, from: string, given: unknown): Promise<void> {
    if (step === 'makeDir') {
      // Its contract: every folder that it made is durable.
      for (let made = from; made !== root && current(made) === null; made = path.dirname(made)) {
        entriesIn(path.dirname(made)).set(path.basename(made), ['folder'])
      }
    } else if (step === 'writeNew' || step === 'copyOut') {
      change(from, { bytes: await readFile(from), synced: null })
    } else if (step === 'append' || step === 'appendLines') {
      if (current(from) === null) change(from, { bytes: Buffer.alloc(0), synced: null })
      nodeAt(from).bytes = await readFile(from)
    } else if (step === 'syncFile') {
      nodeAt(from).synced = nodeAt(from).bytes
    } else if (step === 'syncDir') {
      settle(from)
    } else if (step === 'removeFile' || step === 'removeDir') {
      if (current(from) !== null) change(from, null)
    } else if (typeof given === 'string') {
      const same = current(given) === current(from)
      change(given, nodeAt(from))
      if (step === 'rename' && !same) change(from, null)
    }
  }

  function cut(before: string): Cut {
    const names: Name[] = []
    const contents = new Map<Node, readonly Buffer[]>()
    for (const [folder, entries] of folders) {
      for (const [name, versions] of entries) {
        names.push({ file: path.relative(root, path.join(folder, name)), entries: [...new Set(versions)] })
        for (const node of versions) {
          if (node !== null && node !== 'folder') contents.set(node, outcomesOf(node))
        }
      }
    }
    return { before, acknowledged, names, contents }
  }

  const env: Env = { ...nodeEnv }
  for (const step of FILE_STEPS) {
    const real = nodeEnv[step] as (...given: readonly unknown[]) => Promise<void>
    Object.assign(env, {
      [step]: async (...given: readonly unknown[]): Promise<void> => {
        const [from, to] = given
        if (!armed || typeof from !== 'string') return real(...given)
        cuts.push(cut(`${step} ${path.relative(root, from)}`))
        await real(...given)
        await record(step, from, to)
      },
    })
  }
  return {
    env,
    async arm() {
      await load(root)
      armed = true
    },
    acknowledge() {
      acknowledged += 1
    },
    cuts: () => [...cuts, cut('the end')],
  }
}

function outcomesOf({ bytes, synced }: Node): readonly Buffer[] {
  if (synced === bytes) return [bytes]
  const torn = [bytes, Buffer.alloc(0), bytes.subarray(0, bytes.length >> 1), Buffer.alloc(bytes.length)]
  return synced === null ? torn : [...torn, synced]
}

/** What one choice of everything that was not synced leaves; `pick` is told the number of choices. */
function leave({ names, contents }: Cut, pick: (choices: number) => number): Left {
  const chosen = new Map<Node, Buffer>()
  const left = new Map<string, Buffer | null>()
  for (const { file, entries } of names) {
    const entry = entries[pick(entries.length)] ?? null
    if (entry === null) continue
    if (entry === 'folder') {
      left.set(file, null)
      continue
    }
    const outcomes = contents.get(entry) ?? [entry.bytes]
    const bytes = chosen.get(entry) ?? outcomes[pick(outcomes.length)] ?? entry.bytes
    chosen.set(entry, bytes)
    left.set(file, bytes)
  }
  return left
}

/** Staging and lock are nobody's after a cut: which of their files are left makes no other store. */
function isOfTheProcess(file: string): boolean {
  return /^\.barkeep[\\/](staging|writer\.lock)/.test(file)
}

export interface Leavings {
  /** Every outcome was gone through; otherwise so many were drawn. */
  readonly exhaustive: boolean
  /** Outcomes gone through. */
  readonly outcomes: number
  /** Those that differ. */
  readonly left: readonly Left[]
}

/**
 * What a cut may leave: every subset of the unsynced names × every state of unsynced bytes, as far as these are at most
 * `limit`; else the extremes and seeded samples.
 */
export function leavingsOf(cut: Cut, limit: number, random: Random): Leavings {
  const found = new Map<string, Left>()
  const keep = (left: Left): void => {
    found.set(signature(left), left)
  }
  const steady: Cut = {
    ...cut,
    names: cut.names.map((name) => (isOfTheProcess(name.file) ? latest(name) : name)),
    contents: new Map([...cut.contents].filter(([node]) => isPublic(cut, node))),
  }
  // A counter with a digit for each choice; how many choices there are depends on those before.
  const digits: { at: number; readonly of: number }[] = []
  let outcomes = 0
  while (outcomes < limit) {
    let place = 0
    keep(
      leave(steady, (of) => {
        const digit = digits[place] ?? { at: 0, of }
        digits[place++] = digit
        return digit.at
      }),
    )
    outcomes += 1
    let last = digits.at(-1)
    for (; last !== undefined && last.at === last.of - 1; last = digits.at(-1)) digits.pop()
    if (last === undefined) return { exhaustive: true, outcomes, left: [...found.values()] }
    last.at += 1
  }
  found.clear()
  keep(leave(cut, () => 0))
  // All of the names, and one state for all bytes.
  const named = { ...cut, names: cut.names.map(latest) }
  for (const state of [0, 1, 2, 3]) keep(leave(named, (of) => Math.min(state, of - 1)))
  for (let drawn = 0; drawn < limit; drawn++) keep(leave(cut, (of) => random.int(0, of - 1)))
  return { exhaustive: false, outcomes: limit + 5, left: [...found.values()] }
}

function latest({ file, entries }: Name): Name {
  return { file, entries: entries.slice(-1) }
}

/** Whether a file has a name beside those of the process. */
function isPublic({ names }: Cut, node: Node): boolean {
  return names.some(({ file, entries }) => !isOfTheProcess(file) && entries.includes(node))
}

const hashes = new WeakMap<Buffer, string>()

function hashOf(bytes: Buffer): string {
  const known = hashes.get(bytes) ?? createHash('sha256').update(bytes).digest('hex')
  hashes.set(bytes, known)
  return known
}

/** Equal for what no store can tell apart. */
export function signature(left: Left): string {
  return [...left]
    .filter(([file]) => !isOfTheProcess(file))
    .map(([file, bytes]) => `${file} ${bytes === null ? 'folder' : hashOf(bytes)}`)
    .join('\n')
}

/** Makes a folder of what the cut left, of a process that is no more. */
export async function lay(left: Left, target: string): Promise<void> {
  await mkdir(target, { recursive: true })
  for (const [file, bytes] of left) {
    const to = path.join(target, file)
    await mkdir(bytes === null ? to : path.dirname(to), { recursive: true })
    if (bytes !== null) await writeFile(to, bytes)
  }
  await bury(target)
}
