import type { ViewportObject } from '../../schemas/contract/viewport.ts'
import { engine } from '../engine/client.ts'
import { type Command, registerCommands } from '../state/commands.ts'
import { announce, reportFailure, showFailure } from '../state/notices.ts'
import type { ChartSession } from './chart-session.ts'
import { composePicture, type DrawnChart, pngOf } from './picture-canvas.ts'
import { headerRows, type PictureFacts } from './picture-facts.ts'
import { factsNow } from './picture-now.ts'
import { around } from './picture-span.ts'
import { hoverObject } from './state/objects-store.ts'
import { seriesStore } from './state/series-store.ts'

/** What a chart can be told about pictures; the toolbar's button runs the first. */
export function pictureCommands(session: ChartSession): readonly Command[] {
  return [
    {
      id: 'picture',
      name: 'Save a picture of the chart',
      group: 'Chart',
      keys: ['P'],
      run: () => savePicture(session),
    },
    {
      id: 'chart.copy-picture',
      name: 'Copy a picture of the chart',
      group: 'Chart',
      keys: ['Shift+P'],
      run: () => copyPicture(session),
    },
  ]
}

/** Keeps what the chart shows in the store's `images/` and says where. */
export async function savePicture(session: ChartSession): Promise<void> {
  const taken = await take(session, null)
  if (taken === null) return
  const { facts, png } = taken
  const { symbol, timeframe, from, to } = facts
  try {
    tellSaved((await engine.call('saveImage', { kind: 'chart', symbol, timeframe, from, to, png })).file)
  } catch (thrown) {
    reportFailure('The picture could not be saved', thrown)
  }
}

/** Puts it on the clipboard instead. */
export async function copyPicture(session: ChartSession): Promise<void> {
  const taken = await take(session, null)
  if (taken === null) return
  try {
    await engine.call('copyImage', { png: taken.png })
    announce('A picture of the chart is on the clipboard')
  } catch (thrown) {
    reportFailure('The picture could not be copied', thrown)
  }
}

/** Zooms to a flag, keeps a picture of it in the store's `flags/`, and goes back to where one looked. */
export async function saveFlagPicture(session: ChartSession, flag: ViewportObject): Promise<void> {
  const before = seriesStore.getState().visible
  await session.zoomTo(around(flag))
  const taken = await take(session, flag)
  if (before !== null) await session.zoomTo(before)
  if (taken === null) return
  const { facts, png } = taken
  const { symbol, timeframe, from, to } = facts
  try {
    const request = { kind: 'flag', symbol, timeframe, from, to, objectId: flag.id, png } as const
    tellSaved((await engine.call('saveImage', request)).file)
  } catch (thrown) {
    reportFailure('The picture of the flag could not be saved', thrown)
  }
}

let forgetLast = (): void => undefined

/** A click on the message shows the file; so does the palette, until the next picture. */
function tellSaved(file: string): void {
  forgetLast()
  forgetLast = registerCommands([
    {
      id: 'chart.reveal-picture',
      name: 'Show the last picture in its folder',
      group: 'Chart',
      run: async () => {
        await engine.call('revealFile', { file })
      },
    },
  ])
  announce(`Saved ${shortened(file)} · show it`, 'chart.reveal-picture')
}

/** Characters that the status bar has room for at 1280 pixels. */
const NAME_ROOM = 56

/** Folder and beginning of a long name, and its end, which tells pictures of one view apart. */
function shortened(file: string): string {
  if (file.length <= NAME_ROOM) return file
  return `${file.slice(0, NAME_ROOM - 17)}…${file.slice(-16)}`
}

interface Taken {
  readonly facts: PictureFacts
  readonly png: string
}

/** What is drawn now. @returns null when there is nothing to take a picture of: then a notice says so */
async function take(session: ChartSession, subject: ViewportObject | null): Promise<Taken | null> {
  try {
    // What the pointer happens to lie on must not stand out in it.
    hoverObject(null)
    const chart = await settledChart(session)
    const facts = factsNow(chart, subject, session.offsets)
    if (facts === null) {
      showFailure('There is no picture to take', {
        code: 'NOT_FOUND',
        message: 'No bars are in view. Move to some (End goes to the last), then try again.',
      })
      return null
    }
    const picture = composePicture(chart, headerRows(facts, session.offsets))
    return { facts, png: await pngOf(picture) }
  } catch (thrown) {
    reportFailure('The picture could not be taken', thrown)
    return null
  }
}

/** A picture that waits for ever is no picture. */
const LONGEST_WAIT_MS = 10_000

/** @throws Error when bars, objects or decisions keep coming for longer than one waits */
async function settledChart(session: ChartSession): Promise<DrawnChart> {
  const deadline = performance.now() + LONGEST_WAIT_MS
  while (performance.now() < deadline) {
    // What was set takes effect with the next frame, whichever callback of that frame runs first.
    await nextFrame()
    await nextFrame()
    const { drawn } = session
    if (drawn !== null) return drawn
  }
  throw new Error('the chart was still loading')
}

function nextFrame(): Promise<unknown> {
  return new Promise((resolve) => requestAnimationFrame(resolve))
}
