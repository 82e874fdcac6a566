import path from 'node:path'
import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import { deadStaging } from '../compact/interrupted.ts'
import { isUnchanged, quarantineOf } from '../compact/publish.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import {
  DATA,
  dayOfName,
  EMAS_FOLDER,
  LEDGER_FOLDERS,
  OBJECTS,
  OPERATIONS_LOG,
  PRIVATE,
  parseStorePath,
  storePathOf,
} from '../layout/file-names.ts'
import { tidyPartChecksums } from '../layout/part-checksums.ts'
import { tellChange } from '../write/change-news.ts'

/** Why a remedy was not carried out, though nothing failed: the store isn't what it was when it was looked at. */
export class NotDone extends Error {
  override readonly name = 'NotDone'
}

/**
 * Moves a file out of everybody's way, to a name in quarantine that nothing has. It is there or here at any moment, whole:
 * where it goes is durable before where it came from.
 * @param seen what was judged: another file that has come under the name since is left alone
 * @returns where it stands now
 * @throws NotDone, and Node's own errors of the file system
 */
export async function moveToQuarantine(
  context: StoreContext,
  file: StorePath,
  seen: FileStat,
): Promise<StorePath> {
  const { env } = context
  const to = await quarantineOf(context, publicName(file))
  if (!(await isUnchanged(context, file, seen)))
    throw new NotDone(`${file} has changed since it was looked at`)
  const [source, target] = [path.dirname(at(context, file)), path.dirname(at(context, to))]
  await env.makeDir(target)
  await env.rename(at(context, file), at(context, to))
  await env.syncDir(target)
  await env.syncDir(source)
  const named = parseStorePath(file)
  if (named.kind === 'part' || file.startsWith(`${OPERATIONS_LOG}/`))
    await tidyPartChecksums(context, folderOf(file))
  if (named.kind === 'dayfile') tellChange(context, { kind: 'day', series: named.series, day: named.day })
  // A folder of events is a month's; which of its days is told does not matter.
  const day = named.kind === 'part' ? (dayOfName(named.folder) ?? firstDay(named.folder)) : null
  if (named.kind === 'part' && day !== null) tellChange(context, { kind: 'day', series: named.series, day })
  return to
}

const PUBLIC_FOLDERS: readonly string[] = [DATA, OBJECTS, EMAS_FOLDER, ...LEDGER_FOLDERS]

/** What was put aside in a private folder goes to quarantine under the path that it once had outside. */
function publicName(file: StorePath): StorePath {
  if (!file.startsWith(`${PRIVATE}/`)) return file
  if (file.startsWith(`${OPERATIONS_LOG}/`)) return file.slice(PRIVATE.length + 1) as StorePath
  const steps = file.split('/')
  const start = steps.findIndex((step) => PUBLIC_FOLDERS.includes(step))
  return steps.slice(start > 0 ? start : steps.length - 1).join('/') as StorePath
}

function firstDay(month: string): UtcDay | null {
  return dayOfName(`${month}-01`)
}

function folderOf(file: StorePath): StorePath {
  return file.slice(0, file.lastIndexOf('/')) as StorePath
}

/** Removes what a process left in staging when it died, and its folder once that is empty. @throws NotDone */
export async function clearOrphan(context: StoreContext, file: StorePath): Promise<void> {
  const { env } = context
  const folder = path.dirname(at(context, file))
  const dead = (await deadStaging(context)).map((each) => storePathOf(context.root, each))
  if (!dead.some((each) => each !== null && file.startsWith(`${each}/`)))
    throw new NotDone(`${file} belongs to a process that runs`)
  await env.removeFile(at(context, file))
  if ((await env.readDir(folder)).length === 0) await env.removeDir(folder)
}

/** A derived file goes; who needs it makes it again. */
export async function dropDerived(context: StoreContext, file: StorePath): Promise<void> {
  await context.env.removeFile(at(context, file))
}
