import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { breachesOf, LAYERS, layerOf } from './house-rules.ts'
import { type ModuleSyntax, readModule } from './module-syntax.ts'
import { PROJECT_ROOT, sourceFilesIn } from './source-files.ts'

const FILES = sourceFilesIn('schemas', 'src-main', 'src-renderer')

const modules = new Map<string, ModuleSyntax>()

function read(file: string): ModuleSyntax {
  const known = modules.get(file) ?? readModule(file, readFileSync(path.join(PROJECT_ROOT, file), 'utf8'))
  modules.set(file, known)
  return known
}

const check = (file: string, source: string) => breachesOf(file, readModule(file, source))

describe('the layers', () => {
  it('A1, A2, A3: no source file breaks a rule of the house', () => {
    expect(FILES.length).toBeGreaterThan(60)
    expect(FILES.flatMap((file) => breachesOf(file, read(file)))).toEqual([])
  })

  it('A1: every layer has files, and every file that is imported is there', () => {
    for (const layer of LAYERS) {
      expect(
        FILES.some((file) => layerOf(file) === layer),
        layer.name,
      ).toBe(true)
    }
    const missing = FILES.flatMap((file) =>
      read(file)
        .requests.filter(({ specifier }) => specifier?.startsWith('.'))
        .map(({ specifier }) => path.join(path.dirname(file), String(specifier).replace(/\?.*$/, '')))
        .filter((target) => !existsSync(path.join(PROJECT_ROOT, target))),
    )
    expect(missing).toEqual([])
  })

  it('A1: nothing that is shipped or builds what is shipped imports test', () => {
    const others = sourceFilesIn('scripts')
    const importers = [...FILES, ...others].filter((file) =>
      read(file).requests.some(({ specifier }) =>
        path.posix.join(path.posix.dirname(file), specifier ?? '').startsWith('test/'),
      ),
    )
    expect(importers).toEqual([])
  })
})

