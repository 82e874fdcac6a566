import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EngineEvents } from '../../schemas/contract/engine.ts'
import { reportOf } from '../../schemas/contract/errors.ts'
import type { JobUpdate } from '../../schemas/contract/jobs.ts'
import { AfterClose } from '../../src-main/shell/after-close.ts'
import { createCalls } from '../../src-main/shell/calls.ts'
import { EndpointSwitch } from '../../src-main/shell/endpoint.ts'
import { EngineHost } from '../../src-main/shell/engine-host.ts'
import { Jobs } from '../../src-main/shell/jobs.ts'
import { Settings } from '../../src-main/shell/settings.ts'
import { type StartChoice, StoreSession } from '../../src-main/shell/store-session.ts'

let folder: string
let open: (() => Promise<unknown>)[]

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'barkeep-calls-'))
  open = []
})

afterEach(async () => {
  for (const close of open) await close()
  rmSync(folder, { recursive: true, force: true })
})

type Pushed = { [Name in keyof EngineEvents]: readonly [Name, EngineEvents[Name]] }[keyof EngineEvents]

/** The shell without Electron: the real engine, jobs and settings, and a desktop whose answers are set here. */
function shell(defaultStore: string | null = null) {
  const pushed: Pushed[] = []
  const ends = new Map<string, (update: JobUpdate) => void>()
  const push = <Name extends keyof EngineEvents>(name: Name, event: EngineEvents[Name]) => {
    pushed.push([name, event] as unknown as Pushed)
  }
  const engine = new EngineHost({
    onProblem: ({ message }) => {
      throw new Error(message)
    },
    onLive: (update) => push('live', update),
  })
  const session = new StoreSession(engine, { onOpened: (info) => push('storeOpened', info) })
  const jobs = new Jobs({
    push: (update) => {
      push('job', update)
      if (update.state !== 'running') ends.get(update.job)?.(update)
    },
    onFailure: () => {},
  })
  const answers: { folder: string | null; file: string | null } = { folder: null, file: null }
  const settings = new Settings(path.join(folder, 'settings.json'), { readOnly: true, onNote: () => {} })
  const endpoint = new EndpointSwitch({
    engine,
    settings,
    tokenFile: path.join(folder, 'token'),
    version: '1.2.3',
    logger: pino({ level: 'silent' }),
    onState: (state) => push('endpoint', state),
  })
  const afterClose = new AfterClose({
    engine,
    jobs,
    logger: pino({ level: 'silent' }),
    notify: () => {},
    onState: (state) => push('afterClose', state),
  })
  const copied: string[] = []
  const calls = createCalls({
    engine,
    session,
    jobs,
    settings,
    endpoint,
    afterClose,
    desktop: {
      chooseStore: async () => answers.folder,
      chooseSampleFolder: async () => answers.folder,
      chooseExport: async () => null,
      chooseImport: async () => answers.file,
      copyText: (text) => copied.push(text),
      copyImage: () => {},
      reveal: async () => {},
      revealFile: () => {},
    },
    launch: { version: '1.2.3', platform: 'linux', view: null, screenshot: false },
    defaultStore,
    push,
    onPreferences: () => {},
    onReady: () => {},
  })
  const ended = (job: string) => new Promise<JobUpdate>((resolve) => ends.set(job, resolve))
  open.push(async () => {
    await endpoint.stop()
    await jobs.stop()
    await engine.close()
  })
  return { calls, session, engine, jobs, endpoint, copied, pushed, answers, ended }
}

/** Tables of which changes were told. */
const changed = (pushed: readonly Pushed[]) =>
  pushed.flatMap(([name, event]) => (name === 'live' ? event.tables : []))

const begin = (choice: Partial<StartChoice>): StartChoice => ({
  asked: null,
  remembered: null,
  fallback: null,
  ...choice,
})

function made(name: string): string {
  const made = path.join(folder, name)
  mkdirSync(made)
  return made
}

async function codeOf(work: unknown): Promise<string> {
  try {
    await work
    return 'ok'
  } catch (thrown) {
    return reportOf(thrown).code
  }
}

const LINE =
  '{"symbol":"SPY","timeframe":"2m","timestamp":"2024-03-08T14:30:00Z","open":1,"high":2,"low":1,"close":2,"volume":3}\n'

