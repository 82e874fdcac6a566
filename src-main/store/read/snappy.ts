/** One for all blocks: a new one for each would cost more, in the collector, than the unpacking. */
let scratch = new Uint8Array(65_536)

/** Up to so many bytes a loop is faster than a call. */
const SHORT = 32

/**
 * Unpacks a block of Snappy, the compression of our dayfiles' pages.
 * @returns the block, only until the next call
 * @throws RangeError for what is no such block, or is not of the given length
 */
export function unpackSnappy(packed: Uint8Array, length: number): Uint8Array {
  if (scratch.length < length) scratch = new Uint8Array(length)
  const unpacked = scratch
  let from = 0
  let told = 0
  for (let factor = 1; ; factor *= 128) {
    const byte = at(packed, from++)
    told += (byte & 127) * factor
    if (byte < 128) break
  }
  if (told !== length) throw new RangeError(`a block of ${told} bytes, where ${length} were told`)
  let to = 0
  while (from < packed.length) {
    const tag = at(packed, from++)
    const kind = tag & 3
    if (kind === 0) {
      let size = (tag >> 2) + 1
      if (size > 60) {
        const bytes = size - 60
        size = 1 + numberAt(packed, from, bytes)
        from += bytes
      }
      if (from + size > packed.length || to + size > length) throw new RangeError('a literal beyond the end')
      if (size > SHORT) unpacked.set(packed.subarray(from, from + size), to)
      else for (let byte = 0; byte < size; byte++) unpacked[to + byte] = packed[from + byte] as number
      from += size
      to += size
      continue
    }
    const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
    const bytes = kind === 3 ? 4 : kind
    const offset = numberAt(packed, from, bytes) + (kind === 1 ? (tag >> 5) * 256 : 0)
    from += bytes
    if (offset === 0 || offset > to || to + size > length) throw new RangeError('a copy beyond the ends')
    const end = to + size
    if (size > SHORT && offset >= size) unpacked.copyWithin(to, to - offset, end - offset)
    // Byte by byte: what is copied may be what this very copy has just written.
    else for (let byte = to; byte < end; byte++) unpacked[byte] = unpacked[byte - offset] as number
    to = end
  }
  if (to !== length) throw new RangeError(`${to} bytes unpacked, where ${length} were told`)
  return unpacked.subarray(0, length)
}

function at(bytes: Uint8Array, index: number): number {
  const byte = bytes[index]
  if (byte === undefined) throw new RangeError('the bytes end too soon')
  return byte
}

/** Little-endian. */
function numberAt(bytes: Uint8Array, index: number, size: number): number {
  let value = 0
  for (let byte = size - 1; byte >= 0; byte--) value = value * 256 + at(bytes, index + byte)
  return value
}
