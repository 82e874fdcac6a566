import { cp, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Finding } from '../../schemas/contract/health.ts'
import type { Store } from '../../src-main/store/api.ts'
import type { StoreContext } from '../../src-main/store/context.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { brokenChecksums, fingerprints } from '../support/compaction.ts'
import { audit, decision, foreignRows, policy, stat } from '../support/ledger-store.ts'
import { memoryFolder, plainSql } from '../support/store-fixture.ts'

/** 2024-03 is closed, 2024-04 not over: its days are files of their own. */
const NOW = Date.parse('2024-04-20T12:00:00Z')
const MONTHFILE = 'decisions/decisions_202403.parquet'
const DAYFILE = 'decisions/decisions_20240410.parquet'
const POLICIES = 'policies/policies.parquet'

const OPTIONS = { env: { ...nodeEnv, now: () => NOW } }

let folder: string
let copies = 0
let store: Store
let context: StoreContext

beforeAll(async () => {
  folder = await memoryFolder('ledger doctor')
  store = await openStore(path.join(folder, 'healthy'), { ...OPTIONS, create: true })
  await take('policies', [policy('v1', '2024-01-01'), policy('v2', '2024-03-06')])
  await take('decisions', [decision('a', '2024-03-04T10:00'), decision('b', '2024-03-05T10:00')])
  await store.compactor.compact({ month: '2024-03', table: 'decisions' })
  await take('decisions', [decision('c', '2024-04-10T10:00', { policy_version: 'v2' })])
  await take('audits', [audit('x', '2024-03-04')])
  await take('stats', [stat('rsi_14', '2024-03-04')])
  await store.close()
})
afterAll(() => rm(folder, { recursive: true }))

beforeEach(async () => {
  const root = path.join(folder, String(++copies))
  await cp(path.join(folder, 'healthy'), root, { recursive: true, preserveTimestamps: true })
  store = await openStore(root, OPTIONS)
  context = await openContext(root, OPTIONS)
})
afterEach(async () => {
  await closeContext(context)
  await store.close()
})

async function take(
  table: 'decisions' | 'audits' | 'stats' | 'policies',
  rows: readonly object[],
): Promise<void> {
  const outcomes = await store.writer.appendLedger(table, rows)
  expect(outcomes).toEqual(rows.map(() => ({ outcome: 'accepted' })))
}

const at = (file: string): string => path.join(store.root, file)

async function found(): Promise<readonly Finding[]> {
  return store.reader.doctor()
}

/** What a bad disk does to a page: the footer still parses. */
async function flip(file: string): Promise<void> {
  const bytes = await readFile(at(file))
  bytes.writeUInt8(bytes.readUInt8(12) ^ 1, 12)
  await writeFile(at(file), bytes)
  await settle(file)
}

/** As it stood for two minutes. */
async function settle(file: string): Promise<void> {
  await utimes(at(file), (NOW - 120_000) / 1000, (NOW - 120_000) / 1000)
}

async function copied(file: string, to: string, select = 'SELECT *'): Promise<void> {
  const [from, target] = [at(file), at(to)].map((each) => each.replaceAll("'", "''"))
  await mkdir(path.dirname(at(to)), { recursive: true })
  await plainSql(
    `COPY (${select} FROM read_parquet('${from?.replaceAll('[', '[[]')}', hive_partitioning=false)) TO '${target}.new' (FORMAT parquet)`,
  )
  await rename(`${at(to)}.new`, at(to))
  await settle(to)
}

type Told = readonly [code: string, path: string, detail: RegExp]
const FOREIGN = (file: string): Told => ['FOREIGN_FILE', file, /another program/]
const ODD = 'decisions/decisions_20240411.parquet'

/** What is done behind the store's back, and all that doctor says of it. */
const KINDS: Readonly<
  Record<string, { readonly harm: () => Promise<unknown>; readonly told: readonly Told[] }>
