/**
 * Reads Parquet's hybrid of runs and bit-packed groups: definition levels and places in a dictionary.
 * @param width bits a number, at most 24
 * @param into filled from the start, as far as it goes
 * @throws RangeError when the bytes end too soon
 */
export function readRuns(bytes: Uint8Array, start: number, width: number, into: Uint32Array): void {
  let position = start
  let done = 0
  const next = (): number => {
    const byte = bytes[position++]
    if (byte === undefined) throw new RangeError('the bytes end too soon')
    return byte
  }
  while (done < into.length) {
    let header = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = next()
      header += (byte & 127) * factor
      if (byte < 128) break
    }
    if (header % 2 === 0) {
      let value = 0
      for (let bits = 0; bits < width; bits += 8) value += next() * 2 ** bits
      const end = Math.min(into.length, done + header / 2)
      into.fill(value, done, end)
      done = end
      continue
    }
    const count = ((header - 1) / 2) * 8
    const mask = 2 ** width - 1
    let buffer = 0
    let held = 0
    const last = position + ((header - 1) / 2) * width
    for (let item = 0; item < count && done < into.length; item++) {
      while (held < width) {
        buffer |= next() << held
        held += 8
      }
      into[done++] = buffer & mask
      buffer >>>= width
      held -= width
    }
    position = last
  }
}
