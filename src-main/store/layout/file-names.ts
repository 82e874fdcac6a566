import path from 'node:path'
import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import { isTimeframe, parseTimeframe } from '../../../schemas/contract/timeframe.ts'
import type { PartName, StorePath, Timeframe, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import {
  DAILY_TABLES,
  type DailyTable,
  LEDGER_TABLES,
  type StoreTable,
} from '../../../schemas/tables/index.ts'
import { type Partition, parsePartitionFolder, partitionFolder } from './partition-names.ts'

/**
 * The sole builder and parser of names in a store (SPEC L1–L6). A `StorePath` is relative to the root with `/`
 * between its steps, on every platform; `absolute` turns it into a path for the file system.
 */

/** Where the days of candles of one timeframe, of object events, or of a ledger's table stand. */
export type Series =
  | { readonly table: 'candles'; readonly timeframe: Timeframe }
  | { readonly table: 'object_events' }
  | LedgerSeries

/** Days of decisions, audits or stats in one folder: the table's own, or a hive folder of decisions (SPEC E12). */
export interface LedgerSeries {
  readonly table: DailyTable
  readonly partition: Partition | null
}

/** The timeframe of candles; null for tables that have none. */
export function timeframeOf(series: Series): Timeframe | null {
  return series.table === 'candles' ? series.timeframe : null
}

/** A file of the store, by what its name says. */
export type NamedFile =
  | { readonly kind: 'part'; readonly series: Series; readonly folder: string; readonly name: PartName }
  | { readonly kind: 'dayfile'; readonly series: Series; readonly day: UtcDay }
  | { readonly kind: 'monthfile'; readonly series: EventSeries | LedgerSeries; readonly month: UtcMonth }
  | { readonly kind: 'policies' }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'emas'; readonly timeframe: Timeframe; readonly day: UtcDay }
  | { readonly kind: 'unknown' }

type EventSeries = { readonly table: 'object_events' }
const EVENTS: EventSeries = { table: 'object_events' }

const PART = /^part-(\d{8})_(\d{6})\.(\d{6})-([0-9a-f]{8})\.parquet$/
const DAY = /^\d{4}-\d{2}-\d{2}$/
const MONTH = /^\d{4}-\d{2}$/

export const DATA = 'data' as StorePath
export const OBJECTS = 'objects' as StorePath
export const TIMELINE = 'objects/timeline' as StorePath
export const SNAPSHOT = 'objects/current/objects.parquet' as StorePath
/** Each table of the ledger has one of its own name. */
export const LEDGER_FOLDERS: readonly StorePath[] = LEDGER_TABLES.map((table) => table as string as StorePath)
/** Append-only, a row a version. */
export const POLICIES_FILE = 'policies/policies.parquet' as StorePath
/** Moving averages of compacted days of candles; derived. */
export const EMAS_FOLDER = 'emas' as StorePath
export const PRIVATE = '.barkeep' as StorePath
export const STAGING = '.barkeep/staging' as StorePath
/** DuckDB spills here. */
export const TEMP = '.barkeep/temp' as StorePath
export const RECOVERY = '.barkeep/recovery' as StorePath
export const QUARANTINE = '.barkeep/quarantine' as StorePath
export const GENERATIONS = '.barkeep/generations' as StorePath
export const PREVIOUS = '.barkeep/previous' as StorePath
/** What became of each day file that a month file replaced. */
export const TOMBSTONES = '.barkeep/tombstones' as StorePath
export const CHECKSUMS = '.barkeep/checksums' as StorePath
export const REJECTS = '.barkeep/rejects' as StorePath
/** The store's own settings, written by a person. */
export const STORE_SETTINGS = '.barkeep/settings.json' as StorePath
export const LOCK = '.barkeep/writer.lock' as StorePath
/** Who rewrites the settings now: a moment, and not kept out by a compaction. */
export const SETTINGS_LOCK = '.barkeep/settings.lock' as StorePath
/** What was done to the store, a folder a month (see operation-names.ts). */
export const OPERATIONS_LOG = '.barkeep/operations' as StorePath
/** What can be read or worked out again at any time; may be removed whole. */
export const DERIVED = '.barkeep/derived' as StorePath
/** Dayfiles gathered by year: see `tierPath`. */
export const TIERS = '.barkeep/derived/candles' as StorePath
/** What version 0.1 kept of dayfiles; tiers have it since. */
export const OLD_DAYFILE_FACTS = '.barkeep/derived/dayfile-facts.json' as StorePath
/** Compactions that have not reached their last step yet: in one folder, so that an open finds them at once. */
export const PENDING = '.barkeep/generations/pending' as StorePath
/** Rows of days that are still open, as they were acknowledged: a day's file may be written over by its bot. */
export const ACKNOWLEDGED = '.barkeep/acknowledged' as StorePath