> = {
  'a flipped bit in a month file': {
    harm: () => flip(MONTHFILE),
    told: [['BAD_CHECKSUM', MONTHFILE, /SHA-256/]],
  },
  'a flipped bit in a day file': {
    harm: () => flip(DAYFILE),
    told: [['BAD_CHECKSUM', DAYFILE, /SHA-256/]],
  },
  'a torn day file of ours': {
    harm: async () => writeFile(at(DAYFILE), (await readFile(at(DAYFILE))).subarray(0, 900)),
    told: [['UNREADABLE', DAYFILE, /./]],
  },
  'a zero-byte file': {
    harm: () => writeFile(at(ODD), ''),
    told: [['UNREADABLE', ODD, /too small/]],
  },
  'flipped bits in audits, stats and policies': {
    harm: async () => {
      await flip('audits/audits_20240304.parquet')
      await flip('stats/stats_20240304.parquet')
      await flip(POLICIES)
    },
    told: [
      ['BAD_CHECKSUM', 'audits/audits_20240304.parquet', /SHA-256/],
      ['BAD_CHECKSUM', POLICIES, /SHA-256/],
      ['BAD_CHECKSUM', 'stats/stats_20240304.parquet', /SHA-256/],
    ],
  },
  'another program’s day file': {
    harm: () => foreignRows(context, 'decisions', ODD, [decision('o', '2024-04-11')]),
    told: [FOREIGN(ODD)],
  },
  'rows of another day, and of another month': {
    harm: () =>
      foreignRows(context, 'decisions', ODD, [decision('o', '2024-04-12'), decision('p', '2024-05-01')]),
    told: [FOREIGN(ODD), ['WRONG_PLACE', ODD, /^row 1: 2024-04-12T.* is not of 2024-04-11; 2 such in all$/]],
  },
  'a row of another symbol in a hive folder': {
    harm: () =>
      foreignRows(context, 'decisions', 'decisions/symbol=QQQ/decisions_20240411.parquet', [
        decision('o', '2024-04-11'),
      ]),
    told: [
      FOREIGN('decisions/symbol=QQQ/decisions_20240411.parquet'),
      ['WRONG_PLACE', 'decisions/symbol=QQQ/decisions_20240411.parquet', /symbol is SPY, not QQQ/],
    ],
  },
  'files where none belongs': {
    harm: async () => {
      for (const file of [
        'decisions/x.parquet',
        'audits/symbol=A/audits_20240304.parquet',
        'policies/old.parquet',
      ])
        await copied('stats/stats_20240304.parquet', file)
    },
    told: [
      ['WRONG_PLACE', 'audits/symbol=A/audits_20240304.parquet', /not read/],
      ['WRONG_PLACE', 'decisions/x.parquet', /not read/],
      ['WRONG_PLACE', 'policies/old.parquet', /not read/],
    ],
  },
  'rows that break the schema': {
    harm: async () => {
      const rows = [1, 2, 3].map((n) => decision(`o${n}`, '2024-04-11', n === 1 ? {} : { symbol: '' }))
      await foreignRows(context, 'decisions', ODD, rows)
    },
    told: [['BAD_ROW', ODD, /^row 2: symbol.*; 2 such in all$/], FOREIGN(ODD)],
  },
  'a column too few, and one of its own': {
    harm: async () => {
      await copied(DAYFILE, ODD, 'SELECT * EXCLUDE (symbol)')
      await copied(
        'audits/audits_20240304.parquet',
        'audits/audits_20240305.parquet',
        "SELECT *, 'me' AS who",
      )
    },
    told: [
      ['BAD_COLUMNS', 'audits/audits_20240305.parquet', /columns of its own: who/],
      ['DUPLICATE', 'audits/audits_20240305.parquet', /stands in audits\/audits_20240304.parquet/],
      FOREIGN('audits/audits_20240305.parquet'),
      ['WRONG_PLACE', 'audits/audits_20240305.parquet', /2024-03-04T.* is not of 2024-03-05/],
      ['BAD_COLUMNS', ODD, /has no column symbol/],
    ],
  },
  'a day beside its month, and hive beside plain': {
    harm: async () => {
      const late = 'decisions/decisions_20240304.parquet'
      await foreignRows(context, 'decisions', late, [
        decision('a', '2024-03-04T10:00'),
        decision('e', '2024-03-04T11:00'),
      ])
      const hive = 'decisions/symbol=SPY/decisions_20240410.parquet'
      const other = decision('c', '2024-04-10T10:00', { policy_version: 'v2', outcome_pnl: 1 })
      await foreignRows(context, 'decisions', hive, [other])
    },
    told: [
      ['DUPLICATE', 'decisions/decisions_20240304.parquet', /stands in decisions\/decisions_202403.parquet/],
      FOREIGN('decisions/decisions_20240304.parquet'),
      [
        'CONFLICT',
        'decisions/symbol=SPY/decisions_20240410.parquet',
        /differs from decisions\/decisions_20240410/,
      ],
      FOREIGN('decisions/symbol=SPY/decisions_20240410.parquet'),
    ],
  },
  'a key twice in one file': {
    harm: () =>
      foreignRows(context, 'stats', 'stats/stats_20240411.parquet', [
        stat('rsi_14', '2024-04-11'),
        stat('rsi_14', '2024-04-11', { sharpe: 2 }),
        stat('rsi_14', '2024-04-11'),
      ]),
    told: [
      ['CONFLICT', 'stats/stats_20240411.parquet', /more than once; the first row counts/],
      ['DUPLICATE', 'stats/stats_20240411.parquet', /more than once/],
      FOREIGN('stats/stats_20240411.parquet'),
    ],
  },
  'policies that nobody handed in, and one that is dated too late': {
    harm: () =>
      take(
        'decisions',
        [
          decision('f', '2024-03-05T11:00', { policy_version: 'v2' }),
          decision('g', '2024-04-13', { policy_version: 'v9' }),
          decision('h', '2024-04-14', { policy_version: 'v9' }),
        ].slice(1),
      ).then(() =>
        foreignRows(context, 'decisions', 'decisions/decisions_20240305.parquet', [
          decision('f', '2024-03-05T11:00', { policy_version: 'v2' }),
        ]),
      ),
    told: [
      FOREIGN('decisions/decisions_20240305.parquet'),
      [
        'POLICY_LATE',
        'decisions/decisions_20240305.parquet',
        /decision f .* names policy v2, which is dated 2024-03-06/,
      ],
      ['POLICY_MISSING', 'decisions/decisions_20240413.parquet', /2 decisions name, here first, policy v9/],
    ],
  },
  'a backfill that was cut off, and a record that nobody can read': {
    harm: async () => {
      await mkdir(at('.barkeep/redo'), { recursive: true })
      await writeFile(at('.barkeep/redo/cut.json'), '{"version":1,"operation":"cut","changes":[]}')
      await writeFile(at('.barkeep/redo/odd.json'), '{"version":')
      await settle('.barkeep/redo/odd.json')
    },
    told: [
      ['INTERRUPTED', '.barkeep/redo/cut.json', /cut off/],
      ['UNREADABLE', '.barkeep/redo/odd.json', /no record/],
    ],
  },
  'a tombstone that says nothing': {
    harm: () => writeFile(at('.barkeep/tombstones/decisions/decisions_20240304.parquet.json'), '{}'),
    told: [['UNREADABLE', '.barkeep/tombstones/decisions/decisions_20240304.parquet.json', /no record/]],
  },
  'a file on record that is gone': {
    harm: async () => {
      await rm(at(DAYFILE))
      await rm(at(POLICIES))
    },
    told: [
      ['NOT_FOUND', DAYFILE, /is gone/],
      ['NOT_FOUND', POLICIES, /is gone/],
    ],
  },
}

