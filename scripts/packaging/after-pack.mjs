import { rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * electron-builder copies a ready-made runtime as it stands. Its start-up app, which opens any
 * folder named on the command line, has no business in a packaged Barkeep.
 *
 * @param {{ appOutDir: string, electronPlatformName: string, packager: { appInfo: { productFilename: string } } }} context
 */
export default async function removeStartUpApp(context) {
  const resources =
    context.electronPlatformName === 'darwin'
      ? join(context.appOutDir, `${context.packager.appInfo.productFilename}.app`, 'Contents', 'Resources')
      : join(context.appOutDir, 'resources')
  await rm(join(resources, 'default_app.asar'), { force: true })
}
