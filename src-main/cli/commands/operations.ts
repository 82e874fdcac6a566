import type { Command } from 'commander'
import { MarketZone } from '../../../schemas/contract/market-time.ts'
import type { OperationRow } from '../../../schemas/generated/rows.ts'
import { type CommonFlags, positiveNumber, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import { counted, type TextColumn, textTable } from '../text-table.ts'
import { withStore } from '../with-store.ts'
import { zoneTime } from '../zone-time.ts'

interface OperationsFlags extends CommonFlags {
  readonly limit: number
}

/** A page that one can look over. */
const LIMIT = 50
/** As many as the store tells at once. */
const MOST = 10_000

export function addOperations(program: Command, register: Register): void {
  withCommonFlags(program.command('operations'))
    .description(
      'Tell what was done to the store, newest first: compactions, imports, purges, changed settings.',
    )
    .option('--limit <n>', `so many at most, up to ${MOST}`, positiveNumber, LIMIT)
    .action((flags: OperationsFlags) =>
      register(flags, async ({ store: folder, json, limit }, terminal) => {
        const page = await withStore({ store: folder }, { create: false }, (store) =>
          store.reader.operations({ limit: Math.min(limit, MOST) }),
        )
        const { operations, total, problems } = page
        if (json) await terminal.json(page)
        else {
          const shown = operations.length === total ? '' : ` of ${counted(total, 'operation')}`
          const summary =
            total === 0 ? 'Nothing was done yet.' : `${counted(operations.length, 'operation')}${shown}.`
          await terminal.write(`${textTable(columns(), operations)}${summary}\n`)
        }
        for (const { file, code, detail } of problems) terminal.say(`${file}: ${code}: ${detail}`)
        return 0
      }),
    )
}

function columns(): readonly TextColumn<OperationRow>[] {
  const at = zoneTime(new MarketZone())
  return [
    { name: 'ENDED', value: ({ ts }) => at(ts) },
    { name: 'WHAT', value: ({ kind }) => kind },
    { name: 'BY', value: ({ program, origin }) => (origin === 'manual' ? program : `${program}, ${origin}`) },
    { name: 'END', value: ({ state }) => state },
    { name: 'RECEIPT', value: ({ summary }) => summary },
  ]
}
