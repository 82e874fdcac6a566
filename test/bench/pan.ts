import { spawn } from 'node:child_process'
import path from 'node:path'
import { onSomeDisplay } from '../../scripts/setup/display.mjs'
import type { PanReport } from './pan-child.ts'
import type { PanStep } from './pan-steps.ts'
import { number, type ResultRow, type Suite, type SuiteGiven } from './result-row.ts'
import { quantile } from './statistics.ts'

const MORE_FRAMES = 2

/** Panning in the real window. */
export const pan: Suite = {
  name: 'pan',
  stores: ['five-years'],
  async run(given: SuiteGiven): Promise<readonly ResultRow[]> {
    const steps = given.samples >= 15 ? 60 : 4 * given.samples
    const { unread, loaded, read } = await inWindow(given, steps)
    return [
      line('pan into loaded history (the engine has it, the window has not)', read, loaded),
      line('pan into unread history', unread, loaded),
    ]
  },
}

function line(what: string, steps: readonly PanStep[], loaded: readonly PanStep[]): ResultRow {
  const more = p95(steps) - p95(loaded)
  const blank = steps.filter((step) => step.blank > 0).length
  const fetched = steps.filter((step) => step.fetched).length
  return {
    what: `${what}, request to drawn frame`,
    ours: `p95 ${number(p95(steps))} frames (${number(
      quantile(
        steps.map(({ millis }) => millis),
        0.95,
      ),
    )} ms)`,
    against: `loaded bars p95 ${number(p95(loaded))} frames (${number(
      quantile(
        loaded.map(({ millis }) => millis),
        0.95,
      ),
    )} ms)`,
    ratio: `${more >= 0 ? '+' : ''}${number(more)} frames`,
    bar: `p95 ≤ ${MORE_FRAMES} frames more`,
    met: more <= MORE_FRAMES,
    how: `the built app at 1440×900 with about 1,000 bars of SPY 2m in view; PageUp (nine tenths of a screen) as soon as the last one is drawn and two frames have passed; frames of the display, by the timestamps of animation frames in the page, until the view has moved and all of it is loaded; ${fetched} of the steps fetched, ${blank} showed an empty part for a frame or more`,
    samples: steps.length,
  }
}

function p95(steps: readonly PanStep[]): number {
  return quantile(
    steps.map(({ frames }) => frames),
    0.95,
  )
}

/** A process of its own, on a virtual screen where there is no other. */
async function inWindow({ project, store }: SuiteGiven, steps: number): Promise<PanReport> {
  const entry = path.join(project, 'test/bench/pan-child.ts')
  const { command, args } = onSomeDisplay(process.execPath, [
    '--import',
    'tsx',
    entry,
    store('five-years'),
    `${steps}`,
  ])
  const child = spawn(command, args, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const found = out.split('\n').find((text) => text.startsWith('{"unread"'))
  if (code !== 0 || found === undefined) throw new Error(`panning ended with ${code}: ${errors}`)
  return JSON.parse(found) as PanReport
}
