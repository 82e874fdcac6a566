import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '../../schemas/contract/health.ts'
import { withWriterLock } from '../../src-main/store/fs/writer-lock.ts'
import { openStore } from '../../src-main/store/index.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { bundleCli, type CliBundle } from '../support/cli-process.ts'
import { candles } from '../support/store-fixture.ts'

const OPEN = Date.parse('2024-03-08T00:00:00Z')

let cli: CliBundle
let folder: string
const store = () => path.join(folder, 'storage')
const barkeep = (...args: string[]) => cli.run(args, { cwd: folder })

beforeAll(async () => {
  cli = await bundleCli()
  folder = await mkdtemp(path.join(os.tmpdir(), 'barkeep repair '))
  const made = await openStore(store(), { create: true })
  await made.writer.appendCandles(candles(30, OPEN, { timeframe: '15m', step: 900_000 }))
  await made.compactor.compact({})
  await made.close()
  // Bars of a day and a night: no session of any calendar.
  await writeFile(path.join(store(), '.barkeep/settings.json'), '{"defaultCalendar":"none"}')
})
afterAll(async () => {
  await cli.remove()
  await rm(folder, { recursive: true, force: true })
})

async function doctor(...more: string[]): Promise<{ code: number | null; findings: readonly Finding[] }> {
  const { code, stdout } = await barkeep('doctor', '--json', ...more)
  return { code, findings: (JSON.parse(stdout) as { findings: Finding[] }).findings }
}

/** The recorded SHA-256 of every file, by the system's own tool. */
async function checkSums(): Promise<void> {
  const command = "find .barkeep/checksums -name '*.sha256' -exec sha256sum -c --quiet {} +"
  await promisify(execFile)('sh', ['-c', command], { cwd: store() })
}

describe('barkeep doctor --repair', () => {
  it('D8, D10: tells what it would do, does it, and exits 0 once nothing is left', async () => {
    const orphan = path.join(store(), '.barkeep/derived/candles/2m')
    await mkdir(orphan, { recursive: true })
    await writeFile(path.join(orphan, '2024.tier'), 'no tier')
    const looked = await doctor()
    expect(looked.code).toBe(1)
    expect(looked.findings).toMatchObject([
      { code: 'BAD_DERIVED', repair: expect.stringContaining('remove it'), repaired: false },
    ])
    const repaired = await doctor('--repair')
    expect(repaired.code).toBe(0)
    expect(repaired.findings).toMatchObject([
      { code: 'BAD_DERIVED', repair: expect.stringContaining('removed'), repaired: true },
    ])
    const text = await barkeep('doctor', '--repair')
    expect([text.code, text.stdout]).toEqual([0, `Nothing to report: ${store()} is in order.\n`])
  })

  it('D8, D10: a damaged dayfile is whole again; what is in quarantine is left for a person, and exits 1', async () => {
    const series = path.join(store(), 'data/15m')
    const dayfile = (await readdir(series)).filter((name) => name.endsWith('.parquet')).sort()[0] ?? ''
    const whole = await readFile(path.join(series, dayfile))
    await truncate(path.join(series, dayfile), 700)
    await utimes(path.join(series, dayfile), 1_700_000_000, 1_700_000_000)
    const text = await barkeep('doctor', '--repair')
    expect(text.code).toBe(1)
    expect(text.stdout).toMatch(/REPAIRED\n.*made again with its \d+ rows/)
    expect(text.stdout).toContain('1 finding repaired')
    expect(text.stdout).toContain('QUARANTINED')
    expect(await readFile(path.join(series, dayfile))).toEqual(whole)
    await checkSums()
    await rm(path.join(store(), '.barkeep/quarantine'), { recursive: true })
    expect(await doctor()).toEqual({ code: 0, findings: [] })
  })

  it('D10, C11: another writer at work is named, and looking goes on beside it', async () => {
    const context = await openContext(store())
    try {
      await withWriterLock(context, 'backfill', async () => {
        const { code, stdout, stderr } = await barkeep('doctor', '--repair', '--json')
        expect([code, stdout]).toEqual([2, ''])
        expect(stderr).toContain('backfill')
        expect(await doctor()).toEqual({ code: 0, findings: [] })
      })
    } finally {
      await closeContext(context)
    }
  })
})
