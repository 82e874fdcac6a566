import { engine } from '../engine/client.ts'
import { reportFailure } from '../state/notices.ts'

let told = false

/**
 * Tells the main process, once, that the first view shows what it is going to show: a screenshot may be taken.
 * Waits for the fonts and for two frames, because a frame that was asked for isn't painted yet.
 */
export function tellDrawn(): void {
  if (told) return
  told = true
  document.fonts.ready.then(() =>
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        engine.call('ready', null).catch((thrown) => reportFailure('The window could not report', thrown))
      }),
    ),
  )
}
