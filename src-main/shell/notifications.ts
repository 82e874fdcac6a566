import { type BrowserWindow, Notification } from 'electron'

/** Tells the person something that can't wait until they look: through the desktop, and by a click leads to the window. */
export type Notify = (notice: { readonly title: string; readonly body: string }) => void

/**
 * @param isOn asked each time: a person may switch notifications off, and a run for a picture has none
 * @returns says nothing where the desktop has no notifications
 */
export function desktopNotifications(window: BrowserWindow, isOn: () => boolean): Notify {
  return ({ title, body }) => {
    if (!isOn() || !Notification.isSupported()) return
    const notification = new Notification({ title, body })
    notification.on('click', () => {
      if (window.isDestroyed()) return
      if (window.isMinimized()) window.restore()
      window.focus()
    })
    notification.show()
  }
}
