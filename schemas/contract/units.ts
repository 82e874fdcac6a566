/**
 * Units that must never mix. Each is a plain number or string at run time and a type of its own at compile
 * time; the one place that may make one is named beside it.
 */
declare const unit: unique symbol
type Branded<Base, Name extends string> = Base & { readonly [unit]: Name }

/** Milliseconds since 1970-01-01T00:00Z. Made by `parseInstant` and by reading a validated `ts`. */
export type UtcMillis = Branded<number, 'UtcMillis'>

/** A UTC day, `YYYY-MM-DD`: the unit of dayfiles (store.md §1). Made by `utcDayOf` and `parseUtcDay`. */
export type UtcDay = Branded<string, 'UtcDay'>

/** A UTC month, `YYYY-MM`: the folder of object events. Made by `utcMonthOf`. */
export type UtcMonth = Branded<string, 'UtcMonth'>

/** A bar length in lower case, `2m`, `15m`, `1h`, `1d`. Made by `parseTimeframe`. */
export type Timeframe = Branded<string, 'Timeframe'>

/** A part's file name, `part-YYYYMMDD_HHMMSS.ffffff-xxxxxxxx.parquet`. Made by `file-names.ts` alone. */
export type PartName = Branded<string, 'PartName'>

/** A path relative to the store's root, `/` between its steps. Made by `file-names.ts` alone. */
export type StorePath = Branded<string, 'StorePath'>
