import type { BrowserWindow } from 'electron'
import type { MenuCommand } from '../../schemas/contract/engine.ts'
import { reportOf } from '../../schemas/contract/errors.ts'
import type { CallHandlers } from './calls.ts'
import { showFailure } from './dialogs.ts'
import { pushEvent } from './ipc-router.ts'
import type { Jobs } from './jobs.ts'
import type { Logger } from './log.ts'
import type { MenuActions } from './menu.ts'
import type { StoreSession } from './store-session.ts'

export interface MenuContext {
  readonly window: BrowserWindow
  readonly calls: CallHandlers
  readonly session: StoreSession
  readonly jobs: Jobs
  readonly logger: Logger
}

export interface NativeActions extends MenuActions {
  /** The folder that a second start of the app was given. */
  readonly openStore: (folder: string) => void
}

/** What the native menu does: most is handed to the page, the rest goes the way of the page's own calls. */
export function createMenuActions({ window, calls, session, jobs, logger }: MenuContext): NativeActions {
  const run = async (title: string, action: () => unknown) => {
    try {
      await action()
    } catch (thrown) {
      logger.warn({ err: thrown }, title)
      await showFailure(window, title, reportOf(thrown))
    }
  }
  const command = (name: MenuCommand) => pushEvent(window, 'command', name)
  return {
    command,
    importFile: (table) => void run('The import did not start.', () => calls.importFile({ table })),
    revealStore: () => void run('The folder could not be shown.', () => calls.revealStore(null)),
    setTheme: (theme) => {
      void run('The theme was not kept.', () => calls.setPreferences({ theme }))
      command(`theme-${theme}`)
    },
    openStore: (folder) =>
      void run('The store could not be opened.', async () => {
        jobs.refuseWhileRunning()
        await session.open(folder, { create: false })
      }),
  }
}
