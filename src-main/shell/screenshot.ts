import type { BrowserWindow } from 'electron'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import { writeDurably } from './durable-file.ts'

const DEADLINE = 60_000

/** What the page is asked before its picture is taken: what it drew last has reached the screen two frames later. */
const TWO_FRAMES =
  'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))'

/** A promise with its two ends: the view has drawn, or never will. */
export class Readiness {
  readonly promise: Promise<void>
  #done: () => void = () => {}
  #fail: (error: BarkeepError) => void = () => {}

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#done = resolve
      this.#fail = reject
    })
    // Only a screenshot waits for it; elsewhere nobody does.
    this.promise.catch(() => undefined)
  }

  done(): void {
    this.#done()
  }

  fail(reason: string): void {
    this.#fail(new BarkeepError('INTERNAL', reason))
  }
}

/**
 * Saves a PNG of the page once its view has drawn.
 * @throws IO when the file can't be written, INTERNAL when there is nothing to save after a minute.
 */
export async function takeScreenshot(window: BrowserWindow, view: Readiness, file: string): Promise<void> {
  const timer = setTimeout(() => {
    view.fail(`The window had drawn nothing after ${DEADLINE / 1000} s, so there is no picture.`)
  }, DEADLINE)
  try {
    await view.promise
  } finally {
    clearTimeout(timer)
  }
  await window.webContents.executeJavaScript(TWO_FRAMES)
  const image = await window.webContents.capturePage()
  if (image.isEmpty()) throw new BarkeepError('INTERNAL', 'The picture of the window came out empty.')
  writeDurably(file, image.toPNG())
}
