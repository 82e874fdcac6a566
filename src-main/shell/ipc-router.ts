import { type BrowserWindow, ipcMain } from 'electron'
import { CALL_CHANNEL, EVENT_CHANNEL } from '../../schemas/contract/channels.ts'
import type { Answer, CallName, EngineEvents } from '../../schemas/contract/engine.ts'
import { reportOf } from '../../schemas/contract/errors.ts'
import { checkCallName, checkPayload, checkSender } from './call-checks.ts'
import type { CallHandlers } from './calls.ts'
import type { Log } from './log.ts'

/**
 * Answers the window's calls. The only file that touches `ipcMain`: every call passes the checks of sender, name and
 * payload here, and every answer is a value or a coded error, never a thrown text.
 */
export function routeCalls(window: BrowserWindow, handlers: CallHandlers, log: Log): void {
  ipcMain.handle(CALL_CHANNEL, async (event, name: unknown, payload: unknown): Promise<Answer<unknown>> => {
    try {
      checkSender(event.senderFrame, window.isDestroyed() ? null : window.webContents.mainFrame)
      const call = checkCallName(name)
      checkPayload(call, payload)
      return { ok: true, value: await answer(handlers, call, payload) }
    } catch (thrown) {
      return { ok: false, error: reportFor(thrown, name, log) }
    }
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
