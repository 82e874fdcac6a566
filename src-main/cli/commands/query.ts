import { Argument, type Command } from 'commander'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { LedgerEntry, LedgerPage } from '../../../schemas/contract/ledger.ts'
import { MarketZone } from '../../../schemas/contract/market-time.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { LedgerQuery } from '../../../schemas/generated/requests.ts'
import { LEDGER_TABLES, type LedgerTable } from '../../../schemas/tables/index.ts'
import { type CommonFlags, wholeNumber, withCommonFlags } from '../flags.ts'
import { type LedgerFlags, ledgerFilterOf, withLedgerFlags } from '../ledger-flags.ts'
import { ledgerText } from '../ledger-text.ts'
import type { Register } from '../program.ts'
import { withStore } from '../with-store.ts'

interface QueryFlags extends CommonFlags, LedgerFlags {
  readonly sort?: string
  readonly offset: number
  readonly limit: number
}

/** What is told of each problem. */
const problemLine = ({ file, detail }: Problem): string => `${file}: ${detail}`

/** Rows asked of the engine at once: an answer of any length costs the memory of a page. */
const PAGE = 5_000

export function addQuery(program: Command, register: Register): void {
  const command = program
    .command('query')
    .description('Rows of decisions, audits, stats or policies, newest first (policies: oldest first).')
    .addArgument(new Argument('<table>', 'what to ask').choices([...LEDGER_TABLES]))
  withLedgerFlags(withCommonFlags(command))
    .option('--sort <column>', 'by a column or feature:<name>; behind it :desc for the largest first')
    .option('--offset <n>', 'leave out so many rows', wholeNumber, 0)
    .option('--limit <n>', 'rows at most', wholeNumber, 1000)
    .action((table: LedgerTable, flags: QueryFlags) =>
      register(flags, async (given, terminal) => {
        const zone = new MarketZone()
        const request = requestOf(table, given, zone)
        await withStore(given, { create: false }, async ({ reader }) => {
          const pages = pagesOf(request, (page) => reader.ledger.query(page, { signal: terminal.signal }))
          if (given.json) {
            let total: number | null = null
            let problems: readonly Problem[] = []
            let count = 0
            for await (const page of pages) {
              if (total === null) await terminal.write(`{"total":${page.total},"rows":[`)
              total ??= page.total
              problems = page.problems
              const rows = page.entries.map(({ row }) => JSON.stringify(row))
              await terminal.write(`${count > 0 && rows.length > 0 ? ',' : ''}${rows.join(',')}`)
              count += rows.length
            }
            await terminal.write(`],"problems":${JSON.stringify(problems)}}\n`)
            return
          }
          const entries: LedgerEntry[] = []
          let last: LedgerPage | null = null
          for await (const page of pages) {
            entries.push(...page.entries)
            last = page
          }
          await terminal.write(ledgerText(table, entries, last?.total ?? 0, request.offset, zone))
          for (const problem of last?.problems ?? []) terminal.say(problemLine(problem))
        })
        return 0
      }),
    )
}

/** The first page comes whatever the limit is: it carries the total. */
async function* pagesOf(
  request: LedgerQuery,
  ask: (page: LedgerQuery) => Promise<LedgerPage>,
): AsyncGenerator<LedgerPage> {
  for (let read = 0; ; ) {
    const page = await ask({
      ...request,
      offset: request.offset + read,
      limit: Math.min(PAGE, request.limit - read),
    })
    yield page
    read += page.entries.length
    if (page.entries.length === 0 || read >= request.limit || request.offset + read >= page.total) return
  }
}

/** @throws BAD_REQUEST */
function requestOf(table: LedgerTable, flags: QueryFlags, zone: MarketZone): LedgerQuery {
  const [, column, order] = /^(.+?)(?::(asc|desc))?$/.exec(flags.sort ?? '') ?? []
  if (flags.sort !== undefined && column === undefined)
    throw new BarkeepError('BAD_REQUEST', '--sort needs a column, for example --sort outcome_pnl:desc.')
  return {
    table,
    filter: ledgerFilterOf(flags, zone),
    ...(column === undefined ? {} : { sort: { column, descending: order === 'desc' } }),
    offset: flags.offset,
    limit: flags.limit,
  }
}
