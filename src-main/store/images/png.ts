/** What a PNG says of itself at its beginning. */
export interface PngSize {
  readonly width: number
  readonly height: number
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
/** Bytes of the last chunk, IEND: no length, its name, its checksum. */
const END = [0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]
/** Up to the end of the first chunk, IHDR. */
const HEAD_BYTES = 33

/**
 * The size of a picture that begins and ends like a PNG: signature, an IHDR chunk with its checksum, and IEND. What lies
 * between is not decoded.
 * @returns null for anything else, also for a picture that was cut
 */
export function pngSize(bytes: Uint8Array): PngSize | null {
  if (bytes.length < HEAD_BYTES + END.length) return null
  if (!SIGNATURE.every((byte, place) => bytes[place] === byte)) return null
  if (!END.every((byte, place) => bytes[bytes.length - END.length + place] === byte)) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isHeader = view.getUint32(8) === 13 && new TextDecoder().decode(bytes.subarray(12, 16)) === 'IHDR'
  if (!isHeader || view.getUint32(29) !== crc32(bytes.subarray(12, 29))) return null
  return { width: view.getUint32(16), height: view.getUint32(20) }
}

/** The checksum of a chunk's name and data. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
