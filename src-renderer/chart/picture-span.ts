import type { ViewportObject } from '../../schemas/contract/viewport.ts'
import type { TimeSpan } from './bar-columns.ts'
import { flagShape } from './flag-shape.ts'

const MINUTE = 60_000

/** The flag's own time with half as much to both sides, so that one sees what came before and after. */
export function around(flag: ViewportObject): TimeSpan {
  const shape = flagShape(flag)
  const lines = shape === null ? [] : [shape.upper, shape.lower, ...(shape.pole === null ? [] : [shape.pole])]
  const points = lines.flat().map(({ ts }) => ts)
  const from = points.length > 0 ? Math.min(...points) : flag.start_ts
  // Its lines end where it was last told; without lines it is as long as its life, or until it was last heard of.
  const end = points.length > 0 ? Math.max(...points) : (flag.end_ts ?? flag.updated_ts)
  const to = Math.max(end, from + MINUTE)
  const margin = Math.max((to - from) / 2, 10 * MINUTE)
  return { from: from - margin, to: to + margin }
}