describe('doctor over the ledger', () => {
  it('D3, D11: a ledger as we write it has no findings', async () => {
    expect(await found()).toEqual([])
  })

  it('D15: without policies nothing is demanded of decisions', async () => {
    await rm(at('policies'), { recursive: true })
    await rm(at('.barkeep/checksums/policies'), { recursive: true })
    expect(await found()).toEqual([])
  })

  it.each(Object.entries(KINDS))('D11–D15: names %s', async (_, { harm, told }) => {
    await harm()
    const findings = await found()
    expect(findings.map(({ code, path: file }) => [code, file])).toEqual(
      told.map(([code, file]) => [code, file]),
    )
    for (const [index, [, , detail]] of told.entries()) expect(findings[index]?.detail).toMatch(detail)
  })

  it('D1: changes nothing, whatever it finds', async () => {
    const damages = ['a torn day file of ours', 'a zero-byte file', 'a flipped bit in a month file']
    const others = Object.entries(KINDS).filter(([name]) => !damages.includes(name))
    for (const [, { harm }] of others.filter(([name]) => !/gone|flipped/.test(name))) await harm()
    for (const name of damages) await KINDS[name]?.harm()
    const before = await fingerprints(store.root)
    expect((await found()).length).toBeGreaterThan(15)
    expect(await fingerprints(store.root)).toEqual(before)
  })
})

