import { CANDLE_KILLS } from './candle-scenarios.ts'
import { runAsKillChild } from './kill-child.ts'

await runAsKillChild(CANDLE_KILLS)
