import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { utcDayOf, utcDayStart } from '../../schemas/contract/market-time.ts'
import type { UtcDay } from '../../schemas/contract/units.ts'
import { openStore } from '../../src-main/store/index.ts'
import { type BotOrder, barOf } from './bot-orders.ts'

const DAY = 86_400_000

export interface LiveStore {
  readonly order: BotOrder
  /** Whose parts wait for compaction. */
  readonly dayBefore: UtcDay
  readonly barsBefore: number
}

/**
 * A store as a bot leaves it overnight: the day before in parts, nothing of the day that is about to begin. Its instruments
 * have no calendar, so that bars of any hour are in order, and nothing runs after the close by itself.
 * @param barsBefore of the day before, over all series
 */
export async function writeLiveStore(
  store: string,
  order: Omit<BotOrder, 'store' | 'from'>,
  barsBefore: number,
): Promise<LiveStore> {
  const longest = Math.max(...order.minutes)
  const series = order.symbols.length * order.minutes.length
  // So that the last of them closes about now, and all of their days are young enough for the ledger.
  const span = Math.ceil(order.bars / series) * longest * 60_000
  const from = Math.floor((Date.now() - span - 60_000) / (longest * 60_000)) * longest * 60_000
  const dayBefore = utcDayOf(from - DAY)
  await mkdir(join(store, '.barkeep'), { recursive: true })
  const settings = { defaultCalendar: 'none', afterClose: { on: false } }
  await writeFile(join(store, '.barkeep', 'settings.json'), JSON.stringify(settings))
  const opened = await openStore(store, { create: true })
  try {
    const before = { ...order, store, from: utcDayStart(dayBefore) }
    await opened.writer.appendCandles(Array.from({ length: barsBefore }, (_, n) => barOf(before, n)))
  } finally {
    await opened.close()
  }
  return { order: { ...order, store, from }, dayBefore, barsBefore }
}

/** What the bot's bars of one series must look like in the store. */
export function barsOfSeries(order: BotOrder, symbol: string, timeframe: string): readonly number[] {
  return Array.from({ length: order.bars }, (_, n) => barOf(order, n))
    .filter((bar) => bar.symbol === symbol && bar.timeframe === timeframe)
    .map(({ ts }) => ts)
}
