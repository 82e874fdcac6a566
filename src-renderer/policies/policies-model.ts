import type { PerformanceGroup } from '../../schemas/contract/ledger.ts'
import type { PolicyRow } from '../../schemas/generated/rows.ts'

/** A version with what was decided under it. */
export interface PolicyVersion {
  readonly version: string
  /** Null where decisions name a version that policies don't hold. */
  readonly policy: PolicyRow | null
  /** ms UTC; null for one that isn't held, or whose time can't be read. */
  readonly ts: number | null
  /** Its decisions; null where there are none. */
  readonly decisions: PerformanceGroup | null
  /** A decision names it before it was there. */
  readonly isLate: boolean
}

/** In the order they came; versions that only decisions name last, by their first decision. */
export function policyVersions(
  policies: readonly PolicyRow[],
  groups: readonly PerformanceGroup[],
): readonly PolicyVersion[] {
  const decided = new Map(groups.map((group) => [group.keys[0] ?? '', group]))
  const held = policies.map((policy): PolicyVersion => {
    const decisions = decided.get(policy.policy_version) ?? null
    const ts = instantOf(policy.timestamp_utc)
    const first = decisions?.from ?? null
    return {
      version: policy.policy_version,
      policy,
      ts,
      decisions,
      isLate: ts !== null && first !== null && first < ts,
    }
  })
  const known = new Set(held.map(({ version }) => version))
  const unknown = groups
    .filter(({ keys }) => !known.has(keys[0] ?? ''))
    .map((decisions): PolicyVersion => {
      return { version: decisions.keys[0] ?? '', policy: null, ts: null, decisions, isLate: false }
    })
  const order = (one: PolicyVersion): number => one.ts ?? Number.POSITIVE_INFINITY
  const byTime = [...held].sort((a, b) => order(a) - order(b) || (a.version < b.version ? -1 : 1))
  return [...byTime, ...unknown.sort((a, b) => (a.decisions?.from ?? 0) - (b.decisions?.from ?? 0))]
}

function instantOf(text: string | null | undefined): number | null {
  const instant = text === null || text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(instant) ? null : instant
}

/** The versions that are compared: the one looked at and the one before, unless another was chosen. */
export function comparedVersions(
  versions: readonly PolicyVersion[],
  chosen: { readonly version: string | null; readonly against: string | null },
): { readonly version: PolicyVersion; readonly against: PolicyVersion | null } | null {
  const held = versions.filter(({ policy }) => policy !== null)
  const version = versions.find((one) => one.version === chosen.version) ?? held.at(-1) ?? versions.at(-1)
  if (version === undefined) return null
  const against = versions.find((one) => one.version === chosen.against && one !== version)
  return { version, against: against ?? held[held.indexOf(version) - 1] ?? null }
}

/** One number of a policy under two versions; null where a version doesn't have it. */
export interface WeightChange {
  readonly key: string
  /** `Base weight`, `Trust`, `Multiplier in NY`. */
  readonly part: string
  readonly name: string
  readonly old: number | null
  readonly new: number | null
}

/** Every number that either version has, flattened: base weights, trust, then the multipliers regime by regime. */
export function weightChanges(old: PolicyRow | null, now: PolicyRow | null): readonly WeightChange[] {
  const regimes = keysOf(old?.regime_multipliers, now?.regime_multipliers)
  return [
    ...partChanges('Base weight', old?.base_weights, now?.base_weights),
    ...partChanges('Trust', old?.trust, now?.trust),
    ...regimes.flatMap((regime) =>
      partChanges(
        `Multiplier in ${regime}`,
        old?.regime_multipliers?.[regime],
        now?.regime_multipliers?.[regime],
      ),
    ),
  ]
}

type Weights = Readonly<Record<string, number>> | null | undefined

function partChanges(part: string, old: Weights, now: Weights): readonly WeightChange[] {
  return keysOf(old, now).map((name) => ({
    key: `${part} ${name}`,
    part,
    name,
    old: old?.[name] ?? null,
    new: now?.[name] ?? null,
  }))
}

/** Keys of either, in text order. */
function keysOf(a: object | null | undefined, b: object | null | undefined): readonly string[] {
  return [...new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])].sort()
}

export function isChanged({ old, new: now }: WeightChange): boolean {
  return old !== now
}

/** `+0.25`, `new`, `gone`, or nothing. */
export function changeText({ old, new: now }: WeightChange): string {
  if (old === now) return ''
  if (old === null) return 'new'
  if (now === null) return 'gone'
  // 0.3 − 0.1 is 0.2 to a person: the last digits come from halves of bits.
  const change = Number((now - old).toPrecision(12))
  return `${change > 0 ? '+' : '−'}${formatWeight(Math.abs(change))}`
}

/** As it is stored, every digit of it: two weights that differ never look the same. */
export function formatWeight(value: number | null): string {
  return value === null ? '–' : String(value).replaceAll('-', '−')
}

/** Metadata as lines of name and text, in text order of the names. */
export function metadataLines(
  policy: PolicyRow | null,
): readonly { readonly name: string; readonly text: string }[] {
  return Object.entries(policy?.metadata ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, text: typeof value === 'string' ? value : JSON.stringify(value) }))
}
