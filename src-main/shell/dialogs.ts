import { type BrowserWindow, clipboard, dialog, nativeImage, shell } from 'electron'
import { BarkeepError, type ErrorReport } from '../../schemas/contract/errors.ts'
import type { StoreTable } from '../../schemas/tables/index.ts'
import type { Desktop } from './calls.ts'

const IMPORT_TITLES: Readonly<Record<StoreTable, string>> = {
  candles: 'Import Candles',
  object_events: 'Import Object Events',
  decisions: 'Import Decisions',
  audits: 'Import Audits',
  stats: 'Import Stats',
  policies: 'Import Policies',
}

const EXPORT_TITLE = 'Export'

/** The desktop's own dialogs, modal to the window. `whereNow` tells where a folder dialog starts. */
export function createDesktop(window: BrowserWindow, whereNow: () => string | null): Desktop {
  const chooseFolder = async (title: string, message: string, buttonLabel: string) => {
    const start = whereNow()
    const { canceled, filePaths } = await dialog.showOpenDialog(window, {
      title,
      message,
      buttonLabel,
      properties: ['openDirectory', 'createDirectory'],
      ...(start === null ? {} : { defaultPath: start }),
    })
    return canceled ? null : (filePaths[0] ?? null)
  }
  return {
    chooseStore: () => chooseFolder('Open Store', 'Choose the folder that the bot writes to.', 'Open'),
    chooseSampleFolder: () =>
      chooseFolder(
        'Sample Store',
        'Choose or make an empty folder for the sample store.',
        'Write Sample Here',
      ),
    chooseImport: async (table) => {
      const { canceled, filePaths } = await dialog.showOpenDialog(window, {
        title: IMPORT_TITLES[table],
        message: 'Choose a file with one JSON document a line.',
        buttonLabel: 'Import',
        properties: ['openFile'],
        filters: [
          { name: 'JSON lines', extensions: ['ndjson', 'jsonl', 'json'] },
          { name: 'All files', extensions: ['*'] },
        ],
      })
      return canceled ? null : (filePaths[0] ?? null)
    },
    chooseExport: async ({ table, format }) => {
      const { canceled, filePath } = await dialog.showSaveDialog(window, {
        title: EXPORT_TITLE,
        message: 'Choose where the rows are written.',
        buttonLabel: 'Export',
        defaultPath: `${table}.${format}`,
        filters: [{ name: format === 'csv' ? 'CSV' : 'Parquet', extensions: [format] }],
      })
      return canceled || filePath === '' ? null : filePath
    },
    copyText: (text) => clipboard.writeText(text),
    copyImage: (png) => {
      const image = nativeImage.createFromBuffer(Buffer.from(png))
      if (image.isEmpty()) throw new BarkeepError('BAD_REQUEST', 'The picture could not be decoded.')
      clipboard.writeImage(image)
    },
    reveal: async (folder) => {
      const refusal = await shell.openPath(folder)
      if (refusal !== '') throw new BarkeepError('IO', `${folder} could not be shown: ${refusal}.`)
    },
    revealFile: (file) => shell.showItemInFolder(file),
  }
}

/** For work begun from the native menu, where no view waits for the answer. */
export async function showFailure(window: BrowserWindow, title: string, report: ErrorReport): Promise<void> {
  await dialog.showMessageBox(window, {
    type: 'error',
    message: title,
    detail: report.message,
    buttons: ['OK'],
  })
}
