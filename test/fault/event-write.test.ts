import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { openEvents } from '../support/event-fixture.ts'
import { type Fault, failuresOf, faultEnv, killsOf, type StepTaken, told } from '../support/fault-env.ts'
import { atOnce, type KillRunner, killRunner } from '../support/kill-runner.ts'
import { EventBench } from './event-bench.ts'
import { CALLS, documents, isTaken, write } from './event-scenario.ts'

let bench: EventBench
let steps: readonly StepTaken[]
let runner: KillRunner

beforeAll(async () => {
  bench = await EventBench.make()
  runner = await killRunner('test/fault/event-kill-child.ts')
  const counted = faultEnv()
  await bench.inCopy(async (root) => write(root, counted.env, counted.arm, () => {}))
  steps = counted.taken
})
afterAll(async () => {
  await runner.remove()
  await bench.remove()
})

async function tryFailure(fault: Fault): Promise<void> {
  await bench.inCopy(async (root) => {
    const faulty = faultEnv(fault)
    const store = await openEvents(root, { env: faulty.env })
    const acknowledged: ObjectEventRow[] = []
    faulty.arm()
    for (const rows of CALLS) {
      try {
        const { outcomes } = await store.events.append(documents(rows))
        for (const [index, row] of rows.entries()) if (isTaken(outcomes[index])) acknowledged.push(row)
      } catch (error) {
        expect(error).toMatchObject({ code: fault.how === 'ENOSPC' ? 'NO_SPACE' : 'IO' })
      }
    }
    const other = await bench.reopened(root)
    await bench.verify(other, acknowledged)
    await other.close()
    // The app that met the fault stays open; the disk is well again.
    faulty.mend()
    await bench.sendAll(store)
    await store.close()
  })
}

async function tryKill(fault: Fault): Promise<void> {
  await bench.inCopy(async (root) => {
    const { acknowledged, signal } = await runner.run({ scenario: 'events', root, fault })
    expect(signal).toBe('SIGKILL')
    const store = await bench.reopened(root)
    await bench.verify(store, acknowledged as ObjectEventRow[])
    await bench.sendAll(store)
    await store.close()
    // What a killed process left in staging went with the open.
    expect(await readdir(path.join(root, '.barkeep/staging'))).toEqual([])
  })
}

async function tryEach(what: string, faults: readonly Fault[], work: (fault: Fault) => Promise<void>) {
  const failed: Error[] = []
  await atOnce(faults, 2, async (fault) => {
    await work(fault).catch((cause: unknown) => {
      failed.push(new Error(told(fault, steps), { cause }))
    })
  })
  console.log(
    `event write, ${what}: ${steps.length} file steps, ${faults.length} faults tried, ${failed.length} failed`,
  )
  if (failed.length > 0) throw new AggregateError(failed, failed.map(({ message }) => message).join('\n'))
}

describe('an event write whose disk fails', () => {
  it('W1, W2, O12: at each file step of part and snapshot, every acknowledged event is there exactly once', async () => {
    await tryEach('failing', failuresOf(steps), tryFailure)
  }, 480_000)

  it('W1, W2, O12: killed at each file step of part and snapshot, the same holds after reopening', async () => {
    await tryEach('killed', killsOf(steps), tryKill)
  }, 480_000)
})