describe('repair of the ledger', () => {
  async function repair(): Promise<readonly Finding[]> {
    const { findings } = await store.compactor.repair()
    const after = await fingerprints(store.root)
    // A second repair changes nothing; not even by an open between the two.
    await (await openStore(store.root, OPTIONS)).close()
    await store.compactor.repair()
    expect(await fingerprints(store.root)).toEqual(after)
    return findings
  }

  async function rowsShown(): Promise<number> {
    const page = await store.reader.ledger.query({
      table: 'decisions',
      filter: {},
      limit: 100,
      offset: 0,
    } as never)
    return page.total ?? 0
  }

  it('D16: a damaged month file is made again from recovery, byte for byte', async () => {
    const whole = await readFile(at(MONTHFILE))
    await flip(MONTHFILE)
    const findings = await repair()
    expect(findings).toMatchObject([
      { code: 'QUARANTINED', repaired: false },
      {
        code: 'BAD_CHECKSUM',
        path: MONTHFILE,
        repaired: true,
        repair: expect.stringMatching(/made again with its 2 rows/),
      },
    ])
    expect(await readFile(at(MONTHFILE))).toEqual(whole)
    expect(await brokenChecksums(store.root)).toEqual([])
  })

  it('D16: a damaged day file gives way to the generation before it, and says what is missing', async () => {
    await store.writer.backfillLedger('decisions', [
      decision('c', '2024-04-10T10:00', { policy_version: 'v2' }),
      decision('d', '2024-04-10T11:00', { policy_version: 'v2' }),
    ])
    await flip(DAYFILE)
    const findings = await repair()
    expect(findings[1]).toMatchObject({
      code: 'BAD_CHECKSUM',
      path: DAYFILE,
      repaired: true,
      repair: expect.stringMatching(/put back the generation before it \(rows: 1, where 2 stood\)/),
    })
    expect(await found()).toMatchObject([{ code: 'QUARANTINED' }])
    expect(await brokenChecksums(store.root)).toEqual([])
  })

  it('D16: one of which nothing is left stays where it is', async () => {
    await flip(DAYFILE)
    await flip('audits/audits_20240304.parquet')
    expect(await repair()).toMatchObject([
      { code: 'BAD_CHECKSUM', path: 'audits/audits_20240304.parquet', repaired: false },
      { code: 'BAD_CHECKSUM', path: DAYFILE, repaired: false },
    ])
  })

  it('D16: what never was whole goes to quarantine; another program’s rows stay', async () => {
    await writeFile(at(ODD), '')
    await settle(ODD)
    await foreignRows(context, 'decisions', 'decisions/decisions_20240412.parquet', [
      decision('q', '2024-04-12'),
    ])
    const findings = await repair()
    expect(findings.map(({ code, path: file, repaired }) => [code, file, repaired])).toEqual([
      ['QUARANTINED', `.barkeep/quarantine/${ODD}`, false],
      ['UNREADABLE', ODD, true],
      ['FOREIGN_FILE', 'decisions/decisions_20240412.parquet', false],
    ])
  })

  it('D16: an interrupted backfill is led to its end, what stands in its way is moved aside', async () => {
    await KINDS['a backfill that was cut off, and a record that nobody can read']?.harm()
    expect(await repair()).toMatchObject([
      { code: 'QUARANTINED', path: '.barkeep/quarantine/odd.json', repaired: false },
      { code: 'UNREADABLE', path: '.barkeep/redo/odd.json', repaired: true },
    ])
    expect(await readdir(at('.barkeep/redo'))).toEqual([])
  })

  it('D16: a damaged copy in recovery goes to quarantine under its own path', async () => {
    await flip('.barkeep/recovery/decisions/decisions_20240304.parquet')
    const findings = await repair()
    expect(findings).toMatchObject([
      { code: 'QUARANTINED', path: '.barkeep/quarantine/decisions/decisions_20240304.parquet' },
      {
        code: 'BAD_CHECKSUM',
        path: '.barkeep/recovery/decisions/decisions_20240304.parquet',
        repaired: true,
      },
    ])
    expect(await rowsShown()).toBe(3)
  })
})
