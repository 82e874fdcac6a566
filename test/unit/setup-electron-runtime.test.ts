import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packAsar } from '../../scripts/setup/asar-archive.mjs'
import { carried, carriedFolder, expectHash } from '../../scripts/setup/carried-runtime.mjs'
import { executableIn, findElectron } from '../../scripts/setup/electron-runtime.mjs'
import { cacheFolder } from '../../scripts/setup/project.mjs'
import { SetupError } from '../../scripts/setup/setup-error.mjs'

let root: string
let env: NodeJS.ProcessEnv
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'barkeep-setup-'))
  env = { XDG_CACHE_HOME: join(root, 'cache') }
  writeFileSync(join(root, 'package.json'), JSON.stringify({ devDependencies: { electron: '43.8.12' } }))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

function putRuntime(folder: string, version: string | null): string {
  const executable = executableIn(folder)
  mkdirSync(dirname(executable), { recursive: true })
  writeFileSync(executable, '')
  if (version !== null) writeFileSync(join(folder, 'version'), version)
  return folder
}
const official = () => join(root, 'node_modules', 'electron', 'dist')
const cached = () => carriedFolder(cacheFolder(env))

describe('the Electron runtime', () => {
  it('is looked for where the environment says, then in node_modules, then in the cache', () => {
    expect(findElectron({ root, env })).toBeNull()
    putRuntime(cached(), carried.electronVersion)
    expect(findElectron({ root, env })).toMatchObject({
      folder: cached(),
      source: 'cache',
      version: '43.2.0',
    })
    putRuntime(official(), 'v43.8.12')
    expect(findElectron({ root, env })).toMatchObject({
      folder: official(),
      source: 'package',
      version: '43.8.12',
    })
    const own = putRuntime(join(root, 'own'), null)
    const overridden = { ...env, ELECTRON_OVERRIDE_DIST_PATH: own }
    expect(findElectron({ root, env: overridden })).toMatchObject({ folder: own, source: 'override' })
  })

  it('is not taken from node_modules when it is of another version than the package', () => {
    putRuntime(official(), '43.7.0')
    expect(findElectron({ root, env })).toBeNull()
  })

  it('is not taken from a cache folder that was never finished', () => {
    putRuntime(cached(), null)
    expect(findElectron({ root, env })).toBeNull()
  })

  it('says what to do when the environment names a folder without one', () => {
    const find = () => findElectron({ root, env: { ...env, ELECTRON_OVERRIDE_DIST_PATH: root } })
    expect(find).toThrow(SetupError)
    expect(find).toThrow('unset ELECTRON_OVERRIDE_DIST_PATH')
  })

  it('is thrown away when its hash is not the pinned one', async () => {
    const file = join(root, 'electron')
    writeFileSync(file, 'abc')
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    await expect(expectHash(file, 'sha256', 'hex', abc)).resolves.toBeUndefined()
    await expect(expectHash(file, 'sha256', 'hex', carried.executableSha256)).rejects.toThrow(SetupError)
  })
})

describe('the asar archive of its start-up app', () => {
  it('holds each file where its table of contents says', () => {
    const source = join(root, 'source')
    mkdirSync(source)
    const files = { 'main.mjs': 'import("électron")\n', 'package.json': '{}' }
    for (const [name, content] of Object.entries(files)) writeFileSync(join(source, name), content)
    const archive = packAsar(source)
    const contentStart = 8 + archive.readUInt32LE(4)
    const table = JSON.parse(archive.subarray(16, 16 + archive.readUInt32LE(12)).toString())
    for (const [name, content] of Object.entries(files)) {
      const { offset, size } = table.files[name]
      const at = contentStart + Number(offset)
      expect(archive.subarray(at, at + size).toString()).toBe(content)
    }
  })
})
