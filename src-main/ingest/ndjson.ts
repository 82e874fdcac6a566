import { isUtf8 } from 'node:buffer'
import { findNonFinite, nestingDepth } from './json-scan.ts'

/** A bot's document is some hundred bytes; what is longer than this is no line of a bot's (SPEC X1). */
export const MAX_LINE_BYTES = 1_048_576
/** A decision's features, or an audit's snapshot, may be a megabyte by themselves. */
export const MAX_LEDGER_LINE_BYTES = 8 * MAX_LINE_BYTES
/** Objects and arrays inside each other; deeper input only serves to exhaust a stack (SPEC X7). */
export const MAX_DEPTH = 64
/** Text shorter than this is parsed without looking at its depth first: no stack minds so few levels. */
const SHORT = 512
/** So much of a line too long to be kept is still shown with its rejection. */
const HEAD_BYTES = 4096

const LINE_FEED = 0x0a

/** A line of NDJSON that isn't empty, from 1: a document, or what is wrong with it. */
export interface Line {
  readonly line: number
  /** As it came, without its end; of a line that is too long, the beginning. */
  readonly text: string
  readonly document: unknown
  /** Null for a document. */
  readonly fault: { readonly field: string | null; readonly reason: string } | null
}

/**
 * Lines of an NDJSON stream, as many at a time as a piece of input completes. Holds one unfinished line at most, and of
 * that no more than `maxBytes`; asks for the next piece only when the lines before were taken.
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes = MAX_LINE_BYTES,
): AsyncGenerator<readonly Line[]> {
  const splitter = new LineSplitter(maxBytes)
  for await (const piece of source) {
    const lines = splitter.push(piece)
    if (lines.length > 0) yield lines
  }
  const last = splitter.end()
  if (last !== null) yield [last]
}

class LineSplitter {
  #line = 1
  /** Pieces of the unfinished line; only its head once it has grown too long. */
  #pieces: Uint8Array[] = []
  #bytes = 0
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(piece: Uint8Array): Line[] {
    const lines: Line[] = []
    let start = 0
    for (;;) {
      const end = piece.indexOf(LINE_FEED, start)
      if (end === -1) break
      this.#keep(piece.subarray(start, end))
      const line = this.#finish(true)
      if (line !== null) lines.push(line)
      start = end + 1
    }
    if (start < piece.length) this.#keep(piece.subarray(start))
    return lines
  }

  end(): Line | null {
    return this.#finish(false)
  }

  #keep(bytes: Uint8Array): void {
    const wasTooLong = this.#bytes > this.#maxBytes
    this.#bytes += bytes.length
    if (wasTooLong) return
    this.#pieces.push(bytes)
    // A copy of the head: a view would hold on to the whole pieces.
    if (this.#bytes > this.#maxBytes)
      this.#pieces = [Buffer.from(Buffer.concat(this.#pieces).subarray(0, HEAD_BYTES))]
  }

  #finish(terminated: boolean): Line | null {
    const [only] = this.#pieces
    const bytes = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces)
    const size = this.#bytes
    this.#pieces = []
    this.#bytes = 0
    const line = this.#line++
    if (size > this.#maxBytes) {
      const reason = `the line has ${size} bytes; no more than ${this.#maxBytes} are taken`
      return { line, text: decoded(bytes), document: undefined, fault: { field: null, reason } }
    }
    return parsedLine(line, bytes, terminated)
  }
}

/** Trimmed of the line's end, of what may stand around a document, and of a byte order mark. */
function decoded(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8').trim()
}

function parsedLine(line: number, bytes: Uint8Array, terminated: boolean): Line | null {
  const text = decoded(bytes)
  if (text === '') return null
  const bad = (field: string | null, reason: string): Line => ({
    line,
    text,
    document: undefined,
    fault: { field, reason },
  })
  if (!isUtf8(bytes)) return bad(null, 'the line is not UTF-8')
  if (text.length > SHORT && nestingDepth(text) > MAX_DEPTH) {
    return bad(null, `the line nests objects and arrays deeper than ${MAX_DEPTH} levels`)
  }
  const document = parsed(text)
  if (!(document instanceof SyntaxError)) return { line, text, document, fault: null }
  const literal = findNonFinite(text)
  if (literal !== null && !(parsed(literal.patched) instanceof SyntaxError)) {
    return bad(literal.field, `${literal.path || 'the line'} is ${literal.literal}, not a finite number`)
  }
  if (!terminated) return bad(null, 'the last line is torn: it ends before its document does')
  return bad(null, `the line is not JSON: ${document.message.replaceAll(/\s+/g, ' ').slice(0, 120)}`)
}

/** The value, or the error: a document is never a SyntaxError itself. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return error
    throw error
  }
}
