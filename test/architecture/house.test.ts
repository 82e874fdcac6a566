import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { GENERATED, generate } from '../../scripts/generate-types.mjs'
import { LAYERS, packageOf } from './house-rules.ts'
import { readModule } from './module-syntax.ts'
import { PROJECT_ROOT, sourceFilesIn } from './source-files.ts'

const text = (file: string) => readFileSync(path.join(PROJECT_ROOT, file), 'utf8')
const manifest = JSON.parse(text('package.json')) as {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
const lock = JSON.parse(text('package-lock.json')) as {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>
}

/** One name and number, no range: what is installed tomorrow is what was tested today. */
const isExact = (version: string) => /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)

describe('the house', () => {
  it('has the top level that others look for', () => {
    const required = ['package.json', 'src-main', 'src-renderer', 'schemas', 'storage', 'test']
    const documents = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'LICENSE', 'schemas/SPEC.md']
    const rest = ['electron-builder.yml', 'package-lock.json', '.ci/run']
    for (const name of [...required, ...documents, ...rest]) {
      expect(existsSync(path.join(PROJECT_ROOT, name)), name).toBe(true)
    }
  })

  it.each(GENERATED)('S4: schemas/generated/%s is what the schemas say (npm run generate)', async (name) => {
    expect(text(`schemas/generated/${name}`)).toBe(await generate(name))
  })

  it('A4: versions are exact, and the lock file holds the same', () => {
    expect(['^1.0.0', '~1.0.0', '1.x', '*', 'latest', '>=1.0.0', '1.0.0 || 2.0.0'].filter(isExact)).toEqual(
      [],
    )
    const all = { ...manifest.dependencies, ...manifest.devDependencies }
    expect(Object.entries(all).filter(([, version]) => !isExact(version))).toEqual([])
    const locked = Object.keys(all).map((name) => [name, lock.packages[`node_modules/${name}`]?.version])
    expect(Object.fromEntries(locked)).toEqual(all)
  })

  it('A4: each runtime dependency is named in ARCHITECTURE.md with a reason, and none is without use', () => {
    const lines = text('ARCHITECTURE.md').split('\n')
    const used = new Set(
      sourceFilesIn('src-main').flatMap((file) =>
        readModule(file, text(file)).requests.map(({ specifier }) => packageOf(specifier ?? '')),
      ),
    )
    for (const name of Object.keys(manifest.dependencies)) {
      const told = lines.find((line) => line.includes(`\`${name}\``) && line.length > name.length + 30)
      expect(told, `${name} in ARCHITECTURE.md`).toBeDefined()
      expect(used.has(name), `${name} in src-main`).toBe(true)
    }
  })

  it('A4: what runs outside the window is a runtime dependency, what is bundled into it is not', () => {
    const outside = LAYERS.filter(({ node }) => node).flatMap(({ packages }) => packages)
    const wanted = new Set(outside.filter((name) => name !== 'electron'))
    expect(Object.keys(manifest.dependencies).sort()).toEqual([...wanted].sort())
    const inside = LAYERS.find(({ name }) => name === 'renderer')?.packages ?? []
    expect(inside.filter((name) => manifest.devDependencies[name] === undefined)).toEqual([])
  })

  it('keeps the store’s data out of the repository', () => {
    const ignored = text('.gitignore').split('\n')
    expect(ignored).toContain('/storage/*')
    expect(readdirSync(path.join(PROJECT_ROOT, 'storage'))).toContain('README.md')
  })
})
