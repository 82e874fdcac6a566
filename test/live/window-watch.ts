import type { CDPSession, ElectronApplication, Page } from '@playwright/test'
import type { EngineBridge } from '../../schemas/contract/engine.ts'
import { type Spread, spreadOf } from './statistics.ts'

/** What the page noted of its chart: a bar's open, and when the picture that shows it was painted. */
export interface DrawnBars {
  /** Opens that `data-last` took, in order. */
  readonly lasts: readonly number[]
  /** When the last bar with that open was surely drawn, ms UTC. */
  readonly drawn: readonly { readonly last: number; readonly at: number }[]
  /** When the page was told of bars up to that open. */
  readonly told: readonly { readonly last: number; readonly at: number }[]
}

interface Noted {
  readonly lasts: number[]
  readonly drawn: { last: number; at: number }[]
  readonly told: { last: number; at: number }[]
  readonly waiting: { last: number; revision: number }[]
}

/** Of a fixed size, made before anything is measured: what it holds is no growth of the page. */
interface Drift {
  readonly late: Float64Array
  count: number
  stop: boolean
}

declare global {
  interface Window {
    barkeepNoted?: Noted
    barkeepDrift?: Drift
  }
}

/**
 * Notes from now on what the chart says of itself: `data-last` when bars are laid in, `data-live-revision` beside it, and
 * `data-drawn-revision` once the picture with that revision was painted.
 */
export async function noteBars(page: Page): Promise<void> {
  await page.getByTestId('chart').evaluate((element) => {
    const chart = element as HTMLElement
    const noted: Noted = { lasts: [], drawn: [], told: [], waiting: [] }
    window.barkeepNoted = noted
    const look = (): void => {
      const last = Number(chart.dataset.last)
      const { drawnRevision, liveRevision } = chart.dataset
      if (Number.isFinite(last) && last !== noted.lasts.at(-1)) {
        noted.lasts.push(last)
        noted.waiting.push({ last, revision: Number(liveRevision ?? 0) })
      }
      const drawn = Number(drawnRevision ?? -1)
      while (noted.waiting[0] !== undefined && noted.waiting[0].revision <= drawn) {
        const { last: shown } = noted.waiting.shift() ?? { last: 0 }
        noted.drawn.push({ last: shown, at: Date.now() })
      }
    }
    const { barkeep: bridge } = window as unknown as { readonly barkeep: EngineBridge }
    bridge.on('live', ({ bars }) => {
      const last = bars?.candles.ts.at(-1)
      if (last !== undefined && bars?.symbol === chart.dataset.symbol)
        noted.told.push({ last, at: Date.now() })
    })
    look()
    new MutationObserver(look).observe(chart, {
      attributes: true,
      attributeFilter: ['data-last', 'data-live-revision', 'data-drawn-revision'],
    })
  })
}

export async function notedBars(page: Page): Promise<DrawnBars> {
  const noted = await page.evaluate(() => window.barkeepNoted)
  return { lasts: noted?.lasts ?? [], drawn: noted?.drawn ?? [], told: noted?.told ?? [] }
}

/** How late timers are in the page, ms: the delay of its event loop, as what waits in it feels it. */
export async function pageDelay(page: Page): Promise<{ stop(): Promise<Spread> }> {
  await page.evaluate(() => {
    window.barkeepDrift ??= { late: new Float64Array(500_000), count: 0, stop: false }
    const drift = window.barkeepDrift
    drift.count = 0
    drift.stop = false
    const STEP = 10
    const tick = (due: number): void => {
      if (drift.stop) return
      const now = performance.now()
      if (drift.count < drift.late.length) drift.late[drift.count++] = Math.max(0, now - due)
      setTimeout(tick, STEP, now + STEP)
    }
    setTimeout(tick, STEP, performance.now() + STEP)
  })
  return {
    stop: async () =>
      spreadOf(
        await page.evaluate(() => {
          const drift = window.barkeepDrift
          if (drift === undefined) return []
          drift.stop = true
          return [...drift.late.subarray(0, drift.count)]
        }),
      ),
  }
}

/** The event loop's delay in the main process, by Node's own histogram. */
export async function mainDelay(app: ElectronApplication): Promise<{ stop(): Promise<Spread> }> {
  await app.evaluate(() => {
    const { monitorEventLoopDelay } = process.getBuiltinModule('node:perf_hooks')
    const histogram = monitorEventLoopDelay({ resolution: 10 })
    histogram.enable()
    Object.assign(globalThis, { barkeepDelay: histogram })
  })
  return {
    stop: () =>
      app.evaluate(() => {
        const { barkeepDelay: histogram } = globalThis as unknown as {
          barkeepDelay: import('node:perf_hooks').IntervalHistogram
        }
        histogram.disable()
        // What it measures holds its own interval of 10 ms.
        const late = (nanos: number): number => Math.max(0, nanos / 1e6 - 10)
        const of = (share: number): number => late(histogram.percentile(share))
        return {
          count: Number(histogram.count),
          p50: of(50),
          p95: of(95),
          p99: of(99),
          max: late(histogram.max),
        }
      }),
  }
}

/** Megabytes of JavaScript's heap in use after a forced collection. */
export interface HeapSample {
  readonly main: number
  readonly page: number
}

/** Start the app with `--js-flags=--expose-gc`. */
export class HeapWatch {
  readonly #app: ElectronApplication
  readonly #session: CDPSession

  private constructor(app: ElectronApplication, session: CDPSession) {
    this.#app = app
    this.#session = session
  }

  static async of(app: ElectronApplication, page: Page): Promise<HeapWatch> {
    return new HeapWatch(app, await page.context().newCDPSession(page))
  }

  async sample(): Promise<HeapSample> {
    const main = await this.#app.evaluate(() => {
      const { gc } = globalThis as { gc?: () => void }
      if (gc === undefined) throw new Error('the app was not started with --js-flags=--expose-gc')
      gc()
      gc()
      return process.memoryUsage().heapUsed
    })
    await this.#session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await this.#session.send('Runtime.getHeapUsage')
    return { main: main / 2 ** 20, page: usedSize / 2 ** 20 }
  }

  /** Of the page, those of removed parts included that are still held. */
  async counters(): Promise<{ readonly nodes: number; readonly jsEventListeners: number }> {
    return await this.#session.send('Memory.getDOMCounters')
  }
}

/** Seconds of processor time that each kind of the app's processes has taken so far. */
export function cpuTaken(app: ElectronApplication): Promise<Readonly<Record<string, number>>> {
  return app.evaluate(({ app: own }) => {
    const taken: Record<string, number> = {}
    for (const { type, cpu } of own.getAppMetrics())
      taken[type] = (taken[type] ?? 0) + (cpu.cumulativeCPUUsage ?? 0)
    return taken
  })
}

/**
 * Compacts a day from the window, or all that waits; again for as long as a bot writes its ledger, as a person would.
 * @returns `done`, or the code of what it failed with
 */
export async function compactDay(page: Page, day: string | null): Promise<string> {
  for (;;) {
    const ended = await page.evaluate(
      (wanted) =>
        new Promise<string>((resolve) => {
          const { barkeep: bridge } = window as unknown as { readonly barkeep: EngineBridge }
          const end = bridge.on('job', ({ kind, state, error }) => {
            if (kind !== 'compact' || state === 'running') return
            end()
            resolve(error?.code ?? state)
          })
          void bridge.call('compact', wanted === null ? {} : { day: wanted }).then((answer) => {
            if (answer.ok) return
            end()
            resolve(answer.error.code)
          })
        }),
      day,
    )
    if (ended !== 'LOCKED') return ended
  }
}