describe('the check itself', () => {
  it.each([
    [
      'the renderer reaching for the store',
      'src-renderer/chart/x.ts',
      `import '../../src-main/store/index.ts'`,
    ],
    ['… for its types alone', 'src-renderer/x.ts', `import type { Store } from '../src-main/store/api.ts'`],
    ['… in a type', 'src-renderer/x.ts', `type S = import('../src-main/store/api.ts').Store`],
    ['… by handing it on', 'src-renderer/x.ts', `export * from '../src-main/store/api.ts'`],
    ['… handing on one name', 'src-renderer/x.ts', `export { openStore } from '../src-main/store/index.ts'`],
    ['… at run time', 'src-renderer/x.tsx', `const s = <p>{await import('../src-main/store/index.ts')}</p>`],
    ['… with a template', 'src-renderer/x.ts', 'await import(`../src-main/store/index.ts`)'],
    ['… with a computed name', 'src-renderer/x.ts', `const at = 'store'; await import('../src-main/' + at)`],
    ['… with require', 'src-renderer/x.ts', `const s = require('../src-main/store/index.ts')`],
    ['… with import equals', 'src-renderer/x.ts', `import s = require('../src-main/store/index.ts')`],
    ['… round a corner', 'src-renderer/x.ts', `import './../src-renderer/../src-main/store/index.ts'`],
    ['the renderer on Node', 'src-renderer/x.ts', `import { readFileSync } from 'node:fs'`],
    ['… without the prefix', 'src-renderer/x.ts', `import path from 'path'`],
    ['the renderer with electron', 'src-renderer/x.ts', `import { ipcRenderer } from 'electron'`],
    ['the renderer with the preload', 'src-renderer/x.ts', `import '../src-main/preload/preload.ts'`],
    ['the renderer with the engine’s packages', 'src-renderer/x.ts', `import '@duckdb/node-api'`],
    ['the store with electron', 'src-main/store/x.ts', `import { app } from 'electron'`],
    ['… by its types', 'src-main/store/x.ts', `import type { App } from 'electron'`],
    ['… by a path in it', 'src-main/store/x.ts', `import 'electron/main'`],
    ['the store with the shell', 'src-main/store/x.ts', `import '../shell/jobs.ts'`],
    ['the store with ingest', 'src-main/store/x.ts', `import '../ingest/importers.ts'`],
    ['the store with a package of nobody’s', 'src-main/store/x.ts', `import 'left-pad'`],
    ['the command line with the shell', 'src-main/cli/x.ts', `import '../shell/jobs.ts'`],
    ['ingest with electron', 'src-main/ingest/x.ts', `import 'electron'`],
    ['the preload with the store', 'src-main/preload/x.ts', `import '../store/api.ts'`],
    ['the preload on Node', 'src-main/preload/x.ts', `import 'node:path'`],
    ['schemas with anything', 'schemas/contract/x.ts', `import '../../src-main/store/api.ts'`],
    ['schemas with a package', 'schemas/x.ts', `import 'ajv'`],
    ['schemas on Node', 'schemas/x.ts', `import 'node:fs'`],
    ['a file importing a test', 'src-main/store/x.ts', `import '../../test/support/model.ts'`],
    ['an import without its extension', 'src-main/store/x.ts', `import './api'`],
    ['an import from the net', 'src-renderer/x.ts', `import 'https://example.org/x.js'`],
    ['a file of no layer', 'src-main/extra/x.ts', ''],
    ['ipcMain beside the router', 'src-main/shell/x.ts', `import { ipcMain } from 'electron'`],
    ['… under another name', 'src-main/shell/x.ts', `import { ipcMain as bus } from 'electron'`],
    ['… through the namespace', 'src-main/shell/x.ts', `import * as e from 'electron'; e.ipcMain.on('x', f)`],
    ['… in brackets', 'src-main/shell/x.ts', `import * as e from 'electron'; e['ipcMain'].on('x', f)`],
    ['ipcRenderer in the shell', 'src-main/shell/x.ts', `import { ipcRenderer } from 'electron'`],
    ['the bridge beside the client', 'src-renderer/x.ts', 'window.barkeep.call("ready", null)'],
    ['… in brackets', 'src-renderer/x.ts', `globalThis['barkeep']`],
    ['… taken apart', 'src-renderer/x.ts', 'const { barkeep } = window'],
    ['the engine beside its host', 'src-main/shell/x.ts', `import { openStore } from '../store/index.ts'`],
    ['files beside the env', 'src-main/store/write/x.ts', `import { rename } from 'node:fs/promises'`],
    ['… whole', 'src-main/store/write/x.ts', `import fs from 'node:fs'`],
    ['parquetjs-lite outside its wrapper', 'src-main/store/x.ts', `import parquet from 'parquetjs-lite'`],
    ['a file name spelled by hand', 'src-main/store/x.ts', `const file = \`\${day}.parquet\``],
    ['… as a pattern', 'src-main/store/x.ts', 'const part = /^part-[0-9]+/'],
    ['… in ingest', 'src-main/ingest/x.ts', `const part = 'part-2024.x'`],
  ])('A1, A2, A3: finds %s', (_what, file, source) => {
    expect(check(file, source)).not.toEqual([])
  })

  it.each([
    [
      'the store with its packages',
      'src-main/store/x.ts',
      `import '@duckdb/node-api'; import 'ajv/dist/2020.js'`,
    ],
    [
      'the store with schemas and itself',
      'src-main/store/x.ts',
      `import '../../schemas/a.ts'; import './b.ts'`,
    ],
    ['the shell with electron', 'src-main/shell/x.ts', `import { app } from 'electron'; import './jobs.ts'`],
    ['the host with the engine', 'src-main/shell/engine-host.ts', `import '../store/index.ts'`],
    ['the router with ipcMain', 'src-main/shell/ipc-router.ts', `import { ipcMain } from 'electron'`],
    [
      'the renderer with its own',
      'src-renderer/x.tsx',
      `import 'react'; import './x.css'; import '../schemas/a.ts'`,
    ],
    ['a sentence with Parquet in it', 'src-main/store/x.ts', `throw new Error('not a Parquet file')`],
    ['a comment with a name in it', 'src-main/store/x.ts', '// window.barkeep and part-1.parquet'],
  ])('A1: leaves alone %s', (_what, file, source) => {
    expect(check(file, source)).toEqual([])
  })

  it('tells the file, the line and the reason', () => {
    expect(check('src-renderer/x.ts', `\n\nimport '../src-main/store/api.ts'`)).toEqual([
      'src-renderer/x.ts:3 import of ../src-main/store/api.ts: renderer may not import store',
    ])
  })

  it('refuses a file that can’t be parsed', () => {
    expect(() => check('src-renderer/x.ts', 'import {')).toThrow('src-renderer/x.ts')
  })
})
