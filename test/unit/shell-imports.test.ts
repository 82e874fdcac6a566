import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CALL_PAYLOADS, DROP_CHANNEL } from '../../schemas/contract/channels.ts'
import { reportOf } from '../../schemas/contract/errors.ts'
import type { JobUpdate } from '../../schemas/contract/jobs.ts'
import { checkCallName, checkPayload } from '../../src-main/shell/call-checks.ts'
import { EngineHost } from '../../src-main/shell/engine-host.ts'
import { Imports } from '../../src-main/shell/imports.ts'
import { Jobs } from '../../src-main/shell/jobs.ts'

let folder: string
let close: () => Promise<void>

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'barkeep-imports-'))
  close = async () => {}
})

afterEach(async () => {
  await close()
  rmSync(folder, { recursive: true, force: true })
})

/** Imports over the real engine and jobs; the dialog answers with `answers.file`. */
async function setUp() {
  const engine = new EngineHost({ onProblem: () => undefined, onLive: () => undefined })
  const ends = new Map<string, (update: JobUpdate) => void>()
  const jobs = new Jobs({
    push: (update) => {
      if (update.state !== 'running') ends.get(update.job)?.(update)
    },
    onFailure: () => {},
  })
  close = async () => {
    await jobs.stop()
    await engine.close()
  }
  const answers: { file: string | null; asked: number } = { file: null, asked: 0 }
  const imports = new Imports({
    engine,
    desktop: {
      chooseImport: async () => {
        answers.asked++
        return answers.file
      },
    },
    start: (kind, _changes, work) => jobs.start(kind, work),
  })
  await engine.open(made('store'), {})
  const finished = (job: string) => new Promise<JobUpdate>((resolve) => ends.set(job, resolve))
  return { engine, imports, answers, finished }
}

function made(name: string): string {
  const made = path.join(folder, name)
  mkdirSync(made)
  return made
}

function written(name: string, text = LINE): string {
  const file = path.join(folder, name)
  writeFileSync(file, text)
  return file
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'ok'
  } catch (thrown) {
    const { code, message } = reportOf(thrown)
    return `${code}: ${message}`
  }
}

const LINE =
  '{"symbol":"SPY","timeframe":"2m","timestamp":"2024-03-08T14:30:00Z","open":1,"high":2,"low":1,"close":2,"volume":3}\n'

describe('a file that was dropped on the window', () => {
  it('P10: is imported by the path that Electron told, and its job ends with the receipt', async () => {
    const { imports, answers, finished } = await setUp()
    const file = written('bars.ndjson', `${LINE}{"torn`)
    const { job } = await imports.dropped(file, { table: 'candles' })
    expect((await finished(job)).result).toMatchObject({
      kind: 'import',
      file,
      table: 'candles',
      dryRun: false,
      receipt: { accepted: 1, rejected: [{ line: 2 }] },
    })
    expect(answers.asked).toBe(0)
  })

  it('P11: one that a script made, a relative or climbing path, a folder and a device are refused', async () => {
    const { imports } = await setUp()
    const table = { table: 'candles' } as const
    const inside = written('bars.ndjson')
    const forged: readonly unknown[] = [
      '',
      null,
      7,
      { toString: () => inside },
      'bars.ndjson',
      './bars.ndjson',
      `${folder}/store/../bars.ndjson`,
      `${folder}//bars.ndjson`,
      `${inside}\0.txt`,
      `/${'a'.repeat(40_000)}`,
      path.join(folder, 'gone.ndjson'),
      folder,
      '/dev/null',
    ]
    for (const file of forged) {
      expect(await refusal(imports.dropped(file, table)), String(file).slice(0, 80)).toMatch(/^BAD_REQUEST: /)
    }
    expect(await refusal(imports.dropped(folder, table))).toContain('is a folder')
    // A link is what the person dropped, and leads to an ordinary file.
    const link = path.join(folder, 'link.ndjson')
    symlinkSync(inside, link)
    expect(await refusal(imports.dropped(link, table))).toBe('ok')
  })

  it('P11: no call has the name of the drop, under whatever name it is asked for', () => {
    for (const name of ['importDropped', DROP_CHANNEL, 'dropped']) {
      expect(Object.hasOwn(CALL_PAYLOADS, name)).toBe(false)
      expect(() => checkCallName(name)).toThrow('There is no call')
    }
    expect(() => checkPayload('importFile', { table: 'decisions', file: '/etc/passwd' })).toThrow('"file"')
    expect(() => checkPayload('importFile', { table: 'object_snapshot' })).toThrow('table')
    expect(() => checkPayload('importFile', { table: 'decisions', fileOf: '' })).toThrow('fileOf')
    expect(() => checkPayload('undo', { table: 'candles', day: '2024-03-08' })).toThrow('table')
    expect(() => checkPayload('undo', { table: 'decisions', day: '../2024' })).toThrow('day')
    expect(() => checkPayload('partition', { column: 'run_id' })).toThrow('column')
  })
})

