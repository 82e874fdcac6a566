import { instantAt, type LogicalSpan } from '../../src-renderer/chart/bar-columns.ts'
import { BarFeed } from '../../src-renderer/chart/bar-feed.ts'
import { barsAt, FakeChart, FakeViewport, settled } from './fake-viewport.ts'

export const MINUTE = 60_000
export const DAY = 86_400_000
/** Milliseconds of a bar. */
export const STEP = 2 * MINUTE
/** CSS pixels of the plot. */
export const WIDTH = 1_000
/** The first open of `sessions`. */
export const START = Date.parse('2020-01-06T14:30:00Z')

/** Sessions of 195 two-minute bars on weekdays, `days` calendar days long, without those that `closed` names. */
export function sessions(days: number, closed: (day: number) => boolean = () => false): number[] {
  const opens: number[] = []
  for (let day = 0; day < days; day++) {
    if (day % 7 > 4 || closed(day)) continue
    for (let bar = 0; bar < 195; bar++) opens.push(START + day * DAY + bar * STEP)
  }
  return opens
}

/** A feed over these bars, with a stand-in for the engine and one for the chart. */
export function openFeed(opens: readonly number[]) {
  const source = new FakeViewport()
  source.bars = barsAt(opens)
  const chart = new FakeChart()
  const feed = new BarFeed(source, chart.apply)
  feed.width = WIDTH
  /** As the chart does after each change of its range: tell the feed, then draw what it answers, until it is calm. */
  const look = async (view: LogicalSpan = chart.view) => {
    chart.view = view
    feed.look(view, WIDTH)
    await settled()
  }
  const instant = (place: number) => instantAt(chart.bars.ts, place, feed.state.step)
  const seen = () => ({ from: instant(chart.view.from), to: instant(chart.view.to) })
  const pan = (bars: number) => look({ from: chart.view.from + bars, to: chart.view.to + bars })
  return { source, chart, feed, look, pan, seen }
}

/** Bars in order and each once. */
export function expectSound(bars: { ts: Float64Array }): void {
  for (let i = 1; i < bars.ts.length; i++) {
    if ((bars.ts[i] ?? 0) <= (bars.ts[i - 1] ?? 0)) throw new Error(`bars out of order or doubled at ${i}`)
  }
}
