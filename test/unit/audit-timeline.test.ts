import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditTimeline } from '../../schemas/contract/ledger.ts'
import { formatUtcIso, MarketZone } from '../../schemas/contract/market-time.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import type { AuditRow } from '../../schemas/generated/rows.ts'
import type { Store } from '../../src-main/store/api.ts'
import { openStore } from '../../src-main/store/index.ts'
import { audit } from '../support/ledger-store.ts'
import { type Random, seeded } from '../support/seeded.ts'
import { temporaryFolder } from '../support/store-fixture.ts'

const zone = new MarketZone()
const ISSUES = ['missing_alias', 'constraint_violation', 'type_mismatch', 'missing_value', 'constructor']
const FEATURES = ['rsi_14', 'atr_14', '__proto__', '', 'zone distance', "o'clock"]
const POLICIES = ['v1', 'v2']
const ROWS = 600

/** Audits over nine days across the change of clocks, of documents with several issues and clean ones. */
function randomAudits(random: Random): readonly AuditRow[] {
  const start = Date.UTC(2024, 2, 6)
  const rows: AuditRow[] = []
  for (let nth = 0; rows.length < ROWS; nth++) {
    const ts = start + random.int(0, 9 * 86_400_000 - 1)
    const common = {
      run_id: `run-${random.int(0, 11)}`,
      policy_version: random.chance(0.1) ? null : random.pick(POLICIES),
    }
    const time = formatUtcIso(ts)
    const issues = random.chance(0.4) ? 0 : random.int(1, 4)
    if (issues === 0) {
      const clean = { ...common, feature_name: null, raw_value: null, issues: [] }
      rows.push(audit(`a${nth}#1`, time, clean))
    }
    for (let issue = 1; issue <= issues; issue++) {
      rows.push(
        audit(`a${nth}#${issue}`, time, {
          ...common,
          feature_name: random.pick(FEATURES),
          issues: Array.from({ length: random.chance(0.1) ? 2 : 1 }, () => random.pick(ISSUES)),
        }),
      )
    }
  }
  return rows
}

/** The same by hand, a row at a time. */
function byHand(rows: readonly AuditRow[], filter: LedgerFilter): Omit<AuditTimeline, 'problems'> {
  const kept = rows.filter((row) => passes(row, filter))
  const counted = (some: readonly AuditRow[]): Record<string, number> => {
    const counts = new Map<string, number>()
    for (const issue of some.flatMap(({ issues }) => issues)) counts.set(issue, (counts.get(issue) ?? 0) + 1)
    return Object.fromEntries(counts)
  }
  const gathered = (keyOf: (row: AuditRow) => string): [string, AuditRow[]][] => {
    const groups = new Map<string, AuditRow[]>()
    for (const row of kept) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row])
    return [...groups]
  }
  const idsOf = (some: readonly AuditRow[]): number =>
    new Set(some.map(({ audit_id }) => audit_id.split('#')[0])).size
  const isClean = ({ issues }: AuditRow): boolean => issues.length === 0
  const total = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((sum, count) => sum + count, 0)
  return {
    days: gathered((row) => zone.dateOf(Date.parse(row.timestamp_utc)))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([day, some]) => ({ day, clean: some.filter(isClean).length, issues: counted(some) })),
    runs: gathered(({ run_id }) => run_id)
      .map(([runId, some]) => {
        const times = some.map(({ timestamp_utc }) => Date.parse(timestamp_utc))
        return {
          runId,
          from: Math.min(...times),
          to: Math.max(...times),
          audits: idsOf(some),
          clean: idsOf(some.filter(isClean)),
          issues: counted(some),
        }
      })
      .sort((a, b) => b.to - a.to),
    features: gathered(({ feature_name }) => feature_name ?? 'none of it')
      .filter(([feature]) => feature !== 'none of it')
      .map(([feature, some]) => ({ feature, issues: counted(some) }))
      .sort((a, b) => total(b.issues) - total(a.issues) || (a.feature < b.feature ? -1 : 1)),
  }
}

function passes(row: AuditRow, filter: LedgerFilter): boolean {
  const ts = Date.parse(row.timestamp_utc)
  const within = (values: readonly string[] | undefined, value: string | null): boolean =>
    values === undefined || (value !== null && values.includes(value))
  return (
    ts >= (filter.from ?? ts) &&
    ts <= (filter.to ?? ts) &&
    within(filter.runIds, row.run_id) &&
    within(filter.policyVersions, row.policy_version) &&
    within(filter.featureNames, row.feature_name) &&
    (filter.clean ?? row.issues.length === 0) === (row.issues.length === 0) &&
    (filter.issues === undefined || row.issues.some((issue) => filter.issues?.includes(issue))) &&
    (filter.tradingDays === undefined || filter.tradingDays.includes(zone.dateOf(ts)))
  )
}

describe('the audits over time', () => {
  const random = seeded('audit timeline')
  const rows = randomAudits(random)
  let store: Store

  beforeAll(async () => {
    store = await openStore(await temporaryFolder('audits'), { create: true })
    const outcomes = await store.writer.appendLedger('audits', rows)
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['accepted']))
  })
  afterAll(async () => {
    await store.close()
    await rm(store.root, { recursive: true, force: true })
  })

  it('N10: counts by day, run and feature what a count by hand does, with any filter', async () => {
    const filters: LedgerFilter[] = [{}]
    for (let nth = 0; nth < 20; nth++) {
      const start = Date.UTC(2024, 2, 6) + random.int(0, 8) * 86_400_000 + random.int(0, 3) * 18_000_000
      filters.push({
        ...(random.chance(0.5) ? { from: start, to: start + random.int(1, 4) * 86_400_000 } : {}),
        ...(random.chance(0.3) ? { runIds: [`run-${random.int(0, 12)}`, `run-${random.int(0, 11)}`] } : {}),
        ...(random.chance(0.3) ? { policyVersions: [random.pick(POLICIES)] } : {}),
        ...(random.chance(0.3) ? { featureNames: [random.pick(FEATURES)] } : {}),
        ...(random.chance(0.3) ? { issues: [random.pick(ISSUES)] } : {}),
        ...(random.chance(0.2) ? { clean: random.chance(0.5) } : {}),
        ...(random.chance(0.2) ? { tradingDays: ['2024-03-09', '2024-03-10'] } : {}),
      })
    }
    let counted = 0
    for (const filter of filters) {
      const { problems, ...found } = await store.reader.ledger.auditTimeline({ filter })
      expect(problems).toEqual([])
      expect(found, JSON.stringify(filter)).toEqual(byHand(rows, filter))
      counted += found.days.length
    }
    expect(counted).toBeGreaterThan(20)
    console.log(`${filters.length} filters over ${rows.length} rows, ${counted} days compared`)
  })

  it('N10: a filter that audits have no column for is refused, and nothing is an answer too', async () => {
    await expect(store.reader.ledger.auditTimeline({ filter: { symbols: ['SPY'] } })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
    expect(await store.reader.ledger.auditTimeline({ filter: { from: 0, to: 1e11 } })).toEqual({
      days: [],
      runs: [],
      features: [],
      problems: [],
    })
  })
})