export function acknowledgedFolder(table: DailyTable): StorePath {
  return within(ACKNOWLEDGED, table)
}

export function acknowledgedPath(table: DailyTable, day: UtcDay): StorePath {
  return within(acknowledgedFolder(table), `${day}.ndjson`)
}

/** The day of such a file's name; null for any other. */
export function dayOfAcknowledged(name: string): UtcDay | null {
  return name.endsWith('.ndjson') ? dayOfName(name.slice(0, -'.ndjson'.length)) : null
}

/** Changes of several files that happen together: a record each, and its staged files in a folder of its name. */
export const REDO = '.barkeep/redo' as StorePath

export function redoRecord(operation: string): StorePath {
  return within(REDO, `${operation}.json`)
}

export function redoFolder(operation: string): StorePath {
  return within(REDO, operation)
}

/** @param place of the file in the change */
export function redoStaged(operation: string, place: number): StorePath {
  return within(redoFolder(operation), `${place}.parquet`)
}

/** Who is taking over a lock with this token. */
export function lockClaim(token: string, lock: StorePath): StorePath {
  return `${lock}.${token}` as StorePath
}

export function absolute(root: string, file: StorePath): string {
  return path.join(root, ...file.split('/'))
}

/** A path below the root as the store writes it, or null when it lies outside. */
export function storePathOf(root: string, file: string): StorePath | null {
  const relative = path.relative(root, file)
  if (relative.startsWith('..') || path.isAbsolute(relative)) return null
  return relative.split(path.sep).join('/') as StorePath
}

/** A name below a folder of the store. */
export function within(folder: StorePath, ...names: readonly string[]): StorePath {
  return [folder, ...names].join('/') as StorePath
}

/**
 * @param writtenMicros microseconds UTC since 1970: names sort in write order.
 * @param id 8 hex digits.
 */
export function partName(writtenMicros: number, id: string): PartName {
  const iso = new Date(Math.floor(writtenMicros / 1000)).toISOString()
  const micros = String(writtenMicros % 1_000_000).padStart(6, '0')
  return `part-${iso.slice(0, 10).replaceAll('-', '')}_${iso.slice(11, 19).replaceAll(':', '')}.${micros}-${id}.parquet` as PartName
}

/** The lines that one import refused (SPEC X3), named as parts are: by table, then in write order. */
export function rejectsName(table: StoreTable, writtenMicros: number, id: string): string {
  return partName(writtenMicros, id).replace(/^part-(.*)\.parquet$/, `${table}-$1.ndjson`)
}

