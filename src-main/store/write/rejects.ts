import path from 'node:path'
import type { StoreTable } from '../../../schemas/tables/index.ts'
import type { RejectedText, RejectsFile } from '../api.ts'
import { at, type StoreContext } from '../context.ts'
import { REJECTS, rejectsName, within } from '../layout/file-names.ts'

/** A bot's line can be a megabyte; what shows where it went wrong is its beginning. */
const KEPT_CHARACTERS = 4096

/**
 * The rejects of one import, `.barkeep/rejects/<table>-<time>-<id8>.ndjson`: one JSON document a line with line, field,
 * reason and the text as it came. Made with the first line, so that a clean import leaves nothing.
 */
export function openRejects(context: StoreContext, table: StoreTable): RejectsFile {
  const { env } = context
  const file = within(REJECTS, rejectsName(table, env.now() * 1000, env.randomId()))
  const target = at(context, file)
  let made = false
  return {
    get file() {
      return made ? file : null
    },
    async keep(lines: readonly RejectedText[]): Promise<void> {
      if (lines.length === 0) return
      if (!made) await env.makeDir(path.dirname(target))
      const text = lines.map((line) => JSON.stringify({ ...line, text: line.text.slice(0, KEPT_CHARACTERS) }))
      await env.append(target, Buffer.from(`${text.join('\n')}\n`))
      await env.syncFile(target)
      if (!made) await env.syncDir(path.dirname(target))
      made = true
    },
  }
}
