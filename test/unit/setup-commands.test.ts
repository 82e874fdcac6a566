import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseAppFlags } from '../../scripts/setup/app-flags.mjs'
import { onSomeDisplay } from '../../scripts/setup/display.mjs'
import { requireNode } from '../../scripts/setup/prepare.mjs'
import { runGroup } from '../../scripts/setup/process-group.mjs'
import { isEmptyStore } from '../../scripts/setup/sample-store.mjs'
import { SetupError } from '../../scripts/setup/setup-error.mjs'
import { closingLine, countPlaywright, countVitest, readOutcome } from '../../scripts/testing/outcome.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'barkeep-setup-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('npm start', () => {
  it('makes paths absolute from where the caller stands and takes both forms of a flag', () => {
    const from = resolve('/home/me')
    const flags = parseAppFlags(['--store', '../data', '--screenshot=a.png', '--view', 'chart'], from)
    expect(flags.store).toBe(resolve('/home/data'))
    expect(flags.screenshot).toBe(resolve('/home/me/a.png'))
    expect(flags.args).toEqual([
      `--store=${resolve('/home/data')}`,
      `--screenshot=${resolve('/home/me/a.png')}`,
      '--view=chart',
    ])
  })

  it.each([[['--store']], [['--store=']], [['--bogus']], [['folder']]])('refuses %j', (argv) => {
    expect(() => parseAppFlags(argv, '/')).toThrow(SetupError)
  })

  it('takes a default store for empty only as long as it holds no data', () => {
    expect(isEmptyStore(join(folder, 'none'))).toBe(true)
    writeFileSync(join(folder, 'README.md'), '')
    expect(isEmptyStore(folder)).toBe(true)
    writeFileSync(join(folder, 'data'), '')
    expect(isEmptyStore(folder)).toBe(false)
  })

  it('opens in a virtual screen only where there is no display', () => {
    expect(onSomeDisplay('electron', ['.'], { DISPLAY: ':0' })).toEqual({
      command: 'electron',
      args: ['.'],
      virtual: false,
    })
    if (process.platform !== 'linux') return
    const wrapped = onSomeDisplay('electron', ['.'], {})
    expect(wrapped).toMatchObject({ command: 'xvfb-run', virtual: true })
    expect(wrapped.args.slice(-2)).toEqual(['electron', '.'])
  })

  it('names the Node it needs', () => {
    expect(() => requireNode('18.20.0')).toThrow('install Node 20.19.0 or newer')
    expect(() => requireNode('20.18.9')).toThrow(SetupError)
    for (const version of ['20.19.0', '22.0.0', '24.1.0']) expect(() => requireNode(version)).not.toThrow()
  })

  it.skipIf(process.platform === 'win32')('ends everything a hanging app started, and says so', async () => {
    const group = runGroup('sh', ['-c', 'sleep 300 & sleep 300'], {
      cwd: folder,
      env: process.env,
      what: 'the test',
      limitMillis: 50,
    })
    await expect(group).resolves.toEqual({ code: 143, timedOut: true })
  })
})

describe('npm test', () => {
  const vitestReport = (counts: object) => {
    const file = join(folder, 'report.json')
    const none = {
      numPassedTests: 0,
      numFailedTests: 0,
      numPendingTests: 0,
      numTodoTests: 0,
      testResults: [],
    }
    writeFileSync(file, JSON.stringify({ ...none, ...counts }))
    return file
  }
  const read = (file: string, exitCode: number, filtered = false) =>
    readOutcome('vitest', file, countVitest, { exitCode, filtered })

  it('believes a report that agrees with the exit code', () => {
    const outcome = read(vitestReport({ numPassedTests: 5, numPendingTests: 1, numTodoTests: 1 }), 0)
    expect(outcome).toMatchObject({ passed: 5, failed: 0, skipped: 2, notes: [] })
  })

  it.each([
    ['that crashed after its tests had passed', () => read(vitestReport({ numPassedTests: 5 }), 1), 5],
    ['without a report', () => read(join(folder, 'none.json'), 0), 0],
    ['without a test', () => read(vitestReport({}), 0), 0],
    [
      'whose file failed before its first test',
      () =>
        read(
          vitestReport({ numPassedTests: 5, testResults: [{ status: 'failed', assertionResults: [] }] }),
          1,
        ),
      5,
    ],
  ])('counts a runner %s as a failure', (_case, outcome, passed) => {
    expect(outcome()).toMatchObject({ passed, failed: 1 })
  })

  it('counts a torn report as a failure', () => {
    writeFileSync(join(folder, 'torn.json'), '{"numPassed')
    expect(read(join(folder, 'torn.json'), 0)).toMatchObject({ failed: 1, notes: ['its report is torn'] })
  })

  it('lets a filtered run find nothing in one of the runners', () => {
    expect(read(vitestReport({}), 0, true)).toMatchObject({ passed: 0, failed: 0 })
  })

  it('counts flaky and broken end-to-end runs as failures', () => {
    const stats = { expected: 3, unexpected: 1, flaky: 1, skipped: 2 }
    expect(countPlaywright({ stats, errors: [{}] })).toMatchObject({ passed: 3, failed: 3, skipped: 2 })
  })

  it('names what failed, with the reason, for a log of which only the end is kept', () => {
    const assertionResults = [
      { status: 'failed', fullName: 'a day is whole', failureMessages: ['expected 1 to be 2\nat line 3'] },
      { status: 'passed', fullName: 'a day is there', failureMessages: [] },
    ]
    const report = vitestReport({
      numFailedTests: 1,
      testResults: [{ name: 'days.test.ts', status: 'failed', assertionResults }],
    })
    expect(read(report, 1).failures).toEqual([
      'days.test.ts › a day is whole\n    expected 1 to be 2\n    at line 3',
    ])

    const flaky = {
      file: 'chart.e2e.ts',
      title: 'pans',
      ok: true,
      tests: [{ status: 'flaky', results: [{ error: { message: 'timed out' } }, {}] }],
    }
    const stats = { expected: 0, unexpected: 0, flaky: 1, skipped: 0 }
    const suites = [{ suites: [{ specs: [flaky] }] }]
    expect(countPlaywright({ stats, errors: [], suites }).failures).toEqual([
      'chart.e2e.ts › pans\n    timed out',
    ])
  })

  it('closes with one line that sums the runners', () => {
    const good = { passed: 3, failed: 0, skipped: 0 }
    expect(closingLine([good, good])).toBe('6 passed, 0 failed')
    expect(closingLine([good, { passed: 1, failed: 2, skipped: 4 }])).toBe('4 passed, 2 failed, 4 skipped')
  })
})
