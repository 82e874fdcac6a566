import { type BrowserWindow, Notification } from 'electron'

/** Tells the person something that can't wait until they look: through the desktop, and by a click leads to the window. */
export type Notify = (notice: { readonly title: string; readonly body: string }) => void

/** @returns says nothing where the desktop has no notifications, or in a run for a picture. */
export function desktopNotifications(window: BrowserWindow, forScreenshot: boolean): Notify {
  return ({ title, body }) => {
    if (forScreenshot || !Notification.isSupported()) return
    const notification = new Notification({ title, body })
    notification.on('click', () => {
      if (window.isDestroyed()) return
      if (window.isMinimized()) window.restore()
      window.focus()
    })
    notification.show()
  }
}
