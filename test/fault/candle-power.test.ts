import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { type Bench, benchOf, checkStruck } from '../support/candle-check.ts'
import { CANDLE_SCENARIOS } from '../support/candle-scenarios.ts'
import { type Loss, powerEnv } from '../support/power-env.ts'

let steps = 0
let cuts = 0
afterAll(() => console.log(`power cuts: ${steps} file steps, ${cuts} cuts`))

/** Cuts the power before a step. @returns what had been acknowledged, the steps until then, and what each loss leaves */
async function cutAt(
  { scenario, copy, open }: Bench,
  at: number,
): Promise<{ acknowledged: CandleRow[]; steps: number; left: [Loss, string][] }> {
  const root = await copy()
  const power = powerEnv(root, `${root}.pins`, at)
  const { context } = await open(root, power.env)
  await power.arm()
  const acknowledged: CandleRow[] = []
  await scenario.work(context, (bar) => acknowledged.push(bar)).catch(() => undefined)
  const left: [Loss, string][] = []
  for (const loss of ['unsynced-lost', 'bytes-lost'] as const) {
    const target = path.join(path.dirname(root), `${path.basename(root)} ${loss}`)
    await mkdir(target)
    await power.leaveAt(target, loss)
    left.push([loss, target])
  }
  await power.remove()
  return { acknowledged, steps: power.taken.length, left }
}

describe.each(Object.entries(CANDLE_SCENARIOS))('%s', (_, scenario) => {
  it('W1, C7: with the power cut at every file step in turn, every acknowledged bar is there once', async () => {
    const bench = await benchOf(scenario)
    const whole = await cutAt(bench, Number.POSITIVE_INFINITY)
    expect(whole.steps).toBeGreaterThan(5)
    for (let at = 1; at <= whole.steps + 1; at++) {
      const { acknowledged, left } = await cutAt(bench, at)
      for (const [loss, root] of left) {
        await checkStruck(bench, root, acknowledged, `power cut before step ${at}, ${loss}`)
        cuts += 1
      }
    }
    steps += whole.steps
    await bench.remove()
  }, 180_000)
})
