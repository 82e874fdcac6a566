import { contextBridge, type IpcRendererEvent, ipcRenderer, webUtils } from 'electron'
import { CALL_CHANNEL, DROP_CHANNEL, EVENT_CHANNEL, EVENT_NAMES } from '../../schemas/contract/channels.ts'
import type { Answer, EngineBridge, EventName } from '../../schemas/contract/engine.ts'

type Listener = (event: never) => void

const listeners = new Map<EventName, Set<Listener>>(EVENT_NAMES.map((name) => [name, new Set()]))

ipcRenderer.on(EVENT_CHANNEL, (_event: IpcRendererEvent, name: EventName, payload: unknown) => {
  for (const listener of listeners.get(name) ?? []) {
    try {
      listener(payload as never)
    } catch (error) {
      // One listener's defect is reported to the page and doesn't keep the event from the others.
      reportError(error)
    }
  }
})

/** Main answers with coded errors; what is thrown here is a payload that can't be sent at all. */
async function send(
  channel: string,
  name: unknown,
  first: unknown,
  payload: unknown,
): Promise<Answer<never>> {
  try {
    return await ipcRenderer.invoke(channel, first, payload)
  } catch (error) {
    const message = `The call ${String(name)} could not be sent: ${String(error)}`
    return { ok: false, error: { code: 'BAD_REQUEST', message } }
  }
}

/** Electron's word on where a file came from: '' for one that a script made. Throws for what is no file at all. */
function pathOf(file: unknown): string {
  try {
    return webUtils.getPathForFile(file as File)
  } catch {
    // Main refuses the empty path, and says so in words.
    return ''
  }
}

/** All that the page can reach of the app: calls that main checks, dropped files, and events by their names. */
const bridge = {
  call: (name, payload) => send(CALL_CHANNEL, name, name, payload),
  importDropped: (file, payload) => send(DROP_CHANNEL, 'importDropped', pathOf(file), payload),
  on: (name, listener) => {
    const known = listeners.get(name)
    if (known === undefined) throw new TypeError(`There is no event "${String(name)}".`)
    known.add(listener)
    return () => {
      known.delete(listener)
    }
  },
} satisfies EngineBridge

contextBridge.exposeInMainWorld('barkeep', bridge)
