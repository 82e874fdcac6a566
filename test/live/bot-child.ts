import { writeSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { formatUtcIso, utcDayOf } from '../../schemas/contract/market-time.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { type Bar, type BotLine, type BotOrder, barOf } from './bot-orders.ts'

const order = JSON.parse(process.argv[2] ?? '') as BotOrder

/** Synchronously: a kill right after it must not take the line along. */
function tell(line: BotLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

let renamedAt = 0
/** The real files, with the moment of the last rename into `data/`. */
const env: Env = {
  ...nodeEnv,
  async rename(from, to) {
    await nodeEnv.rename(from, to)
    if (to.startsWith(path.join(order.store, 'data'))) renamedAt = Date.now()
  },
}

/** Parts as pyarrow would write them: elsewhere on the disk, then renamed, under a name of their own. */
class ForeignWriter {
  readonly #staging = `${order.store}-bot`
  #sql: Promise<{ run(statement: string): Promise<unknown> }> | null = null
  #count = 0

  async write(bar: Bar): Promise<void> {
    this.#sql ??= DuckDBInstance.create(':memory:', { threads: '1' }).then((duck) => duck.connect())
    await mkdir(this.#staging, { recursive: true })
    const name = `bot-${process.pid}-${String(this.#count++).padStart(6, '0')}.parquet`
    const staged = path.join(this.#staging, name)
    const folder = path.join(order.store, 'data', bar.timeframe, utcDayOf(bar.ts))
    await mkdir(folder, { recursive: true })
    const { symbol, timeframe, ts, open, high, low, close, volume } = bar
    await (await this.#sql).run(
      `COPY (SELECT '${symbol}' AS symbol, '${timeframe.toUpperCase()}' AS timeframe, ${ts}::BIGINT AS ts,
        '${formatUtcIso(ts)}' AS ts_iso, ${open}::DOUBLE AS open, ${high}::DOUBLE AS high, ${low}::DOUBLE AS low,
        ${close}::DOUBLE AS close, ${volume}::DOUBLE AS volume, NULL::INTEGER AS global_x)
        TO '${staged.replaceAll("'", "''")}' (FORMAT parquet)`,
    )
    await rename(staged, path.join(folder, name))
    renamedAt = Date.now()
  }
}

/** A zone that lives for some events, and a decision that gets its outcome: beside the bars, never in their way. */
async function talk(n: number): Promise<void> {
  const { symbol, high, low } = barOf(order, n)
  const step = Math.floor(n / Math.max(1, order.talkEvery))
  // Bars of several lengths don't come in the order of their times; what is said does.
  const ts = order.from + step * 60_000
  const id = `${order.from}-zone-${Math.floor(step / 3)}`
  const common = {
    object_id: id,
    type: 'zone',
    symbol: order.symbols[Math.floor(step / 3) % order.symbols.length],
    timeframe: '15m',
    ts,
  }
  const event = [
    { ...common, action: 'create', status: 'active', left_ts: ts, top: high, bottom: low },
    { ...common, action: 'update', status: 'touched', reason: 'touch' },
    { ...common, action: 'close', status: 'broken', reason: 'close beyond' },
  ][step % 3]
  await store.writer.appendEvents([event])
  tell({ event: id })
  const decision = {
    run_id: `run-${order.from}`,
    decision_id: `d${step}`,
    timestamp_utc: formatUtcIso(ts),
    symbol,
    timeframe: '1m',
    session_regime: 'NY',
    macro_regimes: [],
    key_features: { rsi_14: 50 + (n % 40) },
    evaluation_score: 0.5,
    action: 'long',
    policy_version: 'v1',
    engine_version: 'bot',
  }
  const outcome = {
    outcome_pnl: 1.5,
    outcome_hit: true,
    outcome_max_drawdown: 0.5,
    outcome_holding_period_bars: 0,
  }
  const told = await store.writer.appendLedger('decisions', [
    step % 2 === 0 ? decision : { ...decision, ...outcome },
  ])
  tell(taken(told[0]?.outcome) ? { decision: `d${step}` } : { failed: JSON.stringify(told) })
}

/** A bot that was killed begins again from its first bar: what is there is a duplicate. */
function taken(outcome: string | undefined): boolean {
  return outcome === 'accepted' || outcome === 'completed' || outcome === 'duplicate'
}

const store = await openStore(order.store, { create: true, env })
const foreign = new ForeignWriter()
const begun = performance.now()
let talking: Promise<void> = Promise.resolve()
let late = 0
for (let n = 0; n < order.bars; n++) {
  const wait = late + (n * 1_000) / order.barsPerSecond - (performance.now() - begun)
  // One that fell behind doesn't hurry: a bot's bars close when they close.
  if (wait > 0) await setTimeout(wait)
  else late -= Math.min(0, wait + 1_000 / order.barsPerSecond)
  const bar = barOf(order, n)
  const isForeign = order.foreignEvery > 0 && n % order.foreignEvery === order.foreignEvery - 1
  try {
    if (isForeign) await foreign.write(bar)
    else {
      const [told] = await store.writer.appendCandles([bar])
      if (told?.outcome === 'rejected') throw new Error(told.reason)
    }
    tell({ bar: { symbol: bar.symbol, timeframe: bar.timeframe, ts: bar.ts, renamedAt, foreign: isForeign } })
  } catch (error) {
    tell({ failed: `bar ${n}: ${String(error)}` })
  }
  if (order.talkEvery > 0 && n % order.talkEvery === order.talkEvery - 1) {
    talking = talking
      .then(() => talk(n))
      .catch((error: unknown) => tell({ failed: `talk ${n}: ${String(error)}` }))
  }
}
await talking
await store.close()
tell({ done: true })
