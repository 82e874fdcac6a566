import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { CANDLES } from '../../schemas/tables/index.ts'
import { partBytes } from '../../src-main/store/write/part-writer.ts'

/** What another program does to files, one after another; paths absolute. */
export type FileOrder =
  | { readonly do: 'folder' | 'remove'; readonly path: string }
  | { readonly do: 'rename'; readonly from: string; readonly to: string }
  /** To the end of a file that is there. */
  | { readonly do: 'append'; readonly path: string; readonly base64: string }
  /** In place, in so many pieces with a pause between, ms; folders are made. */
  | {
      readonly do: 'write'
      readonly path: string
      readonly base64: string
      readonly pieces: number
      readonly pause: number
    }

/** Plain JavaScript: no loader, no bundle, 40 ms to start. */
const PROGRAM = `
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
const rest = (millis) => new Promise((resolve) => setTimeout(resolve, millis))
for await (const line of createInterface({ input: process.stdin })) {
  for (const order of JSON.parse(line)) {
    if (order.do === 'folder') mkdirSync(order.path, { recursive: true })
    if (order.do === 'remove') rmSync(order.path, { recursive: true, force: true })
    if (order.do === 'rename') {
      mkdirSync(path.dirname(order.to), { recursive: true })
      renameSync(order.from, order.to)
    }
    if (order.do === 'append') appendFileSync(order.path, Buffer.from(order.base64, 'base64'))
    if (order.do === 'write') {
      const bytes = Buffer.from(order.base64, 'base64')
      mkdirSync(path.dirname(order.path), { recursive: true })
      const piece = Math.max(1, Math.ceil(bytes.length / order.pieces))
      writeFileSync(order.path, bytes.subarray(0, piece))
      for (let at = piece; at < bytes.length; at += piece) {
        await rest(order.pause)
        appendFileSync(order.path, bytes.subarray(at, at + piece))
      }
    }
  }
  process.stdout.write(Date.now() + '\\n')
}
`

/** A process of its own that changes files, and knows nothing of stores. */
export class SecondWriter {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting: ((at: number) => void)[] = []

  constructor() {
    const node = process.versions.electron === undefined ? process.execPath : 'node'
    this.#child = spawn(node, ['--input-type=module', '-e', PROGRAM])
    this.#child.stderr.on('data', (text: Buffer) => console.error(String(text)))
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.(Number(line)))
  }

  /** @returns when all of it was done, ms UTC by the machine's clock */
  do(...orders: readonly FileOrder[]): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#child.stdin.write(`${JSON.stringify(orders)}\n`)
    })
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.on('close', () => resolve())
      this.#child.stdin.end()
    })
  }
}

/** An order to write bars as a file of theirs. */
export async function barFile(
  row: CandleRow,
  path: string,
  { pieces = 1, pause = 0 } = {},
): Promise<FileOrder> {
  const bytes = await partBytes(CANDLES, { ...row })
  return { do: 'write', path, base64: Buffer.from(bytes).toString('base64'), pieces, pause }
}

/** Two orders: a file that is written as far as its middle, in place, and the rest of it. */
export function inTwo(path: string, bytes: Uint8Array): readonly [FileOrder, FileOrder] {
  const middle = bytes.length >> 1
  const base64 = (some: Uint8Array): string => Buffer.from(some).toString('base64')
  return [
    { do: 'write', path, base64: base64(bytes.subarray(0, middle)), pieces: 3, pause: 20 },
    { do: 'append', path, base64: base64(bytes.subarray(middle)) },
  ]
}
