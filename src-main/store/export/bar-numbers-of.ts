import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import type { Timeframe } from '../../../schemas/contract/units.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { dayfilePath } from '../layout/file-names.ts'
import { judgeFiles, ownFiles } from '../read/dayfile-check.ts'
import { candleSeries, listDays } from '../read/listing.ts'
import { readFiles } from '../read/table-files.ts'

/** The one timeframe whose dayfiles number their bars (SPEC C8). */
const NUMBERED = '15m'

/** Numbers of a symbol's bars by their time; empty for a timeframe that has none. Files that can't be used give none. */
export async function barNumbersOf(
  context: StoreContext,
  { symbol, timeframe, from, to }: { symbol: string; timeframe: Timeframe; from: number; to: number },
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, number>> {
  const numbers = new Map<number, number>()
  if (timeframe !== NUMBERED) return numbers
  const days = await listDays(context, timeframe, utcDayOf(from), utcDayOf(to))
  const files = days.flatMap(({ day, dayfile }) =>
    dayfile === null ? [] : [dayfilePath(candleSeries(timeframe), day)],
  )
  const verdicts = await judgeFiles(context, CANDLES, files, signal)
  const sound = files.filter((file) => {
    const verdict = verdicts.get(file)
    return typeof verdict === 'object' && verdict.use
  })
  const columns = ['symbol', 'ts', 'global_x']
  const read = await readFiles(context, CANDLES, sound, { columns, own: ownFiles(verdicts), signal })
  for (const { rows, columns: of } of read.files) {
    for (let row = 0; row < rows; row++) {
      const [ts, number] = [of.get('ts')?.[row], of.get('global_x')?.[row]]
      if (of.get('symbol')?.[row] !== symbol || typeof ts !== 'number' || typeof number !== 'number') continue
      if (!Number.isNaN(number)) numbers.set(ts, number)
    }
  }
  return numbers
}
