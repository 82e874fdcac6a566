import { Argument, type Command, InvalidArgumentError } from 'commander'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { PerformanceDimension, PerformanceReport } from '../../../schemas/contract/ledger.ts'
import { MarketZone } from '../../../schemas/contract/market-time.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { LedgerReader } from '../../store/api.ts'
import { type CommonFlags, withCommonFlags } from '../flags.ts'
import { type LedgerFlags, ledgerFilterOf, withLedgerFlags } from '../ledger-flags.ts'
import type { Register } from '../program.ts'
import { calendarText, performanceText, stabilityText } from '../research-text.ts'
import { withStore } from '../with-store.ts'

const KINDS = ['performance', 'stability', 'calendar', 'policies'] as const
type Kind = (typeof KINDS)[number]

const DIMENSIONS: readonly PerformanceDimension[] = [
  'session_regime',
  'macro_regime',
  'policy_version',
  'symbol',
  'timeframe',
  'action',
]
const MOST_DIMENSIONS = 4

interface ResearchFlags extends CommonFlags, LedgerFlags {
  readonly by?: readonly PerformanceDimension[]
}

export function addResearch(program: Command, register: Register): void {
  const command = program
    .command('research')
    .description('How decisions ended: by groups, by trading date, by policy version; features over time.')
    .addArgument(new Argument('<kind>', 'what to work out').choices([...KINDS]))
  withLedgerFlags(withCommonFlags(command))
    .option('--by <columns>', `group by up to four of ${DIMENSIONS.join(', ')}`, dimensions)
    .action((kind: Kind, flags: ResearchFlags) =>
      register(flags, async (given, terminal) => {
        const zone = new MarketZone()
        const filter = ledgerFilterOf(given, zone)
        const groupBy = groupingOf(kind, given.by)
        await withStore(given, { create: false }, async ({ reader }) => {
          const { report, text } = await answer(
            kind,
            reader.ledger,
            { filter, groupBy },
            zone,
            terminal.signal,
          )
          if (given.json) return terminal.json(report)
          await terminal.write(text)
          for (const { file, detail } of report.problems) terminal.say(`${file}: ${detail}`)
        })
        return 0
      }),
    )
}

interface Question {
  readonly filter: ReturnType<typeof ledgerFilterOf>
  readonly groupBy: PerformanceDimension[]
}

interface Answered {
  /** The contract's own document, times in ms UTC. */
  readonly report: { readonly problems: readonly Problem[] }
  readonly text: string
}

async function answer(
  kind: Kind,
  ledger: LedgerReader,
  { filter, groupBy }: Question,
  zone: MarketZone,
  signal: AbortSignal,
): Promise<Answered> {
  switch (kind) {
    case 'performance': {
      const report = await ledger.performance({ filter, groupBy }, { signal })
      return { report, text: performanceText(report, zone) }
    }
    case 'policies': {
      const report = inOrderOfUse(await ledger.performance({ filter, groupBy }, { signal }))
      return { report, text: performanceText(report, zone) }
    }
    case 'stability': {
      const report = await ledger.featureStability({ filter }, { signal })
      return { report, text: stabilityText(report, zone) }
    }
    case 'calendar': {
      const report = await ledger.hitCalendar({ filter }, { signal })
      return { report, text: calendarText(report, zone) }
    }
  }
}

/** Versions as they came into use, so that one line is what the next is compared with. */
function inOrderOfUse(report: PerformanceReport): PerformanceReport {
  const since = new Map<string | null, number>()
  for (const { keys, from } of report.groups) {
    const version = keys[0] ?? null
    since.set(
      version,
      Math.min(since.get(version) ?? Number.POSITIVE_INFINITY, from ?? Number.POSITIVE_INFINITY),
    )
  }
  const order = (keys: readonly (string | null)[]): number => since.get(keys[0] ?? null) ?? 0
  return { ...report, groups: report.groups.toSorted((a, b) => order(a.keys) - order(b.keys)) }
}

/** @throws BAD_REQUEST for a grouping of what has none */
function groupingOf(kind: Kind, by: readonly PerformanceDimension[] | undefined): PerformanceDimension[] {
  if (kind === 'performance') return [...(by ?? ['session_regime'])]
  if (kind !== 'policies') {
    if (by === undefined) return []
    throw new BarkeepError('BAD_REQUEST', `research ${kind} takes no --by: it is grouped already.`)
  }
  return [...new Set<PerformanceDimension>(['policy_version', ...(by ?? [])])].slice(0, MOST_DIMENSIONS)
}

function dimensions(text: string): readonly PerformanceDimension[] {
  const found = text.split(',').map((word) => {
    const dimension = DIMENSIONS.find((one) => one === word.trim())
    if (dimension === undefined)
      throw new InvalidArgumentError(`"${word.trim()}" is none of ${DIMENSIONS.join(', ')}.`)
    return dimension
  })
  if (found.length > MOST_DIMENSIONS) throw new InvalidArgumentError('Give four at most.')
  return [...new Set(found)]
}
