import { crc32, deflateSync, inflateSync } from 'node:zlib'

/** A decoded picture: 4 bytes a pixel, rows from the top. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly rgba: Uint8Array
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** A PNG of one colour with some noise by place, so that pictures of other seeds have other bytes. */
export function pngOf(width: number, height: number, seed = 0): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 4))
  for (let place = 0; place < rows.length; place++) {
    rows[place] = place % (1 + width * 4) === 0 ? 0 : (place * 31 + seed) % 256
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 6, 0, 0, 0], 8)
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  checksum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, checksum])
}

/**
 * Decodes what browsers write: 8 bits a channel, RGB or RGBA, not interlaced. Every chunk's checksum is checked.
 * @throws Error for anything else
 */
export function decodePng(bytes: Buffer): Pixels {
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) throw new Error('no PNG')
  const data: Buffer[] = []
  let header: Buffer | null = null
  let at = 8
  let ended = false
  while (at < bytes.length) {
    const length = bytes.readUInt32BE(at)
    const body = bytes.subarray(at + 4, at + 8 + length)
    if (bytes.readUInt32BE(at + 8 + length) !== crc32(body)) throw new Error('a chunk was damaged')
    const name = body.subarray(0, 4).toString('latin1')
    if (name === 'IHDR') header = body.subarray(4)
    if (name === 'IDAT') data.push(body.subarray(4))
    ended = name === 'IEND'
    at += 12 + length
  }
  if (header === null || !ended) throw new Error('a chunk is missing')
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const [depth, kind, , , interlaced] = header.subarray(8)
  const channels = kind === 6 ? 4 : kind === 2 ? 3 : 0
  if (depth !== 8 || channels === 0 || interlaced !== 0) throw new Error('not the form that browsers write')
  return { width, height, rgba: unfiltered(inflateSync(Buffer.concat(data)), width, height, channels) }
}

function unfiltered(raw: Buffer, width: number, height: number, channels: number): Uint8Array {
  const stride = width * channels
  const lines = new Uint8Array(stride * height)
  for (let row = 0; row < height; row++) {
    const filter = raw[row * (stride + 1)] ?? 0
    for (let place = 0; place < stride; place++) {
      const left = place < channels ? 0 : (lines[row * stride + place - channels] ?? 0)
      const up = row === 0 ? 0 : (lines[(row - 1) * stride + place] ?? 0)
      const corner = row === 0 || place < channels ? 0 : (lines[(row - 1) * stride + place - channels] ?? 0)
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0
      lines[row * stride + place] = (raw[row * (stride + 1) + 1 + place] ?? 0) + guess
    }
  }
  if (channels === 4) return lines
  const rgba = new Uint8Array(width * height * 4).fill(255)
  for (let pixel = 0; pixel < width * height; pixel++)
    rgba.set(lines.subarray(pixel * 3, pixel * 3 + 3), pixel * 4)
  return rgba
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
  if (toLeft <= toUp && toLeft <= toCorner) return left
  return toUp <= toCorner ? up : corner
}

/** How many colours a part of a picture has: a blank part has one. Pixels. */
export function coloursIn(
  { width, rgba }: Pixels,
  part: { x: number; y: number; width: number; height: number },
): number {
  const found = new Set<number>()
  for (let y = part.y; y < part.y + part.height; y++) {
    for (let x = part.x; x < part.x + part.width; x++) {
      const at = (y * width + x) * 4
      found.add(((rgba[at] ?? 0) << 16) | ((rgba[at + 1] ?? 0) << 8) | (rgba[at + 2] ?? 0))
    }
  }
  return found.size
}