/** Null for a name that no writer of this contract gives. */
export function parsePartName(name: string): { readonly writtenMicros: number; readonly id: string } | null {
  const [, date, time, micros, id] = PART.exec(name) ?? []
  if (date === undefined || time === undefined || micros === undefined || id === undefined) return null
  const iso = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`
  const seconds = Date.parse(iso)
  return Number.isNaN(seconds) ? null : { writtenMicros: seconds * 1000 + Number(micros), id }
}

/** True for another program's name behind which no part of ours can sort, whenever it is written. */
export function sortsBehindParts(name: string): boolean {
  return parsePartName(name) === null && name > 'part-'
}

/** The same place and kind under a name that is free: `x.parquet` → `x.1f2e3d4c.parquet`. */
export function renamed(file: StorePath, id: string): StorePath {
  return file.replace(/(\.parquet)?$/, `.${id}$1`) as StorePath
}

/** The name that a file had before it was `renamed`; its own where it wasn't. */
export function firstName(file: StorePath): StorePath {
  return file.replace(/\.[0-9a-f]{8}(\.parquet)$/, '$1') as StorePath
}

/** Any Parquet file in a part folder counts as a part: other programs choose names of their own. */
export function isParquet(name: string): boolean {
  return name.endsWith('.parquet')
}

/** The folder that holds a series: `data/2m`, `objects/timeline`, `decisions`, `decisions/symbol=SPY`. */
export function seriesFolder(series: Series): StorePath {
  switch (series.table) {
    case 'candles':
      return within(DATA, series.timeframe)
    case 'object_events':
      return TIMELINE
    default: {
      const folder = series.table as string as StorePath
      return series.partition === null ? folder : within(folder, partitionFolder(series.partition))
    }
  }
}

/**
 * The folder of a day's parts. Object events share their month's folder with its dayfiles; a ledger has no parts, and its
 * days share their table's folder.
 */
export function partFolder(series: Series, day: UtcDay): StorePath {
  switch (series.table) {
    case 'candles':
      return within(DATA, series.timeframe, day)
    case 'object_events':
      return within(TIMELINE, day.slice(0, 7))
    default:
      return seriesFolder(series)
  }
}

export function dayfilePath(series: Series, day: UtcDay): StorePath {
  switch (series.table) {
    case 'candles':
      return within(DATA, series.timeframe, `${day}.parquet`)
    case 'object_events':
      return within(TIMELINE, day.slice(0, 7), `${day}.parquet`)
    default:
      return within(seriesFolder(series), `${series.table}_${day.replaceAll('-', '')}.parquet`)
  }
}

export function emasPath(timeframe: Timeframe, day: UtcDay): StorePath {
  return within(EMAS_FOLDER, timeframe, `${day}.parquet`)
}

/** Of object events unless a series of the ledger is given; candles have no month files. */
export function monthfilePath(month: UtcMonth, series: EventSeries | LedgerSeries = EVENTS): StorePath {
  return series.table === 'object_events'
    ? within(TIMELINE, month, `${month}.parquet`)
    : within(seriesFolder(series), `${series.table}_${month.replace('-', '')}.parquet`)
}

/** Where a public file's private companion stands: same path, below the given private folder. */
export function companion(folder: StorePath, file: StorePath, suffix = ''): StorePath {
  return within(folder, `${file}${suffix}`)
}

/** A year of dayfiles of one timeframe, gathered. @param year four digits */
export function tierPath(timeframe: Timeframe, year: string): StorePath {
  return within(TIERS, timeframe, `${year}.tier`)
}

/** The year of a tier's file name; null for any other name. */
export function yearOfTier(name: string): string | null {
  return /^(\d{4})\.tier$/.exec(name)?.[1] ?? null
}

const PART_CHECKSUMS = 'parts.sha256'

/** The SHA-256 of the parts of a folder that we wrote, a line a part. */
export function partChecksumsPath(folder: StorePath): StorePath {
  return companion(CHECKSUMS, within(folder, PART_CHECKSUMS))
}

/** The part folder that such a file is about; null for any other file. */
export function folderOfPartChecksums(file: StorePath): StorePath | null {
  const [prefix, suffix] = [`${CHECKSUMS}/`, `/${PART_CHECKSUMS}`]
  if (!file.startsWith(prefix) || !file.endsWith(suffix)) return null
  return file.slice(prefix.length, -suffix.length) as StorePath
}

/** The timeframe that a folder of `data/` is named for; null for a folder that isn't ours. */
export function timeframeOfFolder(name: string): Timeframe | null {
  return isTimeframe(name) && name === name.toLowerCase() ? parseTimeframe(name) : null
}

/** `2024-03-08` or `2024-03-08.parquet` → the day; null otherwise, also for a day no calendar has. */
export function dayOfName(name: string): UtcDay | null {
  const stem = name.endsWith('.parquet') ? name.slice(0, -'.parquet'.length) : name
  const instant = DAY.test(stem) ? Date.parse(`${stem}T00:00:00Z`) : Number.NaN
  // V8 rolls 2024-02-31 over into March.
  return Number.isNaN(instant) || utcDayOf(instant) !== stem ? null : (stem as UtcDay)
}

/** `2024-03` or `2024-03.parquet` → the month; null otherwise. */
export function monthOfName(name: string): UtcMonth | null {
  const stem = name.endsWith('.parquet') ? name.slice(0, -'.parquet'.length) : name
  return MONTH.test(stem) && !Number.isNaN(Date.parse(`${stem}-01T00:00:00Z`)) ? (stem as UtcMonth) : null
}

/** What a file is, by its path alone. */
export function parseStorePath(file: StorePath): NamedFile {
  if (file === SNAPSHOT) return { kind: 'snapshot' }
  if (file === POLICIES_FILE) return { kind: 'policies' }
  const steps = file.split('/')
  const name = steps.at(-1) ?? ''
  if (!isParquet(name)) return { kind: 'unknown' }
  if (steps[0] === 'data') {
    const timeframe = timeframeOfFolder(steps[1] ?? '')
    if (timeframe === null) return { kind: 'unknown' }
    const series: Series = { table: 'candles', timeframe }
    const day = steps.length === 3 ? dayOfName(name) : null
    if (day !== null) return { kind: 'dayfile', series, day }
    const folder = steps.length === 4 ? dayOfName(steps[2] ?? '') : null
    return folder === null ? { kind: 'unknown' } : { kind: 'part', series, folder, name: name as PartName }
  }
  if (steps[0] === EMAS_FOLDER) {
    const timeframe = timeframeOfFolder(steps[1] ?? '')
    const day = steps.length === 3 ? dayOfName(name) : null
    return timeframe === null || day === null ? { kind: 'unknown' } : { kind: 'emas', timeframe, day }
  }
  if (file.startsWith(`${TIMELINE}/`) && steps.length === 4) {
    const month = monthOfName(steps[2] ?? '')
    if (month === null) return { kind: 'unknown' }
    const series: Series = { table: 'object_events' }
    const day = dayOfName(name)
    if (day !== null) return { kind: 'dayfile', series, day }
    if (monthOfName(name) !== null) return { kind: 'monthfile', series: EVENTS, month }
    return { kind: 'part', series, folder: month, name: name as PartName }
  }
  return parseLedgerPath(steps, name)
}

const LEDGER_FILE = /^([a-z]+)_(\d{4})(\d{2})(\d{2})?\.parquet$/

/** `decisions/decisions_20240308.parquet`, `audits/audits_202403.parquet`, `decisions/symbol=SPY/…`. */
function parseLedgerPath(steps: readonly string[], name: string): NamedFile {
  const table = DAILY_TABLES.find((each) => each === steps[0])
  const [, named, year, month, day] = LEDGER_FILE.exec(name) ?? []
  if (table === undefined || named !== table || steps.length > 3) return { kind: 'unknown' }
  const partition = steps.length === 3 ? parsePartitionFolder(steps[1] ?? '') : null
  if (steps.length === 3 && (table !== 'decisions' || partition === null)) return { kind: 'unknown' }
  const series: LedgerSeries = { table, partition }
  if (day === undefined) {
    const found = monthOfName(`${year}-${month}`)
    return found === null ? { kind: 'unknown' } : { kind: 'monthfile', series, month: found }
  }
  const found = dayOfName(`${year}-${month}-${day}`)
  return found === null ? { kind: 'unknown' } : { kind: 'dayfile', series, day: found }
}
