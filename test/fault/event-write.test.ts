import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { openEvents } from '../support/event-fixture.ts'
import { type Fault, type FaultEnv, faultEnv } from '../support/fault-env.ts'
import { blindnessOf, bury, endingsOf, failuresOf, sampled, told } from '../support/fault-plan.ts'
import { atOnce, type KillRunner, killRunner } from '../support/kill-runner.ts'
import { EventBench } from './event-bench.ts'
import { EVENT_SCENARIOS, write } from './event-scenario.ts'

const CODED = /^(IO|NO_SPACE|EIO|ENOSPC|EACCES|EROFS)$/

let bench: EventBench
let runner: KillRunner

beforeAll(async () => {
  bench = await EventBench.make()
  runner = await killRunner('test/fault/event-kill-child.ts')
})
afterAll(async () => {
  await runner.remove()
  await bench.remove()
})

describe.each(Object.entries(EVENT_SCENARIOS))('events: %s', (name, work) => {
  const offset = Object.keys(EVENT_SCENARIOS).indexOf(name) * 3

  async function counted(): Promise<FaultEnv> {
    const env = faultEnv()
    await bench.inCopy((root) => write(root, env.env, env.arm, () => {}, work))
    return env
  }

  /** The bot sends all again, or the work is done again. */
  async function again(store: Awaited<ReturnType<typeof openEvents>>): Promise<void> {
    if (name === 'append') return bench.sendAll(store)
    await work(store, () => {})
    await bench.verify(store, [])
  }

  async function tryFailure(fault: Fault): Promise<void> {
    await bench.inCopy(async (root) => {
      const faulty = faultEnv(fault)
      const store = await openEvents(root, { env: faulty.env })
      const acknowledged: ObjectEventRow[] = []
      faulty.arm()
      await work(store, (row) => acknowledged.push(row)).catch((error: unknown) => {
        expect(error).toMatchObject({ code: expect.stringMatching(CODED) })
      })
      if (fault.how === 'death') await bury(root)
      const other = await bench.reopened(root)
      await bench.verify(other, acknowledged)
      if (fault.how === 'death') {
        await again(other)
        await other.close()
        // What the process left in staging went with the open.
        expect(await readdir(path.join(root, '.barkeep/staging'))).toEqual([])
        store.context.duck.close()
        return
      }
      await other.close()
      // The app that met the fault stays open; the disk is well again.
      faulty.mend()
      await again(store)
      await store.close()
    })
  }

  async function tryKill(fault: Fault): Promise<void> {
    await bench.inCopy(async (root) => {
      const { acknowledged, signal } = await runner.run({ scenario: name, root, fault })
      expect(signal).toBe('SIGKILL')
      const store = await bench.reopened(root)
      await bench.verify(store, acknowledged as ObjectEventRow[])
      await again(store)
      await store.close()
      expect(await readdir(path.join(root, '.barkeep/staging'))).toEqual([])
    })
  }

  async function tryEach(
    what: string,
    plan: (steps: FaultEnv) => readonly Fault[],
    attempt: (fault: Fault) => Promise<void>,
  ): Promise<void> {
    const steps = await counted()
    const faults = plan(steps)
    const failed: Error[] = []
    await atOnce(faults, 2, async (fault) => {
      const inWords = told(fault, fault.look === true ? steps.looked : steps.taken)
      await attempt(fault).catch((cause: unknown) => {
        failed.push(new Error(inWords, { cause }))
      })
    })
    console.log(
      `events, ${name}, ${what}: ${steps.taken.length} file steps, ${steps.looked.length} looks, ${faults.length} tried, ${failed.length} failed`,
    )
    expect(faults.length).toBeGreaterThan(0)
    if (failed.length > 0) throw new AggregateError(failed, failed.map(({ message }) => message).join('\n'))
  }

  it('W1, W2, C7, O12: with every file step failing in turn, every acknowledged event is there exactly once', async () => {
    await tryEach('failing', ({ taken }) => failuresOf(taken, undefined, offset), tryFailure)
  }, 1_200_000)

  it('W1, W2, C7, O12: with every look at the disk failing in turn, the same holds', async () => {
    await tryEach('blind', ({ looked }) => sampled(blindnessOf(looked, undefined, offset), 30), tryFailure)
  }, 1_200_000)

  it('W1, W2, C7, O12: with the process gone at every file step in turn, the same holds', async () => {
    await tryEach('gone', ({ taken }) => sampled(endingsOf(taken, 'death'), 8), tryFailure)
  }, 1_200_000)

  it('W1, W2, C7, O12: killed at file steps, the same holds', async () => {
    await tryEach('killed', ({ taken }) => sampled(endingsOf(taken, 'kill'), 36), tryKill)
  }, 1_200_000)
})
