import { execFile } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../../../scripts/setup/project.mjs'

const run = promisify(execFile)

/** A packaged app's parts on Linux. */
export interface PackagedApp {
  readonly executable: string
  readonly archive: string
}

/** Packs the app into a folder, offline, as `npm run package -- --dir` does, for Playwright to attach to. */
export async function packageInto(folder: string): Promise<PackagedApp> {
  const script = join(projectRoot, 'scripts', 'package.mjs')
  await run(process.execPath, [script, '--dir', '--under-test', '--output', folder], { maxBuffer: 64 << 20 })
  const unpacked = join(folder, 'linux-unpacked')
  return { executable: join(unpacked, 'barkeep'), archive: join(unpacked, 'resources', 'app.asar') }
}

interface ArchiveEntry {
  readonly files?: Readonly<Record<string, ArchiveEntry>>
  readonly unpacked?: boolean
}

/**
 * Paths of all files in an asar archive, from its table of contents.
 * @returns path → whether the file lies beside the archive instead of in it
 */
export async function listArchive(archive: string): Promise<ReadonlyMap<string, boolean>> {
  const file = await open(archive)
  try {
    const lengths = Buffer.alloc(16)
    await file.read(lengths, 0, 16, 0)
    const text = Buffer.alloc(lengths.readUInt32LE(12))
    await file.read(text, 0, text.length, 16)
    const paths = new Map<string, boolean>()
    collect(JSON.parse(text.toString('utf8')) as ArchiveEntry, '', paths)
    return paths
  } finally {
    await file.close()
  }
}

function collect(entry: ArchiveEntry, path: string, paths: Map<string, boolean>): void {
  if (entry.files === undefined) {
    paths.set(path, entry.unpacked === true)
    return
  }
  for (const [name, child] of Object.entries(entry.files)) {
    collect(child, path === '' ? name : `${path}/${name}`, paths)
  }
}

/** Marks the place in Electron's executable where its fuses are: a version, their count, a character each. */
const fuseSentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
const fuseNames = [
  'runAsNode',
  'cookieEncryption',
  'nodeOptions',
  'nodeCliInspect',
  'embeddedAsarIntegrity',
  'onlyLoadAppFromAsar',
  'browserSpecificSnapshot',
  'fileProtocolPrivileges',
] as const

/** Reads which of Electron's fuses an executable was given. */
export async function readFuses(executable: string): Promise<Record<(typeof fuseNames)[number], boolean>> {
  const binary = await readFile(executable)
  const at = binary.indexOf(fuseSentinel)
  if (at < 0) throw new Error(`${executable} has no fuses`)
  const wire = binary.subarray(at + fuseSentinel.length + 2)
  const states = fuseNames.map((name, index) => [name, wire[index] === '1'.charCodeAt(0)])
  return Object.fromEntries(states)
}