describe('which store is opened', () => {
  it('the one asked for, or none: never another in its place', async () => {
    const [asked, remembered] = [made('asked'), made('remembered')]
    const first = shell()
    await first.session.begin(begin({ asked, remembered, fallback: remembered }))
    expect(await first.calls.launchInfo(null)).toMatchObject({ storePath: asked, version: '1.2.3' })

    const second = shell()
    await second.session.begin(begin({ asked: path.join(folder, 'gone'), remembered }))
    expect(await second.calls.launchInfo(null)).toMatchObject({ storePath: null })
    expect(await codeOf(second.calls.storeInfo(null))).toBe('NO_STORE')
    const viewport = { symbol: 'SPY', timeframe: '2m', from: 0, to: 1 }
    expect(await codeOf(second.calls.viewport(viewport))).toBe('NO_STORE')
    expect(second.session.failure?.message).toContain('gone')
  })

  it('else the remembered one, and one that is gone is an error, not a first run', async () => {
    const remembered = made('remembered')
    const first = shell()
    await first.session.begin(begin({ remembered, fallback: made('fallback') }))
    expect(first.engine.path).toBe(remembered)
    const second = shell()
    await second.session.begin(begin({ remembered: path.join(folder, 'gone') }))
    expect(await codeOf(second.calls.storeInfo(null))).toBe('NO_STORE')
  })

  it('else the project’s own if it holds data; an empty or missing one is a first run', async () => {
    const fallback = made('storage')
    const empty = shell()
    await empty.session.begin(begin({ fallback }))
    expect(await empty.calls.storeInfo(null)).toBeNull()
    expect(empty.session.failure).toBeNull()
    const missing = shell()
    await missing.session.begin(begin({ fallback: path.join(folder, 'none') }))
    expect(await missing.calls.storeInfo(null)).toBeNull()

    const { calls, answers, session, ended } = shell()
    await session.open(fallback, { create: false })
    answers.file = path.join(folder, 'bars.ndjson')
    writeFileSync(answers.file, LINE)
    await ended((await calls.importFile({ table: 'candles' }))?.job ?? '')
    const filled = shell()
    await filled.session.begin(begin({ fallback }))
    expect(await filled.calls.storeInfo(null)).toMatchObject({ path: fallback, hasData: true })
  })

  it('a question asked while the first store opens waits for it', async () => {
    const { calls, session } = shell()
    const beginning = session.begin(begin({ asked: made('store') }))
    expect(await calls.storeInfo(null)).toMatchObject({ hasData: false })
    await beginning
  })
})

describe('what the calls do', () => {
  it('P2: a store question without a store is NO_STORE before any dialog', async () => {
    const { calls } = shell()
    expect(await codeOf(calls.importFile({ table: 'candles' }))).toBe('NO_STORE')
    expect(await codeOf(calls.compact({}))).toBe('NO_STORE')
    expect(await codeOf(calls.revealStore(null))).toBe('NO_STORE')
  })

  it('P7: an import ends with its receipt and tells what changed; a dry run changes nothing', async () => {
    const { calls, session, answers, pushed, ended } = shell()
    await session.open(made('store'), { create: false })
    answers.file = path.join(folder, 'bars.ndjson')
    writeFileSync(answers.file, `${LINE}{"torn`)
    pushed.length = 0
    const dry = await ended((await calls.importFile({ table: 'candles', dryRun: true }))?.job ?? '')
    expect(dry.result).toMatchObject({ kind: 'import', receipt: { accepted: 1 } })
    expect(changed(pushed)).toEqual([])
    expect(await calls.storeInfo(null)).toMatchObject({ hasData: false })

    const done = await ended((await calls.importFile({ table: 'candles' }))?.job ?? '')
    expect(done.result).toMatchObject({
      kind: 'import',
      file: answers.file,
      receipt: { accepted: 1, rejected: [{ line: 2, field: null }] },
    })
    // Told before its end, so that whoever hears of the end has heard of what it changed.
    const end = pushed.findIndex(
      ([name, event]) => name === 'job' && event.job === done.job && event.state === 'done',
    )
    expect(changed(pushed.slice(0, end))).toContain('candles')
  })

  it('P7: what work changed before it failed is told, too', async () => {
    const { calls, session, engine, answers, pushed, ended } = shell()
    const store = made('store')
    await session.open(store, { create: false })
    answers.file = path.join(folder, 'nowhere.ndjson')
    await engine.look()
    pushed.length = 0
    mkdirSync(path.join(store, 'decisions'))
    writeFileSync(path.join(store, 'decisions', 'decisions_20240308.parquet'), 'torn')
    const end = await ended((await calls.importFile({ table: 'object_events' }))?.job ?? '')
    expect(end).toMatchObject({ state: 'failed', error: { code: 'BAD_REQUEST' } })
    expect(changed(pushed)).toContain('decisions')
  })

  it('P7: another store can’t be opened under running work', async () => {
    const { calls, session, answers, jobs, engine } = shell()
    const store = made('store')
    await session.open(store, { create: false })
    answers.folder = made('other')
    jobs.start('doctor', ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)))
    expect(await codeOf(calls.openStore(null))).toBe('LOCKED')
    expect(engine.path).toBe(store)
    await jobs.stop()
    expect(await calls.openStore(null)).toMatchObject({ path: answers.folder })
  })

  it('X9: a sample is refused a folder with anything in it, and cancelling the dialog is no error', async () => {
    const { calls, answers } = shell()
    expect(await calls.createSample(null)).toBeNull()
    answers.folder = made('documents')
    writeFileSync(path.join(answers.folder, 'letter.txt'), 'x')
    expect(await codeOf(calls.createSample(null))).toBe('BAD_REQUEST')
    expect(readdirSync(answers.folder)).toEqual(['letter.txt'])
  })

  it('X9: a sample goes without a question into the project’s empty storage/, or the empty store that is open', async () => {
    const storage = made('storage')
    writeFileSync(path.join(storage, 'README.md'), '# data')
    const development = shell(storage)
    const job = (await development.calls.createSample(null))?.job ?? ''
    expect(development.engine.path).toBe(storage)
    const cancelled = development.ended(job)
    development.jobs.cancel(job)
    expect((await cancelled).state).toBe('cancelled')

    const store = made('store')
    const packaged = shell()
    await packaged.session.open(store, { create: false })
    const started = (await packaged.calls.createSample(null))?.job ?? ''
    expect(packaged.engine.path).toBe(store)
    packaged.jobs.cancel(started)
  })
})
