import { app, BrowserWindow, nativeTheme, screen } from 'electron'
import { START_PAGE } from './bundle-files.ts'
import type { Settings } from './settings.ts'
import { DEFAULT_SIZE, MINIMUM_SIZE, placeWindow } from './window-state.ts'

export interface WindowOptions {
  /** The built preload, one CommonJS file. */
  readonly preload: string
  readonly settings: Settings
  /** A window for a picture: the default size inside its frame, drawn at full speed even when covered. */
  readonly forScreenshot: boolean
}

/** Behind the page until it has drawn, so that a dark window doesn't flash white. */
const BACKGROUND = { dark: '#101318', light: '#ffffff' } as const

/** The hardened window, not yet showing a page. */
export function createWindow({ preload, settings, forScreenshot }: WindowOptions): BrowserWindow {
  const workAreas = screen.getAllDisplays().map((display) => display.workArea)
  const place = forScreenshot
    ? { ...DEFAULT_SIZE, useContentSize: true }
    : placeWindow(settings.window, workAreas)
  const window = new BrowserWindow({
    ...place,
    minWidth: MINIMUM_SIZE.width,
    minHeight: MINIMUM_SIZE.height,
    title: app.getName(),
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      // The spell checker would fetch its dictionaries from the net.
      spellcheck: false,
      devTools: !app.isPackaged,
      backgroundThrottling: !forScreenshot,
    },
  })
  // Creating clips the window to the screen; a picture has its size whatever screen it is taken on.
  if (forScreenshot) window.setContentSize(DEFAULT_SIZE.width, DEFAULT_SIZE.height)
  else followPlace(window, settings)
  return window
}

/** Loads our page and shows the window once it has something to show. @throws when the page can't be loaded. */
export async function showWindow(window: BrowserWindow): Promise<void> {
  window.once('ready-to-show', () => window.show())
  try {
    await window.loadURL(START_PAGE)
  } catch (error) {
    // Closed before it had loaded: there is nobody left to show anything to.
    if (!window.isDestroyed()) throw error
    return
  }
  // The event never comes for a window that was resized while it was hidden: it would stay hidden, and draw nothing.
  if (!window.isDestroyed() && !window.isVisible()) window.show()
}

function followPlace(window: BrowserWindow, settings: Settings): void {
  const remembered = settings.window
  if (remembered?.maximized) window.maximize()
  window.webContents.once('did-finish-load', () => window.webContents.setZoomLevel(remembered?.zoom ?? 0))
  const remember = () => {
    const { x, y, width, height } = window.getNormalBounds()
    const zoom = window.webContents.getZoomLevel()
    settings.rememberWindow({ x, y, width, height, maximized: window.isMaximized(), zoom })
  }
  window.on('resize', remember)
  window.on('move', remember)
  window.on('maximize', remember)
  window.on('unmaximize', remember)
  // The zoom has no event for the menu's steps; the last word is when the window goes.
  window.on('close', remember)
}
