import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import { openEvents } from '../support/event-fixture.ts'
import { type Fault, type FaultEnv, faultEnv } from '../support/fault-env.ts'
import { bury, endingsOf, SecondFaults, sampled, told } from '../support/fault-plan.ts'
import { EventBench } from './event-bench.ts'
import { EVENT_SCENARIOS, type EventWork } from './event-scenario.ts'

let bench: EventBench
beforeAll(async () => {
  bench = await EventBench.make()
})
afterAll(() => bench.remove())

/** Work whose process ends at a step. @returns the steps */
async function ended(
  root: string,
  work: EventWork,
  fault: Fault | null,
  acknowledge: (row: ObjectEventRow) => void,
): Promise<FaultEnv> {
  const counted = faultEnv(fault)
  const store = await openEvents(root, { env: counted.env })
  counted.arm()
  await work(store, acknowledge).catch(() => undefined)
  await store.close()
  if (fault !== null) await bury(root)
  return counted
}

/** What an open does of its own accord: it finishes what was interrupted, and mends the snapshot. */
async function open(store: Awaited<ReturnType<typeof openEvents>>): Promise<void> {
  await finishInterrupted(store.context)
  await store.events.snapshot.mend()
}

describe.each(Object.entries(EVENT_SCENARIOS))('events: %s', (name, work) => {
  it('C7, C18, O12: a writer that ended at any file step, and a second fault in the open after it: the same holds', async () => {
    const counts = { ends: 0, steps: 0, faults: 0 }
    const second = new SecondFaults(Object.keys(EVENT_SCENARIOS).indexOf(name))
    let ends: readonly Fault[] = []
    let steps: FaultEnv['taken'] = []
    await bench.inCopy(async (root) => {
      steps = (await ended(root, work, null, () => {})).taken
      ends = sampled(endingsOf(steps, 'death'), 8)
    })
    for (const end of ends) {
      await bench.inCopy(async (left) => {
        const acknowledged: ObjectEventRow[] = []
        await ended(left, work, end, (row) => acknowledged.push(row))
        let opened: FaultEnv | null = null
        await bench.inCopy(async (root) => {
          opened = await ended(root, open, null, () => {})
        }, left)
        counts.ends += 1
        const { taken, looked }: FaultEnv = opened ?? faultEnv()
        counts.steps += taken.length
        for (const fault of second.of(taken, looked)) {
          await bench.inCopy(async (root) => {
            await ended(root, open, fault, () => {})
            try {
              const store = await bench.reopened(root)
              await bench.verify(store, acknowledged)
              await store.close()
            } catch (cause) {
              const inOpen = told(fault, fault.look === true ? looked : taken)
              throw new Error(`${told(end, steps)}; then ${inOpen}`, { cause })
            }
          }, left)
          counts.faults += 1
        }
      })
    }
    console.log(
      `events, ${name}, interrupted recoveries: ${counts.ends} ends of a writer, ${counts.steps} file steps of the opens after them, ${counts.faults} second faults`,
    )
    expect(counts.faults).toBeGreaterThan(0)
  }, 7_200_000)
})
