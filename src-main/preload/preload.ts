import { contextBridge, type IpcRendererEvent, ipcRenderer } from 'electron'
import { CALL_CHANNEL, EVENT_CHANNEL, EVENT_NAMES } from '../../schemas/contract/channels.ts'
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

/** All that the page can reach of the app: calls that main checks, and events by their names. */
const bridge = {
  call: async (name, payload) => {
    try {
      return await ipcRenderer.invoke(CALL_CHANNEL, name, payload)
    } catch (error) {
      // Main answers with coded errors; what is thrown here is a payload that can't be sent at all.
      const refusal: Answer<never> = {
        ok: false,
        error: {
          code: 'BAD_REQUEST',
          message: `The call ${String(name)} could not be sent: ${String(error)}`,
        },
      }
      return refusal
    }
  },
  importDropped: async () => ({
    ok: false,
    error: { code: 'BAD_REQUEST', message: 'Files can not be dropped yet.' },
  }),
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
