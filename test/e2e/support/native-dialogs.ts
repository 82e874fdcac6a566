import type { ElectronApplication } from '@playwright/test'

/** The next native open dialogs answer with this path, or as cancelled: nobody sits before the test's screen. */
export async function answerOpenDialogs(app: ElectronApplication, path: string | null): Promise<void> {
  await app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = async () =>
      chosen === null ? { canceled: true, filePaths: [] } : { canceled: false, filePaths: [chosen] }
  }, path)
}

/** Chooses an item of the native menu by its id, as a click on it would. */
export async function chooseMenuItem(app: ElectronApplication, id: string): Promise<void> {
  await app.evaluate(({ Menu }, name) => {
    const item = Menu.getApplicationMenu()?.getMenuItemById(name)
    if (!item) throw new Error(`The menu has no item "${name}".`)
    item.click()
  }, id)
}
