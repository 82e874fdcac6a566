import { readFileSync, writeSync } from 'node:fs'
import type { LedgerTable } from '../../schemas/tables/index.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { appendLedger } from '../../src-main/store/ledger/append.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'

/** What a process of its own is to take: batches of a table, in order. */
export interface LedgerOrder {
  readonly root: string
  readonly now: number
  readonly table: LedgerTable
  /** A file with the batches as JSON: they are too long for an argument. */
  readonly batches: string
}

const { root, now, table, batches } = JSON.parse(process.argv[2] ?? '') as LedgerOrder
const context = await openContext(root, { env: { ...nodeEnv, now: () => now } })
for (const batch of JSON.parse(readFileSync(batches, 'utf8')) as unknown[][])
  await appendLedger(context, table, batch)
await closeContext(context)
writeSync(1, 'done\n')
