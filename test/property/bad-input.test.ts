import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importStream } from '../../src-main/ingest/importers.ts'
import type { Store } from '../../src-main/store/api.ts'
import { openStore } from '../../src-main/store/index.ts'
import { badLine, goodLine } from '../support/bad-input.ts'
import { type Random, seeded } from '../support/seeded.ts'
import { temporaryFolder } from '../support/store-fixture.ts'

const BAD = process.env.BARKEEP_SOAK === '1' ? 50_000 : 1_000
/** Bytes that the heap may have grown by between the first tenth of the lines and the last. */
const GROWTH = 12 * 2 ** 20

let root: string
let store: Store
beforeEach(async () => {
  root = await temporaryFolder('bad input')
  store = await openStore(root)
})
afterEach(async () => {
  await store.close()
  await rm(root, { recursive: true })
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapInUse(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** A stream of bad lines, cut into pieces anywhere. */
async function* bytesOf(
  random: Random,
  table: 'candles' | 'object_events',
  count: number,
  kinds: Map<number, string>,
): AsyncGenerator<Uint8Array> {
  for (let line = 1; line <= count; line++) {
    const { what, bytes } = badLine(random, table)
    kinds.set(line, what)
    const whole = Buffer.concat([bytes, Buffer.from('\n')])
    const cut = random.int(0, whole.length)
    yield whole.subarray(0, cut)
    yield whole.subarray(cut)
  }
}

describe.each(['candles', 'object_events'] as const)('bad input of %s', (table) => {
  it('V1–V10, X1–X7: no generated bad line is taken, none ends the import, and memory stays flat', async () => {
    const random = seeded(`bad ${table}`)
    const rejected = new Map<string, number>()
    let first = 0
    let last = 0
    const tenth = BAD / 10
    for (let part = 0; part < 10; part++) {
      const kinds = new Map<number, string>()
      const refused = new Set<number>()
      const receipt = await importStream(
        store,
        bytesOf(random, table, tenth, kinds),
        { table },
        {
          onRejected: (lines) => {
            for (const { line, reason } of lines) {
              refused.add(line)
              expect(reason.length).toBeGreaterThan(0)
            }
          },
        },
      )
      const taken = [...kinds].filter(([line]) => !refused.has(line))
      expect(taken, `seed ${random.seed}`).toEqual([])
      expect(receipt).toMatchObject({ accepted: 0, duplicates: 0, conflicts: 0, rejectedCount: tenth })
      for (const what of kinds.values()) {
        const [kind = ''] = what.split(', ').slice(-1)
        rejected.set(kind, (rejected.get(kind) ?? 0) + 1)
      }
      if (part === 0) first = heapInUse()
      last = heapInUse()
    }
    expect(await readdir(root)).toEqual(['.barkeep'])
    expect(await readdir(path.join(root, '.barkeep'))).toContain('rejects')
    console.log(
      `bad ${table}: ${BAD} lines, 0 taken; heap ${((last - first) / 2 ** 20).toFixed(1)} MB more at the end; ${JSON.stringify(Object.fromEntries([...rejected].sort()))}`,
    )
    expect(last - first).toBeLessThan(GROWTH)
    // The good documents that they were made from are taken.
    const good = Array.from({ length: 40 }, () => Buffer.concat([goodLine(random, table), Buffer.from('\n')]))
    async function* goodBytes(): AsyncGenerator<Uint8Array> {
      yield* good
    }
    const { rejectedCount } = await importStream(store, goodBytes(), { table })
    expect(rejectedCount).toBe(0)
  }, 1_800_000)
})
