import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import type { DailyTable } from '../../../schemas/tables/index.ts'
import { dayfilePath, type LedgerSeries } from '../layout/file-names.ts'
import { type Partition, type PartitionColumn, partitionFolder } from '../layout/partition-names.ts'
import type { Row } from '../write/part-writer.ts'
import type { LedgerFile } from './ledger-files.ts'

/** How a day is split besides its date: not at all, or by a column. */
export type DayForm = PartitionColumn | null

/**
 * The form that a day has by the files that hold it, a month's included (SPEC E12): one that has begun plain stays plain,
 * whatever the setting says by then, so that no key can stand in two forms.
 * @param files those of the day, and of its month
 * @param wanted by the setting, for a day without files
 */
export function formOf(day: UtcDay, files: readonly LedgerFile[], wanted: DayForm): DayForm {
  const of = files.filter((each) => each.day === day || (each.day === null && day.startsWith(each.month)))
  if (of.length === 0) return wanted
  if (of.some(({ series }) => series.partition === null)) return null
  return of[0]?.series.partition?.column ?? null
}

/** Where a row of a day goes: into its month's file where that stands, else into the day's. */
export function targetOf(
  table: DailyTable,
  day: UtcDay,
  form: DayForm,
  row: Row,
  files: readonly LedgerFile[],
): LedgerFile {
  const series: LedgerSeries = {
    table,
    partition: form === null ? null : { column: form, value: String(row[form]) },
  }
  const month = files.find(
    (each) => each.day === null && day.startsWith(each.month) && isSame(each.series, series),
  )
  if (month !== undefined) return month
  const file: StorePath = dayfilePath(series, day)
  return files.find((each) => each.file === file) ?? { file, series, day, month: day.slice(0, 7) as UtcMonth }
}

function isSame({ partition: a }: LedgerSeries, { partition: b }: LedgerSeries): boolean {
  return a === null || b === null ? a === b : a.column === b.column && a.value === b.value
}

/** Where rows without a place go. */
export interface Placing {
  /** The store's setting, for days without files. */
  readonly form: DayForm
  readonly folders: FolderNames
}

/** What every file system takes as one name, less some room. */
export const FOLDER_NAME_BYTES = 200

/** Hive folders of decisions by their spelling, which must do on file systems that don't tell case apart. */
export class FolderNames {
  readonly #known = new Map<string, string>()

  constructor(files: readonly LedgerFile[]) {
    for (const { series } of files)
      if (series.partition !== null) this.#take(partitionFolder(series.partition))
  }

  /** Why a value can't have a folder; null when it can, and has it from now on. */
  problemOf(partition: Partition): string | null {
    const folder = partitionFolder(partition)
    if (Buffer.byteLength(folder) > FOLDER_NAME_BYTES)
      return `its folder would need a name of more than ${FOLDER_NAME_BYTES} bytes: ${folder.slice(0, 60)}…`
    const other = this.#take(folder)
    return other === folder ? null : `${other} and ${folder} are one folder where case doesn't count`
  }

  /** @returns the name that has the place */
  #take(folder: string): string {
    const place = folder.toLowerCase()
    const known = this.#known.get(place) ?? folder
    this.#known.set(place, known)
    return known
  }
}
