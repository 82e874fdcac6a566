import { expect, type Locator, type Page } from '@playwright/test'

export interface ChartData {
  readonly phase: string
  readonly symbol: string
  readonly timeframe: string
  readonly bars: number
  readonly first: number
  readonly last: number
  readonly newer: number
  readonly rangeFrom: number
  readonly rangeTo: number
  readonly level: string
  readonly barsPerCandle: number
  readonly viewFrom: number
  readonly viewTo: number
  readonly priceTop: number
  readonly priceBottom: number
  readonly objects: number
}

/** Asks again this often, ms: a chart is calm within a few frames. */
const SOON = { intervals: [60] }

/** The chart of an open window, read by what it says of itself and moved by mouse and keys. */
export class ChartPage {
  readonly page: Page
  readonly root: Locator

  constructor(page: Page) {
    this.page = page
    this.root = page.getByTestId('chart')
  }

  /** Waits until bars (or the reason why there are none) are shown and nothing more is on its way. */
  async calm(): Promise<ChartData> {
    let before = ''
    const state = async () => {
      const now = JSON.stringify(await this.#dataset())
      const shown = now.includes('"fetching":"false"') && /viewFrom|"phase":"(empty|error)"/.test(now)
      const calm = shown && now === before
      before = now
      return calm ? 'calm' : now
    }
    await expect.poll(state, SOON).toBe('calm')
    return this.data()
  }

  async data(): Promise<ChartData> {
    const raw = await this.#dataset()
    const numbers = ['symbol', 'timeframe', 'phase', 'level']
    const entries = Object.entries(raw).map(([key, value]) => [
      key,
      numbers.includes(key) ? value : Number(value),
    ])
    return Object.fromEntries(entries) as unknown as ChartData
  }

  /** Presses a key and waits until the view has moved and is calm again. */
  async press(key: string): Promise<ChartData> {
    const before = (await this.#dataset()).rangeFrom
    await this.page.keyboard.press(key)
    await expect
      .poll(async () => (await this.#dataset()).rangeFrom, { ...SOON, message: `${key} moves` })
      .not.toBe(before)
    return this.calm()
  }

  async goTo(text: string): Promise<ChartData> {
    await this.page.keyboard.press('g')
    const field = this.page.getByLabel(/^Date, and time/)
    await field.fill(text)
    await field.press('Enter')
    await expect(field).toBeHidden()
    return this.calm()
  }

  row(id: string): Locator {
    return this.page.locator(`[id="object-${id}"]`)
  }

  /** A point of the window over a place of the time axis and a price. */
  async point(place: number, price: number): Promise<{ readonly x: number; readonly y: number }> {
    const { viewFrom, viewTo, priceTop, priceBottom } = await this.data()
    const plot = await this.page.locator('.bk-chart-canvas canvas').first().boundingBox()
    if (plot === null) throw new Error('the chart has no canvas')
    // The library's own arithmetic: the last visible place lies half a bar from the right end of the plot.
    const spacing = plot.width / (viewTo - viewFrom + 1)
    return {
      x: plot.x + plot.width - (viewTo - place + 0.5) * spacing,
      y: plot.y + ((priceTop - price) / (priceTop - priceBottom)) * plot.height,
    }
  }

  async #dataset(): Promise<Record<string, string>> {
    return this.root.evaluate(
      (element) => ({ ...(element as HTMLElement).dataset }) as Record<string, string>,
    )
  }
}
