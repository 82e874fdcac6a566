import { type BrowserWindow, ipcMain } from 'electron'
import { CALL_CHANNEL, DROP_CHANNEL, EVENT_CHANNEL } from '../../schemas/contract/channels.ts'
import type { Answer, CallName, EngineEvents } from '../../schemas/contract/engine.ts'
import { reportOf } from '../../schemas/contract/errors.ts'
import type { ImportRequest } from '../../schemas/generated/requests.ts'
import { checkCallName, checkPayload, checkSender } from './call-checks.ts'
import type { CallHandlers, DropHandlers } from './calls.ts'
import type { Log } from './log.ts'

/**
 * Answers the window's calls. The only file that touches `ipcMain`: every call passes the checks of sender, name and
 * payload here, and every answer is a value or a coded error, never a thrown text.
 */
export function routeCalls(window: BrowserWindow, handlers: CallHandlers & DropHandlers, log: Log): void {
  const answerOn = (channel: string, ask: (name: unknown, payload: unknown) => unknown) =>
    ipcMain.handle(channel, async (event, name: unknown, payload: unknown): Promise<Answer<unknown>> => {
      try {
        checkSender(event.senderFrame, window.isDestroyed() ? null : window.webContents.mainFrame)
        return { ok: true, value: await ask(name, payload) }
      } catch (thrown) {
        return { ok: false, error: reportFor(thrown, channel === CALL_CHANNEL ? name : 'importDropped', log) }
      }
    })
  answerOn(CALL_CHANNEL, (name, payload) => {
    const call = checkCallName(name)
    checkPayload(call, payload)
    return answer(handlers, call, payload)
  })
  // A dropped file's path comes first here: preload alone speaks on this channel, with what Electron told it.
  answerOn(DROP_CHANNEL, (file, payload) => {
    checkPayload('importFile', payload)
    return handlers.importDropped(file, payload as ImportRequest)
  })
}

/** Pushes an event to the window; nothing happens once it is gone. */
export function pushEvent<Name extends keyof EngineEvents>(
  window: BrowserWindow,
  name: Name,
  event: EngineEvents[Name],
): void {
  if (!window.isDestroyed() && !window.webContents.isCrashed())
    window.webContents.send(EVENT_CHANNEL, name, event)
}

function answer(handlers: CallHandlers, call: CallName, payload: unknown): unknown {
  // `checkPayload` has just proved what the type can't know: that the payload belongs to this very call.
  const handler = handlers[call] as (payload: unknown) => unknown
  return handler(payload)
}

function reportFor(thrown: unknown, name: unknown, log: Log) {
  const report = reportOf(thrown)
  if (report.code === 'INTERNAL') {
    log.logger.error({ err: thrown, call: name }, 'a call failed by a defect')
    return {
      ...report,
      message: `Barkeep met a defect of its own: ${report.message}. Its log says more: ${log.file}`,
    }
  }
  log.logger.warn(
    { code: report.code, call: name, message: report.message },
    'a call was answered with an error',
  )
  return report
}