describe('the file of an earlier import', () => {
  it('P12: is taken again without a question, and only as it was looked at', async () => {
    const { imports, answers, finished } = await setUp()
    answers.file = written('bars.ndjson')
    const looked = await imports.choose({ table: 'candles', backfill: true, dryRun: true })
    expect((await finished(looked?.job ?? '')).result).toMatchObject({
      dryRun: true,
      receipt: { days: [{ day: '2024-03-08', added: 1, file: null }] },
    })
    const applied = await imports.choose({ table: 'candles', backfill: true, fileOf: looked?.job ?? '' })
    expect((await finished(applied?.job ?? '')).result).toMatchObject({
      file: answers.file,
      receipt: { days: [{ day: '2024-03-08', file: 'data/2m/2024-03-08.parquet' }] },
    })
    expect(answers.asked).toBe(1)

    appendFileSync(answers.file, LINE)
    const again = imports.choose({ table: 'candles', backfill: true, fileOf: looked?.job ?? '' })
    expect(await refusal(again)).toMatch(/^BAD_REQUEST: .*changed since it was looked at/)
    const gone = written('gone.ndjson')
    const dropped = await imports.dropped(gone, { table: 'candles', dryRun: true })
    await finished(dropped.job)
    rmSync(gone)
    expect(await refusal(imports.choose({ table: 'candles', fileOf: dropped.job }))).toMatch(/^BAD_REQUEST/)
  })

  it('P12: is known by its job alone, in its own store alone, and for a drop not at all', async () => {
    const { imports, answers, finished, engine } = await setUp()
    answers.file = written('bars.ndjson')
    const looked = await imports.choose({ table: 'candles', dryRun: true })
    const fileOf = looked?.job ?? ''
    await finished(fileOf)
    expect(await refusal(imports.choose({ table: 'candles', fileOf: 'import-99' }))).toMatch(/^NOT_FOUND/)
    expect(await refusal(imports.choose({ table: 'candles', fileOf: '__proto__' }))).toMatch(/^NOT_FOUND/)
    expect(await refusal(imports.dropped(answers.file, { table: 'candles', fileOf }))).toMatch(/^BAD_REQUEST/)
    await engine.open(made('another'), {})
    expect(await refusal(imports.choose({ table: 'candles', fileOf }))).toMatch(/^NOT_FOUND/)
    expect(answers.asked).toBe(1)
  })

  it('P12: only the last eight are kept', async () => {
    const { imports, answers, finished } = await setUp()
    answers.file = written('bars.ndjson')
    const jobs: string[] = []
    for (let count = 0; count < 9; count++) {
      const started = await imports.choose({ table: 'candles', dryRun: true })
      await finished(started?.job ?? '')
      jobs.push(started?.job ?? '')
    }
    expect(await refusal(imports.choose({ table: 'candles', dryRun: true, fileOf: jobs[0] ?? '' }))).toMatch(
      /^NOT_FOUND/,
    )
    expect(await refusal(imports.choose({ table: 'candles', dryRun: true, fileOf: jobs[8] ?? '' }))).toBe(
      'ok',
    )
  })
})
