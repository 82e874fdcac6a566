import type { StorePath } from '../../../schemas/contract/units.ts'
import { deadStaging } from '../compact/interrupted.ts'
import { tombstonePath } from '../compact/tombstones.ts'
import { at, type StoreContext } from '../context.ts'
import {
  CHECKSUMS,
  DATA,
  isParquet,
  OBJECTS,
  parseStorePath,
  QUARANTINE,
  STAGING,
  storePathOf,
  within,
} from '../layout/file-names.ts'
import { filesBelow } from '../read/overview.ts'
import type { FindingList } from './finding-list.ts'

/** What is told of files by where they stand, without reading them. */
export async function checkFolders(context: StoreContext, findings: FindingList): Promise<void> {
  for (const folder of [DATA, OBJECTS]) {
    for (const file of await filesBelow(context, folder)) {
      if (isParquet(file) && parseStorePath(file).kind === 'unknown')
        findings.add('WRONG_PLACE', file, 'no file of a store stands here: it is not read')
    }
  }
  for (const file of await filesBelow(context, QUARANTINE))
    findings.add('QUARANTINED', file, 'put aside, never used and never removed by Barkeep')
  await checkStaging(context, findings)
  await checkRecords(context, findings)
}

/** Files that a process left behind when it died; the next open clears them. */
async function checkStaging(context: StoreContext, findings: FindingList): Promise<void> {
  const detail = 'left behind by a process that is gone; the next open clears it'
  for (const { name, isDirectory } of await context.env.readDir(at(context, STAGING)))
    if (!isDirectory) findings.add('ORPHAN_STAGING', within(STAGING, name), detail)
  for (const folder of await deadStaging(context)) {
    const inside = storePathOf(context.root, folder)
    if (inside === null) continue
    for (const file of await filesBelow(context, inside)) findings.add('ORPHAN_STAGING', file, detail)
  }
}

/** Compacted files stay for good: one with a recorded SHA-256 that is not there was removed by somebody. */
async function checkRecords(context: StoreContext, findings: FindingList): Promise<void> {
  const suffix = '.sha256'
  for (const record of await filesBelow(context, CHECKSUMS)) {
    const file = record.slice(CHECKSUMS.length + 1, -suffix.length) as StorePath
    const { kind } = parseStorePath(file)
    if (!record.endsWith(suffix) || (kind !== 'dayfile' && kind !== 'monthfile')) continue
    if ((await context.env.stat(at(context, file))) !== null) continue
    // A month file took its place, and its record goes in a moment.
    if ((await context.env.stat(at(context, tombstonePath(file)))) !== null) continue
    const detail = `was written by Barkeep and is gone; if that is meant, remove ${record}`
    findings.add('NOT_FOUND', file, detail)
  }
}
