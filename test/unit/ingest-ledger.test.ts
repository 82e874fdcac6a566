import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import { importStream } from '../../src-main/ingest/importers.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { decisions } from '../support/ledger-fixture.ts'
import { type OpenedStore, openedStore } from '../support/store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000
const ROWS = decisions(3, TS) as [DecisionRow, DecisionRow, DecisionRow]

let now = TS
let store: OpenedStore
beforeEach(async () => {
  now = TS + 3_600_000
  store = await openedStore({ env: { ...nodeEnv, now: () => now } })
})
afterEach(() => store.remove())

const text = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const each of texts) yield Buffer.from(each)
}

describe('an import of the ledger', () => {
  it('X1: takes a line with a megabyte of features, and no line of eight', async () => {
    const features = (megabytes: number): object => ({
      ...ROWS[0],
      decision_id: `${megabytes}`,
      key_features: { text: 'x'.repeat(megabytes * 2 ** 20) },
    })
    const receipt = await importStream(store, pieces(text([features(1.5), features(8)])), {
      table: 'decisions',
    })
    expect(receipt).toMatchObject({ accepted: 1, rejectedCount: 1 })
    expect(receipt.rejected[0]).toMatchObject({
      line: 2,
      field: null,
      reason: expect.stringContaining('8388608'),
    })
  })

  it('E5, X10: a past day that its stream begins stays open to it, batch after batch', async () => {
    now = TS + 5 * DAY
    let onOutcome = (): void => undefined
    /** Silent until the line before is stored: three batches. */
    async function* slowly(): AsyncGenerator<Uint8Array> {
      for (const row of ROWS) {
        const stored = new Promise<void>((resolve) => {
          onOutcome = resolve
        })
        yield Buffer.from(text([row]))
        await stored
      }
    }
    expect(
      await importStream(store, slowly(), { table: 'decisions' }, { onOutcome: () => onOutcome() }),
    ).toMatchObject({
      accepted: 3,
      rejectedCount: 0,
    })
    const again = await importStream(store, pieces(text([...ROWS, ...decisions(1, TS + 1)])), {
      table: 'decisions',
    })
    expect(again).toMatchObject({ duplicates: 3, rejectedCount: 1 })
  })

  it('X11: what lost to a row that stands is kept with the rejects, and is none of them', async () => {
    const input = text([ROWS[0], { ...ROWS[0], action: 'short' }, { ...ROWS[1], mood: 'good' }])
    const receipt = await importStream(store, pieces(input), { table: 'decisions' })
    expect(receipt).toMatchObject({ accepted: 1, conflicts: 1, rejectedCount: 1, rejected: [{ line: 3 }] })
    const kept = await readFile(path.join(store.root, receipt.rejectsFile ?? ''), 'utf8')
    expect(
      kept
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as object),
    ).toMatchObject([
      { line: 3, field: 'mood' },
      { line: 2, field: 'action', text: expect.stringContaining('"short"') },
    ])
  })

  it('E10: a backfill counts and tells its lines as an import does', async () => {
    now = TS + 5 * DAY
    const input = text([
      ROWS[0],
      { ...ROWS[0], outcome_pnl: 2 },
      { ...ROWS[1], mood: 'good' },
      ...decisions(1, now),
    ])
    const receipt = await importStream(store, pieces(input), { table: 'decisions', backfill: true })
    expect(receipt).toMatchObject({ accepted: 1, completed: 1, rejectedCount: 2 })
    expect(receipt.rejected.map(({ line, field }) => [line, field])).toEqual([
      [3, 'mood'],
      [4, 'timestamp_utc'],
    ])
    expect(receipt.days).toMatchObject([{ day: '2024-03-08', added: 1, rows: 1 }])
  })
})
