import { readdir, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { JobUpdate } from '../../schemas/contract/jobs.ts'
import type { AfterCloseState } from '../../schemas/contract/live.ts'
import { AfterClose } from '../../src-main/shell/after-close.ts'
import { EngineHost } from '../../src-main/shell/engine-host.ts'
import { Jobs } from '../../src-main/shell/jobs.ts'
import { openStore } from '../../src-main/store/index.ts'
import { candles, temporaryFolder } from '../support/store-fixture.ts'

const MINUTE = 60_000
const DAY = 86_400_000
/** Friday before the change to summer time. */
const OPEN = Date.parse('2024-03-08T14:30:00Z')
const DUE = Date.parse('2024-03-08T21:15:00Z')

let root: string
let apps: (() => Promise<void>)[]

beforeEach(async () => {
  root = await temporaryFolder('after close')
  apps = []
  // The clock alone: files, DuckDB and promises go on as ever.
  vi.useFakeTimers({ toFake: ['Date'], now: DUE - MINUTE })
})
afterEach(async () => {
  for (const quit of apps) await quit()
  vi.useRealTimers()
  await rm(root, { recursive: true, force: true })
})

async function append(...opens: readonly number[]): Promise<void> {
  const store = await openStore(root)
  for (const open of opens) {
    const documents = candles(2, open).map(({ ts_iso: _, global_x: __, ...bar }) => bar)
    for (const { outcome } of await store.writer.appendCandles(documents)) expect(outcome).toBe('accepted')
  }
  await store.close()
}

/** The app's schedule on the real engine, with a clock and timers that the test moves. */
async function app(folder = root) {
  const states: AfterCloseState[] = []
  const notices: { title: string; body: string }[] = []
  const updates: JobUpdate[] = []
  let due: { readonly work: () => void; readonly millis: number } | null = null
  const engine = new EngineHost({
    onProblem: ({ message }) => {
      throw new Error(message)
    },
    onLive: () => undefined,
  })
  const jobs = new Jobs({ push: (update) => updates.push(update), onFailure: () => undefined })
  const schedule = new AfterClose({
    engine,
    jobs,
    logger: pino({ level: 'silent' }),
    notify: (notice) => notices.push(notice),
    onState: (state) => states.push(state),
    timers: {
      set: (work, millis) => {
        due = { work, millis }
        return due
      },
      clear: (timer) => {
        if (timer === due) due = null
      },
    },
  })
  await engine.open(folder)
  await schedule.begin()
  apps.push(async () => {
    await schedule.stop()
    await jobs.stop()
    await engine.close()
  })
  const settled = async (): Promise<void> => {
    await vi.waitFor(() => expect(jobs.running).toEqual([]), { timeout: 20_000, interval: 2 })
  }
  /** The clock goes on; the timer fires as often as it asked for. Each job that begins comes to its end. */
  const wait = async (millis: number): Promise<void> => {
    const until = Date.now() + millis
    while (Date.now() < until) {
      const timer = due
      if (timer === null) throw new Error('nobody watches the clock')
      expect(timer.millis).toBeLessThanOrEqual(MINUTE)
      vi.setSystemTime(Math.min(until, Date.now() + timer.millis))
      if (Date.now() === until && timer.millis > 0) break
      await fire()
    }
    await fire()
  }
  const fire = async (): Promise<void> => {
    const told = states.length
    const before = updates.filter(({ state }) => state !== 'running').length
    due?.work()
    if (jobs.running.length === 0) return
    await settled()
    // What a run came to is asked of the log before it is told.
    if (updates.filter(({ state }) => state !== 'running').length > before)
      await vi.waitFor(() => expect(states.length).toBeGreaterThan(told), { timeout: 20_000, interval: 2 })
  }
  const runs = (): string[] =>
    updates.flatMap(({ state, result, error }) => {
      if (state === 'running') return []
      if (result?.kind !== 'after-close') return `${state} ${error?.code}`
      const { session, days, already } = result.receipt
      return `${session} ${already === undefined ? days.map(({ day }) => day).join() : 'already'}`
    })
  return { engine, jobs, schedule, states, notices, updates, wait, fire, look: () => due?.work(), runs }
}

describe('the schedule of the app', () => {
  it('F24: runs at its time, tells what it did, and once; over a weekend not again', async () => {
    await append(OPEN)
    const { schedule, states, notices, runs, wait } = await app()
    expect(schedule.state).toMatchObject({ on: true, time: '15:15', nextAt: DUE, nextSession: '2024-03-08' })
    await wait(MINUTE - 1)
    expect(runs()).toEqual([])
    await wait(30_000)
    expect(runs()).toEqual(['2024-03-08 2024-03-08'])
    expect(notices).toEqual([
      { title: 'After the close of 2024-03-08', body: expect.stringContaining('1 day compacted, 2 rows') },
    ])
    expect(states.at(-1)).toMatchObject({
      nextSession: '2024-03-11',
      // Summer time has begun.
      nextAt: Date.parse('2024-03-11T20:15Z'),
      last: { session: '2024-03-08', origin: 'scheduled', state: 'done', program: 'app' },
      error: null,
    })
    vi.setSystemTime(DUE + DAY)
    await wait(3 * MINUTE)
    expect(runs()).toHaveLength(1)
  })

  it.each([
    ['the change to summer time', '2024-03-08T12:00Z', ['03-08 21:15', '03-11 20:15']],
    ['the change back', '2024-11-01T12:00Z', ['11-01 20:15', '11-04 21:15']],
    ['Thanksgiving and an early close', '2024-11-27T12:00Z', ['11-27 21:15', '11-29 18:15', '12-02 21:15']],
  ])(
    'F20, F24: over %s each trading day is compacted after its close, and nothing at any other time',
    async (_, start, wanted) => {
      vi.setSystemTime(Date.parse(start))
      // All bars are there from the start, those of days to come too: none is compacted before its close.
      await append(...wanted.map((day) => Date.parse(`2024-${day.slice(0, 5)}T15:30Z`)))
      const { runs, fire } = await app()
      const seen: string[] = []
      const end = Date.parse(`2024-${wanted.at(-1)?.replace(' ', 'T')}Z`) + 60 * MINUTE
      for (let now = Date.parse(start); now < end; now += 15 * MINUTE) {
        const before = runs().length
        vi.setSystemTime(now)
        await fire()
        const time = new Date(Date.now()).toISOString().slice(5, 16).replace('T', ' ')
        for (const run of runs().slice(before)) {
          const [session, days] = run.split(' ')
          expect(days).toBe(session)
          expect(session).toBe(`2024-${time.slice(0, 5)}`)
          seen.push(time)
        }
      }
      expect(seen).toEqual(wanted)
    },
    60_000,
  )

  it('F24: after sleep, and at the next start, on a holiday or weekend too, it catches up; not where nobody asked yet', async () => {
    await append(OPEN)
    const first = await app()
    // The computer slept from Friday to Saturday: one look at the clock is enough.
    vi.setSystemTime(DUE + 12 * 60 * MINUTE)
    await first.fire()
    expect(first.runs()).toEqual(['2024-03-08 2024-03-08'])
    expect(first.states.at(-1)?.last).toMatchObject({ origin: 'catch-up' })
    await first.schedule.stop()
    // Good Friday: closed; Thursday's is made up for.
    vi.setSystemTime(Date.parse('2024-03-29T15:00Z'))
    await append(Date.parse('2024-03-27T14:30Z'), Date.parse('2024-03-28T14:30Z'))
    const second = await app()
    expect(second.schedule.state).toMatchObject({ nextSession: '2024-03-28' })
    await second.wait(MINUTE)
    expect(second.runs()).toEqual(['2024-03-28 2024-03-27,2024-03-28'])
    // A store that never had a run, and of which nobody said that it should: it begins with the next close.
    const other = await temporaryFolder('other')
    apps.push(() => rm(other, { recursive: true, force: true }))
    const third = await app(other)
    expect(third.schedule.state).toMatchObject({ on: true, nextSession: '2024-04-01' })
    await third.wait(2 * MINUTE)
    expect(third.runs()).toEqual([])
    // Now somebody says so.
    await third.engine.changeSettings({ set: { afterClose: { on: true } } })
    await third.schedule.begin()
    await third.wait(2 * MINUTE)
    expect(third.runs()).toEqual(['2024-03-28 '])
    expect(third.notices).toEqual([])
  })

  it('F25: two apps and one close: one runs, the other finds that it did', async () => {
    await append(OPEN)
    const [one, two] = [await app(), await app()]
    vi.setSystemTime(DUE)
    await Promise.all([one.fire(), two.fire()])
    // Whoever came second was turned away by the lock, or found the row; a minute later it finds it.
    await one.wait(2 * MINUTE)
    await two.wait(2 * MINUTE)
    const runs = [...one.runs(), ...two.runs()].filter((run) => run !== 'failed LOCKED')
    expect(runs.sort()).toEqual(['2024-03-08 2024-03-08', '2024-03-08 already'])
    expect([...one.notices, ...two.notices]).toHaveLength(1)
    const { operations } = await one.engine.operations({ kinds: ['after-close'] })
    expect(operations).toHaveLength(1)
  })

  it('F24: while another piece of work writes it waits, and switched off it does nothing', async () => {
    await append(OPEN)
    const { engine, jobs, schedule, runs, wait, fire, look } = await app()
    let finish: () => void = () => undefined
    jobs.start('import', async () => {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      return { kind: 'rebuild-snapshot', objects: 0 }
    })
    vi.setSystemTime(DUE)
    look()
    expect(schedule.state.error).toMatchObject({ code: 'LOCKED' })
    expect(jobs.running).toHaveLength(1)
    await engine.changeSettings({ set: { afterClose: { on: false } } })
    await schedule.begin()
    expect(schedule.state).toMatchObject({ on: false, nextAt: null, nextSession: null, error: null })
    finish()
    await vi.waitFor(() => expect(jobs.running).toEqual([]))
    await wait(3 * MINUTE)
    expect(runs()).toEqual(['done undefined'])
    await engine.changeSettings({ set: { afterClose: { on: true, time: '15:30' } } })
    await schedule.begin()
    // By a person's word, with no run known, the last session that is due by that time is made up for.
    expect(schedule.state).toMatchObject({ nextSession: '2024-03-07' })
    await fire()
    await vi.waitFor(() => expect(schedule.state).toMatchObject({ nextAt: DUE + 15 * MINUTE }))
    vi.setSystemTime(DUE + 15 * MINUTE)
    await fire()
    expect(runs()).toEqual(['done undefined', '2024-03-07 ', '2024-03-08 2024-03-08'])
  })

  it('F23: a day that a bot goes on writing into is put off for an hour, told nobody, and compacted then', async () => {
    await append(OPEN)
    const { notices, runs, wait, states } = await app()
    const parts = path.join(root, 'data/2m/2024-03-08')
    const [part = ''] = await readdir(parts)
    const write = async (): Promise<void> => {
      for (const file of [path.join(parts, part), parts])
        await utimes(file, Date.now() / 1000, Date.now() / 1000)
    }
    while (!runs().includes('2024-03-08 2024-03-08')) {
      await write()
      await wait(15_000)
      expect(Date.now()).toBeLessThan(DUE + 90 * MINUTE)
    }
    expect(Date.now()).toBeGreaterThanOrEqual(DUE + 60 * MINUTE)
    const putOff = runs().length - 1
    console.log(`put off ${putOff} times`)
    expect(putOff).toBeGreaterThan(4)
    expect(putOff).toBeLessThan(10)
    expect(notices).toHaveLength(1)
    expect(states.at(-1)?.last).toMatchObject({ state: 'done', session: '2024-03-08' })
  })

  it('F25: what fails is told once and tried again, longer and longer apart, until it is done', async () => {
    await append(OPEN)
    const { schedule, states, notices, updates, wait, runs } = await app()
    // A dayfile of another program that holds what ours could not keep.
    await writeFile(path.join(root, 'data/2m/2024-03-08.parquet'), 'no Parquet')
    await wait(3 * MINUTE)
    expect(runs()).toEqual(['2024-03-08 2024-03-08'])
    expect(schedule.state.error).toMatchObject({ code: 'UNREADABLE' })
    expect(notices).toHaveLength(1)
    expect(notices[0]?.title).toBe('After the close of 2024-03-08: not everything was done')
    const [first] = states.filter(({ error }) => error !== null)
    expect(Math.round(((first?.nextAt ?? 0) - DUE) / MINUTE)).toBe(5)
    await wait(60 * MINUTE)
    const tried = updates.filter(({ state }) => state !== 'running').length
    expect(tried).toBe(4)
    expect(notices).toHaveLength(1)
    await rm(path.join(root, 'data/2m/2024-03-08.parquet'))
    await wait(40 * MINUTE)
    expect(schedule.state).toMatchObject({ error: null, nextSession: '2024-03-11' })
    expect(states.at(-1)?.last).toMatchObject({ state: 'done', session: '2024-03-08' })
    expect(notices).toHaveLength(2)
  })

  it('F21: settings that can’t be read are told, and followed again once they can', async () => {
    await append(OPEN)
    const { schedule, wait, runs } = await app()
    const file = path.join(root, '.barkeep/settings.json')
    await writeFile(file, '{"afterClose":{"on":true,"time":"09:00"}}')
    await wait(70_000)
    await vi.waitFor(() => expect(schedule.state.error).toMatchObject({ code: 'BAD_SETTINGS' }))
    expect(runs().filter((run) => run.startsWith('2024'))).toEqual([])
    await writeFile(file, '{"afterClose":{"on":true,"time":"15:16"}}')
    await wait(2 * MINUTE)
    await vi.waitFor(() => expect(schedule.state).toMatchObject({ on: true, time: '15:16' }))
    await wait(MINUTE)
    await vi.waitFor(() => expect(runs()).toContain('2024-03-08 2024-03-08'))
  })
})
