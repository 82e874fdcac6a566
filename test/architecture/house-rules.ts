import { builtinModules } from 'node:module'
import path from 'node:path'
import type { ModuleSyntax } from './module-syntax.ts'

/** A floor of the house: what it holds and what its files may ask for. */
export interface Layer {
  readonly name: string
  /** Folder, relative to the project, that the layer's files stand in. */
  readonly folder: string
  /** Other layers it may import. */
  readonly layers: readonly string[]
  /** npm packages it may import, by name. */
  readonly packages: readonly string[]
  /** Whether it runs on Node and may use Node's own modules. */
  readonly node: boolean
}

/** SPEC A1: who may import whom. The first layer whose folder holds a file is the file's. */
export const LAYERS: readonly Layer[] = [
  { name: 'schemas', folder: 'schemas', layers: [], packages: [], node: false },
  {
    name: 'store',
    folder: 'src-main/store',
    layers: ['schemas'],
    packages: ['@duckdb/node-api', 'ajv', 'parquetjs-lite'],
    node: true,
  },
  {
    name: 'ingest',
    folder: 'src-main/ingest',
    layers: ['schemas', 'store'],
    packages: ['fastify'],
    node: true,
  },
  {
    name: 'cli',
    folder: 'src-main/cli',
    layers: ['schemas', 'store', 'ingest'],
    packages: ['commander'],
    node: true,
  },
  {
    name: 'shell',
    folder: 'src-main/shell',
    layers: ['schemas', 'store', 'ingest'],
    packages: ['electron', 'ajv', 'pino'],
    node: true,
  },
  { name: 'preload', folder: 'src-main/preload', layers: ['schemas'], packages: ['electron'], node: false },
  {
    name: 'renderer',
    folder: 'src-renderer',
    layers: ['schemas'],
    packages: [
      '@base-ui/react',
      '@fontsource-variable/inter',
      '@tanstack/react-table',
      '@tanstack/react-virtual',
      'cmdk',
      'echarts',
      'fancy-canvas',
      'lightweight-charts',
      'lucide-react',
      'react',
      'react-dom',
      'react-resizable-panels',
      'zustand',
    ],
    node: false,
  },
]

/** SPEC A2, A3: things that one place alone may touch, and why. */
interface Reserved {
  readonly rule: string
  /** Where the rule looks. */
  readonly within: string
  readonly only: readonly string[]
  readonly breaches: (module: ModuleSyntax) => readonly number[]
}

const asksFor =
  (...specifiers: readonly string[]) =>
  ({ requests }: ModuleSyntax) =>
    requests
      .filter(({ specifier }) => specifier !== null && specifiers.includes(specifier))
      .map(({ line }) => line)

const names =
  (name: string) =>
  (module: ModuleSyntax): readonly number[] =>
    module.names.get(name) ?? []

const FILE_MODULES = ['fs', 'fs/promises', 'node:fs', 'node:fs/promises']

const RESERVED: readonly Reserved[] = [
  {
    rule: 'A2: only the router touches ipcMain, so that no call goes round its checks',
    within: 'src-main',
    only: ['src-main/shell/ipc-router.ts'],
    breaches: names('ipcMain'),
  },
  {
    rule: 'A2: only the preload touches ipcRenderer and contextBridge',
    within: 'src-main',
    only: ['src-main/preload/preload.ts'],
    breaches: (module) => [...names('ipcRenderer')(module), ...names('contextBridge')(module)],
  },
  {
    rule: 'A2: only the client touches the bridge (window.barkeep)',
    within: 'src-renderer',
    only: ['src-renderer/engine/client.ts'],
    breaches: names('barkeep'),
  },
  {
    rule: 'A2: only the engine host knows where the engine lives',
    within: 'src-main/shell',
    only: ['src-main/shell/engine-host.ts'],
    breaches: ({ requests }) =>
      requests
        .filter(({ specifier }) => specifier !== null && /(^|\/)(store|ingest)\//.test(specifier))
        .map(({ line }) => line),
  },
  {
    rule: 'A3: the engine touches files through its env alone',
    within: 'src-main/store',
    only: ['src-main/store/fs/node-env.ts'],
    breaches: asksFor(...FILE_MODULES),
  },
  {
    rule: 'A3: parquetjs-lite is used inside its wrapper alone',
    within: 'src-main',
    only: ['src-main/store/write/part-writer.ts'],
    breaches: asksFor('parquetjs-lite'),
  },
  {
    rule: "A3: file-names.ts is the sole builder and parser of the store's names",
    within: 'src-main',
    only: ['src-main/store/layout/file-names.ts'],
    breaches: ({ texts }) => texts.filter(({ text }) => spellsAName(text)).map(({ line }) => line),
  },
]

function spellsAName(text: string): boolean {
  return /\.parquet\b/.test(text) || /^\^?part-/.test(text) || /^\^?(decisions|audits|stats)_/.test(text)
}

const NODE_MODULES = new Set(builtinModules)

/**
 * Everything about one file that breaks a rule of the house, as `file:line what`.
 * @param file relative to the project, with `/`
 */
export function breachesOf(file: string, module: ModuleSyntax): readonly string[] {
  const layer = layerOf(file)
  if (layer === null) return [`${file} stands in no layer: give it one in house-rules.ts`]
  const breaches: string[] = []
  for (const { specifier, how, line } of module.requests) {
    const why = specifier === null ? 'a computed name can’t be checked' : whyRefused(specifier, file, layer)
    if (why !== null) breaches.push(`${file}:${line} ${how} of ${specifier ?? '…'}: ${why}`)
  }
  for (const { rule, within, only, breaches: find } of RESERVED) {
    if (!file.startsWith(`${within}/`) || only.includes(file)) continue
    for (const line of find(module)) breaches.push(`${file}:${line} ${rule}`)
  }
  return breaches
}

/** The layer that a file belongs to. */
export function layerOf(file: string): Layer | null {
  return LAYERS.find(({ folder }) => file.startsWith(`${folder}/`)) ?? null
}

function whyRefused(specifier: string, file: string, layer: Layer): string | null {
  if (specifier.startsWith('.')) return whyRelativeRefused(specifier, file, layer)
  if (specifier.startsWith('/') || /^[a-z]+:\/\//i.test(specifier))
    return 'modules are named relatively or by package'
  if (specifier.startsWith('node:') || NODE_MODULES.has(specifier)) {
    if (!layer.node) return `${layer.name} doesn’t run on Node`
    return specifier.startsWith('node:') ? null : 'Node’s own modules are written with node:'
  }
  const name = packageOf(specifier)
  return layer.packages.includes(name) ? null : `${layer.name} may not use the package ${name}`
}

function whyRelativeRefused(specifier: string, file: string, layer: Layer): string | null {
  const target = path.posix.join(path.posix.dirname(file), specifier.replace(/\?.*$/, ''))
  if (!/\.(ts|tsx|json|css|svg)$/.test(target)) return 'relative imports carry their extension'
  const other = layerOf(target)
  if (other === null) return `${target} stands in no layer that may be imported`
  if (other === layer || layer.layers.includes(other.name)) return null
  return `${layer.name} may not import ${other.name}`
}

/** `@base-ui/react/dialog` → `@base-ui/react`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
