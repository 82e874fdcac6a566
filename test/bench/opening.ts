import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Store } from '../../src-main/store/api.ts'
import { openStore } from '../../src-main/store/index.ts'
import { interleaved } from './interleaved.ts'
import { comparison, type ResultRow, type Suite, type SuiteGiven } from './result-row.ts'

/** A large store, opened. */
export const opening: Suite = { name: 'opening', stores: ['ten-years-20'], run }

async function run(given: SuiteGiven): Promise<readonly ResultRow[]> {
  const root = given.store('ten-years-20')
  // Once: what an open derives is there from then on, as in a store that is used.
  const first = await openStore(root)
  await first.reader.info()
  await first.close()
  let files = 0
  const measured = await interleaved(
    [
      {
        name: 'open',
        prepare: () => {
          let store: Store | null = null
          return {
            async run() {
              store = await openStore(root)
            },
            after: () => store?.close(),
          }
        },
      },
      {
        name: 'open and info',
        prepare: () => {
          let store: Store | null = null
          return {
            async run() {
              store = await openStore(root)
              await store.reader.info()
            },
            after: () => store?.close(),
          }
        },
      },
      {
        name: 'listing and checksum files',
        prepare: () => ({
          run() {
            files = listed(path.join(root, 'data')) + listed(path.join(root, 'objects')) + read(root)
          },
        }),
      },
    ],
    { warmups: 2, samples: given.samples },
  )
  const what = 'open a 10-year, 20-symbol store'
  const how = `15m, 30m and 1h, ${files.toLocaleString('en')} entries listed and read on the other side, by Node's synchronous calls`
  return [
    comparison(
      { what, how: `until the store is open; ${how}` },
      measured,
      ['open', 'listing and checksum files'],
      {
        within: 2,
      },
    ),
    comparison(
      { what: `${what}, until it has told its series`, how: `open and info(), as the window does; ${how}` },
      measured,
      ['open and info', 'listing and checksum files'],
      null,
    ),
  ]
}

/** Reads every folder below one. @returns entries seen */
function listed(folder: string): number {
  let count = 0
  for (const entry of entriesOf(folder))
    count += 1 + (entry.isDirectory() ? listed(path.join(folder, entry.name)) : 0)
  return count
}

function read(root: string, folder = path.join(root, '.barkeep/checksums')): number {
  let count = 0
  for (const entry of entriesOf(folder)) {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) count += read(root, file)
    else count += readFileSync(file).length > 0 ? 1 : 0
  }
  return count
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    // A store without objects has no such folder.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
