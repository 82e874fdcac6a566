import { describe, expect, it } from 'vitest'
import { findNonFinite, nestingDepth } from '../../src-main/ingest/json-scan.ts'
import { type Line, MAX_LINE_BYTES, readLines } from '../../src-main/ingest/ndjson.ts'

async function linesOf(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Line[]> {
  const lines: Line[] = []
  for await (const batch of readLines(source)) lines.push(...batch)
  return lines
}

const ofText = (text: string) => linesOf([Buffer.from(text)])
const faultOf = async (text: string) => (await ofText(text))[0]?.fault

describe('lines of NDJSON', () => {
  it('X1: counts from 1, skips empty lines without losing count', async () => {
    const lines = await ofText('{"a":1}\n\n   \n{"a":2}\n')
    expect(lines.map(({ line, document }) => [line, document])).toEqual([
      [1, { a: 1 }],
      [4, { a: 2 }],
    ])
  })

  it('X1: takes CRLF, a byte order mark, and a whole last line without its line feed', async () => {
    const lines = await ofText('\uFEFF{"a":"é"}\r\n\r\n{"a":2}')
    expect(lines.map(({ line, document, fault }) => [line, document, fault])).toEqual([
      [1, { a: 'é' }, null],
      [3, { a: 2 }, null],
    ])
  })

  it('X1: reads the same lines wherever the input is cut into pieces', async () => {
    const bytes = Buffer.from('{"a":"日本"}\r\n\n{"high": NaN}\n[1,2]\n{"torn":')
    const whole = await linesOf([bytes])
    for (let size = 1; size <= bytes.length; size++) {
      const pieces: Uint8Array[] = []
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
      expect(await linesOf(pieces), `pieces of ${size}`).toEqual(whole)
    }
    expect(whole).toHaveLength(4)
  })

  it('X1: takes a line of exactly a mebibyte and rejects one byte more', async () => {
    const padded = (size: number) => `{"a":"${'x'.repeat(size - 8)}"}`
    expect(await faultOf(`${padded(MAX_LINE_BYTES)}\n`)).toBeNull()
    expect(await faultOf(`${padded(MAX_LINE_BYTES + 1)}\n`)).toEqual({
      field: null,
      reason: 'the line has 1048577 bytes; no more than 1048576 are taken',
    })
  })

  it('X1, X4: a line of 200 MB costs no memory, and the lines around it are read', async () => {
    const piece = Buffer.alloc(65_536, 0x78)
    let peak = 0
    function* input() {
      yield Buffer.from('{"a":1}\n{"a":"')
      for (let sent = 0; sent < 200_000_000; sent += piece.length) {
        yield piece
        peak = Math.max(peak, process.memoryUsage().arrayBuffers)
      }
      yield Buffer.from('"}\n{"a":3}\n')
    }
    const before = process.memoryUsage().arrayBuffers
    const lines = await linesOf(input())
    expect(lines.map(({ line }) => line)).toEqual([1, 2, 3])
    expect(lines[1]?.fault?.reason).toMatch(/^the line has 200\d{6} bytes/)
    expect(lines[1]?.text.length).toBe(4096)
    expect(lines[2]?.document).toEqual({ a: 3 })
    expect(peak - before).toBeLessThan(16_000_000)
  })

  it('X4: asks for no more input than was taken', async () => {
    let asked = 0
    function* endless() {
      for (;;) {
        asked++
        yield Buffer.from('{"a":1}\n')
      }
    }
    let taken = 0
    for await (const lines of readLines(endless())) {
      taken += lines.length
      expect(asked).toBeLessThanOrEqual(taken + 1)
      if (taken === 1000) break
    }
  })

  it('X2: a last line cut off has no field, whatever is missing of it', async () => {
    const document = '{"symbol":"SPY","ts":1,"payload":{"a":[1,2]}}'
    for (let length = 1; length < document.length; length++) {
      const lines = await ofText(`{"a":1}\n${document.slice(0, length)}`)
      expect(lines[1]).toMatchObject({ line: 2, fault: { field: null } })
      expect(lines[1]?.fault?.reason).toContain('torn')
    }
  })

  it('X2: the same text with a line feed is not torn but not JSON', async () => {
    expect((await faultOf('{"symbol":"SPY",\n'))?.reason).toMatch(/^the line is not JSON: /)
  })

  it.each([
    ['{"high": NaN}', 'high', 'high is NaN, not a finite number'],
    ['{"low": 1, "high" : -Infinity}', 'high', 'high is -Infinity, not a finite number'],
    ['{"low":Infinity,"high":NaN}', 'low', 'low is Infinity, not a finite number'],
    ['{"note":"NaN","close":NaN}', 'close', 'close is NaN, not a finite number'],
    ['{"payload":{"pole":[1,NaN]},"ts":1}', 'payload', 'payload.pole.1 is NaN, not a finite number'],
    ['{"payload":{"a":1},"ts":NaN}', 'ts', 'ts is NaN, not a finite number'],
    ['[1, NaN]', null, '1 is NaN, not a finite number'],
    ['NaN', null, 'the line is NaN, not a finite number'],
  ])('V3: names the field of a literal that JSON lacks: %s', async (text, field, reason) => {
    expect(await faultOf(`${text}\n`)).toEqual({ field, reason })
  })

  it('V3: takes NaN inside text for what it is, and a line that is broken besides for no JSON', async () => {
    expect(await faultOf('{"note":"is \\"NaN\\" here"}\n')).toBeNull()
    expect((await faultOf('{"high": NaN, oops}\n'))?.reason).toMatch(/^the line is not JSON/)
  })

  it('X1: rejects what is not UTF-8, also as a last line', async () => {
    const latin = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xe9]), Buffer.from('"}\n')])
    const lines = await linesOf([latin, Buffer.from('{"a":2}\n')])
    expect(lines[0]?.fault).toEqual({ field: null, reason: 'the line is not UTF-8' })
    expect(lines[1]?.document).toEqual({ a: 2 })
  })

  it('X7: rejects nesting that would exhaust a stack, and takes what a payload may have', async () => {
    const nested = (depth: number) => `{"payload":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}\n`
    expect((await faultOf(nested(300_000)))?.reason).toContain('deeper than 64')
    expect(await faultOf(nested(64))).toBeNull()
    expect(nestingDepth('{"a":"[[[[","b":[{}]}')).toBe(3)
  })

  it('finds no literal where there is none', () => {
    expect(findNonFinite('{"a":1,"b":"NaN"}')).toBeNull()
    expect(findNonFinite('{"a":"torn NaN')).toBeNull()
  })
})
