import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type AsyncBuffer, parquetReadObjects } from 'hyparquet'

const FOLDER = path.resolve(import.meta.dirname, '../golden/files')

/**
 * A committed file that bytes must equal. `BARKEEP_GOLDEN=write npx vitest run test/golden` makes it anew, after a
 * change of the format that was meant.
 */
export async function golden(name: string, bytes: Uint8Array): Promise<Buffer> {
  const file = path.join(FOLDER, name)
  if (process.env.BARKEEP_GOLDEN === 'write') {
    await mkdir(FOLDER, { recursive: true })
    await writeFile(file, bytes)
  }
  return readFile(file)
}

/** Rows of a Parquet file by an independent reader. INT64 as numbers, for all of ours are safe integers. */
export async function independentRows(file: string): Promise<Record<string, unknown>[]> {
  const bytes = await readFile(file)
  const buffer: AsyncBuffer = {
    byteLength: bytes.byteLength,
    slice: (start, end) => {
      const part = bytes.subarray(start, end)
      return part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength) as ArrayBuffer
    },
  }
  const rows = await parquetReadObjects({ file: buffer })
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
    ),
  )
}

/** The bits of a row's numbers, so that 0 and −0, and doubles that print alike, are told apart. */
export function bitsOf(rows: readonly Readonly<Record<string, unknown>>[]): unknown[] {
  const view = new DataView(new ArrayBuffer(8))
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => {
        if (typeof value !== 'number') return [name, value ?? null]
        view.setFloat64(0, value)
        return [name, view.getBigUint64(0).toString(16)]
      }),
    ),
  )
}
