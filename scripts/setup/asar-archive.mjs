import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Packs the files of one flat folder into an asar archive. Electron reads its start-up
 * app only from such an archive; the format is a JSON table of contents in front of the
 * joined file contents, so two dozen lines spare a dependency before `npm ci` has run.
 *
 * @param {string} folder folder whose files (no sub-folders) go in
 * @returns {Buffer} the archive's content
 */
export function packAsar(folder) {
  /** @type {Record<string, { size: number, offset: string }>} */
  const files = {}
  const contents = []
  let offset = 0
  for (const name of readdirSync(folder).sort()) {
    const content = readFileSync(join(folder, name))
    files[name] = { size: content.length, offset: String(offset) }
    contents.push(content)
    offset += content.length
  }
  return Buffer.concat([tableOfContents(JSON.stringify({ files })), ...contents])
}

/**
 * The table is a Chromium pickle in a pickle: little-endian 32-bit lengths, each counting
 * what follows it, and the text padded to 4 bytes.
 *
 * @param {string} json
 */
function tableOfContents(json) {
  const text = Buffer.from(json, 'utf8')
  const padded = Math.ceil(text.length / 4) * 4
  const head = Buffer.alloc(16 + padded)
  head.writeUInt32LE(4, 0)
  head.writeUInt32LE(8 + padded, 4)
  head.writeUInt32LE(4 + padded, 8)
  head.writeUInt32LE(text.length, 12)
  text.copy(head, 16)
  return head
}
