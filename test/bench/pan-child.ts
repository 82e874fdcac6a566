import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { RunningApp } from '../e2e/support/running-app.ts'
import { type PanOrder, type PanStep, panInPage } from './pan-steps.ts'

/** What the child prints as its only line. */
export interface PanReport {
  /** Back through days that nothing has read. */
  readonly unread: readonly PanStep[]
  /** Over bars that the window holds. */
  readonly loaded: readonly PanStep[]
  /** Back through days that the engine has in memory and the window has let go. */
  readonly read: readonly PanStep[]
}

/** Bars in view, about: a chart that is zoomed out, where a step asks for the most. */
const ZOOMED_OUT = 1000
/** Steps back before the next lap. */
const TURN = 15
/** Screens back and forth inside of what the window keeps loaded. */
const LAP = 8

const [store = '', steps = '60'] = process.argv.slice(2)
const userData = await mkdtemp(join(tmpdir(), 'barkeep-bench-settings-'))
try {
  const running = await RunningApp.launch(userData, {
    store,
    view: 'chart',
    size: { width: 1440, height: 900 },
  })
  try {
    process.stdout.write(`${JSON.stringify(await measure(running.page, Number(steps)))}\n`)
  } finally {
    for (const trouble of await running.close()) process.stderr.write(`${trouble}\n`)
  }
} finally {
  await rm(userData, { recursive: true, force: true })
}

async function measure(page: Page, count: number): Promise<PanReport> {
  // tsx wraps functions in a helper of its own, which the page doesn't have.
  await page.evaluate('globalThis.__name ??= (named) => named')
  await calm(page)
  await zoomOut(page)
  const loaded: PanStep[] = []
  const unread = await backInTurns(page, count, loaded)
  await page.keyboard.press('End')
  await calm(page)
  const read = await backInTurns(page, count, loaded)
  return { unread, loaded, read }
}

/** Back by so many steps, in turn with laps over what is loaded by then. */
async function backInTurns(page: Page, count: number, loaded: PanStep[]): Promise<readonly PanStep[]> {
  const steps: PanStep[] = []
  while (steps.length < count) {
    steps.push(...(await pan(page, { key: 'PageUp', steps: Math.min(TURN, count - steps.length) })))
    await calm(page)
    for (const key of ['PageDown', 'PageUp'] as const) {
      const lap = await pan(page, { key, steps: LAP })
      await calm(page)
      // A step that fetched is none over loaded bars.
      loaded.push(...lap.filter(({ fetched }) => !fetched))
    }
  }
  return steps
}

function pan(page: Page, order: PanOrder): Promise<PanStep[]> {
  return page.evaluate(panInPage, order)
}

/** Until nothing is on its way and the view stands still. */
async function calm(page: Page): Promise<void> {
  await page.waitForFunction(
    () => {
      const chart = document.querySelector<HTMLElement>('[data-testid="chart"]')
      if (chart === null) return false
      const { phase, fetching, viewFrom, viewTo } = chart.dataset
      const state = `${viewFrom} ${viewTo}`
      const still =
        phase === 'ready' && fetching === 'false' && viewFrom !== undefined && chart.title === state
      chart.title = state
      return still
    },
    undefined,
    { polling: 100 },
  )
}

async function zoomOut(page: Page): Promise<void> {
  for (let press = 0; press < 30; press++) {
    const inView = await page.evaluate(() => {
      const { viewFrom, viewTo } = document.querySelector<HTMLElement>('[data-testid="chart"]')?.dataset ?? {}
      return Number(viewTo) - Number(viewFrom)
    })
    if (inView >= ZOOMED_OUT) return
    await page.keyboard.press('-')
    await calm(page)
  }
}
