import type { StorePath } from '../../../../schemas/contract/units.ts'
import type { Problem } from '../../../../schemas/contract/viewport.ts'
import type { FileStat } from '../../fs/env.ts'
import { type ListedDay, sameLook } from '../listing.ts'
import { type DayReading, fileOf } from './read-day-facts.ts'
import type { TierYears } from './tier-years.ts'

/** The first and last bar of a symbol in some files. */
export interface Span {
  readonly symbol: string
  readonly firstTs: number
  readonly lastTs: number
}

/** What is told of a dayfile without showing its bars. */
export interface DayfileFacts {
  readonly stat: FileStat
  /** Null when it can't be read. */
  readonly rows: number | null
  readonly sha256: string | null
  readonly spans: readonly Span[]
  /** Why it is left out of answers. */
  readonly problem: Problem | null
}

export interface Known {
  readonly facts: DayfileFacts
  /** The bytes were compared with their SHA-256 in this process. */
  readonly verified: boolean
}

/** What is told of each dayfile, by path: some hundred bytes a file, which stay. */
export class KnownDayfiles {
  readonly #tiers: TierYears
  readonly #known = new Map<StorePath, Known>()
  /** Years whose tier was asked for what it knows. */
  readonly #recalled = new Set<string>()

  constructor(tiers: TierYears) {
    this.#tiers = tiers
  }

  get(file: StorePath): Known | undefined {
    return this.#known.get(file)
  }

  /** What is known of the very file that was listed. */
  factsOf(day: ListedDay): DayfileFacts | undefined {
    const facts = this.#known.get(fileOf(day))?.facts
    return facts !== undefined && sameLook(facts.stat, day.dayfile) ? facts : undefined
  }

  /** The file has the bytes that its facts were read from. */
  verify(file: StorePath, facts: DayfileFacts, stat: FileStat): void {
    this.#known.set(file, { facts: { ...facts, stat }, verified: true })
  }

  learn({ listed, stat, sha256, problem, facts }: DayReading): void {
    // Without the candles, which the tiers hold.
    const spans = (facts?.symbols ?? []).map(({ symbol, firstTs, lastTs }) => ({ symbol, firstTs, lastTs }))
    const told: DayfileFacts = { stat, rows: facts?.rows ?? null, sha256, spans, problem }
    this.#known.set(fileOf(listed), { facts: told, verified: true })
  }

  /** Takes what the days' tiers tell of files that nothing is known of. */
  async recall(days: readonly ListedDay[]): Promise<void> {
    for (const { timeframe, day } of days) {
      const year = day.slice(0, 4)
      if (this.#recalled.has(`${timeframe}/${year}`)) continue
      this.#recalled.add(`${timeframe}/${year}`)
      const tier = await this.#tiers.year(timeframe, year)
      const spans = tier.days.map((): Span[] => [])
      for (const [symbol, { columns }] of tier.symbols) {
        for (const [place, index] of columns.days.entries()) {
          const [firstTs, lastTs] = [columns.firstTs[place] as number, columns.lastTs[place] as number]
          spans[index]?.push({ symbol, firstTs, lastTs })
        }
      }
      for (const [index, { stat, rows, sha256, day: date }] of tier.days.entries()) {
        const file = fileOf({ timeframe, day: date })
        if (this.#known.has(file)) continue
        const facts = { stat, rows, sha256, spans: spans[index] ?? [], problem: null }
        this.#known.set(file, { facts, verified: false })
      }
    }
  }
}
