import { describe, expect, it } from 'vitest'
import { bundleFileOf, CONTENT_SECURITY_POLICY, responseHeaders } from '../../src-main/shell/bundle-files.ts'

const ROOT = '/opt/barkeep/out/renderer'

describe('what app:// serves', () => {
  it.each([
    ['app://bundle/', 'index.html', 'text/html'],
    ['app://bundle/index.html', 'index.html', 'text/html'],
    ['app://bundle/assets/index-1a2b.js?v=1#top', 'assets/index-1a2b.js', 'text/javascript'],
    ['app://bundle/assets/style.css', 'assets/style.css', 'text/css'],
    ['app://bundle/assets/inter.woff2', 'assets/inter.woff2', 'font/woff2'],
    ['app://bundle/a/../index.html', 'index.html', 'text/html'],
    ['app://bundle/with%20space.svg', 'with space.svg', 'image/svg+xml'],
  ])('P5: %s is a file of the window with its type', (address, file, type) => {
    const found = bundleFileOf(address, ROOT)
    expect(found?.file).toBe(`${ROOT}/${file}`)
    expect(found?.mimeType).toContain(type)
  })

  it.each([
    ['app://bundle/../../package.json', 'package.json'],
    ['app://bundle/%2e%2e/%2e%2e/package.json', 'package.json'],
    ['app://bundle/../renderer-secrets/key.json', 'renderer-secrets/key.json'],
    ['app://bundle//etc/hosts.json', 'etc/hosts.json'],
  ])('P5: %s stays inside the folder, where there is no such file', (address, file) => {
    expect(bundleFileOf(address, ROOT)?.file).toBe(`${ROOT}/${file}`)
  })

  it.each([
    'app://bundle/..%2f..%2fpackage.json',
    'app://bundle/..%2frenderer-secrets/key.json',
    'app://bundle/..%5c..%5cpackage.json',
    'app://bundle/%00index.html',
    'app://bundle/index.html%00.png',
    'app://bundle/%E0%A4%A',
    'app://bundle/index.html::$DATA',
    'app://other/index.html',
    'app://bundle.evil/index.html',
    'app://bundle:8080/index.html',
    'file:///opt/barkeep/out/renderer/index.html',
    'http://bundle/index.html',
    'app://bundle/program.exe',
    'app://bundle/no-extension',
    'app://bundle/x.constructor',
    'app://bundle/assets/',
    'not an address',
    '',
  ])('P5: %j is refused', (address) => {
    expect(bundleFileOf(address, ROOT)).toBeNull()
  })

  it('P4: the policy allows nothing inline, evaluated or remote', () => {
    expect(CONTENT_SECURITY_POLICY).toContain("default-src 'none'")
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|http|\*/)
    expect(responseHeaders('text/html')).toMatchObject({
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      'X-Content-Type-Options': 'nosniff',
    })
  })
})
