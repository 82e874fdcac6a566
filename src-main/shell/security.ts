import { readFile } from 'node:fs/promises'
import { protocol, type Session, type WebContents } from 'electron'
import { APP_SCHEME, bundleFileOf, responseHeaders } from './bundle-files.ts'
import type { Logger } from './log.ts'

/** Before the app is ready: pages of `app://` get an origin, secure context and fetch, and nothing more. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ])
}

/** Serves the built window, read-only, from `root` and nowhere else. */
export function serveBundle(session: Session, root: string): void {
  session.protocol.handle(APP_SCHEME, async (request) => {
    const found = request.method === 'GET' ? bundleFileOf(request.url, root) : null
    if (found === null) return notFound()
    try {
      return new Response(new Uint8Array(await readFile(found.file)), {
        headers: responseHeaders(found.mimeType),
      })
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return notFound()
      throw error
    }
  })
}

function notFound(): Response {
  return new Response('Not found', { status: 404, headers: responseHeaders('text/plain; charset=utf-8') })
}

/** Putting text on the clipboard at a click reads nothing and reaches nobody: all that the page may do. */
const ALLOWED_PERMISSION = 'clipboard-sanitized-write'

/** Nothing leaves the machine: no permission but one, no device, no download, no address but ours. */
export function lockDownSession(session: Session, logger: Logger): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => {
    const allowed = permission === ALLOWED_PERMISSION
    if (!allowed) logger.warn({ permission }, 'permission refused')
    answer(allowed)
  })
  session.setPermissionCheckHandler((_contents, permission) => permission === ALLOWED_PERMISSION)
  session.setDevicePermissionHandler(() => false)
  session.on('will-download', (event, item) => {
    logger.warn({ url: item.getURL().slice(0, 200) }, 'download refused')
    event.preventDefault()
  })
  session.webRequest.onBeforeRequest((details, answer) => {
    const { protocol: scheme } = new URL(details.url)
    const ours = [`${APP_SCHEME}:`, 'data:', 'blob:', 'devtools:'].includes(scheme)
    if (!ours) logger.warn({ url: details.url.slice(0, 200) }, 'request refused')
    answer({ cancel: !ours })
  })
}

/** The window shows our page and stays on it. */
export function lockDownContents(contents: WebContents, logger: Logger): void {
  const refuse = (event: { preventDefault(): void; readonly url: string }) => {
    logger.warn({ url: event.url.slice(0, 200) }, 'navigation refused')
    event.preventDefault()
  }
  contents.on('will-navigate', refuse)
  contents.on('will-frame-navigate', refuse)
  contents.on('will-redirect', refuse)
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    logger.warn({ url: url.slice(0, 200) }, 'new window refused')
    return { action: 'deny' }
  })
}
