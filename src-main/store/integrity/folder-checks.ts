import type { StorePath } from '../../../schemas/contract/units.ts'
import { deadStaging } from '../compact/interrupted.ts'
import { tombstonePath } from '../compact/tombstones.ts'
import { at, type StoreContext } from '../context.ts'
import {
  CHECKSUMS,
  DATA,
  EMAS_FOLDER,
  isParquet,
  LEDGER_FOLDERS,
  OBJECTS,
  parseStorePath,
  QUARANTINE,
  STAGING,
  storePathOf,
  TIERS,
  TOMBSTONES,
  timeframeOfFolder,
  within,
  yearOfTier,
} from '../layout/file-names.ts'
import { filesBelow } from '../read/overview.ts'
import { decodeTier } from '../read/tiers/tier-format.ts'
import { setAside } from './damage.ts'
import type { FindingList } from './finding-list.ts'

/** What is told of files by where they stand, without reading them. */
export async function checkFolders(context: StoreContext, findings: FindingList): Promise<void> {
  for (const folder of [DATA, OBJECTS, EMAS_FOLDER, ...LEDGER_FOLDERS]) {
    for (const file of await filesBelow(context, folder)) {
      if (isParquet(file) && parseStorePath(file).kind === 'unknown')
        findings.add('WRONG_PLACE', file, 'no file of a store stands here: it is not read')
    }
  }
  for (const file of await filesBelow(context, QUARANTINE))
    findings.add('QUARANTINED', file, 'put aside, never used and never removed by Barkeep')
  await checkStaging(context, findings)
  await checkChecksums(context, findings)
  await checkTiers(context, findings)
  await checkTombstones(context, findings)
}

/** Files that a process left behind when it died; the next open clears them. */
async function checkStaging(context: StoreContext, findings: FindingList): Promise<void> {
  for (const { name, isDirectory } of await context.env.readDir(at(context, STAGING))) {
    if (isDirectory) continue
    const file = within(STAGING, name)
    const detail = 'no process of Barkeep put it there'
    findings.add('ORPHAN_STAGING', file, detail, await setAside(context, file))
  }
  const detail = 'left behind by a process that is gone; the next open clears it'
  for (const folder of await deadStaging(context)) {
    const inside = storePathOf(context.root, folder)
    if (inside === null) continue
    for (const file of await filesBelow(context, inside))
      findings.add('ORPHAN_STAGING', file, detail, { kind: 'clear', file })
  }
}

/** Tiers that say nothing of use: damaged, or of another version. They cost time, never an answer. */
async function checkTiers(context: StoreContext, findings: FindingList): Promise<void> {
  for (const file of await filesBelow(context, TIERS)) {
    const [folder = '', name = ''] = file.split('/').slice(-2)
    const timeframe = timeframeOfFolder(folder)
    const year = yearOfTier(name)
    if (timeframe === null || year === null) continue
    const bytes = await readOrNull(context, file)
    if (bytes === null || decodeTier({ timeframe, year, zone: context.zone }, bytes) !== null) continue
    const detail = 'a derived file that can’t be used: years of bars are read from their dayfiles instead'
    findings.add('BAD_DERIVED', file, detail, { kind: 'drop', file })
  }
}

/** A tombstone says where a day file went: one that says nothing leaves its day looking lost. */
async function checkTombstones(context: StoreContext, findings: FindingList): Promise<void> {
  for (const file of await filesBelow(context, TOMBSTONES)) {
    const bytes = await readOrNull(context, file)
    if (bytes === null || tellsWhereItWent(bytes)) continue
    const detail = 'no record of a day file that a month file replaced'
    findings.add('UNREADABLE', file, detail, await setAside(context, file))
  }
}

function tellsWhereItWent(bytes: Uint8Array): boolean {
  try {
    const told: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return told !== null && typeof told === 'object' && 'movedTo' in told && 'replacedBy' in told
  } catch {
    return false
  }
}

async function readOrNull(context: StoreContext, file: StorePath): Promise<Uint8Array | null> {
  try {
    return await context.env.readFile(at(context, file))
  } catch (error) {
    if ((await context.env.stat(at(context, file))) === null) return null
    throw error
  }
}

/** Compacted files stay for good: one with a recorded SHA-256 that is not there was removed by somebody. */
async function checkChecksums(context: StoreContext, findings: FindingList): Promise<void> {
  const suffix = '.sha256'
  for (const record of await filesBelow(context, CHECKSUMS)) {
    const file = record.slice(CHECKSUMS.length + 1, -suffix.length) as StorePath
    const { kind } = parseStorePath(file)
    if (!record.endsWith(suffix) || !['dayfile', 'monthfile', 'policies'].includes(kind)) continue
    if ((await context.env.stat(at(context, file))) !== null) continue
    // A month file took its place, and its record goes in a moment.
    if ((await context.env.stat(at(context, tombstonePath(file)))) !== null) continue
    const detail = `was written by Barkeep and is gone; if that is meant, remove ${record}`
    findings.add('NOT_FOUND', file, detail)
  }
}
