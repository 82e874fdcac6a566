import type { Finding, FindingCode } from '../../schemas/contract/health.ts'

/** What a finding means for one's data, and the safe thing to do. */
export interface FindingGuide {
  readonly meaning: string
  readonly advice: string
}

/** Whether a finding asks for anything: parts that wait for the end of their day are no trouble. */
export function needsAttention({ code, repaired }: Finding): boolean {
  return code !== 'PARTS_WAITING' && !repaired
}

/** One entry a code: the compiler asks for a new one when doctor learns to find more. */
export const FINDING_GUIDE: Readonly<Record<FindingCode, FindingGuide>> = {
  UNREADABLE: {
    meaning: 'The file is not Parquet, or torn. Its rows are left out of every answer.',
    advice: 'Write the file again from its source, or backfill its day.',
  },
  BAD_CHECKSUM: {
    meaning: 'The bytes are no longer those that were written: the disk or another program changed them.',
    advice: 'Backfill the day from its source, or put the file back from a backup.',
  },
  BAD_COLUMNS: {
    meaning: 'A column is missing or of another type. The file is left out of every answer.',
    advice: 'Correct the program that wrote it and write the file again.',
  },
  BAD_ROW: {
    meaning: 'A row breaks its schema, such as a high below its low. It is shown as it stands.',
    advice: 'Correct it at its source and backfill the day.',
  },
  WRONG_PLACE: {
    meaning: 'A row stands in the file of another day or timeframe, where it is not looked for.',
    advice: 'Correct the program that wrote it and import the row again.',
  },
  POLICY_MISSING: {
    meaning:
      'Decisions name a policy version that policies.parquet does not hold: what it weighed is unknown.',
    advice: 'Import the policy document of that version.',
  },
  POLICY_LATE: {
    meaning: 'A policy is dated after a decision that names it: one of the two times is wrong.',
    advice:
      'Correct the clock of the program that wrote it. A version’s content, its time too, never changes.',
  },
  CONFLICT: {
    meaning:
      'Two files give different values for one bar, event or row. The file of more days wins, else the newer part; of a ledger the first row.',
    advice: 'If the winner is wrong, backfill the day with the right values.',
  },
  DUPLICATE: {
    meaning: 'A row is there more than once with the same values. It is shown once.',
    advice: 'Compact the day; that leaves one.',
  },
  PARTS_WAITING: {
    meaning: 'New rows stand as single files until their day is compacted. They are stored and shown.',
    advice: 'Nothing is wrong. Compact the day when it is over.',
  },
  PARTS_COMPACTED: {
    meaning: 'Parts whose rows are in the dayfile already still stand beside it, after an interruption.',
    advice: 'Compact the day; that moves them to recovery.',
  },
  ORPHAN_STAGING: {
    meaning:
      'A file was begun and never published, after a crash or a full disk. Nothing acknowledged is in it.',
    advice: 'Nothing is lost. It is out of the way of every reader.',
  },
  SNAPSHOT_STALE: {
    meaning: 'The list of current objects differs from what the events add up to.',
    advice: 'Rebuild the snapshot: it is derived, nothing can be lost.',
  },
  GLOBAL_X_GAP: {
    meaning: 'The bar counter of the 15m dayfiles skips or has no number here, as for a bar that came late.',
    advice: 'Objects placed by that number may lack a time; give them left_ts.',
  },
  EVENT_WITHOUT_CREATE: {
    meaning: 'An update or close names an object whose creation was never handed in.',
    advice: 'Import the missing event; the object then takes its place in time.',
  },
  FOREIGN_FILE: {
    meaning:
      'Another program wrote this dayfile. It is read and shown as it is, without a record to check it by.',
    advice: 'Nothing, if that was meant. A backfill of the day puts it under Barkeep’s care.',
  },
  QUARANTINED: {
    meaning: 'A damaged file, or a part that lost against its dayfile, was moved aside and no longer counts.',
    advice: 'Look at it. If it was right, backfill its day from the source; nothing removes it but you.',
  },
  GAP: {
    meaning: 'The market was open and there are no bars of that time. Nothing fills them in by itself.',
    advice:
      'Backfill the day from its source. If the symbol trades by another calendar, name it in .barkeep/settings.json.',
  },
  INTERRUPTED: {
    meaning: 'A compaction was cut off. Its rows are all there, the old way or the new.',
    advice: 'Repair leads it to its end, and so does the next opening of the store.',
  },
  BAD_DERIVED: {
    meaning: 'A file that was made from others can not be used. Answers are right without it, and slower.',
    advice: 'Repair removes it; it is made again when it is needed.',
  },
  EMAS_STALE: {
    meaning:
      'Stored moving averages are older than their bars, or of other periods. Charts work theirs out from the bars and are right.',
    advice:
      'Repair writes them anew, and so does the next run after the close: they are derived, nothing is lost.',
  },
  EMAS_MISSING: {
    meaning: 'Moving averages of compacted days are not stored, between days of which they are.',
    advice: 'Repair writes them, and so does the next run after the close.',
  },
  BAD_SETTINGS: {
    meaning: 'The store’s settings can not be understood, so no gaps are looked for.',
    advice: 'Correct .barkeep/settings.json as the detail says, then check again.',
  },
  IO: {
    meaning: 'The file system refused to read it.',
    advice: 'Check permissions and the disk, then check the store again.',
  },
  NO_SPACE: {
    meaning: 'The disk is full.',
    advice: 'Free some space; what was acknowledged is stored.',
  },
  LOCKED: {
    meaning: 'Another process owns compaction just now.',
    advice: 'Wait for it to end, or end it, then check again.',
  },
  VERIFY_FAILED: {
    meaning: 'What was written read back differently; nothing was published.',
    advice: 'Check the disk, then compact again.',
  },
  NOT_FOUND: {
    meaning: 'A file that is on record is not there any more.',
    advice: 'Bring it back from a backup, or backfill its day.',
  },
  NO_STORE: {
    meaning: 'The folder is gone.',
    advice: 'Open the store again where it is now.',
  },
  BAD_REQUEST: {
    meaning: 'A name or a time in it can not be understood.',
    advice: 'Look at the detail; correct the program that wrote it.',
  },
  CANCELLED: {
    meaning: 'The check was cancelled before this file.',
    advice: 'Check the store again.',
  },
  FORBIDDEN: {
    meaning: 'The file was refused because of where it lies.',
    advice: 'Move it into the store if it belongs there.',
  },
  INTERNAL: {
    meaning: 'A defect of Barkeep itself.',
    advice: 'Your data is as it was. Report it with this detail.',
  },
}
