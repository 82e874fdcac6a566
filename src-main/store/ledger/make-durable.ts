import path from 'node:path'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'

/** Another program need not have synced its file; a row in it is acknowledged only once it is durable (SPEC E3). */
export async function makeDurable(context: StoreContext, files: Iterable<StorePath>): Promise<void> {
  for (const file of files) {
    await context.env.syncFile(at(context, file))
    await context.env.syncDir(path.dirname(at(context, file)))
  }
}
