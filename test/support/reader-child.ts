import { writeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { openStore } from '../../src-main/store/index.ts'
import { barOf, indexOf, SERIES_REQUEST } from './bar-series.ts'

/**
 * A process that reads a growing series over and over: `node reader-child {"root": …}`. Tells its reads, and what was
 * wrong, a line of JSON each; ends when its input ends.
 */
const { root } = JSON.parse(process.argv[2] ?? '') as { root: string }
/** Reads by one open store; then it is opened anew. */
const READS_AN_OPEN = 40
const TELL_EVERY = 10

let ended = false
process.stdin.on('end', () => {
  ended = true
})
process.stdin.resume()

let reads = 0
let opens = 0
let seen = 0

function tell(what: object): void {
  writeSync(1, `${JSON.stringify(what)}\n`)
}

while (!ended) {
  const store = await openStore(root)
  opens += 1
  for (let read = 0; read < READS_AN_OPEN && !ended; read++) {
    const { candles, problems } = await store.reader.viewport(SERIES_REQUEST)
    reads += 1
    const indexes = [...candles.ts].map(indexOf).sort((a, b) => a - b)
    const wrong = indexes.findIndex((index, at) => index !== at)
    const values = [...candles.ts].findIndex((ts, at) => barOf(indexOf(ts)).volume !== candles.volume[at])
    if (wrong >= 0 || values >= 0 || indexes.length < seen || problems.length > 0) {
      tell({ wrong: { read: reads, bars: indexes.length, seen, wrong, values, problems } })
    }
    seen = Math.max(seen, indexes.length)
    if (reads % TELL_EVERY === 0) tell({ reads, opens, seen })
    // Its input is looked at between reads.
    await setImmediate()
  }
  await store.close()
}
tell({ reads, opens, seen, done: true })
