import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { number, type ResultRow, type Suite, type SuiteGiven } from './result-row.ts'
import { slopeOf } from './statistics.ts'

const run = promisify(execFile)

/** What the child is told: one JSON text. */
export interface MemoryOrder {
  readonly root: string
  readonly warmups: number
  readonly viewports: number
  readonly cacheBytes: number
}

/** One reading a round, after a forced collection, in megabytes. */
export interface MemoryReport {
  /** Heap and what it holds outside: typed arrays. */
  readonly held: readonly number[]
  /** The whole process, DuckDB and the allocator's reserves included. */
  readonly resident: readonly number[]
  readonly round: number
}

const MEGABYTE = 2 ** 20
const FLAT_WITHIN = 64
/** Less than the store's bars take, so that days come and go. */
const CACHE_MEGABYTES = 12

export function toMegabytes(bytes: number): number {
  return bytes / MEGABYTE
}

/** Whether a process that answers viewports for hours stays as large as it was. */
export const memory: Suite = {
  name: 'memory',
  stores: ['five-years'],
  async run(given: SuiteGiven): Promise<readonly ResultRow[]> {
    // A short run asks for less; the table says how many there were.
    const viewports = given.samples >= 15 ? 10_000 : 1_000
    const order: MemoryOrder = {
      root: given.store('five-years'),
      warmups: viewports / 5,
      viewports,
      cacheBytes: CACHE_MEGABYTES * MEGABYTE,
    }
    const { stdout } = await run(process.execPath, [
      ...process.execArgv,
      process.argv[1] ?? '',
      'memory',
      JSON.stringify(order),
    ])
    const report = JSON.parse(stdout) as MemoryReport
    const how = `${viewports.toLocaleString('en')} random viewports of 1 to 1,000 days in three timeframes, with and without level of detail and as-of, caches bounded to ${CACHE_MEGABYTES} MB, after ${order.warmups.toLocaleString('en')} more; read every ${report.round} after a forced collection, in a process of its own`
    return [
      line('main-process memory: heap and typed arrays', report.held, report, how),
      line('main-process memory: resident set', report.resident, report, how),
    ]
  },
}

function line(what: string, readings: readonly number[], report: MemoryReport, how: string): ResultRow {
  const [least, most] = [Math.min(...readings), Math.max(...readings)]
  const slope = (slopeOf(readings) * 1000) / report.round
  return {
    what: `${what}, 10,000 random viewports after warm-up`,
    ours: `${number(least)}–${number(most)} MB`,
    against: `slope ${number(slope)} MB in 1,000 viewports`,
    ratio: `range ${number(most - least)} MB`,
    bar: `flat within ${FLAT_WITHIN} MB`,
    met: most - least <= FLAT_WITHIN,
    how,
    samples: readings.length,
  }
}
