import { type Command, Option } from 'commander'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import { type DateOnly, type MarketZone, parseInstant } from '../../schemas/contract/market-time.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'

/** What chooses rows of the ledger, on the command line. */
export interface LedgerFlags {
  readonly from?: string
  readonly to?: string
  readonly asOf?: string
  readonly symbol?: readonly string[]
  readonly timeframe?: readonly string[]
  readonly regime?: readonly string[]
  readonly macroRegime?: readonly string[]
  readonly action?: readonly string[]
  readonly policy?: readonly string[]
  readonly run?: readonly string[]
  readonly outcome?: NonNullable<LedgerFilter['outcome']>
  readonly text?: string
  readonly feature?: readonly string[]
  readonly issue?: readonly string[]
  readonly featureName?: readonly string[]
}

export function withLedgerFlags(command: Command): Command {
  const several = (flags: string, description: string): Option =>
    new Option(flags, `${description}; several: give it again`).argParser(
      (text: string, before?: string[]) => [...(before ?? []), text],
    )
  return command
    .option('--from <time>', 'ISO 8601; without an offset in Chicago time; a date alone is its start')
    .option('--to <time>', 'the same; a date alone is its end')
    .option('--as-of <time>', 'as it was known then, outcomes included; a date alone is its end')
    .addOption(several('--symbol <symbol>', 'of this instrument'))
    .addOption(several('--timeframe <tf>', '5m, 5M and M5 are the same'))
    .addOption(several('--regime <label>', 'of this session regime (of stats: their regime)'))
    .addOption(several('--macro-regime <label>', 'that have this macro regime'))
    .addOption(several('--action <action>', 'decisions for this action'))
    .addOption(several('--policy <version>', 'under this policy version'))
    .addOption(several('--run <id>', 'of this run'))
    .addOption(
      new Option('--outcome <outcome>', 'decisions that ended so').choices(['hit', 'miss', 'known', 'open']),
    )
    .option('--text <part>', 'with this in one of their ids, whatever its case')
    .addOption(
      several("--feature <'name>number'>", 'decisions whose key feature is <, <=, >, >=, = or != a number'),
    )
    .addOption(several('--issue <type>', 'audits with this issue'))
    .addOption(several('--feature-name <name>', 'audits and stats of this feature'))
}

/** @throws BAD_REQUEST for a time or condition that can't be understood, or bounds that hold nothing */
export function ledgerFilterOf(flags: LedgerFlags, zone: MarketZone): LedgerFilter {
  const from = flags.from === undefined ? undefined : instant('--from', flags.from, zone, 'start')
  const to = flags.to === undefined ? undefined : instant('--to', flags.to, zone, 'end')
  if (from !== undefined && to !== undefined && from > to)
    throw new BarkeepError('BAD_REQUEST', `--from ${flags.from} is later than --to ${flags.to}.`)
  const given = {
    from,
    to,
    asOf: flags.asOf === undefined ? undefined : instant('--as-of', flags.asOf, zone, 'end'),
    symbols: flags.symbol,
    timeframes: flags.timeframe,
    sessionRegimes: flags.regime,
    macroRegimes: flags.macroRegime,
    actions: flags.action,
    policyVersions: flags.policy,
    runIds: flags.run,
    outcome: flags.outcome,
    text: flags.text,
    features: flags.feature?.map(condition),
    issues: flags.issue,
    featureNames: flags.featureName,
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function instant(flag: string, text: string, zone: MarketZone, dateOnly: DateOnly): number {
  try {
    return parseInstant(text, zone, dateOnly)
  } catch (error) {
    if (error instanceof BarkeepError) throw new BarkeepError(error.code, `${flag}: ${error.message}`)
    throw error
  }
}

/** `rsi_14>70`. @throws BAD_REQUEST */
function condition(text: string): NonNullable<LedgerFilter['features']>[number] {
  const [, name, op, number] = /^\s*([^<>=!]+?)\s*(<=|>=|!=|<|>|=)\s*([^<>=!]+?)\s*$/.exec(text) ?? []
  const value = Number(number)
  if (name === undefined || op === undefined || number === undefined || !Number.isFinite(value))
    throw new BarkeepError(
      'BAD_REQUEST',
      `--feature "${text}" is no condition. Write a name, one of < <= > >= = != and a number: 'rsi_14>70'.`,
    )
  return { name, op: op as '<' | '<=' | '>' | '>=' | '=' | '!=', value }
}
