import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { formatUtcIso } from '../../schemas/contract/market-time.ts'
import { parseTimeframe } from '../../schemas/contract/timeframe.ts'
import type { UtcDay } from '../../schemas/contract/units.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { CANDLES } from '../../schemas/tables/index.ts'
import { type Generation, generationPath } from '../../src-main/store/compact/generation.ts'
import { digestOf } from '../../src-main/store/compact/staged-file.ts'
import { at, type StoreContext } from '../../src-main/store/context.ts'
import { checksumLine, checksumPath } from '../../src-main/store/layout/checksums.ts'
import { sha256OfFile } from '../../src-main/store/layout/digest.ts'
import { dayfilePath } from '../../src-main/store/layout/file-names.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { candleSeries } from '../../src-main/store/read/listing.ts'
import { copyRows } from '../../src-main/store/write/row-copy.ts'
import { builderEnv } from './builder-env.ts'
import { type MarketPlan, marketDays, timeframeOf } from './market.ts'

/**
 * Writes a plan's days as dayfiles by the engine's own COPY, with the metadata, checksum and generation record that its
 * backfill leaves, but without reading anything back: ten years of twenty symbols would take half an hour else.
 * @returns bars written
 */
export async function writeCopiedDays(root: string, plan: MarketPlan): Promise<number> {
  const context = await openContext(root, { create: true, env: builderEnv() })
  const numbers = new Map<string, number>()
  await mkdir(context.staging, { recursive: true })
  let written = 0
  try {
    for (const { date, bars } of marketDays(plan)) {
      for (const minutes of plan.minutes) {
        const timeframe = timeframeOf(minutes)
        const rows = bars
          .filter((bar) => bar.timeframe === timeframe)
          .map((bar): CandleRow => {
            // Only 15m bars are numbered (SPEC C8).
            const number = minutes === 15 ? (numbers.get(bar.symbol) ?? 0) : null
            if (number !== null) numbers.set(bar.symbol, number + 1)
            return { ...bar, ts_iso: formatUtcIso(bar.ts), global_x: number }
          })
        rows.sort((a, b) => (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : a.ts - b.ts))
        await writeDay(context, timeframe, date as UtcDay, rows)
        written += rows.length
      }
    }
  } finally {
    await closeContext(context)
  }
  return written
}

async function writeDay(
  context: StoreContext,
  timeframe: string,
  day: UtcDay,
  rows: readonly CandleRow[],
): Promise<void> {
  const file = dayfilePath(candleSeries(parseTimeframe(timeframe)), day)
  const target = at(context, file)
  const staged = path.join(context.staging, `${timeframe}-${day}`)
  const digest = digestOf(
    CANDLES,
    rows.map((row) => ({ ...row })),
  )
  // Rows as they were handed in carry no number yet.
  const inputsDigest = digestOf(
    CANDLES,
    rows.map((row) => ({ ...row, global_x: null })),
  )
  await copyRows(
    context,
    CANDLES,
    rows.map((row) => ({ ...row })),
    staged,
    {
      'barkeep.table': CANDLES.name,
      'barkeep.schema': String(CANDLES.version),
      'barkeep.rows': String(rows.length),
      'barkeep.digest': digest,
      'barkeep.inputs': inputsDigest,
    },
  )
  const sha256 = await sha256OfFile(context.env, staged)
  const generation: Generation = {
    version: 1,
    file,
    table: 'candles',
    timeframe,
    day,
    origin: 'backfill',
    sha256,
    rows: rows.length,
    digest,
    inputsDigest,
    replaces: null,
    inputs: [],
    numbers: rows.flatMap(({ symbol, ts, global_x }) =>
      typeof global_x === 'number' ? [[symbol, ts, global_x] as const] : [],
    ),
    writtenAt: new Date(context.env.now()).toISOString(),
  }
  await mkdir(path.dirname(target), { recursive: true })
  await rename(staged, target)
  for (const [companion, text] of [
    [checksumPath(file), checksumLine(file, sha256)],
    [generationPath(file), `${JSON.stringify(generation)}\n`],
  ] as const) {
    await mkdir(path.dirname(at(context, companion)), { recursive: true })
    await writeFile(at(context, companion), text)
  }
}
