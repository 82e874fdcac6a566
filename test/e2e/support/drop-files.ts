import type { Page } from '@playwright/test'

/**
 * Drags files of this computer over the window and drops them, as a file manager does: the page gets real files, with
 * paths that only Electron can tell.
 */
export async function dropFiles(page: Page, paths: readonly string[]): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  const { innerWidth: width, innerHeight: height } = await page.evaluate(() => ({
    innerWidth: window.innerWidth,
    innerHeight: window.innerHeight,
  }))
  const data = { items: [], files: [...paths], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await devtools.send('Input.dispatchDragEvent', { type, x: width / 2, y: height / 2, data })
  }
  await devtools.detach()
}
