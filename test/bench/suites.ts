import { compaction } from './compaction.ts'
import { crowdedDay } from './crowded-day.ts'
import { endpoint } from './endpoint.ts'
import { fiveYears } from './five-years.ts'
import { ledger } from './ledger.ts'
import { liveDay } from './live-day.ts'
import { liveFeed } from './live-feed.ts'
import { memory } from './memory.ts'
import { oneCandle } from './one-candle.ts'
import { opening } from './opening.ts'
import { pan } from './pan.ts'
import type { Suite } from './result-row.ts'
import { storeAge } from './store-age.ts'
import { windows } from './windows.ts'

/** In the order of the results. */
export const SUITES: readonly Suite[] = [
  windows,
  pan,
  liveDay,
  liveFeed,
  fiveYears,
  storeAge,
  crowdedDay,
  oneCandle,
  endpoint,
  compaction,
  ledger,
  opening,
  memory,
]
