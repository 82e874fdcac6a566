import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashSources } from '../../scripts/setup/build.mjs'
import { installedAsLocked } from '../../scripts/setup/packages.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'barkeep-setup-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function write(name: string, content: unknown): string {
  const file = join(folder, name)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

const linux = { version: '1.0.0', integrity: 'sha512-a' }
const locked = {
  packages: {
    '': { name: 'barkeep' },
    'node_modules/tool': { version: '2.0.0', integrity: 'sha512-t' },
    'node_modules/tool-linux': { ...linux, optional: true },
    'node_modules/tool-darwin': { version: '1.0.0', integrity: 'sha512-d', optional: true },
  },
}

describe('packages that are there already', () => {
  const record = (packages: Record<string, unknown>) => write('record.json', { packages })
  const tool = { version: '2.0.0', integrity: 'sha512-t' }

  it('are recognised without those of other platforms', () => {
    const lock = write('lock.json', locked)
    expect(
      installedAsLocked(lock, record({ 'node_modules/tool': tool, 'node_modules/tool-linux': linux })),
    ).toBe(true)
  })

  it.each([
    ['one is missing', { 'node_modules/tool-linux': linux }],
    ['one has another version', { 'node_modules/tool': { ...tool, version: '1.9.0' } }],
    ['one has other content', { 'node_modules/tool': { ...tool, integrity: 'sha512-x' } }],
    ['one is no longer wanted', { 'node_modules/tool': tool, 'node_modules/old': tool }],
  ])('are not taken for complete when %s', (_case, packages) => {
    expect(installedAsLocked(write('lock.json', locked), record(packages))).toBe(false)
  })

  it('are not taken for complete when npm was interrupted and left no record', () => {
    expect(installedAsLocked(write('lock.json', locked), join(folder, 'record.json'))).toBe(false)
  })
})

describe('the build', () => {
  it('is due when a source changes and not when it is only written again', () => {
    write('electron.vite.config.ts', 'export default {}')
    const before = hashSources(folder)
    write('electron.vite.config.ts', 'export default {}')
    expect(hashSources(folder)).toBe(before)
    write('electron.vite.config.ts', 'export default { }')
    expect(hashSources(folder)).not.toBe(before)
  })

  it('reads this project', () => {
    const root = join(import.meta.dirname, '..', '..')
    expect(hashSources(root)).not.toBe(hashSources(folder))
  })
})
