import { openStore } from '../../src-main/store/index.ts'
import { randomFrom } from '../support/seeded.ts'
import { type MemoryOrder, type MemoryReport, toMegabytes } from './memory.ts'
import { sessionsOf } from './windows.ts'

/** A round of viewports ends with a collection and one reading. */
const ROUND = 250

/**
 * The child of the memory row: opens a store and asks random viewports of it, as a person who never stops panning and
 * zooming. Prints its report as the only line.
 */
export async function measureMemory([text = '']: readonly string[]): Promise<void> {
  const { root, warmups, viewports, cacheBytes } = JSON.parse(text) as MemoryOrder
  const { gc } = globalThis
  if (gc === undefined) throw new Error('start it with --expose-gc')
  const store = await openStore(root, { cacheBytes })
  const random = randomFrom(7)
  const sessions = sessionsOf()
  const timeframes = ['2m', '5m', '15m'] as const
  const held: number[] = []
  const resident: number[] = []
  for (let asked = 0; asked < warmups + viewports; asked++) {
    // Years are asked for as the window does: as so many candles.
    const isWide = random.chance(0.1)
    const days = isWide ? random.int(100, 1000) : random.int(1, 40)
    const first = random.int(0, sessions.length - 1)
    const [start, end] = [sessions[first], sessions[Math.min(first + days, sessions.length) - 1]]
    if (start === undefined || end === undefined) throw new Error('a window beyond the store')
    await store.reader.viewport({
      symbol: 'SPY',
      timeframe: random.pick(timeframes),
      from: start.from,
      to: end.to,
      ...(isWide || random.chance(0.6) ? { maxBars: random.int(200, 3000) } : {}),
      ...(random.chance(0.2) ? { asOf: end.from } : {}),
    })
    if ((asked + 1) % ROUND !== 0 || asked < warmups) continue
    gc()
    const { heapUsed, external, rss } = process.memoryUsage()
    held.push(toMegabytes(heapUsed + external))
    resident.push(toMegabytes(rss))
  }
  await store.close()
  const told: MemoryReport = { held, resident, round: ROUND }
  process.stdout.write(`${JSON.stringify(told)}\n`)
}
