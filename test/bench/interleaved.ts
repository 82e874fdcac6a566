import { type Spread, spreadOf } from './statistics.ts'

/** One of the things that are compared. */
export interface Contender {
  readonly name: string
  /**
   * Makes what a sample needs, outside of the clock, and gives the work to be timed. Called once a sample, with the
   * sample's number: warm-ups come first, with negative numbers, so that no sample finds what a warm-up has read.
   */
  prepare(sample: number): Promise<Timed> | Timed
}

export interface Timed {
  run(): Promise<unknown> | unknown
  /** The work runs so many times in a row and one run is told: for what is too short to be timed alone. 1 unless given. */
  readonly times?: number
  /** Outside of the clock. */
  after?(): Promise<void> | void
}

export interface Rounds {
  readonly warmups: number
  readonly samples: number
}

/** Milliseconds of one run each, by contender. */
export type Measured = ReadonlyMap<string, Spread>

/**
 * Times contenders in turn, the order turned round from sample to sample (A B C, C B A, …), so that what the machine
 * does meanwhile falls on all of them alike.
 */
export async function interleaved(contenders: readonly Contender[], rounds: Rounds): Promise<Measured> {
  const taken = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  for (let sample = -rounds.warmups; sample < rounds.samples; sample++) {
    const order = sample % 2 === 0 ? contenders : [...contenders].reverse()
    for (const { name, prepare } of order) {
      const millis = await timed(await prepare(sample))
      if (sample >= 0) taken.get(name)?.push(millis)
    }
  }
  return new Map([...taken].map(([name, samples]) => [name, spreadOf(samples)]))
}

async function timed({ run, times = 1, after }: Timed): Promise<number> {
  // What the preparation left behind isn't collected on the sample's time; all of it would throw compiled code away too.
  globalThis.gc?.({ type: 'minor' })
  const started = performance.now()
  for (let time = 0; time < times; time++) await run()
  const millis = (performance.now() - started) / times
  await after?.()
  return millis
}
