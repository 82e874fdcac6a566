import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { BrowserWindow } from 'electron'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Readiness, takeScreenshot } from '../../src-main/shell/screenshot.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'barkeep-picture-'))
  file = path.join(folder, 'a.png')
})

afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true, force: true })
})

/** As much of a window as a picture needs; the real one is photographed in test/e2e. */
function windowShowing(png: string): BrowserWindow {
  const image = { isEmpty: () => png === '', toPNG: () => Buffer.from(png) }
  const webContents = { executeJavaScript: async () => null, capturePage: async () => image }
  return { webContents } as unknown as BrowserWindow
}

describe('a screenshot', () => {
  it('P8: is taken once the view says that it has drawn', async () => {
    const view = new Readiness()
    const taken = takeScreenshot(windowShowing('picture'), view, file)
    expect(readdirSync(folder)).toEqual([])
    view.done()
    await taken
    expect(readFileSync(file, 'utf8')).toBe('picture')
    expect(readdirSync(folder)).toEqual(['a.png'])
  })

  it('P8: fails with the reason when the window’s process ends', async () => {
    const view = new Readiness()
    const taken = takeScreenshot(windowShowing('picture'), view, file)
    view.fail('The window’s process ended (crashed, code 5).')
    await expect(taken).rejects.toThrow('crashed, code 5')
    expect(readdirSync(folder)).toEqual([])
  })

  it('P8: fails after a minute without a drawn view', async () => {
    vi.useFakeTimers()
    const taken = takeScreenshot(windowShowing('picture'), new Readiness(), file)
    const outcome = taken.then(
      () => 'taken',
      (thrown: unknown) => String(thrown),
    )
    await vi.advanceTimersByTimeAsync(59_900)
    expect(await Promise.race([outcome, Promise.resolve('waiting')])).toBe('waiting')
    await vi.advanceTimersByTimeAsync(200)
    expect(await outcome).toContain('after 60 s')
    expect(readdirSync(folder)).toEqual([])
  })

  it('P8: fails when there is nothing on it', async () => {
    const view = new Readiness()
    view.done()
    await expect(takeScreenshot(windowShowing(''), view, file)).rejects.toThrow('empty')
    expect(readdirSync(folder)).toEqual([])
  })
})
