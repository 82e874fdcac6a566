import path from 'node:path'

/** Every page of ours is `app://bundle/…`: an origin of its own, never `file://`. */
export const APP_SCHEME = 'app'
export const APP_HOST = 'bundle'
export const START_PAGE = `${APP_SCHEME}://${APP_HOST}/index.html`

/**
 * What the page may do: nothing but load its own files. Libraries set styles through the CSSOM, which needs no
 * 'unsafe-inline'; pictures of the chart are data: and blob: URLs.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ')

const MIME_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

export interface BundleFile {
  readonly file: string
  readonly mimeType: string
}

/**
 * The file under `root` that a request means, or null for everything that is to be a 404: another host, a way out of
 * the folder however it is spelled, a kind of file the window has no use for.
 * @param root absolute
 */
export function bundleFileOf(address: string, root: string): BundleFile | null {
  let url: URL
  let decoded: string
  try {
    url = new URL(address)
    decoded = decodeURIComponent(url.pathname)
  } catch {
    // Not an address, or broken percent-encoding: there is no such file.
    return null
  }
  if (url.protocol !== `${APP_SCHEME}:` || url.host !== APP_HOST) return null
  // A backslash separates folders on Windows, a NUL ends names in C, a colon opens streams on NTFS.
  if (/[\\\0:]/.test(decoded)) return null
  const file = path.resolve(root, `.${decoded === '/' ? '/index.html' : decoded}`)
  if (!file.startsWith(root + path.sep)) return null
  const extension = path.extname(file).toLowerCase()
  const mimeType = Object.hasOwn(MIME_TYPES, extension) ? MIME_TYPES[extension] : undefined
  return mimeType === undefined ? null : { file, mimeType }
}

/** Headers of every answer, the refusals included. */
export function responseHeaders(mimeType: string): Record<string, string> {
  return {
    'Content-Type': mimeType,
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-cache',
  }
}
