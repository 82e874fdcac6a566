import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import { type FileColumns, rowsOf } from '../read/table-files.ts'
import { candleOf } from './candle-rows.ts'
import type { CandlePart } from './resolve.ts'

/** A file's bars of the day, and the first reason why it must not be merged and moved away. */
export function asPart(
  file: StorePath,
  read: FileColumns | undefined,
  problem: Problem | undefined,
  timeframe: Timeframe,
  day: UtcDay,
): CandlePart {
  if (read === undefined) {
    return {
      file,
      rows: [],
      blemish: problem ?? { file, code: 'UNREADABLE', detail: 'it could not be read' },
    }
  }
  const rows: CandleRow[] = []
  let blemish: Problem | null = null
  for (const [index, stored] of rowsOf(CANDLES, read).entries()) {
    const { row, breach } = candleOf(stored, timeframe, day)
    if (row === null) {
      const { code, reason } = breach ?? { code: 'BAD_ROW', reason: 'it is no bar' }
      blemish ??= { file, code, detail: `row ${index + 1} ${reason}` }
      continue
    }
    if (Number.isNaN(row.volume)) {
      blemish ??= { file, code: 'BAD_ROW', detail: `row ${index + 1} has no usable volume` }
    }
    rows.push(row)
  }
  return { file, rows, blemish }
}
